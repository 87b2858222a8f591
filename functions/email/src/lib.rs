//! Delivers email: takes batches from `email.fifo`, its urgent twin and its twin for large campaigns.

use aws_config::SdkConfig;
use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent};
use carillon_delivery::Consumer;
use carillon_providers::email::ses::Ses;
use carillon_store::MissingVariable;
use carillon_telemetry::Line;
use lambda_runtime::{Error, LambdaEvent};

/// The consumer that the environment describes.
///
/// # Errors
/// If a variable is not set.
pub fn consumer(config: &SdkConfig) -> Result<Consumer<Ses>, MissingVariable> {
    Consumer::from_environment(config, Ses::new(config))
}

/// Deals with one batch.
///
/// # Errors
/// None: what fails is in the answer, message by message.
pub async fn handle(
    consumer: &Consumer<Ses>,
    event: LambdaEvent<SqsEvent>,
) -> Result<SqsBatchResponse, Error> {
    let LambdaEvent { payload, context } = event;
    let line = Line::begin("email", &context);
    Ok(consumer.consume(payload, context.deadline(), line).await)
}
