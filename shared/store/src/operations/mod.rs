//! What keeps the system going: the rows that the sweep reads, dead letters, and the purge of what has expired.

mod dead_letters;
pub(crate) mod due;
mod jobs;
mod purge;

pub use self::{
    dead_letters::{DeadLetter, DeadLetterStatus, Kept, UnreadableDeadLetter},
    due::Due,
    jobs::JobChange,
};
