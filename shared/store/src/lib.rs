//! Carillon's rows in DynamoDB: the catalog (settings and campaigns) and the ledger (receivers and deliveries).
//!
//! Correctness lives in the conditions of the writes, so this crate speaks to a concrete client
//! and its tests run against a real table. See [`keys`] for every access pattern.

mod api_keys;
mod campaigns;
mod counted;
mod cursor;
mod dead_letters;
mod deliveries;
mod documents;
mod due;
pub mod environment;
mod error;
mod fanout;
mod governors;
mod heard;
mod idempotency;
mod identities;
mod imports;
mod item;
pub mod keys;
mod look;
mod names;
mod new_tenant;
mod numbers;
mod partiql;
mod preflights;
mod purge;
mod read;
mod receivers;
mod recent;
mod recount;
mod shares;
mod suppressions;
mod tenants;
mod totals;
mod transact;
mod transports;
mod waiting;
mod windows;

use aws_sdk_dynamodb::Client;

pub use api_keys::{ApiKey, NewKey, Secret};
pub use campaigns::{
    Attached, CampaignChange, CampaignFilter, Changed, Created, Deleted, LoadingBegun, Published,
    Released, Scheduled, Turned, Unscheduled,
};
pub use cursor::{Cursor, InvalidCursor};
pub use dead_letters::{DeadLetter, DeadLetterStatus, Kept, UnreadableDeadLetter};
pub use deliveries::{
    Asked, Claim, Claimed, DeliveryFilter, DeliveryRow, Governors, Heard, Insert, Loaded,
    ReasonCount, Record, Recorded, Retake, Settlement,
};
pub use documents::{Document, Listed, Made, Rewritten, VERSIONS, Written};
pub use due::Due;
pub use environment::MissingVariable;
pub use error::Error;
pub use fanout::{FanoutProgress, Wait};
pub use heard::{HeardBefore, Once};
pub use idempotency::{Answer, Begun, IdempotencyKey};
pub use imports::{FoundRow, Import, ImportStatus, RowEffect};
pub use look::{Look, WentOn};
pub use names::{Named, NamedDelivery};
pub use new_tenant::NewTenant;
pub use preflights::Preflight;
pub use receivers::{AddOutcome, PutRight, ReceiverRow, Removed, Switched};
pub use recent::Recent;
pub use recount::{Difference, Recount, TotalsCheck};
pub use suppressions::Suppressed;
pub use tenants::{AllTenants, MAXIMUM_LATENESS_MINUTES, Tenant, TenantChange};
pub use totals::{Change, StreamPosition};
pub use transports::{AllTransports, TransportSet};
pub use waiting::{Waiting, Wanted};
pub use windows::Window;

/// Rows of the ledger expire this long after they are written, unless the tenant keeps them for
/// another time: 400 days, so that the same campaign of last year can still be looked at.
pub const RETENTION_DAYS: u32 = 400;

/// Both tables. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Store {
    dynamodb: Client,
    catalog: String,
    ledger: String,
}

impl Store {
    /// The store in the tables of these names.
    pub fn new(dynamodb: Client, catalog: impl Into<String>, ledger: impl Into<String>) -> Self {
        Self {
            dynamodb,
            catalog: catalog.into(),
            ledger: ledger.into(),
        }
    }

    /// The store in the tables that `CATALOG_TABLE` and `LEDGER_TABLE` name.
    ///
    /// # Errors
    /// If one of them is not set.
    pub fn from_environment(config: &aws_config::SdkConfig) -> Result<Self, MissingVariable> {
        use environment::variable;
        Ok(Self::new(
            Client::new(config),
            variable("CATALOG_TABLE")?,
            variable("LEDGER_TABLE")?,
        ))
    }
}
