//! What all AWS services have in common as providers.

use std::{error::Error, time::Duration};

use aws_config::{SdkConfig, retry::RetryConfig, timeout::TimeoutConfig};
use aws_sdk_sesv2::{
    config::http::HttpResponse,
    error::{DisplayErrorContext, ProvideErrorMetadata, SdkError},
};
use carillon_domain::{
    delivery::{Outcome, cause::Cause},
    reason::Reason,
};

use crate::{
    answer::{NO_REASON, unreadable},
    http::by_status,
};

/// The connect timeout.
pub(crate) const CONNECT: Duration = Duration::from_secs(3);
/// The timeout of the whole call. The claim's lease is longer.
pub const CALL: Duration = Duration::from_secs(15);

/// The configuration of clients that send: one attempt, with a timeout. By default the SDK makes three attempts, also
/// after timeouts, and has no overall timeout.
///
/// A call that is lost on a connection that was closed while the function was frozen leaves a message unknown, so
/// connections are not kept for long.
pub fn sending(config: &SdkConfig) -> SdkConfig {
    carillon_aws::with_fresh_connections(config)
        .to_builder()
        .retry_config(RetryConfig::disabled())
        .timeout_config(
            TimeoutConfig::builder()
                .connect_timeout(CONNECT)
                .operation_attempt_timeout(CALL)
                .operation_timeout(CALL)
                .build(),
        )
        .build()
}

/// What an error means for the message. `known` is consulted first, for errors that the service documents.
///
/// A response with status 429 or 503, or with a throttling code, means that the message was not accepted. Any other 5xx
/// leaves it unknown, and so does a connection that ends without a response.
pub(crate) fn classify<E>(
    error: &SdkError<E, HttpResponse>,
    known: impl Fn(&E) -> Option<(Cause, Reason)>,
) -> Outcome
where
    E: ProvideErrorMetadata + Error + 'static,
{
    match error {
        SdkError::ConstructionFailure(_) => Outcome::Rejected(Reason::new(
            "invalid_request",
            DisplayErrorContext(error).to_string(),
        )),
        SdkError::DispatchFailure(failure) => {
            let never_connected = failure
                .as_connector_error()
                .is_some_and(|error| failed_to_connect(error));
            if never_connected {
                let reason = Reason::new("not_reached", "The provider could not be reached.");
                Outcome::Transient(reason)
            } else {
                Outcome::Unknown(Reason::new(
                    "connection_lost",
                    "The connection ended before the provider responded.",
                ))
            }
        }
        SdkError::TimeoutError(_) => Outcome::Unknown(Reason::new(
            "timed_out",
            "The provider did not respond in time.",
        )),
        SdkError::ResponseError(response) => by_status(
            response.raw().status().as_u16(),
            retry_after(response.raw()),
            unreadable(),
        ),
        SdkError::ServiceError(service) => {
            let code = service.err().code().unwrap_or("unknown_error");
            let text = service.err().message().unwrap_or(NO_REASON);
            let after = retry_after(service.raw());
            if let Some((cause, reason)) = known(service.err()) {
                return cause.outcome(after, reason);
            }
            let reason = Reason::new(code, text);
            if is_throttle(code) {
                return Outcome::Throttled { after, reason };
            }
            by_status(service.raw().status().as_u16(), after, reason)
        }
        _ => Outcome::Unknown(Reason::new(
            "unknown_error",
            "The call failed with an unrecognized error.",
        )),
    }
}

/// The codes that the AWS SDKs treat as throttling (`aws-runtime`, `THROTTLING_ERRORS`), and SNS's own.
fn is_throttle(code: &str) -> bool {
    matches!(
        code,
        "Throttling"
            | "ThrottlingException"
            | "ThrottledException"
            | "Throttled"
            | "RequestThrottledException"
            | "TooManyRequestsException"
            | "RequestLimitExceeded"
            | "SlowDown"
    )
}

fn retry_after(response: &HttpResponse) -> Option<Duration> {
    response
        .headers()
        .get("retry-after")?
        .parse()
        .ok()
        .map(Duration::from_secs)
}

fn failed_to_connect(error: &(dyn Error + 'static)) -> bool {
    let mut current = Some(error);
    while let Some(error) = current {
        if let Some(client) = error.downcast_ref::<hyper_util::client::legacy::Error>() {
            return client.is_connect();
        }
        current = error.source();
    }
    false
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    };

    use aws_config::{BehaviorVersion, Region};
    use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpListener,
    };

    use super::*;

    const ANSWER: &[u8] =
        b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 15\r\n\r\n{\"MessageId\":1}";

    /// Answers every request on every connection, and counts the connections.
    async fn server() -> (String, Arc<AtomicUsize>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let connections = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&connections);
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                count.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(async move {
                    let mut buffer = [0; 16 * 1024];
                    while stream.read(&mut buffer).await.is_ok_and(|read| read > 0) {
                        if stream.write_all(ANSWER).await.is_err() {
                            break;
                        }
                    }
                });
            }
        });
        (url, connections)
    }

    #[tokio::test]
    async fn a_possibly_dead_connection_is_not_used_to_send() {
        let (url, connections) = server().await;
        let credentials = Credentials::from_keys("test", "test", None);
        let config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::from_static("eu-west-1"))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .endpoint_url(url)
            .build();
        let client = aws_sdk_sesv2::Client::new(&sending(&config));
        let call = async || {
            // The response does not matter.
            let _answer = client.get_account().send().await;
            connections.load(Ordering::SeqCst)
        };
        assert_eq!(call().await, 1);
        assert_eq!(call().await, 1, "consecutive calls share a connection");
        tokio::time::sleep(Duration::from_millis(2_600)).await;
        assert_eq!(call().await, 2, "after a pause it might be dead");
    }
}
