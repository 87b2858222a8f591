//! `cargo local status`.

use crate::aws;
use crate::command::{directory, say};
use crate::error::Error;
use crate::stack::state::State;

pub(crate) async fn run() -> Result<(), Error> {
    let Some(state) = State::load(&directory())? else {
        return Err(Error::NotRunning);
    };
    let http = aws::http()?;
    let endpoint = format!("{}/_ministack/health", state.details.endpoint());
    let simulator = format!("{}/_simulator/summary", state.details.simulator_url());
    let checks = [("Local AWS", endpoint), ("Simulator", simulator)];
    let mut all_well = true;
    for ((name, url), process) in checks.iter().zip(&state.processes) {
        let pid = process.pid;
        let answer = if !process.is_running() {
            format!("process {pid} has ended")
        } else if aws::answers(&http, url).await {
            format!("running, process {pid}")
        } else {
            format!("process {pid} does not answer")
        };
        all_well &= answer.starts_with("running");
        say(&format!("  {name:<12} {answer}"));
    }
    say("");
    print(&state);
    if all_well {
        Ok(())
    } else {
        Err(Error::NotRunning)
    }
}

/// Says where everything is.
pub(crate) fn print(state: &State) {
    let details = &state.details;
    let outputs = details.outputs();
    let lines = [
        ("Console", details.console_url(&state.tenant.api_key)),
        ("API", details.api_url()),
        ("API docs", format!("{}/docs", details.api_url())),
        ("Mailbox", state.mailbox()),
        ("AWS", details.endpoint()),
        ("Tenant", state.tenant.tenant.clone()),
        ("API key", state.tenant.api_key.clone()),
        ("Catalog", outputs.catalog_table.clone()),
        ("Directory", outputs.directory_table.clone()),
        ("Ledger", outputs.ledger_table.clone()),
        ("Imports", outputs.imports_bucket.clone()),
        ("Logs", "cargo local logs [function] [--follow]".to_owned()),
    ];
    for (name, value) in lines {
        say(&format!("  {name:<12} {value}"));
    }
}
