//! The function `jobs`.

use carillon_jobs::Jobs;
use lambda_runtime::{Error, run, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    carillon_telemetry::init();
    let config = carillon_aws::config();
    let jobs = Jobs::from_environment(&config)?;
    carillon_domain::address::warm();
    // One step of the largest job would make the future of every invocation several kilobytes larger.
    run(service_fn(|event| {
        Box::pin(carillon_jobs::handle(&jobs, event))
    }))
    .await
}
