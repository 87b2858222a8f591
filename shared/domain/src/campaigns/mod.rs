//! Campaigns and their life cycle: draft → scheduled → published → completed, with paused and canceled beside published.

pub mod preflight;
pub mod schedule;

use std::{collections::BTreeSet, fmt};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    address::Region,
    campaigns::schedule::{SCHEDULE_CHANGES, Schedule, ScheduleChange},
    channel::{Channel, Priority},
    id::{CampaignId, ImportId, JobId, TenantId, TransportId},
    reason::Reason,
    transports::routing::Failover,
};

/// The longest name of a campaign, in characters.
pub const NAME_CHARACTERS: usize = 200;
/// Default number of ledger partitions of a campaign. One DynamoDB partition takes 1,000 writes a second, so one partition
/// would need 1,000 s for a million receivers.
pub const SHARDS: u16 = 16;

/// The reason code of a campaign that stays scheduled because its time is too long past: somebody has to decide whether it
/// is still to be sent.
pub const MISSED_SCHEDULE: &str = "missed_schedule";

/// The status of a campaign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Being written; may be incomplete.
    Draft,
    /// Will be published at a set time.
    Scheduled,
    /// Being sent.
    Published,
    /// Stopped while being sent; can be resumed or canceled.
    Paused,
    /// Every delivery has a final state.
    Completed,
    /// Stopped for good.
    Canceled,
}

impl Status {
    /// The name in the API and in condition expressions.
    pub fn as_str(self) -> &'static str {
        match self {
            Status::Draft => "draft",
            Status::Scheduled => "scheduled",
            Status::Published => "published",
            Status::Paused => "paused",
            Status::Completed => "completed",
            Status::Canceled => "canceled",
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// What happens to a delivery when it is unknown whether the provider accepted the message.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnUnknown {
    /// It stays unknown until an admin or a receipt settles it.
    #[default]
    Hold,
    /// It is resent, and may arrive twice.
    Resend,
}

impl OnUnknown {
    /// Whether it is the default.
    pub fn is_usual(&self) -> bool {
        *self == OnUnknown::default()
    }
}

/// Who stopped a campaign, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stopped {
    /// The id of the API key.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

/// A request that is changing the receivers of a draft. It expires, so that a crash cannot hold a campaign for ever; each
/// has its own token, so that one that ends does not release another.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Hold {
    /// When it expires.
    pub until: Timestamp,
    /// The token that distinguishes it from others.
    pub token: String,
}

/// The prefix of the token of a job's hold.
const OF_JOB: &str = "job:";

impl Hold {
    /// The hold of a job that changes the receivers, until this time.
    pub fn of_job(job: &JobId, until: Timestamp) -> Self {
        let token = format!("{OF_JOB}{job}");
        Self { until, token }
    }

    /// Whether it is a hold of this job.
    pub fn is_of(&self, job: &JobId) -> bool {
        self.token
            .strip_prefix(OF_JOB)
            .is_some_and(|id| id == job.as_str())
    }

    /// Whether it is a hold of another job, and has not lapsed.
    pub fn is_of_another(&self, job: &JobId, now: Timestamp) -> bool {
        self.token.starts_with(OF_JOB) && !self.is_of(job) && self.until > now
    }
}

/// Not a hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a campaign hold")]
pub struct InvalidHold;

impl TryFrom<String> for Hold {
    type Error = InvalidHold;

    fn try_from(text: String) -> Result<Self, InvalidHold> {
        let (until, token) = text.split_once('#').ok_or(InvalidHold)?;
        let until = until.parse().map_err(|_| InvalidHold)?;
        Ok(Self {
            until,
            token: token.to_owned(),
        })
    }
}

impl From<Hold> for String {
    fn from(hold: Hold) -> String {
        hold.to_string()
    }
}

impl fmt::Display for Hold {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}#{}", self.until, self.token)
    }
}

/// A campaign without its content, which is a separate row because it may be large.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Campaign {
    /// The tenant.
    pub tenant: TenantId,
    /// The id.
    pub id: CampaignId,
    /// Its name, for admins.
    pub name: String,
    /// The status.
    pub status: Status,
    /// The channels that it uses.
    pub channels: BTreeSet<Channel>,
    /// Its priority.
    #[serde(default)]
    pub priority: Priority,
    /// The region that completes national phone numbers of its receivers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_region: Option<Region>,
    /// Rises with every change by an admin; the `ETag`.
    pub version: u64,
    /// The version at which the content was last changed.
    pub content_version: u64,
    /// Rises when a campaign is resumed; part of every deduplication id.
    pub generation: u32,
    /// The number of ledger partitions.
    pub shards: u16,
    /// The id of the API key that created it.
    pub created_by: String,
    /// When it was created.
    pub created_at: Timestamp,
    /// When an admin last changed it.
    pub updated_at: Timestamp,
    /// When it was published.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published_at: Option<Timestamp>,
    /// When the last delivery became final.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub completed_at: Option<Timestamp>,
    /// When it is scheduled to be published, or was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schedule: Option<Schedule>,
    /// Changes of its schedule, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub schedule_changes: Vec<ScheduleChange>,
    /// Requests that are changing its receivers; it cannot be published meanwhile.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub holds: BTreeSet<Hold>,
    /// Imports whose rows are still being added.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub imports: BTreeSet<ImportId>,
    /// What happens to deliveries whose outcome is unknown.
    #[serde(default, skip_serializing_if = "OnUnknown::is_usual")]
    pub on_unknown: OnUnknown,
    /// How far other transports are tried; not at all if unset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failover: Option<Failover>,
    /// The transport that this campaign tests: everything goes through it, switched on or not, and each message is tried
    /// once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub via: Option<TransportId>,
    /// The campaign that this is a test of: its messages go to the admin who is writing it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test_of: Option<CampaignId>,
    /// The id under which its composed content is stored, once it is published or scheduled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub composed: Option<String>,
    /// Who paused or canceled it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped: Option<Stopped>,
    /// Why it was not released at its scheduled time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stalled: Option<Reason>,
}

/// Why a campaign cannot be published or scheduled. Each reason has its own problem type in the API.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotReady {
    /// It is not a draft (or, at release, not scheduled).
    #[error("the campaign is {0}")]
    Status(Status),
    /// It uses no channel.
    #[error(
        "the campaign uses no channel; set channels to at least one of {}",
        Channel::NAMES
    )]
    NoChannels,
    /// Channels without content.
    #[error("the campaign has no content for {}", list(.0))]
    NoContent(Vec<Channel>),
    /// Channels without a transport.
    #[error("no usable transport is set up for {}", list(.0))]
    NoTransport(Vec<Channel>),
    /// It has no receivers.
    #[error("the campaign has no receivers")]
    NoReceivers,
    /// Receivers are still being added or switched.
    #[error("receivers of the campaign are still being added or switched")]
    Loading,
}

impl NotReady {
    /// The stable code of this reason.
    pub fn code(&self) -> &'static str {
        match self {
            NotReady::Status(_) => "not_a_draft",
            NotReady::NoChannels => "no_channels",
            NotReady::NoContent(_) => "no_content",
            NotReady::NoTransport(_) => "no_transport",
            NotReady::NoReceivers => "no_receivers",
            NotReady::Loading => "loading",
        }
    }
}

fn list(channels: &[Channel]) -> String {
    channels
        .iter()
        .map(|channel| channel.in_words())
        .collect::<Vec<_>>()
        .join(", ")
}

impl Campaign {
    /// Whether receivers are still being added or switched.
    pub fn is_loading(&self, now: Timestamp) -> bool {
        !self.imports.is_empty() || self.holds.iter().any(|hold| hold.until > now)
    }

    /// Whether it is scheduled but was not released, because its time is too long past.
    pub fn has_missed_schedule(&self) -> bool {
        let is_missed = |reason: &Reason| reason.code == MISSED_SCHEDULE;
        self.status == Status::Scheduled && self.stalled.as_ref().is_some_and(is_missed)
    }

    /// Its schedule changes with one more.
    pub fn schedule_changes_with(&self, change: ScheduleChange) -> Vec<ScheduleChange> {
        let kept = self.schedule_changes.iter().cloned();
        let mut changes: Vec<ScheduleChange> = kept.chain([change]).collect();
        let surplus = changes.len().saturating_sub(SCHEDULE_CHANGES);
        changes.drain(..surplus);
        changes
    }

    /// Checks the preconditions of publishing that depend on the campaign alone.
    ///
    /// # Errors
    /// The first problem found.
    pub fn check_ready(
        &self,
        content: &crate::content::Content,
        transports: &BTreeSet<Channel>,
        now: Timestamp,
    ) -> Result<(), NotReady> {
        if self.channels.is_empty() {
            return Err(NotReady::NoChannels);
        }
        let without = |has: &dyn Fn(Channel) -> bool| -> Vec<Channel> {
            self.channels
                .iter()
                .copied()
                .filter(|channel| !has(*channel))
                .collect()
        };
        let no_content = without(&|channel| content.has(channel));
        if !no_content.is_empty() {
            return Err(NotReady::NoContent(no_content));
        }
        let no_transport = without(&|channel| transports.contains(&channel));
        if !no_transport.is_empty() {
            return Err(NotReady::NoTransport(no_transport));
        }
        if self.is_loading(now) {
            return Err(NotReady::Loading);
        }
        Ok(())
    }
}
