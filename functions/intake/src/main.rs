//! The function `intake`.

use aws_config::BehaviorVersion;
use carillon_intake::Intake;
use lambda_runtime::{Error, run, service_fn, tracing};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    tracing::init_default_subscriber();
    let config = aws_config::load_defaults(BehaviorVersion::latest()).await;
    let intake = Intake::from_environment(&config)?;
    carillon_domain::address::warm();
    run(service_fn(|event| carillon_intake::handle(&intake, event))).await
}
