//! The function `receipts`.

use carillon_receipts::Receipts;
use lambda_runtime::{Error, run, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    carillon_telemetry::init();
    let config = carillon_aws::config();
    let receipts = Receipts::from_environment(&config)?;
    run(service_fn(|event| {
        carillon_receipts::handle(&receipts, event)
    }))
    .await
}
