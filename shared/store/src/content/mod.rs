//! Templates, wrappers and presets.

mod documents;

pub use documents::{CreateOutcome, Document, Listed, UpdateOutcome, VERSIONS, Written};
