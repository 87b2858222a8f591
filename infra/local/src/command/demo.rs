//! `cargo demo`.

use std::time::Instant;

use crate::command::{say, up};
use crate::demo;
use crate::error::Error;
use crate::progress::Progress;

pub(crate) async fn run(arguments: &up::Arguments) -> Result<(), Error> {
    let state = up::ensure(arguments, Progress::detect()).await?;
    let started = Instant::now();
    demo::run(&state.details, &state.tenant).await?;
    say(&format!(
        "\nDone in {:.0} s.",
        started.elapsed().as_secs_f64()
    ));
    Ok(())
}
