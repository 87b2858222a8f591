//! What functions are told by their environment.

use std::{env, str::FromStr, time::Duration};

use aws_config::{BehaviorVersion, SdkConfig, timeout::TimeoutConfig};

/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(2);
/// How long one attempt at a call may take. DynamoDB and SQS answer within milliseconds.
const ATTEMPT: Duration = Duration::from_secs(5);
/// How long a call may take with the attempts that the SDK makes by itself.
const CALL: Duration = Duration::from_secs(20);

/// What the clients of a function are made from: credentials and region from the environment, and
/// an end to every call. The SDK has none by itself, and a socket that hangs would take the whole
/// invocation along.
pub async fn sdk_config() -> SdkConfig {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(CONNECT)
        .operation_attempt_timeout(ATTEMPT)
        .operation_timeout(CALL)
        .build();
    aws_config::defaults(BehaviorVersion::latest())
        .timeout_config(timeouts)
        .load()
        .await
}

/// A variable of the environment that has to be set and is not.
#[derive(Debug, thiserror::Error)]
#[error("the environment variable {0} is not set")]
pub struct MissingVariable(pub &'static str);

/// The value of a variable that has to be set.
///
/// # Errors
/// If it is not, with its name.
#[expect(
    clippy::disallowed_methods,
    reason = "this is the place that the others are sent to"
)]
pub fn variable(name: &'static str) -> Result<String, MissingVariable> {
    env::var(name).map_err(|_| MissingVariable(name))
}

/// The value of a variable that may be set; what cannot be read counts as not set.
#[expect(
    clippy::disallowed_methods,
    reason = "this is the place that the others are sent to"
)]
pub fn optional<T: FromStr>(name: &str) -> Option<T> {
    env::var(name).ok()?.parse().ok()
}
