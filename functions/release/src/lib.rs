//! Releases scheduled campaigns at their time, and sweeps: finds work that should have moved and
//! did not, and gives it a new push.
//!
//! Publishing writes first and enqueues then, so whatever a crash or a lost message leaves behind
//! has a row that becomes due. Everything here may run twice.

mod sweep;

use aws_config::SdkConfig;
use carillon_domain::{
    campaign::Campaign,
    delivery::Reason,
    id::{CampaignId, TenantId},
    schedule::Schedule,
    task::{FanoutTask, ReleaseTask},
};
use carillon_queue::{FanoutQueues, Producer, SendError};
use carillon_store::{MissingVariable, Released, Store, environment::variable};
use jiff::Timestamp;
use lambda_runtime::{Error, LambdaEvent};

/// What the release works with.
pub struct Release {
    store: Store,
    fanout: FanoutQueues,
    intake: Producer,
}

/// Why a release or a sweep did not come to its end.
#[derive(Debug, thiserror::Error)]
pub enum Failed {
    /// DynamoDB did not do its part.
    #[error("could not read or change what is due")]
    Store(#[from] carillon_store::Error),
    /// SQS did not do its part.
    #[error("could not start work that is due")]
    Queue(#[from] SendError),
}

/// What was done.
#[derive(Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Report {
    /// Campaigns that are on their way now.
    pub released: usize,
    /// Campaigns, imports and clean-ups that were given a new push.
    pub pushed: usize,
    /// Rows that needed nothing any more.
    pub settled: usize,
}

impl Release {
    /// The release that the environment describes.
    ///
    /// # Errors
    /// If a variable is not set.
    pub fn from_environment(config: &SdkConfig) -> Result<Self, MissingVariable> {
        let client = aws_sdk_sqs::Client::new(config);
        Ok(Self {
            store: Store::from_environment(config)?,
            fanout: FanoutQueues::new(&client, variable)?,
            intake: Producer::new(client, variable("INTAKE_QUEUE_URL")?),
        })
    }

    /// Publishes a campaign whose schedule has this version. Returns whether it is on its way.
    async fn release(
        &self,
        tenant: &TenantId,
        id: &CampaignId,
        version: u64,
    ) -> Result<bool, Failed> {
        let Some(campaign) = self.store.campaign(tenant, id).await? else {
            return Ok(false);
        };
        let is_meant = |schedule: &Schedule| schedule.version == version;
        if !campaign.schedule.as_ref().is_some_and(is_meant) {
            tracing::info!(campaign = %id, version, "the schedule is outdated");
            return Ok(false);
        }
        let transports = self.store.transports(tenant).await?;
        let missing: Vec<String> = campaign
            .channels
            .iter()
            .filter(|channel| !transports.contains_key(channel))
            .map(ToString::to_string)
            .collect();
        if !missing.is_empty() {
            let reason = Reason::new(
                "no_transport",
                format!("No transport is set up for {}.", missing.join(", ")),
            );
            tracing::warn!(campaign = %id, code = reason.code, "a campaign cannot be released");
            self.store.set_stalled(tenant, id, &reason).await?;
            return Ok(false);
        }
        match self
            .store
            .release(tenant, id, version, Timestamp::now())
            .await?
        {
            Released::Published(campaign) => {
                self.start_fanout(&campaign, |_| true).await?;
                tracing::info!(campaign = %id, "released");
                Ok(true)
            }
            Released::Outdated => {
                tracing::info!(campaign = %id, version, "the schedule is outdated");
                Ok(false)
            }
        }
    }

    async fn start_fanout(
        &self,
        campaign: &Campaign,
        wanted: impl Fn(u16) -> bool,
    ) -> Result<(), SendError> {
        let tasks: Vec<FanoutTask> = FanoutTask::for_campaign(campaign)
            .filter(|task| wanted(task.shard))
            .collect();
        self.fanout.send(campaign.priority, &tasks).await
    }
}

/// Deals with one call of the scheduler.
///
/// # Errors
/// If something did not come to its end; the scheduler calls again.
pub async fn handle(release: &Release, event: LambdaEvent<ReleaseTask>) -> Result<Report, Error> {
    let report = match event.payload {
        ReleaseTask::Release {
            tenant,
            campaign,
            version,
        } => {
            let released = release.release(&tenant, &campaign, version).await?;
            Report {
                released: usize::from(released),
                ..Report::default()
            }
        }
        ReleaseTask::Sweep {} => release.sweep().await?,
    };
    tracing::info!(
        released = report.released,
        pushed = report.pushed,
        settled = report.settled,
        "release"
    );
    Ok(report)
}
