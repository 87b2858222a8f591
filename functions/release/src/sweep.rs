//! The sweep.

use carillon_domain::{
    campaign::{Campaign, Status},
    id::{CampaignId, ImportId, TenantId},
    task::IntakeTask,
};
use carillon_reconcile::{Failed, Release as Outcome};
use carillon_store::{Due, ImportStatus};
use jiff::{SignedDuration, Timestamp};

use crate::{Release, Report};

/// Rows dealt with in one sweep; the rest is due at the next one.
const ROWS: i32 = 1_000;
/// Work that is under way is looked at again after this time.
const LOOK_AGAIN: SignedDuration = SignedDuration::from_mins(5);
/// The address for an upload is good for an hour; after that nothing will arrive.
const UPLOAD: SignedDuration = SignedDuration::from_mins(65);

/// What became of one row.
enum Settled {
    Released,
    Held,
    Pushed,
    Nothing,
}

impl Release {
    /// Deals with everything that is due. One row that fails does not keep the others waiting.
    pub(crate) async fn sweep(&self) -> Result<Report, Failed> {
        let now = Timestamp::now();
        let mut report = Report::default();
        let mut first_failure = None;
        for due in self.store.due(now, ROWS).await? {
            let (row, result) = match due {
                Due::Campaign {
                    row,
                    tenant,
                    campaign,
                } => (row, self.look_at_campaign(&tenant, &campaign, now).await),
                Due::Import {
                    row,
                    tenant,
                    campaign,
                    import,
                } => (
                    row,
                    self.look_at_import(&tenant, &campaign, &import, now).await,
                ),
                Due::Purge {
                    row,
                    tenant,
                    campaign,
                    shards,
                } => {
                    let task = IntakeTask::Purge {
                        tenant,
                        campaign,
                        shards,
                    };
                    let sent = self.intake.send(&[task]).await;
                    (row, sent.map(|()| Settled::Pushed).map_err(Failed::from))
                }
                Due::Unreadable { row } => {
                    tracing::error!(row = row.sort, "a row of work cannot be read");
                    (row, Ok(Settled::Nothing))
                }
            };
            match result {
                Ok(settled) => {
                    match settled {
                        Settled::Released => report.released += 1,
                        Settled::Held => report.held += 1,
                        Settled::Pushed => report.pushed += 1,
                        Settled::Nothing => report.settled += 1,
                    }
                    self.store.forget_due(&row).await?;
                }
                Err(error) => {
                    tracing::error!(
                        row = row.sort,
                        error = &error as &dyn std::error::Error,
                        "work stays due"
                    );
                    first_failure.get_or_insert(error);
                }
            }
        }
        first_failure.map_or(Ok(report), Err)
    }

    async fn look_at_campaign(
        &self,
        tenant: &TenantId,
        id: &CampaignId,
        now: Timestamp,
    ) -> Result<Settled, Failed> {
        let Some(campaign) = self.store.campaign(tenant, id).await? else {
            return Ok(Settled::Nothing);
        };
        match (campaign.status, &campaign.schedule) {
            (Status::Scheduled, Some(schedule)) if schedule.at <= now => {
                let outcome = self
                    .reconciler
                    .release(tenant, id, schedule.version, now)
                    .await?;
                match outcome {
                    Outcome::OnItsWay => Ok(Settled::Released),
                    Outcome::Outdated => Ok(Settled::Nothing),
                    Outcome::Held(_) => {
                        self.store
                            .watch_campaign(tenant, id, now + LOOK_AGAIN)
                            .await?;
                        Ok(Settled::Held)
                    }
                }
            }
            (Status::Published, _) => {
                let moved = self.reconciler.move_on(&campaign, now).await?;
                if moved.completed {
                    self.count_once_more(&campaign).await?;
                    return Ok(Settled::Nothing);
                }
                self.store
                    .watch_campaign(tenant, id, now + LOOK_AGAIN)
                    .await?;
                Ok(Settled::Pushed)
            }
            (Status::Completed, _) => {
                self.count_once_more(&campaign).await?;
                Ok(Settled::Nothing)
            }
            _ => Ok(Settled::Nothing),
        }
    }

    /// The totals of a campaign that has ended are compared once with its ledger.
    async fn count_once_more(&self, campaign: &Campaign) -> Result<(), Failed> {
        self.reconciler
            .recount_later(campaign, 0..campaign.shards)
            .await?;
        Ok(())
    }

    /// An import holds its campaign until it has ended; whatever cut it off, the campaign is let go.
    async fn look_at_import(
        &self,
        tenant: &TenantId,
        campaign: &CampaignId,
        id: &ImportId,
        now: Timestamp,
    ) -> Result<Settled, Failed> {
        let import = self.store.import(tenant, id).await?;
        let Some(mut import) = import.filter(|import| import.campaign.as_ref() == Some(campaign))
        else {
            // The campaign was tied to the import, and the import never heard of it.
            self.store.detach_import(tenant, campaign, id).await?;
            return Ok(Settled::Nothing);
        };
        match import.status {
            ImportStatus::Queued | ImportStatus::Checking | ImportStatus::Loading => {
                let task = IntakeTask::Import {
                    tenant: tenant.clone(),
                    import: id.clone(),
                };
                self.intake.send(&[task]).await?;
                self.store
                    .watch_import(tenant, campaign, id, now + LOOK_AGAIN)
                    .await?;
                Ok(Settled::Pushed)
            }
            ImportStatus::WaitingForUpload if now > import.created_at + UPLOAD => {
                import.status = ImportStatus::Refused;
                import.refusal = Some((
                    "never_uploaded".to_owned(),
                    "no file was uploaded within an hour".to_owned(),
                ));
                if self.store.save_import(&import).await?.is_some() {
                    self.store.detach_import(tenant, campaign, id).await?;
                } else {
                    // Somebody has just changed it, so it is not as dead as it looked.
                    self.store
                        .watch_import(tenant, campaign, id, now + LOOK_AGAIN)
                        .await?;
                }
                Ok(Settled::Nothing)
            }
            ImportStatus::WaitingForUpload | ImportStatus::Uploaded => {
                self.store
                    .watch_import(tenant, campaign, id, now + LOOK_AGAIN)
                    .await?;
                Ok(Settled::Nothing)
            }
            ImportStatus::Completed | ImportStatus::Refused => {
                self.store.detach_import(tenant, campaign, id).await?;
                Ok(Settled::Nothing)
            }
        }
    }
}
