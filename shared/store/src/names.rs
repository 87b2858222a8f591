//! What vendors call a message that cannot give back the whole reference of its delivery.

use carillon_domain::id::{CampaignId, ReceiverId, TenantId};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{Store, error::Error, item, keys, partiql::Statement};

/// So long a name is known: longer than vendors tell of a message and call again (BulkSMS for two days).
const REMEMBERED: SignedDuration = SignedDuration::from_hours(6 * 24);
const DOING: &str = "note what messages are called";

/// What a vendor gives back of a message, and whose delivery it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// The tenant.
    pub tenant: TenantId,
    /// The name.
    pub name: String,
    /// The delivery.
    pub delivery: NamedDelivery,
}

/// A delivery on the channel of the transport that is called back about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamedDelivery {
    /// The campaign.
    pub campaign: CampaignId,
    /// The receiver.
    pub receiver: ReceiverId,
}

impl Store {
    /// Notes what messages are called, 25 in one call. Idempotent.
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
        // One that is there is the same: the name is made of the delivery.
        self.execute(DOING, inserts).await?;
        Ok(())
    }

    /// The delivery whose message has a name; `None` if nobody knows it, or not any more.
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
