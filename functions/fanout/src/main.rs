//! The function `fanout`.

use carillon_fanout::Fanout;
use carillon_store::environment::sdk_config;
use lambda_runtime::{Error, run, service_fn, tracing};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    tracing::init_default_subscriber();
    let config = sdk_config().await;
    let fanout = Fanout::from_environment(&config)?;
    run(service_fn(|event| carillon_fanout::handle(&fanout, event))).await
}
