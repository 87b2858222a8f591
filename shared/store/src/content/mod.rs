//! Templates, wrappers and presets.

mod documents;

pub use documents::{Document, Listed, Made, Rewritten, VERSIONS, Written};
