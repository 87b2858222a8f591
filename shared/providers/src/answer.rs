//! What all adapters need to report a provider's response.

use carillon_domain::reason::Reason;

/// The text of a refusal without a reason.
pub(crate) const NO_REASON: &str = "The provider gave no reason.";
/// The longest provider code that is kept.
pub(crate) const CODE_CHARACTERS: usize = 64;

/// The reason of an unknown outcome when the response cannot be understood.
pub(crate) fn unreadable() -> Reason {
    Reason::new(
        "unreadable_answer",
        "The provider's response could not be parsed.",
    )
}

/// A provider's code, truncated to that length.
pub(crate) fn short(code: &str) -> String {
    code.chars().take(CODE_CHARACTERS).collect()
}
