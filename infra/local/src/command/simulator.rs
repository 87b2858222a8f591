//! `local simulator`, which `cargo local up` starts in the background.

use std::net::Ipv4Addr;

use tokio::net::TcpListener;

use crate::command::say;
use crate::error::Error;
use crate::simulator::Simulator;
use crate::stack::process;

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Port on loopback
    #[arg(long)]
    port: u16,
    /// Port on loopback for mail by SMTP that is encrypted when the client asks for it (STARTTLS)
    #[arg(long)]
    smtp_port: u16,
    /// Port on loopback for mail by SMTP that is encrypted from the first byte on
    #[arg(long)]
    smtps_port: u16,
}

pub(crate) async fn run(arguments: &Arguments) -> Result<(), Error> {
    process::obey_leash();
    let failure = |source| Error::Simulator { source };
    let listen = async |port: u16| {
        TcpListener::bind((Ipv4Addr::LOCALHOST, port))
            .await
            .map_err(failure)
    };
    let when_asked = listen(arguments.smtp_port).await?;
    let always = listen(arguments.smtps_port).await?;
    // The last one, because whoever waits for the simulator looks at this one.
    let mut simulator = Simulator::start(listen(arguments.port).await?);
    simulator.serve_smtp(when_asked, always).map_err(failure)?;
    say(simulator.url());
    std::future::pending().await
}
