//! Environment variables of the functions.

use std::{env, str::FromStr};

/// A required environment variable is not set.
#[derive(Debug, thiserror::Error)]
#[error("the environment variable {0} is not set")]
pub struct MissingVariable(pub &'static str);

/// The value of a required variable.
///
/// # Errors
/// If it is not set.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place that reads the environment"
)]
pub fn variable(name: &'static str) -> Result<String, MissingVariable> {
    env::var(name).map_err(|_| MissingVariable(name))
}

/// The value of an optional variable; an unparsable value counts as not set.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place that reads the environment"
)]
pub fn optional<T: FromStr>(name: &str) -> Option<T> {
    env::var(name).ok()?.parse().ok()
}
