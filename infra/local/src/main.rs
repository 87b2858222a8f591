//! The program behind `cargo local`.

use std::process::ExitCode;

use clap::Parser;

#[tokio::main]
async fn main() -> ExitCode {
    carillon_local::command::Arguments::parse().run().await
}
