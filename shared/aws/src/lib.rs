//! What the clients of AWS services are made from: credentials, region and addresses from the environment, an end to
//! every call, and a transport that costs nothing until the first of them.
//!
//! A function starts often and has one kind of credentials, so it does not need what the SDK does by default: to look
//! for settings files and other sources of credentials, and to read all root certificates of the system before the
//! first call ([decision 16](../../../docs/decisions/0016-small-functions-that-start-quickly.md)).

mod on_demand;
mod transport;

use std::{env, time::Duration};

use aws_config::{
    BehaviorVersion, Region, SdkConfig, environment::EnvironmentVariableCredentialsProvider,
    retry::RetryConfig, timeout::TimeoutConfig,
};
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_types::service_config::{LoadServiceConfig, ServiceConfigKey};

pub use self::on_demand::OnDemand;
use self::transport::transport;

/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(2);
/// How long one attempt at a call may take. DynamoDB and SQS answer within milliseconds.
const ATTEMPT: Duration = Duration::from_secs(5);
/// How long a call may take with the attempts that the SDK makes by itself.
const CALL: Duration = Duration::from_secs(20);
/// Attempts that the SDK makes at a call. It makes three by itself; where a fifth of all calls are throttled, one call in 125
/// then fails, and if it was to record what a provider has said, ten deliveries are unknown. With six it is one in 15,000.
const ATTEMPTS: u32 = 6;
/// The longest that the SDK waits before the second attempt; it doubles with each. A second, which it waits by itself, is long
/// for DynamoDB, for which other SDKs of AWS begin with 25 milliseconds ("Retry behavior", AWS SDKs and tools reference guide).
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// An idle connection is used again within this time. An execution environment is frozen between invocations and does not
/// hear that the other side has closed a connection meanwhile. How long AWS keeps one is documented nowhere; S3 was seen to
/// close after 20 seconds, DynamoDB after 60 (<https://github.com/hyperium/hyper/issues/2136>,
/// <https://github.com/aws/aws-sdk-java/issues/1365>), and the SDK's own 90 seconds are known to be too long
/// (<https://github.com/awslabs/aws-sdk-rust/issues/1106>).
const IDLE: Duration = Duration::from_secs(15);
/// The same for calls that must not be repeated: one that is lost on a dead connection ends as unknown.
const IDLE_ONCE: Duration = Duration::from_secs(2);

/// What the clients of a function are made from: credentials, region and endpoints from the environment, and
/// an end to every call. The SDK has none by itself, and a socket that hangs would take the whole
/// invocation along.
///
/// Lambda puts credentials and region into the environment ("Defined runtime environment variables", AWS Lambda
/// developer guide).
pub fn config() -> SdkConfig {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(CONNECT)
        .operation_attempt_timeout(ATTEMPT)
        .operation_timeout(CALL)
        .build();
    let region = read("AWS_REGION").map(Region::new);
    let mut config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .credentials_provider(SharedCredentialsProvider::new(
            EnvironmentVariableCredentialsProvider::new(),
        ))
        .http_client(transport(region.as_ref().map(Region::as_ref), IDLE))
        .region(region)
        .timeout_config(timeouts)
        .retry_config(
            RetryConfig::standard()
                .with_max_attempts(ATTEMPTS)
                .with_initial_backoff(FIRST_PAUSE),
        )
        .service_config(Environment);
    config.set_endpoint_url(read("AWS_ENDPOINT_URL"));
    config.build()
}

/// The same for calls that are made once and not again: connections are new, or as good as new.
#[must_use]
pub fn with_fresh_connections(config: &SdkConfig) -> SdkConfig {
    let region = config.region().map(Region::as_ref);
    let fresh = transport(region, IDLE_ONCE);
    config.to_builder().http_client(fresh).build()
}

/// Settings of single services, as `AWS_ENDPOINT_URL_SESV2` ("Service-specific endpoints", AWS SDKs and tools
/// reference guide).
#[derive(Debug)]
struct Environment;

impl LoadServiceConfig for Environment {
    fn load_config(&self, key: ServiceConfigKey<'_>) -> Option<String> {
        let service = key.service_id().to_uppercase().replace(' ', "_");
        read(&format!("{}_{service}", key.env())).or_else(|| read(key.env()))
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "these may be missing, and are named by AWS and not by us"
)]
fn read(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}
