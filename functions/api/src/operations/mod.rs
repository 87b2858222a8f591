//! What keeps the system going.

mod dead_letters;

pub(crate) use dead_letters::routes;
