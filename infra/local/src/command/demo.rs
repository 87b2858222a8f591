//! `cargo demo`.

use std::time::Instant;

use crate::command::{say, up};
use crate::demo;
use crate::error::Error;
use crate::stack::progress::Progress;

#[derive(Clone, Debug, clap::Args)]
#[group(skip)]
pub(crate) struct Arguments {
    #[command(flatten)]
    up: up::Arguments,
    /// Send one campaign by email, SMS, WhatsApp and push instead, with receipts, a route that fails over, a reply of STOP and
    /// an unsubscription
    #[arg(long)]
    all_channels: bool,
}

pub(crate) async fn run(arguments: &Arguments) -> Result<(), Error> {
    let state = up::ensure(&arguments.up, Progress::detect()).await?;
    let started = Instant::now();
    match arguments.all_channels {
        true => demo::all_channels::run(&state.details).await?,
        false => demo::run(&state.details, &state.tenant).await?,
    }
    say(&format!(
        "\nDone in {:.0} s.",
        started.elapsed().as_secs_f64()
    ));
    Ok(())
}
