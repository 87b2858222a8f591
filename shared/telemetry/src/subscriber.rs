//! What a process does once, before its first invocation.

use tracing_subscriber::{
    filter::{LevelFilter, Targets},
    layer::SubscriberExt,
    util::SubscriberInitExt,
};

use crate::line::begin_lines;

/// Sets up what every function logs with: JSON lines on standard output.
///
/// Events are filtered by `RUST_LOG` (levels, and targets with levels, as in `info,carillon_email=debug`), which is `info`
/// if it is not set or cannot be read, and name the request that they belong to. Spans have no lines of their own.
/// Metrics go to the namespace that `METRICS_NAMESPACE` names: each stack has its own, or the alarms of one would ring for
/// another.
pub fn init() {
    // Not `EnvFilter`, which compiles regular expressions when it starts.
    let filter = read("RUST_LOG").and_then(|filter| filter.parse::<Targets>().ok());
    let filter = filter.unwrap_or_else(|| Targets::new().with_default(LevelFilter::INFO));
    let lines = tracing_subscriber::fmt::layer()
        .json()
        .flatten_event(true)
        .with_current_span(true)
        .with_span_list(false)
        .with_target(false);
    tracing_subscriber::registry()
        .with(lines)
        .with(filter)
        .init();
    begin_lines(read("METRICS_NAMESPACE").unwrap_or_else(|| "Carillon".to_owned()));
}

#[expect(
    clippy::disallowed_methods,
    reason = "the function that names a missing variable is the store's, and these may be missing"
)]
fn read(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
