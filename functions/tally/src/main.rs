//! The function `tally`.

use aws_config::BehaviorVersion;
use carillon_store::Store;
use lambda_runtime::{Error, run, service_fn, tracing};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    tracing::init_default_subscriber();
    let config = aws_config::load_defaults(BehaviorVersion::latest()).await;
    let store = Store::from_environment(&config)?;
    run(service_fn(|event| carillon_tally::handle(&store, event))).await
}
