//! The directory: entities with the words by which they are found, and relations between them.

mod entities;
mod relations;
mod remove;
mod schemas;
mod search;

pub use entities::EntityWritten;
pub use relations::{Direction, Related};
pub use remove::Removal;
pub use schemas::SchemaWritten;
pub use search::Found;
