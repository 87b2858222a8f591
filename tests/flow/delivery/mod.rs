//! What happens to a message: outcomes, limits of accounts, kills at any call, receipts, counting.

mod accounts;
pub(in crate::flow) mod boundaries;
mod deduplicating;
mod failures;
pub(in crate::flow) mod kills;
mod large;
mod receipts;
