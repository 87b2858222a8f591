//! The program `carillon`.

use std::process::ExitCode;

use clap::Parser;

#[tokio::main]
async fn main() -> ExitCode {
    carillon_operator::command::Arguments::parse().run().await
}
