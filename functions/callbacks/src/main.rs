//! The function `callbacks`.

use carillon_callbacks::Callbacks;
use carillon_http::run;
use lambda_http::{Error, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    carillon_telemetry::init();
    let config = carillon_aws::config();
    let callbacks = Callbacks::from_environment(&config)?;
    run(service_fn(|request| {
        carillon_callbacks::handle(&callbacks, request)
    }))
    .await
}
