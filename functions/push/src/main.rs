//! The function `push`.

use lambda_runtime::{Error, run, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    carillon_telemetry::init();
    let config = carillon_aws::config();
    let consumer = carillon_push::consumer(&config)?;
    run(service_fn(|event| carillon_push::handle(&consumer, event))).await
}
