//! The rules of Carillon, without I/O and without a clock of their own.
//!
//! Everything that arrives from outside is parsed here into types that cannot hold invalid values;
//! the other crates only ever see those types.

pub mod access;
pub mod address;
pub mod campaigns;
pub mod channel;
pub mod channel_address;
pub mod content;
pub mod delivery;
pub mod directory;
pub mod field_problem;
pub mod id;
pub mod language;
pub mod operations;
pub mod push_address;
pub mod reason;
pub mod receivers;
pub mod suppressions;
pub mod transports;
pub mod wall_clock;
