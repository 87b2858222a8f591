//! The Lambda function that answers the HTTP API.

use carillon_api::{AppState, router};
use carillon_domain::address;
use carillon_store::environment::sdk_config;
use tracing_subscriber::EnvFilter;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .json()
        .with_env_filter(filter)
        .with_target(false)
        .init();
    address::warm();
    let config = sdk_config().await;
    lambda_http::run(router(AppState::from_environment(&config)?)).await
}
