//! Delivers text messages: takes batches from `sms.fifo` and its urgent and bulk queues.

mod providers;

use lambda_runtime::Error;
use providers::SmsProviders;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    carillon_delivery::run::<SmsProviders>().await
}
