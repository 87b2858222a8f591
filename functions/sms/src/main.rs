//! The function `sms`.

use carillon_store::environment::sdk_config;
use lambda_runtime::{Error, run, service_fn, tracing};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    tracing::init_default_subscriber();
    let config = sdk_config().await;
    let consumer = carillon_sms::consumer(&config)?;
    run(service_fn(|event| carillon_sms::handle(&consumer, event))).await
}
