//! A test message through each of a tenant's transports, over the HTTP API: the only check that sends anything.

use std::{fmt, time::Duration};

use carillon_domain::channel::{AddressKind, Channel};
use futures::future::join_all;
use reqwest::Method;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::json;

use super::{
    report::{Area, Finding},
    stack::Deployed,
    unanswered::chain,
};

/// Timeout of the API: the gateway's own ("Quotas for Amazon API Gateway HTTP APIs", maximum integration timeout,
/// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html), and some seconds more.
const PATIENCE: Duration = Duration::from_secs(35);
/// Concurrent tests.
const AT_ONCE: usize = 4;

/// The test messages to send.
#[derive(Clone)]
pub struct TestMessages {
    /// The address of the HTTP API, if it is not the stack's output `ApiUrl`.
    pub api_url: Option<String>,
    /// An API key of the tenant whose transports are tested.
    pub api_key: String,
    /// The address for test emails.
    pub to_email: Option<String>,
    /// The number for test text and WhatsApp messages.
    pub to_mobile: Option<String>,
}

impl fmt::Debug for TestMessages {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Trial")
            .field("api_url", &self.api_url)
            .finish_non_exhaustive()
    }
}

#[derive(Debug, Deserialize)]
struct TransportList {
    transports: Vec<Transport>,
}

/// A transport as returned by the API.
#[derive(Debug, Deserialize)]
struct Transport {
    id: String,
    channel: String,
    vendor: String,
}

#[derive(Debug, Deserialize)]
struct Tested {
    delivery: Delivery,
}

#[derive(Debug, Deserialize)]
struct Delivery {
    state: String,
    reason: Option<Reason>,
    provider_id: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Reason {
    code: String,
    text: String,
}

/// An API problem (RFC 9457).
#[derive(Debug, Default, Deserialize)]
struct Problem {
    #[serde(default)]
    title: String,
    #[serde(default)]
    detail: String,
}

#[derive(Debug, thiserror::Error)]
enum ApiError {
    #[error("the API did not answer")]
    Lost(#[source] reqwest::Error),
    #[error("the API answered {status}: {title} {detail}")]
    Refused {
        status: u16,
        title: String,
        detail: String,
    },
    #[error("the API's response does not match its description")]
    Unreadable(#[source] serde_json::Error),
}

pub(super) async fn examine(
    http: &reqwest::Client,
    stack: Option<&Deployed>,
    trial: Option<&TestMessages>,
) -> Vec<Finding> {
    let Some(trial) = trial else {
        return vec![Finding::not_checked(
            Area::Transports,
            "test messages",
            "none were requested",
            "Add --api-key KEY with --to-email ADDRESS or --to-mobile NUMBER to send one through each transport.",
        )];
    };
    let url = trial.api_url.as_deref().or_else(|| stack?.output("ApiUrl"));
    let Some(url) = url else {
        return vec![Finding::not_checked(
            Area::Transports,
            "test messages",
            "the address of the API is unknown",
            "Pass it with --api-url.",
        )];
    };
    let api = Api {
        http,
        url: url.trim_end_matches('/'),
        key: &trial.api_key,
    };
    let list = match api
        .call::<TransportList>(Method::GET, "/v1/transports", None)
        .await
    {
        Ok(list) => list,
        Err(error) => return vec![unlisted(&error)],
    };
    if list.transports.is_empty() {
        return vec![Finding::warning(
            Area::Transports,
            "the tenant's transports",
            "none",
            "Create one with PUT /v1/transports/{id}.",
        )];
    }
    let mut findings = Vec::new();
    for transports in list.transports.chunks(AT_ONCE) {
        let tests = transports
            .iter()
            .map(|transport| of_transport(&api, transport, trial));
        findings.extend(join_all(tests).await);
    }
    findings
}

struct Api<'a> {
    http: &'a reqwest::Client,
    url: &'a str,
    key: &'a str,
}

impl Api<'_> {
    async fn call<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Option<&serde_json::Value>,
    ) -> Result<T, ApiError> {
        let mut request = self
            .http
            .request(method, format!("{}{path}", self.url))
            .bearer_auth(self.key)
            .timeout(PATIENCE);
        if let Some(body) = body {
            request = request.json(body);
        }
        let response = request.send().await.map_err(ApiError::Lost)?;
        let status = response.status();
        let body = response.bytes().await.map_err(ApiError::Lost)?;
        if status.is_success() {
            return serde_json::from_slice(&body).map_err(ApiError::Unreadable);
        }
        let problem: Problem = serde_json::from_slice(&body).unwrap_or_default();
        Err(ApiError::Refused {
            status: status.as_u16(),
            title: problem.title,
            detail: problem.detail,
        })
    }
}

fn unlisted(error: &ApiError) -> Finding {
    const CHECK: &str = "the API";
    match error {
        ApiError::Refused { status: 401, .. } => Finding::failed(
            Area::Transports,
            CHECK,
            chain(error),
            "The key does not belong to this deployment, or was revoked. Create another one for the tenant (docs/deploying.md).",
        ),
        ApiError::Refused { status: 429, .. } => Finding::not_checked(
            Area::Transports,
            CHECK,
            chain(error),
            "Run the doctor again.",
        ),
        _ => Finding::failed(
            Area::Transports,
            CHECK,
            chain(error),
            "See the function's log: sam logs --stack-name NAME --name ApiFunction",
        ),
    }
}

async fn of_transport(api: &Api<'_>, transport: &Transport, trial: &TestMessages) -> Finding {
    let check = format!(
        "{} ({}, {})",
        transport.id, transport.channel, transport.vendor
    );
    let channel = transport.channel.parse::<Channel>().ok();
    let (to, how) = match channel.map(|channel| channel.properties().address) {
        Some(AddressKind::Email) => (&trial.to_email, "Add --to-email ADDRESS.".to_owned()),
        Some(AddressKind::Mobile) => (&trial.to_mobile, "Add --to-mobile NUMBER.".to_owned()),
        Some(AddressKind::Push) | None => {
            let id = &transport.id;
            let how = format!("Test it with one of your devices: POST /v1/transports/{id}/test");
            (&None, how)
        }
    };
    let Some(to) = to else {
        return Finding::not_checked(Area::Transports, check, "no recipient given", how);
    };
    let path = format!("/v1/transports/{}/test", transport.id);
    match api
        .call::<Tested>(Method::POST, &path, Some(&json!({ "to": to })))
        .await
    {
        Ok(tested) => outcome(check, &tested.delivery, &transport.id),
        Err(error) => Finding::failed(
            Area::Transports,
            check,
            chain(&error),
            "See GET /v1/transports, and the log of ApiFunction.",
        ),
    }
}

fn outcome(check: String, delivery: &Delivery, id: &str) -> Finding {
    let reason = delivery.reason.as_ref().map_or_else(String::new, |reason| {
        format!(": {}: {}", reason.code, reason.text)
    });
    let found = format!("{}{reason}", delivery.state);
    let provider = format!(
        "This is the provider's own message; docs/transports.md explains its errors. Fix the account or the transport, and test again: \
         POST /v1/transports/{id}/test"
    );
    match delivery.state.as_str() {
        "sent" => {
            let id = delivery.provider_id.as_deref().unwrap_or("no id given");
            Finding::ok(
                Area::Transports,
                check,
                format!("accepted by the provider ({id}); check that it arrives"),
            )
        }
        "failed" | "skipped" => Finding::failed(Area::Transports, check, found, provider),
        "unknown" => Finding::warning(
            Area::Transports,
            check,
            found,
            "The provider may have accepted it: check whether it arrived before you try again.",
        ),
        _ => Finding::warning(
            Area::Transports,
            check,
            format!("{found}: the provider has not answered yet"),
            provider,
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::{report::Status, testing::aws_answering},
        *,
    };

    fn trial(url: &str) -> TestMessages {
        TestMessages {
            api_url: Some(url.to_owned()),
            api_key: "carillon_secret".to_owned(),
            to_email: Some("me@example.org".to_owned()),
            to_mobile: None,
        }
    }

    #[test]
    fn the_outcome_of_a_test_message_shows_the_words_of_the_provider() {
        for (body, status, found) in [
            (
                r#"{"state": "sent", "provider_id": "0100"}"#,
                Status::Ok,
                "accepted by the provider (0100); check that it arrives",
            ),
            (
                r#"{"state": "failed", "reason": {"code": "MessageRejected", "text": "Email address is not verified."}}"#,
                Status::Failed,
                "failed: MessageRejected: Email address is not verified.",
            ),
            (
                r#"{"state": "unknown", "reason": {"code": "timed_out", "text": "No answer in time."}}"#,
                Status::Warning,
                "unknown: timed_out: No answer in time.",
            ),
            (
                r#"{"state": "claimed"}"#,
                Status::Warning,
                "claimed: the provider has not answered yet",
            ),
        ] {
            let delivery: Delivery = serde_json::from_str(body).unwrap();
            let finding = outcome("email".to_owned(), &delivery, "email");
            assert_eq!((finding.status, finding.found.as_str()), (status, found));
        }
    }

    #[tokio::test]
    async fn a_wrong_key_is_reported_and_never_printed() {
        let config = aws_answering(
            401,
            r#"{"title": "Not authenticated", "detail": "The key is not known.", "status": 401}"#,
        )
        .await;
        let trial = trial(config.endpoint_url().unwrap());
        let findings = examine(&reqwest::Client::new(), None, Some(&trial)).await;
        assert_eq!(findings[0].status, Status::Failed);
        assert_eq!(
            findings[0].found,
            "the API answered 401: Not authenticated The key is not known."
        );
        assert!(!format!("{trial:?}").contains("secret"));
    }

    #[tokio::test]
    async fn nothing_is_sent_without_a_request_and_a_recipient() {
        let findings = examine(&reqwest::Client::new(), None, None).await;
        assert_eq!(findings[0].status, Status::NotChecked);
        let http = reqwest::Client::new();
        let trial = trial("http://127.0.0.1:9");
        let api = Api {
            http: &http,
            url: "http://127.0.0.1:9",
            key: "k",
        };
        for (channel, remedy) in [
            ("sms", "Add --to-mobile NUMBER."),
            (
                "push",
                "Test it with one of your devices: POST /v1/transports/x/test",
            ),
        ] {
            let transport = Transport {
                id: "x".to_owned(),
                channel: channel.to_owned(),
                vendor: "v".to_owned(),
            };
            let finding = of_transport(&api, &transport, &trial).await;
            assert_eq!(
                (finding.status, finding.remedy.as_deref()),
                (Status::NotChecked, Some(remedy))
            );
        }
    }
}
