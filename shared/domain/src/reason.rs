//! Reasons: a stable code and a text for people.

use serde::{Deserialize, Serialize};

/// Why something was not sent: a stable code and a text for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// A stable code, or the provider's own.
    pub code: String,
    /// The text for people.
    pub text: String,
}

/// The longest reason text, in characters, so that a row stays within one write unit.
const REASON_CHARACTERS: usize = 160;

impl Reason {
    /// A reason, its text truncated to what a row stores.
    pub fn new(code: impl Into<String>, text: impl AsRef<str>) -> Self {
        Self {
            code: code.into(),
            text: text.as_ref().chars().take(REASON_CHARACTERS).collect(),
        }
    }
}
