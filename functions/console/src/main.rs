//! The function `console`.

use carillon_console::Console;
use carillon_http::run;
use lambda_http::{Error, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    carillon_telemetry::init();
    let console = Console::from_environment()?;
    run(service_fn(|request| {
        carillon_console::handle(&console, request)
    }))
    .await
}
