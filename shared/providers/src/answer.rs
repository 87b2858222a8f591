//! What dialects say alike of answers.

use carillon_domain::reason::Reason;

/// The words for a refusal that has none of its own.
pub(crate) const NO_REASON: &str = "The provider gave no reason.";
/// No more of a provider's code is kept.
pub(crate) const CODE_CHARACTERS: usize = 64;

/// Why nobody knows what came of a message whose answer says nothing that we understand.
pub(crate) fn unreadable() -> Reason {
    Reason::new(
        "unreadable_answer",
        "The provider's answer could not be read.",
    )
}

/// A provider's code, shortened to what is kept.
pub(crate) fn short(code: &str) -> String {
    code.chars().take(CODE_CHARACTERS).collect()
}
