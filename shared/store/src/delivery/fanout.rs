//! Fan-out progress of each ledger shard.

use std::collections::BTreeMap;

use carillon_domain::{
    campaigns::Campaign,
    channel::Channel,
    id::{CampaignId, TenantId},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    Store,
    error::{Error, condition_failed},
    item, keys,
};

/// The progress of one shard.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FanoutProgress {
    /// The last receiver's sort key that was processed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// Incremented on every page; a page is saved only on top of the one before.
    pub pages: u64,
    /// Whether the shard is complete.
    pub done: bool,
    /// Deliveries enqueued, by channel.
    #[serde(default)]
    pub tasks: BTreeMap<Channel, u64>,
    /// Set while the shard waits for enqueued deliveries to become final.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wait: Option<Wait>,
}

/// A pause of a fan-out that bounds the number of messages in the queues.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wait {
    /// When it began.
    pub since: Timestamp,
    /// When a delayed task continues it.
    pub until: Timestamp,
    /// Final deliveries of the shard when it began.
    pub finished: u64,
}

impl FanoutProgress {
    /// Enqueued deliveries of these channels.
    pub fn handed_over<'a>(&self, channels: impl IntoIterator<Item = &'a Channel>) -> u64 {
        let tasks = channels.into_iter().filter_map(|it| self.tasks.get(it));
        tasks.sum()
    }
}

impl Store {
    /// The progress of one shard; the start, if none is saved.
    ///
    /// # Errors
    /// If the read fails or the row cannot be decoded.
    pub async fn shard_progress(
        &self,
        tenant: &TenantId,
        campaign: &CampaignId,
        generation: u32,
        shard: u16,
    ) -> Result<FanoutProgress, Error> {
        let row = self
            .get_row(
                "read the progress of a fan-out",
                &self.catalog,
                &keys::fanout(tenant, campaign, generation, shard),
                true,
            )
            .await?;
        Ok(row
            .map(|row| item::read("the progress of a fan-out", row))
            .transpose()?
            .unwrap_or_default())
    }

    /// A campaign and the fan-out progress of one of its shards (consistent reads), in one call.
    ///
    /// # Errors
    /// If the read fails or a row cannot be decoded.
    pub async fn campaign_and_progress(
        &self,
        tenant: &TenantId,
        campaign: &CampaignId,
        generation: u32,
        shard: u16,
    ) -> Result<(Option<Campaign>, FanoutProgress), Error> {
        let keys = [
            keys::campaign(tenant, campaign),
            keys::fanout(tenant, campaign, generation, shard),
        ];
        let mut found = self
            .rows_by_key(
                "read a campaign and its fan-out progress",
                &self.catalog,
                &keys,
                true,
            )
            .await?;
        let [campaign, progress] = keys.map(|key| found.remove(&key));
        let campaign = campaign.map(|row| item::read("a campaign", row));
        let progress = progress.map(|row| item::read("the progress of a fan-out", row));
        Ok((
            campaign.transpose()?,
            progress.transpose()?.unwrap_or_default(),
        ))
    }

    /// Saves a shard's progress, unless the same page was already saved. Returns whether it was saved.
    ///
    /// # Errors
    /// If the write fails.
    pub async fn save_shard_progress(
        &self,
        tenant: &TenantId,
        campaign: &CampaignId,
        generation: u32,
        shard: u16,
        progress: &FanoutProgress,
    ) -> Result<bool, Error> {
        let key = keys::fanout(tenant, campaign, generation, shard);
        let row = item::write(&key, "the progress of a fan-out", progress)?;
        let result = self
            .dynamodb
            .put_item()
            .table_name(&self.catalog)
            .set_item(Some(row))
            .condition_expression("attribute_not_exists(pk) OR pages = :before")
            .expression_attribute_values(":before", item::number(progress.pages.saturating_sub(1)))
            .send()
            .await;
        match result {
            Ok(_) => Ok(true),
            Err(error) if condition_failed(&error) => Ok(false),
            Err(error) => Err(Error::call("save the progress of a fan-out")(error)),
        }
    }

    /// Records that a shard waits, unless a page was saved meanwhile.
    ///
    /// # Errors
    /// If the write fails.
    pub async fn note_shard_wait(
        &self,
        tenant: &TenantId,
        campaign: &CampaignId,
        generation: u32,
        shard: u16,
        progress: &FanoutProgress,
        wait: Wait,
    ) -> Result<(), Error> {
        let key = keys::fanout(tenant, campaign, generation, shard);
        let waiting = FanoutProgress {
            wait: Some(wait),
            ..progress.clone()
        };
        let row = item::write(&key, "the progress of a fan-out", &waiting)?;
        let result = self
            .dynamodb
            .put_item()
            .table_name(&self.catalog)
            .set_item(Some(row))
            .condition_expression("attribute_not_exists(pk) OR pages = :pages")
            .expression_attribute_values(":pages", item::number(progress.pages))
            .send()
            .await;
        match result {
            Err(error) if !condition_failed(&error) => {
                Err(Error::call("record that a fan-out waits")(error))
            }
            _ => Ok(()),
        }
    }

    /// The progress of every shard that has started.
    ///
    /// # Errors
    /// If the read fails or a row cannot be decoded.
    pub async fn fanout_progress(
        &self,
        tenant: &TenantId,
        campaign: &CampaignId,
        generation: u32,
    ) -> Result<BTreeMap<u16, FanoutProgress>, Error> {
        let prefix = keys::fanout_prefix(generation);
        let rows = self
            .progress_rows("read the progress of a fan-out", tenant, campaign, &prefix)
            .await?;
        rows.into_iter()
            .map(|(shard, row)| Ok((shard, item::read("the progress of a fan-out", row)?)))
            .collect()
    }

    /// Rows of a campaign's progress partition under a prefix, by shard; at most one per shard.
    pub(crate) async fn progress_rows(
        &self,
        doing: &'static str,
        tenant: &TenantId,
        campaign: &CampaignId,
        prefix: &str,
    ) -> Result<Vec<(u16, item::Item)>, Error> {
        let answer = self
            .dynamodb
            .query()
            .table_name(&self.catalog)
            .key_condition_expression("pk = :pk AND begins_with(sk, :prefix)")
            .expression_attribute_values(
                ":pk",
                item::text(keys::progress_partition(tenant, campaign)),
            )
            .expression_attribute_values(":prefix", item::text(prefix))
            .consistent_read(true)
            .send()
            .await
            .map_err(Error::call(doing))?;
        answer
            .items
            .unwrap_or_default()
            .into_iter()
            .map(|row| {
                let shard = item::string(&row, "sk")
                    .and_then(|sort| sort.strip_prefix(prefix))
                    .and_then(|shard| shard.parse().ok())
                    .ok_or_else(|| {
                        Error::malformed("a shard", "its sort key does not end in a number")
                    })?;
                Ok((shard, row))
            })
            .collect()
    }
}
