//! The commands of the program `local`.

mod console;
mod console_package;
mod demo;
mod down;
mod env;
mod logs;
mod simulator;
mod status;
mod up;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use tokio::signal::unix::{SignalKind, signal};

use crate::error::{Error, report};
use crate::stack::state::{self, State};
use crate::stack::workspace;

/// Carillon on this machine: the AWS that it needs, the providers that it sends with, and the functions.
#[derive(Debug, Parser)]
#[command(name = "cargo local", bin_name = "cargo local")]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Start everything, or bring a running stack up to date with the code
    Up(up::Arguments),
    /// Show what runs and where
    Status,
    /// Print the environment as shell exports: eval "$(cargo local env)"
    Env,
    /// Print what the functions logged
    Logs(logs::Arguments),
    /// Stop everything; what was stored is gone
    Down,
    /// Stop, remove every file but the Python environment, and start again empty
    Reset(up::Arguments),
    /// Serve the console from its sources, with each change at once (Vite), against the running stack
    Console(console::Arguments),
    /// Put the built console into the package that `sam build` made
    ConsolePackage(console_package::Arguments),
    /// Start everything and run the main job: two campaigns to 1,000 people, checked against the providers' calls
    Demo(demo::Arguments),
    /// Run the provider simulator until the process is ended
    #[command(hide = true)]
    Simulator(simulator::Arguments),
}

impl Arguments {
    /// Runs the command and prints its error, if any, with the reasons below.
    pub async fn run(self) -> ExitCode {
        // Where the checkout is does not matter to a process of a stack that runs.
        let needs_checkout = !matches!(self.command, Command::Simulator(_));
        if needs_checkout && let Err(error) = workspace::find() {
            let _ = writeln!(std::io::stderr().lock(), "error: {error}");
            return ExitCode::FAILURE;
        }
        // A demo that is broken off leaves nothing running that it started itself.
        // Whoever ends it has seen enough.
        let ends_by_interrupt = matches!(self.command, Command::Console(_));
        let stops_when_interrupted = matches!(self.command, Command::Demo(_)) && running().is_err();
        let result = match interruptible(self.command).await {
            Ok(()) => return ExitCode::SUCCESS,
            Err(Error::Interrupted) if ends_by_interrupt => return ExitCode::SUCCESS,
            Err(error) => error,
        };
        if stops_when_interrupted
            && matches!(result, Error::Interrupted)
            && let Err(error) = state::stop(&directory()).await
        {
            say(&format!("the stack could not be stopped: {error}"));
        }
        report(&result);
        match result {
            Error::Interrupted => ExitCode::from(130),
            _ => ExitCode::FAILURE,
        }
    }
}

/// Dropping the future of a command drops what it started, and what is dropped is stopped.
async fn interruptible(command: Command) -> Result<(), Error> {
    let ended = |kind| {
        signal(kind).map_err(|source| Error::Program {
            program: "the signal handler".to_owned(),
            source,
        })
    };
    let mut interrupt = ended(SignalKind::interrupt())?;
    let mut terminate = ended(SignalKind::terminate())?;
    let mut hangup = ended(SignalKind::hangup())?;
    tokio::select! {
        result = command.run() => result,
        _ = interrupt.recv() => Err(Error::Interrupted),
        _ = terminate.recv() => Err(Error::Interrupted),
        _ = hangup.recv() => Err(Error::Interrupted),
    }
}

impl Command {
    async fn run(self) -> Result<(), Error> {
        match self {
            Self::Up(arguments) => up::run(&arguments).await,
            Self::Status => status::run().await,
            Self::Env => env::run(),
            Self::Logs(arguments) => logs::run(&arguments).await,
            Self::Down => down::run().await,
            Self::Reset(arguments) => {
                down::run().await?;
                up::run(&arguments).await
            }
            Self::Console(arguments) => console::run(&arguments).await,
            Self::ConsolePackage(arguments) => console_package::run(&arguments).await,
            Self::Demo(arguments) => demo::run(&arguments).await,
            Self::Simulator(arguments) => simulator::run(&arguments).await,
        }
    }
}

/// Prints a line. Whoever reads it may have read enough, as `head` has, which is no error.
pub(crate) fn say(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// The directory of the stack that the commands are about.
fn directory() -> PathBuf {
    workspace::local_directory().join("stack")
}

/// The stack that runs.
fn running() -> Result<State, Error> {
    State::load(&directory())?
        .filter(State::is_running)
        .ok_or(Error::NotRunning)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_commands_can_be_parsed() {
        Arguments::command().debug_assert();
    }
}
