//! The JSON of a filter, which the API takes and gives.

mod read;
mod write;

pub(super) use read::parse;
pub(super) use write::compose;
