//! Delivers email: takes batches from `email.fifo` and its urgent and bulk queues.

mod providers;

use lambda_runtime::Error;
use providers::EmailProviders;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    carillon_delivery::run::<EmailProviders>().await
}
