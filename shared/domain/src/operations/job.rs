//! Jobs: long work that goes on page by page, in as many invocations as it takes.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    access::Actor,
    channel::Channel,
    delivery::task::ForTenant,
    directory::Kind,
    id::{CampaignId, EntityId, ImportId, JobId, TenantId},
    reason::Reason,
};

/// What a job does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Work {
    /// Read the file of an import into its campaign.
    Import {
        /// The import.
        import: ImportId,
    },
    /// Check the receivers of a campaign before it is published.
    Preflight {
        /// The campaign.
        campaign: CampaignId,
        /// The preflight run, if there were several.
        run: String,
    },
    /// Switch a channel on or off for all receivers of a draft.
    Switch {
        /// The campaign.
        campaign: CampaignId,
        /// The channel.
        channel: Channel,
        /// Whether it is switched on.
        on: bool,
        /// Whether there are so many receivers that nobody waits for it.
        many: bool,
    },
    /// Recount ledger shards of a campaign, and correct totals that differ.
    Recount {
        /// The campaign.
        campaign: CampaignId,
        /// The first shard.
        first: u16,
        /// The shard after the last one.
        end: u16,
    },
    /// Remove the receivers of a deleted campaign.
    Purge {
        /// The campaign.
        campaign: CampaignId,
        /// Its ledger shards.
        shards: u16,
    },
    /// Remove the relations of an entity that has been removed from the directory.
    RemoveEntity {
        /// What it was. A job has a kind of its own.
        #[serde(rename = "entity_kind")]
        kind: Kind,
        /// The entity.
        entity: EntityId,
    },
}

/// The queues of jobs. A job that somebody waits for is not delayed by one that takes hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobQueue {
    /// Somebody waits for the result.
    Interactive,
    /// It takes as long as it takes.
    Bulk,
}

impl Work {
    /// The kind, as in rows, routes and logs.
    pub fn kind(&self) -> &'static str {
        match self {
            Work::Import { .. } => "import",
            Work::Preflight { .. } => "preflight",
            Work::Switch { .. } => "switch",
            Work::Recount { .. } => "recount",
            Work::Purge { .. } => "purge",
            Work::RemoveEntity { .. } => "remove_entity",
        }
    }

    /// The queue.
    pub fn queue(&self) -> JobQueue {
        match self {
            Work::Preflight { .. } | Work::Switch { many: false, .. } => JobQueue::Interactive,
            Work::Import { .. }
            | Work::Switch { many: true, .. }
            | Work::Recount { .. }
            | Work::Purge { .. }
            | Work::RemoveEntity { .. } => JobQueue::Bulk,
        }
    }

    /// Whether an admin may cancel it. What removes rows may not be: nothing else could.
    pub fn can_be_canceled(&self) -> bool {
        match self {
            Work::Import { .. }
            | Work::Preflight { .. }
            | Work::Switch { .. }
            | Work::Recount { .. } => true,
            Work::Purge { .. } | Work::RemoveEntity { .. } => false,
        }
    }

    /// The campaign, if the work names one.
    pub fn campaign(&self) -> Option<&CampaignId> {
        match self {
            Work::Import { .. } | Work::RemoveEntity { .. } => None,
            Work::Preflight { campaign, .. }
            | Work::Switch { campaign, .. }
            | Work::Recount { campaign, .. }
            | Work::Purge { campaign, .. } => Some(campaign),
        }
    }

    /// The import, if the work names one.
    pub fn import(&self) -> Option<&ImportId> {
        match self {
            Work::Import { import } => Some(import),
            Work::Preflight { .. }
            | Work::Switch { .. }
            | Work::Recount { .. }
            | Work::Purge { .. }
            | Work::RemoveEntity { .. } => None,
        }
    }
}

/// Where a job is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobStatus {
    /// It is queued or in progress.
    Running,
    /// It is finished.
    Done,
    /// It kept failing; it can be retried and continues where it stopped.
    Failed,
    /// An admin canceled it.
    Canceled,
}

impl JobStatus {
    /// The name in rows and routes.
    pub fn as_str(self) -> &'static str {
        match self {
            JobStatus::Running => "running",
            JobStatus::Done => "done",
            JobStatus::Failed => "failed",
            JobStatus::Canceled => "canceled",
        }
    }
}

/// How far a job is, in whatever it counts: rows, receivers, shards.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// Processed so far.
    pub done: u64,
    /// The total number, once it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<u64>,
}

/// The result of one step of a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// There is more to do, from this cursor on.
    More {
        /// Where the next step continues; work that keeps its own place needs none.
        cursor: Option<String>,
        /// How far it is.
        progress: Progress,
    },
    /// Nothing is left to do.
    Done(Progress),
}

/// A job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// The tenant.
    pub tenant: TenantId,
    /// The id.
    pub id: JobId,
    /// What it does.
    #[serde(flatten)]
    pub work: Work,
    /// Where it is.
    pub status: JobStatus,
    /// How far it is.
    #[serde(default)]
    pub progress: Progress,
    /// Where the next step continues.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// Who started it, as [`Actor`] is written.
    pub started_by: String,
    /// When it was started.
    pub started_at: Timestamp,
    /// Its last change.
    pub updated_at: Timestamp,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    /// Incremented on every change, so that of two workers one stops.
    pub revision: u64,
    /// A new token for every change, by which a writer whose response was lost recognizes its own row.
    #[serde(default)]
    pub saved_by: String,
}

impl Job {
    /// A job to be started.
    pub fn new(tenant: TenantId, id: JobId, work: Work, actor: &Actor, now: Timestamp) -> Self {
        Self {
            tenant,
            id,
            work,
            status: JobStatus::Running,
            progress: Progress::default(),
            cursor: None,
            reason: None,
            started_by: actor.to_string(),
            started_at: now,
            updated_at: now,
            ended_at: None,
            revision: 1,
            saved_by: String::new(),
        }
    }

    /// The message that continues it.
    pub fn task(&self) -> JobTask {
        JobTask {
            tenant: self.tenant.clone(),
            job: self.id.clone(),
            work: self.work.clone(),
        }
    }

    /// Records a step.
    pub fn advance(&mut self, step: Step, now: Timestamp) {
        match step {
            Step::More { cursor, progress } => {
                self.cursor = cursor;
                self.progress = progress;
                self.updated_at = now;
            }
            Step::Done(progress) => {
                self.progress = progress;
                self.end(JobStatus::Done, None, now);
            }
        }
    }

    /// Ends it.
    pub fn end(&mut self, status: JobStatus, reason: Option<Reason>, now: Timestamp) {
        self.status = status;
        self.reason = reason;
        self.updated_at = now;
        self.ended_at = Some(now);
    }

    /// Starts it again where it stopped.
    pub fn resume(&mut self, now: Timestamp) {
        self.status = JobStatus::Running;
        self.reason = None;
        self.updated_at = now;
        self.ended_at = None;
    }
}

/// Continue a job; its cursor is in its row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobTask {
    /// The tenant.
    pub tenant: TenantId,
    /// The job.
    pub job: JobId,
    /// What it does, so that a dead letter says it without the row.
    #[serde(flatten)]
    pub work: Work,
}

impl ForTenant for JobTask {
    fn tenant(&self) -> &TenantId {
        &self.tenant
    }
}

/// Record that the file of an import has arrived.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UploadTask {
    /// The tenant.
    pub tenant: TenantId,
    /// The import.
    pub import: ImportId,
    /// The size of the file.
    pub bytes: u64,
}

impl ForTenant for UploadTask {
    fn tenant(&self) -> &TenantId {
        &self.tenant
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "2026-11-30T09:00:00Z".parse().unwrap()
    }

    fn job() -> Job {
        let work = Work::Recount {
            campaign: "019a0000-0000-7000-8000-000000000000".parse().unwrap(),
            first: 0,
            end: u16::MAX,
        };
        let id = "019a0000-0000-7000-8000-000000000001".parse().unwrap();
        Job::new("demo".parse().unwrap(), id, work, &Actor::System, now())
    }

    #[test]
    fn a_job_and_its_task_read_back() {
        let job = job();
        let json = serde_json::to_value(&job).unwrap();
        assert_eq!(json["kind"], "recount");
        assert_eq!(serde_json::from_value::<Job>(json).unwrap(), job);
        let task = serde_json::to_string(&job.task()).unwrap();
        assert_eq!(serde_json::from_str::<JobTask>(&task).unwrap(), job.task());
        assert!(task.len() < crate::delivery::task::BODY_BYTES, "{task}");
    }

    #[test]
    fn a_failed_job_resumes_where_it_stopped() {
        let mut job = job();
        let progress = Progress {
            done: 3,
            total: Some(16),
        };
        let cursor = Some("3".to_owned());
        job.advance(
            Step::More {
                cursor: cursor.clone(),
                progress,
            },
            now(),
        );
        job.end(JobStatus::Failed, Some(Reason::new("x", "y")), now());
        assert_eq!(job.ended_at, Some(now()));
        job.resume(now());
        assert_eq!(
            (
                job.status,
                job.progress,
                &job.cursor,
                &job.reason,
                job.ended_at
            ),
            (JobStatus::Running, progress, &cursor, &None, None)
        );
        job.advance(Step::Done(progress), now());
        assert_eq!(job.status, JobStatus::Done);
    }
}
