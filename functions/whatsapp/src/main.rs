//! Delivers WhatsApp messages: takes batches from `whatsapp.fifo` and its urgent and bulk queues.

mod providers;

use lambda_runtime::Error;
use providers::WhatsAppProviders;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    carillon_delivery::run::<WhatsAppProviders>().await
}
