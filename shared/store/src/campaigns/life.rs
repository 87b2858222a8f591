//! Scheduling, publishing, releasing and completing a campaign.

use aws_sdk_dynamodb::types::{AttributeValue, Put};
use carillon_domain::{
    access::Context,
    campaigns::{
        Campaign, Status,
        schedule::{Schedule, ScheduleChange},
    },
    content::Content,
    id::CampaignId,
    reason::Reason,
};
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::{ContentRow, LOOK_AFTER};
use crate::{Store, error::Error, item, keys, operations::due, transact::put};

/// Grace period after which the sweep releases a campaign whose schedule has not fired.
const RELEASE_GRACE: SignedDuration = SignedDuration::from_secs(90);

/// Outcome of publishing a draft.
#[derive(Debug, Clone, PartialEq)]
pub enum Published {
    /// Published.
    Done(Box<Campaign>),
    /// Changed meanwhile or not a draft; the current row.
    Refused(Option<Box<Campaign>>),
}

/// Outcome of scheduling a draft.
#[derive(Debug, Clone, PartialEq)]
pub enum Scheduled {
    /// Scheduled.
    Done(Box<Campaign>),
    /// Changed meanwhile or not a draft; the current row.
    Refused(Option<Box<Campaign>>),
}

/// Outcome of canceling a schedule.
#[derive(Debug, Clone, PartialEq)]
pub enum Unscheduled {
    /// A draft again, with the schedule it had.
    Done(Box<Campaign>, Schedule),
    /// Not scheduled (any more).
    Refused(Option<Box<Campaign>>),
}

/// Outcome of releasing a scheduled campaign.
#[derive(Debug, Clone, PartialEq)]
pub enum Released {
    /// Published by this call or an earlier one; its fan-out may be started again.
    Published(Box<Campaign>),
    /// The schedule was canceled or replaced, or the campaign is gone.
    Outdated,
}

impl Store {
    /// Publishes a draft that is unchanged since the caller checked it, with its content as sent; a scheduled campaign
    /// already has that.
    ///
    /// # Errors
    /// If the write fails.
    pub async fn publish(
        &self,
        context: &Context,
        campaign: &Campaign,
        composed: Option<&Content>,
    ) -> Result<Published, Error> {
        const DOING: &str = "publish a campaign";
        context.check(&campaign.tenant);
        let now = context.now;
        let mut published = campaign.clone();
        published.status = Status::Published;
        published.published_at = Some(now);
        published.updated_at = now;
        published.version += 1;
        published.holds.clear();
        published.stalled = None;
        published.generation = campaign.generation.max(1);
        if let Some(composed) = composed {
            published.composed = Some(self.keep_composed(campaign, composed).await?);
        }
        let done = self
            .change_status(DOING, campaign, &published, now + LOOK_AFTER)
            .await?;
        Ok(if done {
            Published::Done(Box::new(published))
        } else {
            Published::Refused(self.campaign(context, &campaign.id).await?.map(Box::new))
        })
    }

    /// Schedules a draft that is unchanged since the caller checked it, with its content as sent; reschedules a
    /// scheduled one.
    ///
    /// # Errors
    /// If the write fails.
    pub async fn schedule(
        &self,
        context: &Context,
        campaign: &Campaign,
        composed: &Content,
        schedule: Schedule,
    ) -> Result<Scheduled, Error> {
        const DOING: &str = "schedule a campaign";
        context.check(&campaign.tenant);
        let now = context.now;
        let look_at = schedule.at + RELEASE_GRACE;
        let mut scheduled = campaign.clone();
        scheduled.status = Status::Scheduled;
        scheduled.composed = Some(self.keep_composed(campaign, composed).await?);
        if let (Status::Scheduled, Some(before)) = (campaign.status, &campaign.schedule) {
            scheduled.schedule_changes = campaign.schedule_changes_with(ScheduleChange {
                was: before.at,
                moved_to: Some(schedule.at),
                by: schedule.by.clone().unwrap_or_default(),
                at: now,
            });
        }
        scheduled.schedule = Some(schedule);
        scheduled.updated_at = now;
        scheduled.version += 1;
        scheduled.holds.clear();
        scheduled.stalled = None;
        let done = self
            .change_status(DOING, campaign, &scheduled, look_at)
            .await?;
        Ok(if done {
            Scheduled::Done(Box::new(scheduled))
        } else {
            Scheduled::Refused(self.campaign(context, &campaign.id).await?.map(Box::new))
        })
    }

    /// Writes a draft's new status, provided nobody is adding receivers, and a row for the sweep.
    async fn change_status(
        &self,
        doing: &'static str,
        before: &Campaign,
        after: &Campaign,
        look_at: Timestamp,
    ) -> Result<bool, Error> {
        let row = item::write(
            &keys::campaign(&after.tenant, &after.id),
            "a campaign",
            after,
        )?;
        // Adding receivers does not change the version, so it needs its own condition.
        let mut condition =
            "#status = :status AND version = :version AND attribute_not_exists(imports)".to_owned();
        let mut head = Put::builder()
            .table_name(&self.catalog)
            .set_item(Some(row))
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":status", item::text(before.status))
            .expression_attribute_values(":version", item::number(before.version));
        if before.holds.is_empty() {
            condition.push_str(" AND attribute_not_exists(holds)");
        } else {
            // These holds have lapsed, or the caller would not publish; a new one must not slip in.
            condition.push_str(" AND holds = :lapsed");
            let lapsed = before.holds.iter().map(ToString::to_string).collect();
            head = head.expression_attribute_values(":lapsed", AttributeValue::Ss(lapsed));
        }
        let watch = item::key(&keys::due(
            look_at,
            due::CAMPAIGN,
            &after.tenant,
            after.id.as_str(),
        ));
        let watch = Put::builder()
            .table_name(&self.catalog)
            .set_item(Some(watch));
        let writes = vec![
            put(doing, head.condition_expression(condition))?,
            put(doing, watch)?,
        ];
        self.transact(doing, writes).await
    }

    /// Stores content as sent and returns the id by which a campaign may name it.
    ///
    /// It has its own row in the campaign's partition and is not part of the transaction: content may have 400 KB,
    /// which in a transaction costs 800 write units at once on the partition that holds all the tenant's settings.
    /// Content that no campaign ends up naming is removed with the campaign.
    async fn keep_composed(
        &self,
        campaign: &Campaign,
        composed: &Content,
    ) -> Result<String, Error> {
        let id = Uuid::now_v7().simple().to_string();
        let row = ContentRow {
            version: campaign.content_version,
            content: composed.clone(),
        };
        let key = keys::composed(&campaign.tenant, &campaign.id, &id);
        self.dynamodb
            .put_item()
            .table_name(&self.catalog)
            .set_item(Some(item::write(&key, "content", &row)?))
            .send()
            .await
            .map_err(Error::call("store composed content"))?;
        Ok(id)
    }

    /// Cancels a schedule.
    ///
    /// # Errors
    /// If the write fails.
    pub async fn unschedule(
        &self,
        context: &Context,
        id: &CampaignId,
        by: &str,
    ) -> Result<Unscheduled, Error> {
        let now = context.now;
        let Some(campaign) = self.campaign(context, id).await? else {
            return Ok(Unscheduled::Refused(None));
        };
        let (Status::Scheduled, Some(schedule)) = (campaign.status, campaign.schedule.clone())
        else {
            return Ok(Unscheduled::Refused(Some(Box::new(campaign))));
        };
        let changes = campaign.schedule_changes_with(ScheduleChange {
            was: schedule.at,
            moved_to: None,
            by: by.to_owned(),
            at: now,
        });
        let result = self
            .update_campaign(
                context,
                "cancel a schedule",
                id,
                "SET #status = :draft, version = version + :one, updated_at = :now, \
                 schedule_changes = :changes REMOVE schedule, stalled",
                "#status = :scheduled AND version = :version",
                vec![
                    (":draft", item::text(Status::Draft)),
                    (":scheduled", item::text(Status::Scheduled)),
                    (":version", item::number(campaign.version)),
                    (":one", item::number(1)),
                    (":now", item::attribute("a time", &now)?),
                    (
                        ":changes",
                        item::attribute("changes of a schedule", &changes)?,
                    ),
                ],
            )
            .await?;
        Ok(match result {
            Ok(campaign) => Unscheduled::Done(Box::new(campaign), schedule),
            Err(campaign) => Unscheduled::Refused(campaign.map(Box::new)),
        })
    }

    /// Publishes a scheduled campaign whose schedule has this version. Idempotent.
    ///
    /// # Errors
    /// If the write fails.
    pub async fn release(
        &self,
        context: &Context,
        id: &CampaignId,
        schedule_version: u64,
    ) -> Result<Released, Error> {
        let tenant = &context.tenant;
        let now = context.now;
        let result = self
            .update_campaign(context, "release a campaign",
                id,
                "SET #status = :published, published_at = :now, updated_at = :now, version = version + :one, \
                 generation = :one REMOVE stalled",
                "#status = :scheduled AND schedule.version = :schedule_version",
                vec![
                    (":published", item::text(Status::Published)),
                    (":scheduled", item::text(Status::Scheduled)),
                    (":schedule_version", item::number(schedule_version)),
                    (":one", item::number(1)),
                    (":now", item::attribute("a time", &now)?),
                ],
            )
            .await?;
        match result {
            Ok(campaign) => {
                self.watch_campaign(tenant, id, now + LOOK_AFTER).await?;
                Ok(Released::Published(Box::new(campaign)))
            }
            Err(Some(campaign))
                if !matches!(campaign.status, Status::Draft | Status::Scheduled)
                    && campaign
                        .schedule
                        .as_ref()
                        .is_some_and(|schedule| schedule.version == schedule_version) =>
            {
                Ok(Released::Published(Box::new(campaign)))
            }
            Err(_) => Ok(Released::Outdated),
        }
    }

    /// Records why a campaign was not released.
    ///
    /// # Errors
    /// If the write fails.
    pub async fn set_stalled(
        &self,
        context: &Context,
        id: &CampaignId,
        reason: &Reason,
    ) -> Result<(), Error> {
        self.update_campaign(
            context,
            "record why a campaign is stalled",
            id,
            "SET stalled = :reason",
            "attribute_exists(sk)",
            vec![(":reason", item::attribute("a reason", reason)?)],
        )
        .await
        .map(|_| ())
    }

    /// Completes a published campaign if every delivery that its fan-out enqueued is final.
    ///
    /// Returns whether it is completed now. Idempotent.
    ///
    /// # Errors
    /// If the write fails.
    pub async fn complete_if_done(
        &self,
        context: &Context,
        id: &CampaignId,
    ) -> Result<bool, Error> {
        let now = context.now;
        let Some(campaign) = self.campaign(context, id).await? else {
            return Ok(false);
        };
        match campaign.status {
            Status::Completed => return Ok(true),
            Status::Draft | Status::Scheduled | Status::Paused | Status::Canceled => {
                return Ok(false);
            }
            Status::Published => {}
        }
        if !self.is_done(&campaign).await? {
            return Ok(false);
        }
        let result = self
            .update_campaign(
                context,
                "complete a campaign",
                id,
                "SET #status = :completed, completed_at = :now",
                "#status = :published AND generation = :generation",
                vec![
                    (":completed", item::text(Status::Completed)),
                    (":published", item::text(Status::Published)),
                    (":generation", item::number(campaign.generation)),
                    (":now", item::attribute("a time", &now)?),
                ],
            )
            .await?;
        Ok(match result {
            Ok(_) => true,
            Err(now) => now.is_some_and(|campaign| campaign.status == Status::Completed),
        })
    }

    /// Reopens a completed campaign if a delivery is no longer final because somebody requested a resend. Returns
    /// whether it was reopened.
    ///
    /// # Errors
    /// If the write fails.
    pub async fn reopen_if_open(&self, context: &Context, id: &CampaignId) -> Result<bool, Error> {
        let tenant = &context.tenant;
        let now = context.now;
        let Some(campaign) = self.campaign(context, id).await? else {
            return Ok(false);
        };
        if campaign.status != Status::Completed || self.is_done(&campaign).await? {
            return Ok(false);
        }
        self.watch_campaign(tenant, id, now + LOOK_AFTER).await?;
        let result = self
            .update_campaign(
                context,
                "reopen a completed campaign",
                id,
                "SET #status = :published REMOVE completed_at",
                "#status = :completed AND generation = :generation",
                vec![
                    (":completed", item::text(Status::Completed)),
                    (":published", item::text(Status::Published)),
                    (":generation", item::number(campaign.generation)),
                ],
            )
            .await?;
        Ok(result.is_ok())
    }

    /// Whether every shard is fanned out and every enqueued delivery is final.
    async fn is_done(&self, campaign: &Campaign) -> Result<bool, Error> {
        let (tenant, id) = (&campaign.tenant, &campaign.id);
        let progress = self
            .fanout_progress(tenant, id, campaign.generation)
            .await?;
        let all_fanned_out = progress.len() == usize::from(campaign.shards)
            && progress.values().all(|shard| shard.done);
        if !all_fanned_out {
            return Ok(false);
        }
        let counters = self.counters_by_shard(tenant, id).await?;
        let nothing = carillon_domain::delivery::totals::Counters::default();
        Ok(progress.iter().all(|(shard, progress)| {
            let counters = counters.get(shard).unwrap_or(&nothing);
            progress
                .tasks
                .iter()
                .all(|(channel, handed_over)| counters.finished(*channel) >= *handed_over)
        }))
    }
}
