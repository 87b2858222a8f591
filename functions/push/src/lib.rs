//! Delivers push notifications: takes batches from `push.fifo` and its urgent and bulk queues.

mod providers;

use aws_config::SdkConfig;
use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent};
use carillon_delivery::Consumer;
use carillon_telemetry::Line;
use lambda_runtime::{Error, LambdaEvent};

pub use providers::PushProviders;

/// The consumer configured from the environment.
///
/// # Errors
/// If a variable is missing or invalid.
pub fn consumer(config: &SdkConfig) -> Result<Consumer<PushProviders>, Error> {
    let providers = PushProviders::from_environment(config)?;
    Ok(Consumer::from_environment(config, providers)?)
}

/// Processes one batch.
///
/// # Errors
/// None: failures are reported in the response, message by message.
pub async fn handle(
    consumer: &Consumer<PushProviders>,
    event: LambdaEvent<SqsEvent>,
) -> Result<SqsBatchResponse, Error> {
    let LambdaEvent { payload, context } = event;
    let line = Line::begin("push", &context);
    Ok(consumer.consume(payload, context.deadline(), line).await)
}
