//! Why something happened: a stable name, and words.

use serde::{Deserialize, Serialize};

/// Why something was not sent: a stable name, and words for the operator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// A stable name, or the provider's own code.
    pub code: String,
    /// What an operator reads.
    pub text: String,
}

/// The longest text of a reason that is kept, in characters, so that a row stays within one write unit.
const REASON_CHARACTERS: usize = 160;

impl Reason {
    /// A reason, its text shortened to what a row keeps.
    pub fn new(code: impl Into<String>, text: impl AsRef<str>) -> Self {
        Self {
            code: code.into(),
            text: text.as_ref().chars().take(REASON_CHARACTERS).collect(),
        }
    }
}
