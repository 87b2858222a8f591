//! Campaigns from their draft to everyone they reach.

mod bounded;
mod everyone;
mod preflights;
mod schedule;
