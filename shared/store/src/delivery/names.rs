//! Vendors' names for messages, for vendors that cannot return the full reference of a delivery.

use carillon_domain::id::{CampaignId, ReceiverId, TenantId};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{Store, error::Error, item, keys, partiql::Statement};

/// Name retention: longer than vendors report on a message and retry (BulkSMS for two days).
const REMEMBERED: SignedDuration = SignedDuration::from_hours(6 * 24);
const DOING: &str = "store the names of messages";

/// A name that a vendor returns, and the delivery behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// The tenant.
    pub tenant: TenantId,
    /// The name.
    pub name: String,
    /// The delivery.
    pub delivery: NamedDelivery,
}

/// A delivery on the channel of the transport that received the callback.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamedDelivery {
    /// The campaign.
    pub campaign: CampaignId,
    /// The receiver.
    pub receiver: ReceiverId,
}

impl Store {
    /// Stores names of messages, 25 per call. Idempotent.
    ///
    /// # Errors
    /// If the write fails; some may have been noted.
    pub async fn note_names(&self, names: &[Named], now: Timestamp) -> Result<(), Error> {
        let expires_at = item::number((now + REMEMBERED).as_second());
        let inserts = names.iter().map(|named| {
            let key = keys::message_name(&named.tenant, &named.name);
            let mut row = item::write(&key, "a name", &named.delivery)?;
            row.insert("expires_at".to_owned(), expires_at.clone());
            Ok(Statement::insert(&self.catalog, row))
        });
        let inserts = inserts.collect::<Result<Vec<_>, Error>>()?;
        // An existing row is identical: the name is derived from the delivery.
        self.execute(DOING, inserts).await?;
        Ok(())
    }

    /// The delivery behind a name; `None` if the name is unknown or has expired.
    ///
    /// # Errors
    /// If the read fails or the row cannot be decoded.
    pub async fn named(
        &self,
        tenant: &TenantId,
        name: &str,
    ) -> Result<Option<NamedDelivery>, Error> {
        let key = keys::message_name(tenant, name);
        let row = self.get_row("look up the name of a message", &self.catalog, &key, false);
        let row = row.await?;
        row.map(|row| item::read("a name", row)).transpose()
    }
}
