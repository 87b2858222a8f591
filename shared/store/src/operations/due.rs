//! Work for the sweep: a row with a time, found once that time has come.
//!
//! Publishing and scheduling write such a row in the same transaction as the campaign, so the
//! work is found even if its queue message or schedule is lost.

use carillon_domain::id::{CampaignId, ImportId, JobId, TenantId};
use jiff::Timestamp;

use crate::{Store, error::Error, item, item::Item, keys, keys::Key};

/// Work that is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Due {
    /// A scheduled campaign should be published, or a published one should have made progress.
    Campaign {
        /// The row, removed once handled.
        row: Key,
        /// The tenant.
        tenant: TenantId,
        /// The campaign.
        campaign: CampaignId,
    },
    /// An import should have made progress, or released its campaign.
    Import {
        /// The row, removed once handled.
        row: Key,
        /// The tenant.
        tenant: TenantId,
        /// The campaign that the import holds.
        campaign: CampaignId,
        /// The import.
        import: ImportId,
    },
    /// A job should have made progress.
    Job {
        /// The row, removed once handled.
        row: Key,
        /// The tenant.
        tenant: TenantId,
        /// The job.
        job: JobId,
    },
    /// The rows of a deleted campaign should be gone.
    Purge {
        /// The row, removed once handled.
        row: Key,
        /// The tenant.
        tenant: TenantId,
        /// The campaign.
        campaign: CampaignId,
        /// Its ledger partitions.
        shards: u16,
    },
    /// A shard's totals should be recounted.
    Totals {
        /// The row, removed once handled.
        row: Key,
        /// The tenant.
        tenant: TenantId,
        /// The campaign.
        campaign: CampaignId,
        /// The shard.
        shard: u16,
    },
    /// A row that cannot be read; it is removed and logged.
    Unreadable {
        /// The row.
        row: Key,
    },
}

pub(crate) const CAMPAIGN: &str = "campaign";
pub(crate) const IMPORT: &str = "import";
pub(crate) const PURGE: &str = "purge";
const TOTALS: &str = "totals";
const JOB: &str = "job";

impl Store {
    /// The work that is due now, oldest first.
    ///
    /// # Errors
    /// If the read fails.
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
            .map_err(Error::call("list due work"))?;
        Ok(answer
            .items
            .unwrap_or_default()
            .iter()
            .filter_map(|item| Some(read(item::key_of(item)?, item)))
            .collect())
    }

    /// Has the sweep check a campaign later. All calls for the same minute write the same row.
    ///
    /// # Errors
    /// If the write fails.
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

    /// Has the sweep check an import, and the campaign that it holds, later.
    ///
    /// # Errors
    /// If the write fails.
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

    /// Has the sweep recount a shard's totals.
    ///
    /// # Errors
    /// If the write fails.
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

    /// Has the sweep check a job later.
    ///
    /// # Errors
    /// If the write fails.
    pub async fn watch_job(
        &self,
        tenant: &TenantId,
        job: &JobId,
        at: Timestamp,
    ) -> Result<(), Error> {
        self.watch(&keys::due(whole_minute(at), JOB, tenant, job.as_str()))
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
            .map_err(Error::call("record work for the sweep"))
    }

    /// Removes a handled row.
    ///
    /// # Errors
    /// If the write fails.
    pub async fn forget_due(&self, row: &Key) -> Result<(), Error> {
        self.dynamodb
            .delete_item()
            .table_name(&self.catalog)
            .set_key(Some(item::key(row)))
            .send()
            .await
            .map(|_| ())
            .map_err(Error::call("remove handled work"))
    }
}

/// Rounds a time up to its minute.
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
    let id = parts.next()?;
    let row = row.clone();
    if kind == JOB {
        let job = id.parse().ok()?;
        return Some(Due::Job { row, tenant, job });
    }
    let campaign = id.parse().ok()?;
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
