//! What functions are told by their environment.

use std::{env, str::FromStr};

/// A variable of the environment that has to be set and is not.
#[derive(Debug, thiserror::Error)]
#[error("the environment variable {0} is not set")]
pub struct MissingVariable(pub &'static str);

/// The value of a variable that has to be set.
///
/// # Errors
/// If it is not, with its name.
#[expect(
    clippy::disallowed_methods,
    reason = "this is the place that the others are sent to"
)]
pub fn variable(name: &'static str) -> Result<String, MissingVariable> {
    env::var(name).map_err(|_| MissingVariable(name))
}

/// The value of a variable that may be set; what cannot be read counts as not set.
#[expect(
    clippy::disallowed_methods,
    reason = "this is the place that the others are sent to"
)]
pub fn optional<T: FromStr>(name: &str) -> Option<T> {
    env::var(name).ok()?.parse().ok()
}
