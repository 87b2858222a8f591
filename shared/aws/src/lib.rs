//! The configuration of AWS clients: credentials, region and endpoints from the environment, a timeout on every call,
//! and a transport that costs nothing until the first call.
//!
//! A function starts often and has one kind of credentials, so it can skip what the SDK does by default: looking for
//! settings files and other credential sources, and loading all root certificates of the system before the first call
//! ([decision 16](../../../docs/decisions/0016-small-functions-that-start-quickly.md)).

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

/// The connect timeout.
const CONNECT: Duration = Duration::from_secs(2);
/// The timeout of one attempt. DynamoDB and SQS answer within milliseconds.
const ATTEMPT: Duration = Duration::from_secs(5);
/// The timeout of a call with all of the SDK's attempts.
const CALL: Duration = Duration::from_secs(20);
/// Attempts per call. The SDK's default is three: with a fifth of all calls throttled, one call in 125 then fails, and
/// if it was to record what a provider had answered, ten deliveries become unknown. With six it is one in 15,000.
const ATTEMPTS: u32 = 6;
/// The SDK's longest wait before the second attempt; it doubles with each. The default of a second is long for
/// DynamoDB, for which other AWS SDKs start at 25 milliseconds ("Retry behavior", AWS SDKs and tools reference guide).
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// How long an idle connection may be reused. An execution environment is frozen between invocations and does not
/// notice that the other side has closed a connection. How long AWS keeps idle connections is not documented; S3 was
/// seen to close after 20 seconds, DynamoDB after 60 (<https://github.com/hyperium/hyper/issues/2136>,
/// <https://github.com/aws/aws-sdk-java/issues/1365>), and the SDK's default of 90 seconds is known to be too long
/// (<https://github.com/awslabs/aws-sdk-rust/issues/1106>).
const IDLE: Duration = Duration::from_secs(15);
/// The same for calls that must not be repeated: one lost on a dead connection ends as unknown.
const IDLE_ONCE: Duration = Duration::from_secs(2);

/// The configuration of a function's clients: credentials, region and endpoints from the environment, and a timeout on
/// every call. By default the SDK has none, and a hanging socket would take the whole invocation with it.
///
/// Lambda sets credentials and region in the environment ("Defined runtime environment variables", AWS Lambda developer
/// guide).
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

/// The same for calls that are made exactly once: connections are new, or nearly so.
#[must_use]
pub fn with_fresh_connections(config: &SdkConfig) -> SdkConfig {
    let region = config.region().map(Region::as_ref);
    let fresh = transport(region, IDLE_ONCE);
    config.to_builder().http_client(fresh).build()
}

/// Service-specific settings such as `AWS_ENDPOINT_URL_SESV2` ("Service-specific endpoints", AWS SDKs and tools
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
    reason = "these are optional, and AWS defines their names"
)]
fn read(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}
