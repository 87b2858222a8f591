//! The function `release`.

use carillon_release::Release;
use carillon_store::environment::sdk_config;
use lambda_runtime::{Error, run, service_fn, tracing};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    tracing::init_default_subscriber();
    let config = sdk_config().await;
    let release = Release::from_environment(&config)?;
    run(service_fn(|event| {
        carillon_release::handle(&release, event)
    }))
    .await
}
