//! Whether a fanned-out campaign still makes progress.
//!
//! A queue message is only a hint: it may be lost or become a dead letter. If nothing has become
//! final for a while although deliveries are open, the campaign continues in a new generation, which
//! enqueues everything unsettled again.

use carillon_domain::{
    access::Context,
    campaigns::{Campaign, Status},
    channel::Channel,
    id::{CampaignId, ReceiverId},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{ReceiverRow, Store, error::Error, item, keys};

/// The result of a campaign's last progress check.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProgressCheck {
    /// Final deliveries.
    pub finished: u64,
    /// Since when that number has not changed.
    pub since: Timestamp,
    /// New generations started since then.
    pub pushes: u32,
    /// When the campaign had ended, as of the last comparison of its totals with its ledger.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counted_after: Option<Timestamp>,
    /// When the campaign last resumed because a wait was over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub went_on: Option<Resumption>,
}

/// How often a campaign's waits ended in close succession.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resumption {
    /// When it last resumed.
    pub at: Timestamp,
    /// How often it resumed in close succession.
    pub times: u32,
}

impl Store {
    /// The campaign's last progress check, if there was one.
    ///
    /// # Errors
    /// If the read fails or the row cannot be decoded.
    pub async fn last_progress_check(
        &self,
        context: &Context,
        id: &CampaignId,
    ) -> Result<Option<ProgressCheck>, Error> {
        let tenant = &context.tenant;
        let row = self
            .get_row(
                "read the last progress check",
                &self.catalog,
                &keys::look(tenant, id),
                false,
            )
            .await?;
        row.map(|row| item::read("a progress check", row))
            .transpose()
    }

    /// Stores a progress check.
    ///
    /// # Errors
    /// If the write fails.
    pub async fn keep_progress_check(
        &self,
        context: &Context,
        id: &CampaignId,
        look: &ProgressCheck,
    ) -> Result<(), Error> {
        let tenant = &context.tenant;
        let row = item::write(&keys::look(tenant, id), "a progress check", look)?;
        self.dynamodb
            .put_item()
            .table_name(&self.catalog)
            .set_item(Some(row))
            .send()
            .await
            .map(|_| ())
            .map_err(Error::call("store a progress check"))
    }

    /// Starts a published campaign's next generation, unless that was done already. Its fan-out
    /// starts over; tasks of earlier generations are dropped.
    ///
    /// # Errors
    /// If the write fails.
    pub async fn next_generation(
        &self,
        context: &Context,
        campaign: &Campaign,
    ) -> Result<Option<Campaign>, Error> {
        context.check(&campaign.tenant);
        let result = self
            .update_campaign(
                context,
                "start a campaign's next generation",
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

    /// Which deliveries of a page of receivers are final and need no further handling.
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
