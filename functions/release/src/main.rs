//! The function `release`.

use carillon_release::Release;
use lambda_runtime::{Error, run, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    carillon_telemetry::init();
    let config = carillon_aws::config();
    let release = Release::from_environment(&config)?;
    run(service_fn(|event| {
        carillon_release::handle(&release, event)
    }))
    .await
}
