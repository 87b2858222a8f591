//! The function `fanout`.

use carillon_fanout::Fanout;
use lambda_runtime::{Error, run, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    carillon_telemetry::init();
    let config = carillon_aws::config();
    let fanout = Fanout::from_environment(&config)?;
    run(service_fn(|event| carillon_fanout::handle(&fanout, event))).await
}
