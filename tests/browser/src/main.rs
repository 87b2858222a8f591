//! `cargo browser`: the browser tests of the console (`web/console/browser`), on a local stack of their own.

use std::{
    path::PathBuf,
    process::{ExitCode, Stdio},
};

use carillon_browser::program;
use carillon_local::{
    error::{Error as StackError, report},
    stack::{
        Options, Stack,
        node::{Node, Running},
        tenant, workspace,
    },
};
use clap::Parser;
use tokio::signal::unix::{SignalKind, signal};

/// Runs the browser tests of the console.
#[derive(Debug, Parser)]
#[command(name = "cargo browser", bin_name = "cargo browser")]
struct Arguments {
    /// Make the pictures of the documentation too
    #[arg(long)]
    pictures: bool,
    /// Arguments of `playwright test`: names of files, --grep, …
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    playwright: Vec<String>,
}

/// Why the tests did not run.
#[derive(Debug, thiserror::Error)]
enum Error {
    #[error(transparent)]
    Browser(#[from] carillon_browser::Error),
    #[error(transparent)]
    Stack(#[from] StackError),
    #[error("cannot be ended by a signal")]
    Signal(#[source] std::io::Error),
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Arguments::parse()).await {
        Ok(code) => code,
        Err(error) => {
            report(&error);
            ExitCode::FAILURE
        }
    }
}

/// Dropping the future of the tests drops the stack and the process, and what is dropped is stopped.
async fn run(arguments: Arguments) -> Result<ExitCode, Error> {
    let mut interrupt = signal(SignalKind::interrupt()).map_err(Error::Signal)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(Error::Signal)?;
    let chromium = program().ok_or(carillon_browser::Error::Missing)?;
    tokio::select! {
        tested = test(&arguments, chromium) => tested,
        _ = interrupt.recv() => Ok(ExitCode::from(130)),
        _ = terminate.recv() => Ok(ExitCode::from(143)),
    }
}

/// Starts a stack with the demo tenant, and Playwright.
async fn test(arguments: &Arguments, chromium: PathBuf) -> Result<ExitCode, Error> {
    let options = Options::for_tests("browser");
    let progress = options.progress;
    let stack = Stack::start(options).await?;
    let details = stack.details();
    let dynamodb = aws_sdk_dynamodb::Client::new(&details.sdk_config());
    let tenant = tenant::create_demo_tenant(dynamodb, details.outputs()).await?;
    let node = Node::find(progress).await?;
    let playwright = workspace::web().join("node_modules/.bin/playwright");
    let mut command = node.command(&playwright.to_string_lossy(), &["test"]);
    command
        .args(&arguments.playwright)
        .current_dir(workspace::web().join("console"))
        .env("CARILLON_API_URL", details.api_url())
        .env("CARILLON_API_KEY", &tenant.api_key)
        .env("CARILLON_CONSOLE_URL", format!("{}/", details.api_url()))
        .env("CARILLON_SIMULATOR_URL", details.simulator_url())
        .env("CHROMIUM", chromium)
        .env("PICTURES", if arguments.pictures { "1" } else { "" })
        .stdout(Stdio::inherit())
        .stderr(Stdio::inherit());
    let status = Running::start(command)?.end().await?;
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(ExitCode::from(code.unwrap_or(1)))
}
