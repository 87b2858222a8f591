use http::StatusCode;
use serde_json::{Value, json};

use super::{all_calls, only_call, start};
use crate::simulator::{BULKSMS_TOKEN_SECRET, Fault, FaultKind, Outcome, Provider, Simulator};

const TOKEN: &str = "BBDE1B476E03498AA768F66A286AABDC-01-B";

/// Submits a message and returns the status and body of the response.
async fn submit(
    simulator: &Simulator,
    query: &str,
    body: &Value,
) -> Result<(StatusCode, Value), reqwest::Error> {
    submit_as(simulator, TOKEN, BULKSMS_TOKEN_SECRET, query, body).await
}

async fn submit_as(
    simulator: &Simulator,
    token: &str,
    secret: &str,
    query: &str,
    body: &Value,
) -> Result<(StatusCode, Value), reqwest::Error> {
    let url = format!("{}/api.bulksms.com/v1/messages{query}", simulator.url());
    let answer = reqwest::Client::builder()
        .no_proxy()
        .build()?
        .post(url)
        .basic_auth(token, Some(secret))
        .json(body)
        .send()
        .await?;
    Ok((answer.status(), answer.json().await?))
}

fn message(text: &str) -> Value {
    json!({ "to": "+306912345678", "body": text })
}

#[tokio::test]
async fn a_submission_is_recorded_and_answered_like_bulksms() {
    let simulator = start().await;
    let body = json!({
        "to": "+306912345678",
        "body": "Γειά σου",
        "from": { "type": "ALPHANUMERIC", "address": "Carillon" },
        "longMessageMaxParts": 48,
        "userSuppliedId": "16296f2228cf692c0a64",
    });
    let query = "?auto-unicode=true&deduplication-id=7";
    let (status, answer) = submit(&simulator, query, &body).await.unwrap();
    let call = only_call(&simulator);
    assert_eq!(status, StatusCode::CREATED, "{answer}");
    let taken = &answer[0];
    assert_eq!(taken["id"].as_str(), call.message_id.as_deref());
    assert_eq!(taken["to"], "306912345678");
    assert_eq!(taken["encoding"], "UNICODE");
    assert_eq!(taken["status"]["type"], "ACCEPTED");
    assert_eq!(taken["userSuppliedId"], "16296f2228cf692c0a64");

    assert_eq!((call.provider, call.status), (Provider::BulkSms, Some(201)));
    assert_eq!((call.account.as_str(), call.accepted), (TOKEN, true));
    assert_eq!(call.recipients, ["+306912345678"]);
    let sms = call.sms().unwrap();
    assert_eq!(sms.text, "Γειά σου");
    assert_eq!(sms.attributes["deduplication-id"], "7");
    assert_eq!(sms.attributes["from"], "Carillon");
}

#[tokio::test]
async fn a_repeated_id_is_accepted_once_whatever_the_content() {
    let simulator = start().await;
    let query = "?deduplication-id=2147483647";
    let (_, first) = submit(&simulator, query, &message("Hello")).await.unwrap();
    for text in ["Hello", "Something else"] {
        let (status, again) = submit(&simulator, query, &message(text)).await.unwrap();
        assert_eq!((status, again), (StatusCode::CREATED, first.clone()));
    }
    // Ids are per account, and without one every submission is a new message.
    submit_as(
        &simulator,
        "other",
        BULKSMS_TOKEN_SECRET,
        query,
        &message("Hello"),
    )
    .await
    .unwrap();
    submit(&simulator, "", &message("Hello")).await.unwrap();
    submit(&simulator, "", &message("Hello")).await.unwrap();
    let calls = all_calls(&simulator);
    let outcomes: Vec<Outcome> = calls.iter().map(|call| call.outcome).collect();
    use Outcome::{Accepted, Duplicate};
    assert_eq!(
        outcomes,
        [Accepted, Duplicate, Duplicate, Accepted, Accepted, Accepted]
    );
    let taken: Vec<bool> = calls.iter().map(|call| call.accepted).collect();
    assert_eq!(taken, [true, false, false, true, true, true]);
    assert_eq!(calls[1].message_id, calls[0].message_id);
}

#[tokio::test]
async fn an_id_expires_counted_from_the_accepted_message() {
    let simulator = start().await;
    let add = |kind| simulator.add_fault(Fault::new(kind).times(1)).unwrap();
    let query = "?deduplication-id=1";
    let hello = message("Hello");
    add(FaultKind::DropBefore);
    submit(&simulator, query, &hello).await.unwrap_err();
    add(FaultKind::ServerError { status: 500 });
    let (status, _) = submit(&simulator, query, &hello).await.unwrap();
    assert_eq!(status, 500);
    add(FaultKind::DropAfter);
    submit(&simulator, query, &hello).await.unwrap_err();
    add(FaultKind::DropAfter);
    submit(&simulator, query, &hello).await.unwrap_err();
    let (status, answer) = submit(&simulator, query, &hello).await.unwrap();
    assert_eq!(status, 201);

    let calls = all_calls(&simulator);
    let taken: Vec<usize> = (0..calls.len())
        .filter(|place| calls[*place].accepted)
        .collect();
    assert_eq!(taken, [2], "{calls:?}");
    assert_eq!(answer[0]["id"].as_str(), calls[2].message_id.as_deref());
    assert_eq!(calls[3].outcome, Outcome::DroppedBefore, "it took nothing");
    assert_eq!(calls[4].outcome, Outcome::Duplicate);
}

#[tokio::test]
async fn a_caller_without_a_token_is_rejected() {
    let simulator = start().await;
    for (token, secret) in [(TOKEN, "wrong"), ("", BULKSMS_TOKEN_SECRET)] {
        let answer = submit_as(&simulator, token, secret, "", &message("Hello")).await;
        let (status, problem) = answer.unwrap();
        assert_eq!(status, 401);
        assert_eq!(
            problem,
            json!({
                "type": "https://developer.bulksms.com/json/v1/errors#authentication-failed",
                "title": "Authentication Failed",
                "status": 401,
                "detail": "Full authentication is required to access this resource",
            })
        );
    }
    assert!(all_calls(&simulator).iter().all(|call| !call.accepted));
}

#[tokio::test]
async fn bulksms_errors_have_its_format() {
    let simulator = start().await;
    for (query, body, detail) in [
        (
            "",
            json!({ "to": "+12", "body": "Hello" }),
            "'to' field value '+12' is invalid",
        ),
        (
            "",
            json!({ "to": "+306912345678", "body": "" }),
            "'body' field is required",
        ),
        (
            "",
            json!({ "to": "+306912345678", "body": "Hello", "userSuppliedId": "x".repeat(21) }),
            "'userSuppliedId' has more than 20 characters",
        ),
        (
            "",
            json!({
                "to": "+306912345678",
                "body": "Hello",
                "from": { "type": "ALPHANUMERIC", "address": "Carillon bells" },
            }),
            "'from' field value 'Carillon bells' is invalid",
        ),
        (
            "?deduplication-id=2147483648",
            message("Hello"),
            "'deduplication-id' value '2147483648' is invalid",
        ),
    ] {
        let (status, problem) = submit(&simulator, query, &body).await.unwrap();
        assert_eq!((status.as_u16(), &problem["detail"]), (400, &json!(detail)));
    }
    let (status, problem) = submit(&simulator, "", &json!({ "to": 1 })).await.unwrap();
    assert_eq!(
        (status.as_u16(), &problem["title"]),
        (400, &json!("Bad Request"))
    );
    assert!(all_calls(&simulator).iter().all(|call| !call.accepted));
}

#[tokio::test]
async fn faults_have_its_format() {
    let simulator = start().await;
    let kinds = [
        (
            FaultKind::Throttle {
                retry_after_seconds: Some(3),
                status: None,
            },
            429,
            "Too Many Requests",
        ),
        (
            FaultKind::Reject {
                code: Some("insufficient-credits".to_owned()),
                message: None,
            },
            403,
            "Insufficient Credits",
        ),
        (
            FaultKind::ServerError { status: 503 },
            503,
            "Service Unavailable",
        ),
    ];
    for (kind, status, title) in kinds {
        let fault = Fault::new(kind).provider(Provider::BulkSms).account(TOKEN);
        simulator.add_fault(fault.times(1)).unwrap();
        let (found, problem) = submit(&simulator, "", &message("Hello")).await.unwrap();
        assert_eq!((found.as_u16(), &problem["title"]), (status, &json!(title)));
    }
    let (status, _) = submit(&simulator, "", &message("Hello")).await.unwrap();
    assert_eq!(status, 201);
}
