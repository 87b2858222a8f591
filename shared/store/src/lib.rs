//! Carillon's rows in DynamoDB: the catalog (settings and campaigns), the directory (people and what they belong to) and the
//! ledger (receivers and deliveries).
//!
//! Correctness lives in the conditions of the writes, so this crate uses a concrete client and its tests run
//! against a real table. See [`keys`] for every access pattern.

mod access;
mod campaigns;
mod content;
mod cursor;
mod delivery;
mod directory;
pub mod environment;
mod error;
mod item;
pub mod keys;
mod operations;
mod page;
mod partiql;
mod read;
mod receivers;
mod recent;
mod revised;
mod suppressions;
mod transact;
mod transports;

pub use access::{
    AllTenants, Answer, ApiKey, IdempotencyKey, IdempotencyOutcome, MAXIMUM_LATENESS_MINUTES,
    NewKey, NewTenant, Secret, Tenant, TenantChange,
};
use aws_sdk_dynamodb::Client;
pub use campaigns::{
    Attached, CampaignChange, CampaignFilter, Changed, Created, Deleted, HELD_BY_JOB, HoldOutcome,
    Preflight, ProgressCheck, Published, Released, Resumption, Scheduled, StopOutcome, Unscheduled,
};
pub use content::{CreateOutcome, Document, Listed, UpdateOutcome, VERSIONS, Written};
pub use cursor::{Cursor, InvalidCursor};
pub use delivery::{
    Change, Claim, Claimed, CorrectOutcome, DeliveryFilter, DeliveryRow, Difference,
    FanoutProgress, Insert, LoadRequest, Named, NamedDelivery, RateLimiters, ReasonCount,
    ReceiptOutcome, Reclaim, Record, Recorded, Recount, RequestProgress, Settlement,
    StreamPosition, TaskRows, TokenSeen, TotalsCheck, Wait, Waiting, Wanted, Window,
};
pub use directory::{Direction, EntityWritten, Found, Related, Removal, SchemaWritten};
pub use environment::MissingVariable;
pub use error::Error;
pub use operations::{DeadLetter, DeadLetterStatus, Due, JobChange, Kept, UnreadableDeadLetter};
pub use page::{Page, PageRequest};
pub use receivers::{
    AddOutcome, FoundRow, Import, ImportStatus, ReceiverRow, Removed, RowEffect, SwitchAll,
    Switched,
};
pub use recent::Recent;
pub use suppressions::Suppressed;
pub use transports::{AllTransports, TransportSet};

/// Rows of the ledger expire this long after they are written: 400 days, so that last year's campaign can still
/// be consulted.
pub const RETENTION_DAYS: u32 = 400;

/// The tables. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Store {
    dynamodb: Client,
    catalog: String,
    directory: String,
    ledger: String,
}

impl Store {
    /// The store in tables with these names.
    pub fn new(
        dynamodb: Client,
        catalog: impl Into<String>,
        directory: impl Into<String>,
        ledger: impl Into<String>,
    ) -> Self {
        Self {
            dynamodb,
            catalog: catalog.into(),
            directory: directory.into(),
            ledger: ledger.into(),
        }
    }

    /// The store in the tables named by `CATALOG_TABLE`, `DIRECTORY_TABLE` and `LEDGER_TABLE`.
    ///
    /// # Errors
    /// If one of them is not set.
    pub fn from_environment(config: &aws_config::SdkConfig) -> Result<Self, MissingVariable> {
        use environment::variable;
        Ok(Self::new(
            Client::new(config),
            variable("CATALOG_TABLE")?,
            variable("DIRECTORY_TABLE")?,
            variable("LEDGER_TABLE")?,
        ))
    }
}
