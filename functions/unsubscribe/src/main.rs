//! The function `unsubscribe`.

use carillon_http::run;
use carillon_unsubscribe::Unsubscribe;
use lambda_http::{Error, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    carillon_telemetry::init();
    let config = carillon_aws::config();
    let unsubscribe = Unsubscribe::from_environment(&config)?;
    run(service_fn(|request| {
        carillon_unsubscribe::handle(&unsubscribe, request)
    }))
    .await
}
