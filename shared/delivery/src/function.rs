//! The function of a channel: everything but its providers.

use aws_config::SdkConfig;
use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent};
use carillon_providers::Provider;
use carillon_telemetry::Line;
use lambda_runtime::{Error, LambdaEvent, service_fn};

use crate::Consumer;

/// All providers of a channel. Its function supplies them, and nothing else.
pub trait Providers: Provider + Sized {
    /// Those configured from the environment.
    ///
    /// # Errors
    /// If a variable is missing or invalid.
    fn from_environment(config: &SdkConfig) -> Result<Self, Error>;
}

/// Runs the function of a channel: takes batches from its queues until Lambda ends the process.
///
/// # Errors
/// If the environment is unusable, or the Lambda runtime cannot be reached.
pub async fn run<P: Providers>() -> Result<(), Error> {
    carillon_telemetry::init();
    let config = carillon_aws::config();
    let providers = P::from_environment(&config)?;
    let consumer = Consumer::from_environment(&config, providers)?;
    lambda_runtime::run(service_fn(|event| handle(&consumer, event))).await
}

/// Processes one batch. It does not fail: failures are reported in the response, message by message.
async fn handle<P: Provider>(
    consumer: &Consumer<P>,
    event: LambdaEvent<SqsEvent>,
) -> Result<SqsBatchResponse, Error> {
    let LambdaEvent { payload, context } = event;
    let line = Line::begin(P::CHANNEL.as_str(), &context);
    Ok(consumer.consume(payload, context.deadline(), line).await)
}
