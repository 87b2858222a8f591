//! `cargo local down`.

use crate::command::directory;
use crate::error::{Error, IoContext};
use crate::stack::lock;
use crate::stack::progress::Progress;
use crate::stack::state;

pub(crate) async fn run() -> Result<(), Error> {
    let progress = Progress::detect();
    let directory = directory();
    let _lock = lock::acquire(&directory.with_extension("up.lock"), progress).await?;
    let step = progress.step("Stopping the local stack");
    if state::stop(&directory).await? {
        step.done("");
    } else {
        drop(step);
        progress.note("The local stack was not running");
    }
    if directory.exists() {
        std::fs::remove_dir_all(&directory).at("cannot remove", &directory)?;
    }
    Ok(())
}
