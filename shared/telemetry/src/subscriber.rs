//! What a process does once, before its first invocation.

use tracing_subscriber::EnvFilter;

use crate::line::begin_lines;

/// Sets up what every function logs with: JSON lines on standard output.
///
/// Events are filtered by `RUST_LOG`, which is `info` if it is not set, and name the request that
/// they belong to. Spans have no lines of their own. Metrics go to the namespace that
/// `METRICS_NAMESPACE` names: each stack has its own, or the alarms of one would ring for another.
pub fn init() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_current_span(true)
        .with_span_list(false)
        .with_target(false)
        .with_env_filter(filter)
        .init();
    #[expect(
        clippy::disallowed_methods,
        reason = "the function that names a missing variable is the store's, and this one may be missing"
    )]
    let namespace = std::env::var("METRICS_NAMESPACE");
    begin_lines(namespace.unwrap_or_else(|_| "Carillon".to_owned()));
}
