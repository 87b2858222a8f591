//! `cargo local console`.

use std::process::Stdio;

use crate::command::{running, say};
use crate::error::Error;
use crate::stack::node::{Node, Running};
use crate::stack::progress::Progress;
use crate::stack::{console, port};

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Port of the console on loopback [default: a free one]
    #[arg(long)]
    port: Option<u16>,
}

pub(crate) async fn run(arguments: &Arguments) -> Result<(), Error> {
    let state = running()?;
    let progress = Progress::detect();
    port::check(arguments.port, "--port")?;
    let port = port::choose(arguments.port, None, "--port")?;
    let node = Node::find(progress).await?;
    console::install(&node, &console::log(), progress).await?;
    let mut command = node.command(
        "npm",
        &[
            "run",
            "dev",
            "--workspace",
            "console",
            "--",
            "--host",
            "127.0.0.1",
            "--port",
            &port.to_string(),
            "--strictPort",
        ],
    );
    // Vite passes the calls of the API on to it.
    command
        .env("CARILLON_API_URL", state.details.api_url())
        .stdout(Stdio::inherit())
        .stderr(Stdio::inherit());
    let key = &state.tenant.api_key;
    say(&format!(
        "\n  Console      http://127.0.0.1:{port}/#key={key}\n  End it with Ctrl-C\n"
    ));
    let status = Running::start(command)?.end().await?;
    match status.success() {
        true => Ok(()),
        false => Err(Error::Ended {
            name: "Vite's server",
            status,
        }),
    }
}
