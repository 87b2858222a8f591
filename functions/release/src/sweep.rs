//! The sweep.

use std::{
    collections::HashMap,
    time::{Duration, SystemTime},
};

use carillon_domain::{
    access::Context,
    campaigns::Status,
    id::{CampaignId, ImportId, JobId, TenantId},
    operations::job::{JobStatus, Work},
};
use carillon_reconcile::{Accounts, Failed, Release as Outcome, Waited};
use carillon_store::{Due, ImportStatus, keys::Key};
use futures::{StreamExt, stream::FuturesUnordered};
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use crate::{Release, Report};

/// Rows read at once.
const ROWS: i32 = 1_000;
/// Concurrent jobs. They mostly wait for DynamoDB.
const AT_ONCE: usize = 16;
/// Time reserved for due work when many campaigns wait.
const FOR_THE_REST: Duration = Duration::from_secs(20);
/// Minimum time left to start a job; the rest is due at the next sweep, a minute later.
const LEAST_TIME: Duration = Duration::from_secs(15);
/// Work in progress is checked again after this time.
const LOOK_AGAIN: SignedDuration = SignedDuration::from_mins(5);
/// A running job that was not saved for this long has lost its message.
const STILL: SignedDuration = SignedDuration::from_mins(3);
/// An upload URL is valid for an hour; after that nothing will arrive.
const UPLOAD: SignedDuration = SignedDuration::from_mins(65);

/// Outcome of one row.
#[derive(Clone, Copy)]
enum Settled {
    Released,
    Held,
    Pushed,
    Nothing,
}

/// Due work, with all the rows that request it.
struct Request {
    work: Action,
    rows: Vec<Key>,
}

enum Action {
    Campaign(TenantId, CampaignId),
    Import(TenantId, CampaignId, ImportId),
    /// Start a job, or make sure that it goes on.
    Start(TenantId, JobId, Work),
    /// Make sure that a job goes on.
    Continue(TenantId, JobId),
    Unreadable,
}

impl Request {
    /// The work that rows request, each campaign once.
    fn of(due: Vec<Due>) -> Vec<Self> {
        let mut requests: Vec<Self> = Vec::new();
        let mut campaigns: HashMap<(TenantId, CampaignId), usize> = HashMap::new();
        for due in due {
            let (row, work) = match due {
                Due::Campaign {
                    row,
                    tenant,
                    campaign,
                } => {
                    let place = campaigns
                        .entry((tenant.clone(), campaign.clone()))
                        .or_insert(requests.len());
                    if let Some(known) = requests.get_mut(*place) {
                        known.rows.push(row);
                        continue;
                    }
                    (row, Action::Campaign(tenant, campaign))
                }
                Due::Import {
                    row,
                    tenant,
                    campaign,
                    import,
                } => (row, Action::Import(tenant, campaign, import)),
                Due::Totals {
                    row,
                    tenant,
                    campaign,
                    shard,
                } => {
                    let work = Work::Recount {
                        campaign,
                        first: shard,
                        end: shard.saturating_add(1),
                    };
                    (row, Action::Start(tenant, JobId::new(Uuid::now_v7()), work))
                }
                Due::Purge {
                    row,
                    tenant,
                    campaign,
                    shards,
                } => {
                    let id = JobId::from(&campaign);
                    (
                        row,
                        Action::Start(tenant, id, Work::Purge { campaign, shards }),
                    )
                }
                Due::Job { row, tenant, job } => (row, Action::Continue(tenant, job)),
                Due::Unreadable { row } => (row, Action::Unreadable),
            };
            requests.push(Self {
                work,
                rows: vec![row],
            });
        }
        requests
    }
}

fn has_time(deadline: SystemTime) -> bool {
    let left = deadline.duration_since(SystemTime::now());
    left.is_ok_and(|left| left >= LEAST_TIME)
}

impl Report {
    fn count(&mut self, settled: Settled) {
        match settled {
            Settled::Released => self.released += 1,
            Settled::Held => self.held += 1,
            Settled::Pushed => self.pushed += 1,
            Settled::Nothing => self.settled += 1,
        }
    }
}

impl Release {
    /// Handles due work, oldest first, for as long as there is time. A row that fails or takes long does not hold up
    /// the others.
    pub(crate) async fn sweep(&self, deadline: SystemTime) -> Result<Report, Failed> {
        let now = Timestamp::now();
        let mut report = Report::default();
        // Waits come first: there is one row per campaign and account, so they are few.
        let looked = self.look_at_waits(deadline - FOR_THE_REST, now, &mut report);
        let mut first_failure = looked.await.unwrap_or_else(Some);
        loop {
            let due = self.store.due(now, ROWS).await?;
            let is_all = i32::try_from(due.len()).is_ok_and(|count| count < ROWS);
            let mut requests = Request::of(due).into_iter();
            let mut under_way = FuturesUnordered::new();
            let mut has_failed = false;
            loop {
                while under_way.len() < AT_ONCE
                    && has_time(deadline)
                    && let Some(request) = requests.next()
                {
                    under_way.push(self.deal_with_request(request, now));
                }
                let Some(result) = under_way.next().await else {
                    break;
                };
                match result {
                    Ok(settled) => report.count(settled),
                    Err(error) => {
                        has_failed = true;
                        first_failure.get_or_insert(error);
                    }
                }
            }
            let not_begun = requests.len();
            if not_begun > 0 {
                tracing::warn!(not_begun, "a sweep ran out of time for due work");
            }
            // Failed work is still due, and would be read again.
            if is_all || has_failed || not_begun > 0 {
                break;
            }
        }
        first_failure.map_or(Ok(report), Err)
    }

    /// Does the work and removes its rows.
    async fn deal_with_request(&self, request: Request, now: Timestamp) -> Result<Settled, Failed> {
        let result = match &request.work {
            Action::Campaign(tenant, campaign) => self.check_campaign(tenant, campaign, now).await,
            Action::Import(tenant, campaign, import) => {
                self.check_import(tenant, campaign, import, now).await
            }
            Action::Start(tenant, id, work) => {
                let context = Context::system(tenant, now);
                let started = self
                    .reconciler
                    .start_job(&context, id.clone(), work.clone());
                started.await.map(|_| Settled::Pushed)
            }
            Action::Continue(tenant, job) => self.check_job(tenant, job, now).await,
            Action::Unreadable => {
                tracing::error!(rows = ?request.rows, "a row of due work cannot be read");
                Ok(Settled::Nothing)
            }
        };
        let settled = result.inspect_err(|error| {
            tracing::error!(
                rows = ?request.rows,
                error = error as &dyn std::error::Error,
                "work stays due"
            );
        })?;
        for row in &request.rows {
            self.store.forget_due(row).await?;
        }
        Ok(settled)
    }

    /// Enqueues campaigns again whose wait is over. Returns the first failure.
    async fn look_at_waits(
        &self,
        deadline: SystemTime,
        now: Timestamp,
        report: &mut Report,
    ) -> Result<Option<Failed>, Failed> {
        let mut accounts = Accounts::default();
        let mut first_failure = None;
        for waiting in self.store.waiting(now, ROWS).await? {
            if !has_time(deadline) {
                break;
            }
            let (row, result) = match waiting {
                Ok(waiting) => {
                    let looked = self.reconciler.check_wait(&waiting, &mut accounts, now);
                    (waiting.row.clone(), looked.await)
                }
                Err(row) => {
                    tracing::error!(row = row.sort, "a row of a waiting campaign cannot be read");
                    (row, Ok(Waited::Outdated))
                }
            };
            match result {
                Ok(waited) => {
                    report.count(match waited {
                        Waited::Enqueued => Settled::Pushed,
                        Waited::GoesOn | Waited::Outdated => Settled::Nothing,
                    });
                    self.store.forget_due(&row).await?;
                }
                Err(error) => {
                    tracing::error!(
                        row = row.sort,
                        error = &error as &dyn std::error::Error,
                        "a wait is looked at again"
                    );
                    first_failure.get_or_insert(error);
                }
            }
        }
        Ok(first_failure)
    }

    /// Enqueues a job again that has not moved, and looks at it again until it has ended.
    async fn check_job(
        &self,
        tenant: &TenantId,
        id: &JobId,
        now: Timestamp,
    ) -> Result<Settled, Failed> {
        let context = Context::system(tenant, now);
        let Some(job) = self.store.job(&context, id).await? else {
            return Ok(Settled::Nothing);
        };
        if job.status != JobStatus::Running {
            return Ok(Settled::Nothing);
        }
        self.store.watch_job(tenant, id, now + LOOK_AGAIN).await?;
        if now.duration_since(job.updated_at) < STILL {
            return Ok(Settled::Nothing);
        }
        self.reconciler
            .start_job(&context, id.clone(), job.work)
            .await?;
        Ok(Settled::Pushed)
    }

    async fn check_campaign(
        &self,
        tenant: &TenantId,
        id: &CampaignId,
        now: Timestamp,
    ) -> Result<Settled, Failed> {
        let context = Context::system(tenant, now);
        let Some(campaign) = self.store.campaign(&context, id).await? else {
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
                let moved = self.reconciler.advance(&campaign, now).await?;
                if moved.completed {
                    self.count_once_more(tenant, id).await?;
                    return Ok(Settled::Nothing);
                }
                self.store
                    .watch_campaign(tenant, id, now + LOOK_AGAIN)
                    .await?;
                Ok(Settled::Pushed)
            }
            (Status::Completed, _) => {
                self.count_once_more(tenant, id).await?;
                Ok(Settled::Nothing)
            }
            _ => Ok(Settled::Nothing),
        }
    }

    /// Compares the totals of an ended campaign with its ledger, once however often it is checked.
    async fn count_once_more(&self, tenant: &TenantId, id: &CampaignId) -> Result<(), Failed> {
        let context = Context::system(tenant, Timestamp::now());
        let Some(campaign) = self.store.campaign(&context, id).await? else {
            return Ok(());
        };
        let mut look = self
            .store
            .last_progress_check(&context, id)
            .await?
            .unwrap_or_default();
        if look.counted_after.is_some() && look.counted_after >= campaign.completed_at {
            return Ok(());
        }
        self.reconciler
            .recount_later(&context, &campaign, 0..campaign.shards)
            .await?;
        look.counted_after = campaign.completed_at;
        self.store.keep_progress_check(&context, id, &look).await?;
        Ok(())
    }

    /// An import holds its campaign until it has ended; whatever cut it off, the campaign is released.
    async fn check_import(
        &self,
        tenant: &TenantId,
        campaign: &CampaignId,
        id: &ImportId,
        now: Timestamp,
    ) -> Result<Settled, Failed> {
        let context = Context::system(tenant, now);
        let import = self.store.import(&context, id).await?;
        let Some(mut import) = import.filter(|import| import.campaign.as_ref() == Some(campaign))
        else {
            // The campaign was attached to the import, but the import was never updated.
            self.store.detach_import(&context, campaign, id).await?;
            return Ok(Settled::Nothing);
        };
        match import.status {
            ImportStatus::Queued | ImportStatus::Checking | ImportStatus::Loading => {
                let work = Work::Import { import: id.clone() };
                self.reconciler
                    .start_job(&context, JobId::from(id), work)
                    .await?;
                self.store
                    .watch_import(tenant, campaign, id, now + LOOK_AGAIN)
                    .await?;
                Ok(Settled::Pushed)
            }
            ImportStatus::WaitingForUpload if now > import.created_at + UPLOAD => {
                import.refuse("never_uploaded", "no file was uploaded within an hour");
                if self.store.save_import(&context, &import).await?.is_some() {
                    self.store.detach_import(&context, campaign, id).await?;
                } else {
                    // It has just been changed, so it is not as dead as it looked.
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
                self.store.detach_import(&context, campaign, id).await?;
                Ok(Settled::Nothing)
            }
        }
    }
}
