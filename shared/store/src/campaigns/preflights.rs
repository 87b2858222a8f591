//! Preflight runs, which check a campaign page by page before it is published.

use aws_sdk_dynamodb::types::Put;
use carillon_domain::{
    access::Context,
    campaigns::{Campaign, preflight::View},
    channel_address::ChannelAddress,
    content::Content,
    id::{CampaignId, TenantId},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::ContentRow;
use crate::{
    Cursor, Store,
    error::{Error, condition_failed},
    item, keys,
    suppressions::key_of,
    transact::put,
};

/// Days a preflight run is kept.
const KEPT_DAYS: u32 = 7;

/// A preflight run and its progress.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preflight {
    /// The id of the run.
    pub run: String,
    /// The version of the campaign being checked.
    pub campaign_version: u64,
    /// Identifies the content and the prices that the run is based on.
    pub basis: String,
    /// When it started.
    pub started_at: Timestamp,
    /// Last progress.
    pub updated_at: Timestamp,
    /// When all receivers had been checked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<Timestamp>,
    /// Number of steps so far.
    pub steps: u64,
    /// Where it continues.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// The findings so far.
    pub view: View,
}

impl Store {
    /// The latest preflight run of a campaign.
    ///
    /// # Errors
    /// If the read fails or the row cannot be decoded.
    pub async fn preflight(
        &self,
        context: &Context,
        campaign: &CampaignId,
    ) -> Result<Option<Preflight>, Error> {
        let tenant = &context.tenant;
        let key = keys::preflight(tenant, campaign);
        let row = self
            .get_row("read a preflight run", &self.catalog, &key, true)
            .await?;
        row.map(|row| item::read("a preflight run", row))
            .transpose()
    }

    /// Starts a run that replaces the latest one, with the content as it would be sent.
    ///
    /// # Errors
    /// If the write fails.
    pub async fn begin_preflight(
        &self,
        context: &Context,
        campaign: &Campaign,
        preflight: &Preflight,
        composed: &Content,
    ) -> Result<(), Error> {
        const DOING: &str = "start a preflight run";
        context.check(&campaign.tenant);
        let Campaign { tenant, id, .. } = campaign;
        let row = ContentRow {
            version: campaign.content_version,
            content: composed.clone(),
        };
        let mut row = item::write(&keys::preflight_content(tenant, id), "content", &row)?;
        let expiry = item::expiry(preflight.started_at, KEPT_DAYS);
        row.insert("expires_at".to_owned(), expiry);
        let content = Put::builder().table_name(&self.catalog).set_item(Some(row));
        let head = Put::builder()
            .table_name(&self.catalog)
            .set_item(Some(preflight_row(tenant, id, preflight)?));
        self.transact(DOING, vec![put(DOING, head)?, put(DOING, content)?])
            .await?;
        Ok(())
    }

    /// The content that a run checks.
    ///
    /// # Errors
    /// If the read fails or the row cannot be decoded.
    pub async fn preflight_content(
        &self,
        context: &Context,
        campaign: &CampaignId,
    ) -> Result<Option<Content>, Error> {
        let tenant = &context.tenant;
        let key = keys::preflight_content(tenant, campaign);
        let content = self.content_at(&key).await?;
        Ok(content.map(|(_, content)| content))
    }

    /// Saves a run's progress; `false` if another run has started or somebody else has advanced this one.
    ///
    /// # Errors
    /// If the write fails.
    pub async fn advance_preflight(
        &self,
        context: &Context,
        campaign: &CampaignId,
        preflight: &Preflight,
    ) -> Result<bool, Error> {
        let tenant = &context.tenant;
        let result = self
            .dynamodb
            .put_item()
            .table_name(&self.catalog)
            .set_item(Some(preflight_row(tenant, campaign, preflight)?))
            .condition_expression("run = :run AND steps = :before")
            .expression_attribute_values(":run", item::text(&preflight.run))
            .expression_attribute_values(":before", item::number(preflight.steps - 1))
            .send()
            .await;
        match result {
            Ok(_) => Ok(true),
            Err(error) if condition_failed(&error) => Ok(false),
            Err(error) => Err(Error::call("advance a preflight run")(error)),
        }
    }

    /// Which of these addresses are suppressed, by position.
    ///
    /// # Errors
    /// If the read fails.
    pub async fn are_suppressed(
        &self,
        context: &Context,
        addresses: &[ChannelAddress],
    ) -> Result<Vec<bool>, Error> {
        let tenant = &context.tenant;
        let keys: Vec<keys::Key> = addresses
            .iter()
            .map(|address| key_of(tenant, address))
            .collect();
        let mut wanted = keys.clone();
        wanted.sort_by(|one, two| (&one.partition, &one.sort).cmp(&(&two.partition, &two.sort)));
        wanted.dedup();
        let rows = self
            .rows_by_key("read suppressions", &self.catalog, &wanted, false)
            .await?;
        Ok(keys.iter().map(|key| rows.contains_key(key)).collect())
    }
}

fn preflight_row(
    tenant: &TenantId,
    campaign: &CampaignId,
    preflight: &Preflight,
) -> Result<item::Item, Error> {
    let key = keys::preflight(tenant, campaign);
    let mut row = item::write(&key, "a preflight run", preflight)?;
    let expiry = item::expiry(preflight.started_at, KEPT_DAYS);
    row.insert("expires_at".to_owned(), expiry);
    Ok(row)
}

impl Preflight {
    /// Where it continues, if it has started on the receivers.
    pub fn place(&self) -> Option<Cursor> {
        self.cursor.as_ref()?.parse().ok()
    }
}
