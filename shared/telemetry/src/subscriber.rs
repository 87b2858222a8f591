//! Process-wide setup, before the first invocation.

use tracing_subscriber::{
    filter::{LevelFilter, Targets},
    layer::SubscriberExt,
    util::SubscriberInitExt,
};

use crate::line::begin_lines;

/// Sets up logging for the function: JSON lines on standard output.
///
/// Events are filtered by `RUST_LOG` (levels, and targets with levels, such as `info,carillon_delivery=debug`), which
/// defaults to `info` if unset or invalid, and include the request they belong to. Spans have no lines of their own.
/// Metrics go to the namespace in `METRICS_NAMESPACE`: each stack has its own, so that its alarms ignore the others.
pub fn init() {
    // Not `EnvFilter`, which compiles regular expressions at startup.
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
    reason = "the helper that reports a missing variable is in the store, and these are optional"
)]
fn read(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
