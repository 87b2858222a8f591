//! `local simulator`, which `cargo local up` starts in the background.

use std::net::Ipv4Addr;

use tokio::net::TcpListener;

use crate::command::say;
use crate::error::Error;
use crate::process;
use crate::simulator::Simulator;

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Port on loopback
    #[arg(long)]
    port: u16,
}

pub(crate) async fn run(arguments: &Arguments) -> Result<(), Error> {
    process::obey_leash();
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, arguments.port))
        .await
        .map_err(|source| Error::Simulator { source })?;
    let simulator = Simulator::start(listener);
    say(simulator.url());
    std::future::pending().await
}
