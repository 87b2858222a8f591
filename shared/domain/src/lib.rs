//! The rules of Carillon, without I/O and without a clock of their own.
//!
//! Everything that arrives from outside is parsed here into types that cannot hold invalid values;
//! the other crates only ever see those types.

pub mod address;
pub mod campaign;
pub mod cause;
pub mod channel;
pub mod content;
pub mod delivery;
pub mod estimate;
pub mod executions;
pub mod formats;
pub mod governor;
pub mod id;
pub mod identity;
pub mod import;
pub mod keyword;
pub mod language;
pub mod number;
pub mod preflight;
pub mod push_address;
pub mod receipt;
pub mod receiver;
pub mod render;
pub mod retry;
pub mod routing;
pub mod scan;
pub mod schedule;
pub mod sender;
pub mod sms_parts;
pub mod suppression;
pub mod task;
pub mod text_part;
pub mod totals;
pub mod transport;
pub mod waiting;
pub mod wrapper;
