//! Pausing, resuming and canceling a campaign that is being sent.

use aws_sdk_dynamodb::types::AttributeValue;
use carillon_domain::{
    access::Context,
    campaigns::{Campaign, Status, Stopped},
    id::CampaignId,
};

use super::LOOK_AFTER;
use crate::{Store, error::Error, item};

/// Outcome of pausing, resuming or canceling a campaign.
#[derive(Debug, Clone, PartialEq)]
pub enum StopOutcome {
    /// Done, now or by an earlier call.
    Done(Box<Campaign>),
    /// Its status does not allow it, or its version differs; the current row.
    Refused(Box<Campaign>),
    /// No such campaign.
    NotFound,
}

impl Store {
    /// Pauses a published campaign: from now on its tasks are dropped before anything is claimed.
    /// Idempotent. A given version must be the campaign's.
    ///
    /// # Errors
    /// If the write fails.
    pub async fn pause(
        &self,
        context: &Context,
        id: &CampaignId,
        version: Option<u64>,
        by: &Stopped,
    ) -> Result<StopOutcome, Error> {
        let (condition, values) = at_version(
            "#status = :published",
            version,
            vec![
                (":paused", item::text(Status::Paused)),
                (":published", item::text(Status::Published)),
                (":one", item::number(1)),
                (":now", item::attribute("a time", &by.at)?),
                (":by", item::attribute("who paused a campaign", by)?),
            ],
        );
        let result = self
            .update_campaign(
                context,
                "pause a campaign",
                id,
                "SET #status = :paused, version = version + :one, updated_at = :now, stopped = :by",
                &condition,
                values,
            )
            .await?;
        Ok(turned(result, Status::Paused))
    }

    /// Cancels a published or paused campaign: nothing more is sent. Idempotent. A given version
    /// must be the campaign's.
    ///
    /// # Errors
    /// If the write fails.
    pub async fn cancel(
        &self,
        context: &Context,
        id: &CampaignId,
        version: Option<u64>,
        by: &Stopped,
    ) -> Result<StopOutcome, Error> {
        let (condition, values) = at_version(
            "(#status = :published OR #status = :paused)",
            version,
            vec![
                (":canceled", item::text(Status::Canceled)),
                (":published", item::text(Status::Published)),
                (":paused", item::text(Status::Paused)),
                (":one", item::number(1)),
                (":now", item::attribute("a time", &by.at)?),
                (":by", item::attribute("who canceled a campaign", by)?),
            ],
        );
        let result = self
            .update_campaign(context, "cancel a campaign",
                id,
                "SET #status = :canceled, version = version + :one, updated_at = :now, stopped = :by",
                &condition,
                values,
            )
            .await?;
        Ok(turned(result, Status::Canceled))
    }

    /// Resumes a paused campaign in its next generation: settled deliveries stay as they are, the
    /// rest is enqueued again. Idempotent. A given version must be the campaign's.
    ///
    /// # Errors
    /// If the write fails.
    pub async fn resume(
        &self,
        context: &Context,
        id: &CampaignId,
        version: Option<u64>,
    ) -> Result<StopOutcome, Error> {
        let tenant = &context.tenant;
        let now = context.now;
        // The row for the sweep comes first: a campaign that resumes unwatched could stall.
        self.watch_campaign(tenant, id, now + LOOK_AFTER).await?;
        let (condition, values) = at_version(
            "#status = :paused",
            version,
            vec![
                (":published", item::text(Status::Published)),
                (":paused", item::text(Status::Paused)),
                (":one", item::number(1)),
                (":now", item::attribute("a time", &now)?),
            ],
        );
        let result = self
            .update_campaign(
                context,
                "resume a campaign",
                id,
                "SET #status = :published, version = version + :one, updated_at = :now, \
                 generation = generation + :one REMOVE stopped",
                &condition,
                values,
            )
            .await?;
        Ok(turned(result, Status::Published))
    }
}

type Values = Vec<(&'static str, AttributeValue)>;

/// A condition that also requires the version, if one is given.
fn at_version(condition: &str, version: Option<u64>, mut values: Values) -> (String, Values) {
    match version {
        None => (condition.to_owned(), values),
        Some(version) => {
            values.push((":version", item::number(version)));
            (format!("{condition} AND version = :version"), values)
        }
    }
}

fn turned(result: Result<Campaign, Option<Campaign>>, wanted: Status) -> StopOutcome {
    match result {
        Ok(campaign) => StopOutcome::Done(Box::new(campaign)),
        Err(Some(campaign)) if campaign.status == wanted => StopOutcome::Done(Box::new(campaign)),
        Err(Some(campaign)) => StopOutcome::Refused(Box::new(campaign)),
        Err(None) => StopOutcome::NotFound,
    }
}
