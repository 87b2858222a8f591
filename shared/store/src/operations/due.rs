//! Work that the sweep looks after: a row with a time, found once the time has come.
//!
//! Publishing and scheduling write such a row in the same transaction as the campaign, so work
//! whose queue message or schedule is lost is found all the same.

use carillon_domain::id::{CampaignId, ImportId, TenantId};
use jiff::Timestamp;

use crate::{Store, error::Error, item, item::Item, keys, keys::Key};

/// Something whose time has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Due {
    /// A scheduled campaign should be published, or a published one should have moved.
    Campaign {
        /// The row, to be removed when it has been dealt with.
        row: Key,
        /// The tenant.
        tenant: TenantId,
        /// The campaign.
        campaign: CampaignId,
    },
    /// An import should have moved, or let its campaign go.
    Import {
        /// The row, to be removed when it has been dealt with.
        row: Key,
        /// The tenant.
        tenant: TenantId,
        /// The campaign that the import holds.
        campaign: CampaignId,
        /// The import.
        import: ImportId,
    },
    /// The rows of a deleted campaign should be gone.
    Purge {
        /// The row, to be removed when it has been dealt with.
        row: Key,
        /// The tenant.
        tenant: TenantId,
        /// The campaign.
        campaign: CampaignId,
        /// Its ledger partitions.
        shards: u16,
    },
    /// The totals of a shard should be counted anew.
    Totals {
        /// The row, to be removed when it has been dealt with.
        row: Key,
        /// The tenant.
        tenant: TenantId,
        /// The campaign.
        campaign: CampaignId,
        /// The shard.
        shard: u16,
    },
    /// A row that nobody understands; it is removed and logged.
    Unreadable {
        /// The row.
        row: Key,
    },
}

pub(crate) const CAMPAIGN: &str = "campaign";
pub(crate) const IMPORT: &str = "import";
pub(crate) const PURGE: &str = "purge";
const TOTALS: &str = "totals";

impl Store {
    /// What is due by now, oldest first.
    ///
    /// # Errors
    /// If DynamoDB does not answer.
    pub async fn due(&self, now: Timestamp, limit: i32) -> Result<Vec<Due>, Error> {
        let answer = self
            .dynamodb
            .query()
            .table_name(&self.catalog)
            .key_condition_expression("pk = :pk AND sk < :now")
            .expression_attribute_values(":pk", item::text(keys::DUE_PARTITION))
            .expression_attribute_values(":now", item::text(keys::sortable(now)))
            .limit(limit)
            .send()
            .await
            .map_err(Error::call("look for work that is due"))?;
        Ok(answer
            .items
            .unwrap_or_default()
            .iter()
            .filter_map(|item| Some(read(item::key_of(item)?, item)))
            .collect())
    }

    /// Puts a row for the sweep to look at later. All who do so for a minute write the same row.
    ///
    /// # Errors
    /// If DynamoDB does not do it.
    pub async fn watch_campaign(
        &self,
        tenant: &TenantId,
        campaign: &CampaignId,
        at: Timestamp,
    ) -> Result<(), Error> {
        let at = whole_minute(at);
        self.watch(&keys::due(at, CAMPAIGN, tenant, campaign.as_str()))
            .await
    }

    /// Puts a row for the sweep to look later at an import and the campaign that it holds.
    ///
    /// # Errors
    /// If DynamoDB does not do it.
    pub async fn watch_import(
        &self,
        tenant: &TenantId,
        campaign: &CampaignId,
        import: &ImportId,
        at: Timestamp,
    ) -> Result<(), Error> {
        self.watch(&keys::due(
            at,
            IMPORT,
            tenant,
            &format!("{campaign}#{import}"),
        ))
        .await
    }

    /// Puts a row for the sweep to have the totals of a shard counted anew.
    ///
    /// # Errors
    /// If DynamoDB does not do it.
    pub async fn watch_totals(
        &self,
        tenant: &TenantId,
        campaign: &CampaignId,
        shard: u16,
        at: Timestamp,
    ) -> Result<(), Error> {
        let id = format!("{campaign}#{shard}");
        self.watch(&keys::due(whole_minute(at), TOTALS, tenant, &id))
            .await
    }

    async fn watch(&self, key: &Key) -> Result<(), Error> {
        self.dynamodb
            .put_item()
            .table_name(&self.catalog)
            .set_item(Some(item::key(key)))
            .send()
            .await
            .map(|_| ())
            .map_err(Error::call("note work for the sweep"))
    }

    /// Removes a row that has been dealt with.
    ///
    /// # Errors
    /// If DynamoDB does not do it.
    pub async fn forget_due(&self, row: &Key) -> Result<(), Error> {
        self.dynamodb
            .delete_item()
            .table_name(&self.catalog)
            .set_key(Some(item::key(row)))
            .send()
            .await
            .map(|_| ())
            .map_err(Error::call("forget work that was done"))
    }
}

/// The end of a moment's minute.
fn whole_minute(at: Timestamp) -> Timestamp {
    let seconds = at.as_second();
    let left = (60 - seconds.rem_euclid(60)) % 60;
    Timestamp::from_second(seconds + left).unwrap_or(at)
}

fn read(row: Key, item: &Item) -> Due {
    parse(&row, item).unwrap_or(Due::Unreadable { row })
}

fn parse(row: &Key, item: &Item) -> Option<Due> {
    let mut parts = row.sort.split('#').skip(1);
    let (kind, tenant) = (parts.next()?, parts.next()?.parse().ok()?);
    let campaign = parts.next()?.parse().ok()?;
    let row = row.clone();
    Some(match kind {
        CAMPAIGN => Due::Campaign {
            row,
            tenant,
            campaign,
        },
        IMPORT => Due::Import {
            row,
            tenant,
            campaign,
            import: parts.next()?.parse().ok()?,
        },
        TOTALS => Due::Totals {
            row,
            tenant,
            campaign,
            shard: parts.next()?.parse().ok()?,
        },
        PURGE => Due::Purge {
            row,
            tenant,
            campaign,
            shards: item.get("shards")?.as_n().ok()?.parse().ok()?,
        },
        _ => return None,
    })
}
