//! The function `jobs`.

use carillon_jobs::Jobs;
use lambda_runtime::{Error, run, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    carillon_telemetry::init();
    let config = carillon_aws::config();
    let jobs = Jobs::from_environment(&config)?;
    carillon_domain::address::warm();
    run(service_fn(|event| carillon_jobs::handle(&jobs, event))).await
}
