//! `cargo local logs`.

use std::io::Write;
use std::time::Duration;

use jiff::Timestamp;

use crate::command::running;
use crate::error::Error;
use crate::stack::deploy::Source;
use crate::stack::logs::{Line, Reader};

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The function; all of them when none is named
    function: Option<String>,
    /// Go on printing what is logged
    #[arg(long, short)]
    follow: bool,
}

pub(crate) async fn run(arguments: &Arguments) -> Result<(), Error> {
    let state = running()?;
    let mut functions = Source::read()?.functions;
    if let Some(name) = &arguments.function {
        if !functions.contains(name) {
            return Err(Error::UnknownFunction {
                name: name.clone(),
                known: functions.join(", "),
            });
        }
        functions = vec![name.clone()];
    }
    let endpoint = state.details.endpoint();
    let mut readers = functions
        .into_iter()
        .map(|function| Ok((Reader::new(&endpoint, &function)?, function)))
        .collect::<Result<Vec<_>, Error>>()?;
    loop {
        let mut lines = Vec::new();
        for (reader, function) in &mut readers {
            let new = reader.next().await?;
            lines.extend(new.into_iter().map(|line| (line, function.clone())));
        }
        lines.sort_by_key(|(line, _)| line.timestamp);
        // Whoever reads this may have read enough, as `head` has.
        if !print(&lines) || !arguments.follow {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

/// Prints lines; says whether somebody still reads them.
fn print(lines: &[(Line, String)]) -> bool {
    let mut out = std::io::stdout().lock();
    lines.iter().all(|(line, function)| {
        let time = Timestamp::from_millisecond(line.timestamp).unwrap_or_default();
        writeln!(out, "{time:.3} {function:<8} {}", line.message).is_ok()
    })
}
