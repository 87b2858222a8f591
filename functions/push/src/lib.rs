//! Delivers notifications of apps: takes batches from `push.fifo`, its urgent twin and its twin for large campaigns.

mod providers;

use aws_config::SdkConfig;
use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent};
use carillon_delivery::Consumer;
use carillon_telemetry::Line;
use lambda_runtime::{Error, LambdaEvent};

pub use providers::PushProviders;

/// The consumer that the environment describes.
///
/// # Errors
/// If a variable is not set, or is not right.
pub fn consumer(config: &SdkConfig) -> Result<Consumer<PushProviders>, Error> {
    let providers = PushProviders::from_environment(config)?;
    Ok(Consumer::from_environment(config, providers)?)
}

/// Deals with one batch.
///
/// # Errors
/// None: what fails is in the answer, message by message.
pub async fn handle(
    consumer: &Consumer<PushProviders>,
    event: LambdaEvent<SqsEvent>,
) -> Result<SqsBatchResponse, Error> {
    let LambdaEvent { payload, context } = event;
    let line = Line::begin("push", &context);
    Ok(consumer.consume(payload, context.deadline(), line).await)
}
