//! Delivers push notifications: takes batches from `push.fifo` and its urgent and bulk queues.

mod providers;

use lambda_runtime::Error;
use providers::PushProviders;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    carillon_delivery::run::<PushProviders>().await
}
