//! A function's telemetry: its log, its metrics and its traces.
//!
//! A function calls [`init`] at startup, begins a [`Line`] with each invocation and ends it with the invocation. The
//! line is log and metrics in one. Errors and warnings have lines of their own.

mod line;
mod metrics;
mod subscriber;
mod trace;

pub use line::{Line, Outcome};
pub use metrics::Metrics;
pub use subscriber::init;
pub use trace::{Trace, carry};
