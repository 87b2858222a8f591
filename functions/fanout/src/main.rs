//! The function `fanout`.

use aws_config::BehaviorVersion;
use carillon_fanout::Fanout;
use lambda_runtime::{Error, run, service_fn, tracing};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    tracing::init_default_subscriber();
    let config = aws_config::load_defaults(BehaviorVersion::latest()).await;
    let fanout = Fanout::from_environment(&config)?;
    run(service_fn(|event| carillon_fanout::handle(&fanout, event))).await
}
