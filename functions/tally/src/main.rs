//! The function `tally`.

use carillon_store::{Store, environment::sdk_config};
use lambda_runtime::{Error, run, service_fn, tracing};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    tracing::init_default_subscriber();
    let config = sdk_config().await;
    let store = Store::from_environment(&config)?;
    run(service_fn(|event| carillon_tally::handle(&store, event))).await
}
