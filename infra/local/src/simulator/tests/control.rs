use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};

use super::{ACCOUNT, all_calls, ses, ses_as, small_email, sns, start};
use crate::simulator::{
    Call, CallPage, Cleared, Fault, FaultKind, FaultList, Outcome, PlacedFault, Provider,
    Simulator, Summary,
};

async fn ask(simulator: &Simulator, method: Method, path: &str) -> reqwest::Response {
    let url = format!("{}/_simulator/{path}", simulator.url());
    Client::new().request(method, url).send().await.unwrap()
}

async fn page(simulator: &Simulator, query: &str) -> CallPage {
    let answer = ask(simulator, Method::GET, &format!("calls?{query}")).await;
    assert_eq!(answer.status(), StatusCode::OK, "{query}");
    answer.json().await.unwrap()
}

async fn add(simulator: &Simulator, body: &str) -> reqwest::Response {
    Client::new()
        .post(format!("{}/_simulator/faults", simulator.url()))
        .header("content-type", "application/json")
        .body(body.to_owned())
        .send()
        .await
        .unwrap()
}

async fn assert_problem(answer: reqwest::Response, status: StatusCode, words: &str) {
    assert_eq!(answer.status(), status, "{words}");
    assert_eq!(answer.headers()["content-type"], "application/problem+json");
    let problem: Value = answer.json().await.unwrap();
    assert_eq!(problem["status"], status.as_u16());
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains(words), "{detail}");
}

/// Three emails from two accounts and one text message.
async fn some_calls() -> Simulator {
    let simulator = start().await;
    let reject = FaultKind::Reject {
        code: None,
        message: None,
    };
    simulator
        .add_fault(Fault::new(reject).address("ben@example.com"))
        .unwrap();
    small_email(&ses(&simulator), "ann@example.com")
        .send()
        .await
        .unwrap();
    small_email(&ses(&simulator), "ben@example.com")
        .send()
        .await
        .unwrap_err();
    small_email(&ses_as(&simulator, "444455556666"), "ann@example.com")
        .send()
        .await
        .unwrap();
    let publish = sns(&simulator)
        .publish()
        .phone_number("+306912345678")
        .message("Bonsoir");
    publish.send().await.unwrap();
    simulator
}

#[tokio::test]
async fn calls_are_filtered_and_ordered() {
    let simulator = some_calls().await;
    for (query, ids) in [
        ("", &[1, 2, 3, 4][..]),
        ("order=descending", &[4, 3, 2, 1]),
        ("order=descending&limit=2", &[4, 3]),
        ("provider=ses", &[1, 2, 3]),
        ("provider=sns", &[4]),
        ("to=ANN@example.com", &[1, 3]),
        ("to=%2B306912345678", &[4]),
        ("account=444455556666", &[3]),
        ("accepted=false", &[2]),
        ("accepted=true&provider=ses", &[1, 3]),
        ("outcome=rejected", &[2]),
        ("outcome=dropped_after", &[]),
        ("contains=GOOD+morning", &[1, 2, 3]),
        ("contains=bonsoir", &[4]),
        ("after=2", &[3, 4]),
        ("before=3&order=descending", &[2, 1]),
        ("after=1&limit=1", &[2]),
    ] {
        let found: Vec<u64> = page(&simulator, query)
            .await
            .calls
            .iter()
            .map(|it| it.id)
            .collect();
        assert_eq!(found, ids, "{query}");
    }
    assert_eq!(page(&simulator, "limit=1&provider=ses").await.matched, 3);
    assert_eq!(page(&simulator, "").await.calls, all_calls(&simulator));
}

#[tokio::test]
async fn one_call_and_its_raw_message_can_be_read() {
    let simulator = some_calls().await;
    let answer = ask(&simulator, Method::GET, "calls/1").await;
    let text = answer.text().await.unwrap();
    let call: Call = serde_json::from_str(&text).unwrap();
    assert_eq!(Some(call), simulator.call(1));
    let json: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(json["provider"], "ses");
    assert_eq!(json["outcome"], "accepted");
    assert_eq!(json["account"], ACCOUNT);
    assert_eq!(json["message"]["kind"], "email");
    assert_eq!(json["message"]["subject"], "Hello");

    let raw = ask(&simulator, Method::GET, "calls/1/raw").await;
    assert_eq!(raw.headers()["content-type"], "message/rfc822");
    assert_eq!(raw.headers()["x-content-type-options"], "nosniff");
    assert_eq!(raw.bytes().await.unwrap(), simulator.raw(1).unwrap());
    let raw = ask(&simulator, Method::GET, "calls/4/raw").await;
    assert!(raw.text().await.unwrap().contains("Message=Bonsoir"));
}

#[tokio::test]
async fn calls_are_cleared_all_or_in_part() {
    let simulator = some_calls().await;
    let clear = async |query: &str| {
        let answer = ask(&simulator, Method::DELETE, &format!("calls{query}")).await;
        let Cleared { cleared } = answer.json().await.unwrap();
        cleared
    };
    assert_eq!(clear("?account=444455556666").await, 1);
    assert_eq!(clear("?to=ben@example.com").await, 1);
    assert_eq!(clear("?provider=sns").await, 1);
    assert_eq!(clear("").await, 1);
    assert_eq!(clear("").await, 0);
    assert_eq!(simulator.faults().len(), 1, "faults stay");
    small_email(&ses(&simulator), "ann@example.com")
        .send()
        .await
        .unwrap();
    assert_eq!(all_calls(&simulator)[0].id, 5, "ids go on");
}

#[tokio::test]
async fn the_summary_finds_repeats() {
    let simulator = some_calls().await;
    let answer = ask(&simulator, Method::GET, "summary").await;
    let summary: Summary = answer.json().await.unwrap();
    assert_eq!((summary.calls, summary.accepted), (4, 3));
    assert_eq!(summary.outcomes[&Provider::Ses][&Outcome::Accepted], 2);
    assert_eq!(summary.outcomes[&Provider::Ses][&Outcome::Rejected], 1);
    assert_eq!(summary.outcomes[&Provider::Sns][&Outcome::Accepted], 1);
    assert_eq!((summary.recipients, summary.repeated_recipients), (2, 1));
    assert_eq!(summary.repeated_contents, 1);
    assert_eq!(summary.repeats[0].address, "ann@example.com");
    assert_eq!(summary.repeats[0].calls, [1, 3]);
    let answer = ask(
        &simulator,
        Method::GET,
        &format!("summary?account={ACCOUNT}"),
    )
    .await;
    let summary: Summary = answer.json().await.unwrap();
    assert_eq!((summary.calls, summary.repeated_contents), (3, 0));
}

#[tokio::test]
async fn faults_are_set_listed_and_removed() {
    let simulator = start().await;
    let body = json!({
        "kind": "throttle", "retry_after_seconds": 3, "provider": "ses", "share": 0.5,
        "address_suffix": "@example.com", "times": 2, "seed": 9, "account": "1",
    });
    let answer = add(&simulator, &body.to_string()).await;
    assert_eq!(answer.status(), StatusCode::CREATED);
    assert_eq!(answer.headers()["location"], "/_simulator/faults/1");
    let placed: PlacedFault = answer.json().await.unwrap();
    assert_eq!(simulator.faults(), [placed]);
    for body in [
        json!({"kind": "reject", "code": "OptedOut", "message": "No"}),
        json!({"kind": "server_error", "status": 503}),
        json!({"kind": "slow", "milliseconds": 20}),
        json!({"kind": "drop_before"}),
        json!({"kind": "drop_after", "address": "a@example.com"}),
    ] {
        let answer = add(&simulator, &body.to_string()).await;
        assert_eq!(answer.status(), StatusCode::CREATED);
        let shown: Value = answer.json().await.unwrap();
        for (field, value) in body.as_object().unwrap() {
            assert_eq!(&shown[field], value);
        }
    }
    let answer = ask(&simulator, Method::GET, "faults").await;
    let list: FaultList = answer.json().await.unwrap();
    assert_eq!(list.faults, simulator.faults());
    let answer = ask(&simulator, Method::GET, "faults/2").await;
    assert_eq!(answer.json::<PlacedFault>().await.unwrap(), list.faults[1]);
    let answer = ask(&simulator, Method::DELETE, "faults/2").await;
    assert_eq!(answer.status(), StatusCode::NO_CONTENT);
    let answer = ask(&simulator, Method::DELETE, "faults").await;
    assert_eq!(answer.json::<Cleared>().await.unwrap().cleared, 5);
    assert!(simulator.faults().is_empty());
}

#[tokio::test]
async fn bad_input_is_rejected_with_a_reason() {
    let simulator = start().await;
    for (path, words) in [
        ("calls?colour=red", "unknown field"),
        ("calls?provider=post", "unknown variant"),
        ("calls?after=x", "invalid"),
        ("calls?limit=0", "limit must be from 1 to 10000"),
        ("calls?limit=10001", "limit must be from 1 to 10000"),
        ("calls/x", "x"),
        ("summary?limit=1", "unknown field"),
    ] {
        let answer = ask(&simulator, Method::GET, path).await;
        assert_problem(answer, StatusCode::BAD_REQUEST, words).await;
    }
    for path in ["calls/1", "calls/1/raw", "faults/1", "nothing"] {
        let answer = ask(&simulator, Method::GET, path).await;
        assert_problem(answer, StatusCode::NOT_FOUND, "").await;
    }
    let answer = ask(&simulator, Method::DELETE, "faults/1").await;
    assert_problem(answer, StatusCode::NOT_FOUND, "no fault 1").await;
    let answer = ask(&simulator, Method::DELETE, "calls?provider=post").await;
    assert_problem(answer, StatusCode::BAD_REQUEST, "unknown variant").await;
    let answer = ask(&simulator, Method::PUT, "faults").await;
    assert_problem(answer, StatusCode::METHOD_NOT_ALLOWED, "method").await;

    let unprocessable = StatusCode::UNPROCESSABLE_ENTITY;
    for (body, status, words) in [
        ("not JSON", StatusCode::BAD_REQUEST, "parse"),
        ("{}", unprocessable, "missing field `kind`"),
        (r#"{"kind":"explode"}"#, unprocessable, "unknown variant"),
        (
            r#"{"kind":"slow"}"#,
            unprocessable,
            "milliseconds is required",
        ),
        (
            r#"{"kind":"slow","milliseconds":-1}"#,
            unprocessable,
            "invalid value",
        ),
        (
            r#"{"kind":"slow","milliseconds":1,"code":"A"}"#,
            unprocessable,
            "does not belong",
        ),
        (
            r#"{"kind":"drop_after","colour":"red"}"#,
            unprocessable,
            "unknown field",
        ),
        (
            r#"{"kind":"drop_after","share":2}"#,
            unprocessable,
            "share must be",
        ),
        (
            r#"{"kind":"drop_after","times":0}"#,
            unprocessable,
            "times must be",
        ),
        (
            r#"{"kind":"server_error","status":404}"#,
            unprocessable,
            "500 to 599",
        ),
    ] {
        assert_problem(add(&simulator, body).await, status, words).await;
    }
    assert!(simulator.faults().is_empty());
}

#[tokio::test]
async fn the_page_can_run_only_its_own_script() {
    let simulator = start().await;
    let answer = Client::new().get(simulator.url()).send().await.unwrap();
    assert_eq!(answer.headers()["content-type"], "text/html; charset=utf-8");
    let policy = answer.headers()["content-security-policy"]
        .to_str()
        .unwrap()
        .to_owned();
    assert!(policy.contains("script-src 'sha256-"), "{policy}");
    assert!(!policy.contains("script-src 'sha256-'"), "{policy}");
    let page = answer.text().await.unwrap();
    assert_eq!(page.matches("<script").count(), 1);
    assert!(
        !page.contains("http://") && !page.contains("https://"),
        "no outside assets"
    );
    assert!(!page.contains("innerHTML") && !page.contains("allow-scripts"));
}

#[tokio::test]
async fn the_port_is_free_after_the_shutdown() {
    let simulator = start().await;
    let url = simulator.url().to_owned();
    assert!(Client::new().get(&url).send().await.is_ok());
    simulator.shutdown().await;
    assert!(Client::new().get(&url).send().await.is_err());
    let simulator = start().await;
    let url = simulator.url().to_owned();
    drop(simulator);
    tokio::task::yield_now().await;
    assert!(Client::new().get(&url).send().await.is_err());
}
