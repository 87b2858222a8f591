//! The Lambda function of the HTTP API.

use carillon_api::{AppState, router};
use carillon_domain::address;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    carillon_telemetry::init();
    address::warm();
    let config = carillon_aws::config();
    carillon_http::run(router(AppState::from_environment(&config)?)).await
}
