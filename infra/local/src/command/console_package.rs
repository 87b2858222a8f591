//! `cargo local console-package`.

use std::path::PathBuf;

use crate::command::say;
use crate::error::Error;
use crate::stack::progress::Progress;
use crate::stack::{console, workspace};

/// Where `sam build` leaves the package of the function.
const BUILT: &str = "infra/.aws-sam/build/ConsoleFunction";

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The folder of the package [default: infra/.aws-sam/build/ConsoleFunction]
    package: Option<PathBuf>,
}

pub(crate) async fn run(arguments: &Arguments) -> Result<(), Error> {
    let package = arguments.package.clone();
    let package = package.unwrap_or_else(|| workspace::root().join(BUILT));
    // Before minutes of building.
    console::check_package(&package)?;
    let files = console::build(Progress::detect()).await?;
    let folder = console::put_into(&package, &files)?;
    say(&folder.display().to_string());
    Ok(())
}
