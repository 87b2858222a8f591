//! The function `tally`.

use carillon_store::Store;
use lambda_runtime::{Error, run, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    carillon_telemetry::init();
    let config = carillon_aws::config();
    let store = Store::from_environment(&config)?;
    run(service_fn(|event| carillon_tally::handle(&store, event))).await
}
