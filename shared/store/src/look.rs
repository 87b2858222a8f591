//! Whether a campaign that is fanned out still moves.
//!
//! A queue message is only a hint: it may be lost, or end as a dead letter. When nothing has become
//! final for a while although something is open, the campaign goes on in a new generation, which
//! hands everything over again that is not settled.

use carillon_domain::{
    campaign::{Campaign, Status},
    channel::Channel,
    id::{CampaignId, ReceiverId, TenantId},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{ReceiverRow, Store, error::Error, item, keys};

/// What the last look at a campaign saw.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Look {
    /// Deliveries that were final.
    pub finished: u64,
    /// Since when there have been as many.
    pub since: Timestamp,
    /// How often the campaign was given a new generation since then.
    pub pushes: u32,
    /// When the campaign had ended when its totals were last compared with its ledger.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counted_after: Option<Timestamp>,
    /// When the campaign went on because a wait was over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub went_on: Option<WentOn>,
}

/// How often waits of a campaign were over in a short time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct WentOn {
    /// When it went on last.
    pub at: Timestamp,
    /// How often it had in close succession.
    pub times: u32,
}

impl Store {
    /// What the last look at a campaign saw, if there was one.
    ///
    /// # Errors
    /// If the read fails or the row cannot be decoded.
    pub async fn last_look(
        &self,
        tenant: &TenantId,
        id: &CampaignId,
    ) -> Result<Option<Look>, Error> {
        let row = self
            .get_row(
                "read what the last look saw",
                &self.catalog,
                &keys::look(tenant, id),
                false,
            )
            .await?;
        row.map(|row| item::read("what the last look saw", row))
            .transpose()
    }

    /// Keeps what a look saw.
    ///
    /// # Errors
    /// If the write fails.
    pub async fn keep_look(
        &self,
        tenant: &TenantId,
        id: &CampaignId,
        look: &Look,
    ) -> Result<(), Error> {
        let row = item::write(&keys::look(tenant, id), "what a look saw", look)?;
        self.dynamodb
            .put_item()
            .table_name(&self.catalog)
            .set_item(Some(row))
            .send()
            .await
            .map(|_| ())
            .map_err(Error::call("keep what a look saw"))
    }

    /// Gives a published campaign its next generation, unless somebody has done so. Its fan-out
    /// begins anew; tasks of the generation before are dropped.
    ///
    /// # Errors
    /// If the write fails.
    pub async fn next_generation(&self, campaign: &Campaign) -> Result<Option<Campaign>, Error> {
        let result = self
            .update_campaign(
                "give a campaign its next generation",
                &campaign.tenant,
                &campaign.id,
                "SET generation = :next",
                "#status = :published AND generation = :generation",
                vec![
                    (":next", item::number(campaign.generation + 1)),
                    (":generation", item::number(campaign.generation)),
                    (":published", item::text(Status::Published)),
                ],
            )
            .await?;
        Ok(result.ok())
    }

    /// Which deliveries of a page of receivers have an end, so that nobody has to look at them again.
    ///
    /// # Errors
    /// If the read fails or a row cannot be decoded.
    pub async fn settled(
        &self,
        campaign: &Campaign,
        shard: u16,
        rows: &[ReceiverRow],
    ) -> Result<std::collections::HashSet<(ReceiverId, Channel)>, Error> {
        let found = self.deliveries_of(campaign, shard, rows).await?;
        Ok(found
            .into_iter()
            .filter(|(_, delivery)| delivery.state.is_final())
            .map(|(which, _)| which)
            .collect())
    }
}
