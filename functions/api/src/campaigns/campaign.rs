//! A campaign as it stands in answers.

use std::collections::{BTreeMap, BTreeSet};

use axum::response::{IntoResponse, Response};
use carillon_domain::{
    campaign::Campaign,
    channel::Channel,
    content::{Content, Values},
    schedule::ScheduleChange,
    totals,
};
use http::{HeaderValue, StatusCode, header};
use jiff::{Timestamp, civil::DateTime};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::{
    content::ContentBody,
    failover::FailoverBody,
    stalled::{Accounts, StallBody},
    totals::{Counts, TotalsBody},
};
use crate::{
    failure::Failure,
    names::{CampaignStatus, ChannelName, OnUnknownName, PriorityName},
    precondition,
    state::AppState,
};

/// When a campaign is published by itself, or was.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Schedule)]
pub(crate) struct ScheduleBody {
    /// The moment.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// The wall-clock time that was asked for, if it was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, examples("2026-11-22T09:00:00"))]
    local_time: Option<DateTime>,
    /// The time zone of that wall clock.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(examples("Europe/Athens"))]
    time_zone: Option<String>,
    /// Who set it: the id of the API key.
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<String>,
}

/// A time of release that somebody moved or took back.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ScheduleChange)]
pub(crate) struct ScheduleChangeBody {
    /// The time of release that it was.
    #[schema(value_type = String, format = DateTime)]
    was: Timestamp,
    /// The time that it was moved to; `null` if it was taken back.
    #[schema(value_type = Option<String>, format = DateTime)]
    moved_to: Option<Timestamp>,
    /// Who did it: the id of the API key.
    by: String,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
}

impl From<ScheduleChange> for ScheduleChangeBody {
    fn from(change: ScheduleChange) -> Self {
        Self {
            was: change.was,
            moved_to: change.moved_to,
            by: change.by,
            at: change.at,
        }
    }
}

/// Something that stands in the way of publishing and is easily overlooked.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Flag {
    /// The channel that it is about.
    channel: ChannelName,
    /// `no_transport`: nothing is set up through which this channel could be sent.
    #[schema(examples("no_transport"))]
    code: &'static str,
}

/// A campaign without its content and totals.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CampaignSummary {
    /// Its id.
    #[schema(format = "uuid")]
    id: String,
    /// What the operator calls it.
    name: String,
    /// Where it is in its life.
    status: CampaignStatus,
    /// The channels that it uses.
    channels: BTreeSet<ChannelName>,
    /// How urgent it is.
    priority: PriorityName,
    /// The region that completes national phone numbers.
    #[serde(skip_serializing_if = "Option::is_none")]
    default_region: Option<String>,
    /// Rises with every change of the campaign; the ETag.
    version: u64,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When an operator last changed it.
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
    /// When it is to be published by itself, or was.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    scheduled_for: Option<Timestamp>,
    /// The schedule in full.
    #[serde(skip_serializing_if = "Option::is_none")]
    schedule: Option<ScheduleBody>,
    /// Times of release that were moved or taken back, in their order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    schedule_changes: Vec<ScheduleChangeBody>,
    /// When it was published.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    published_at: Option<Timestamp>,
    /// When the last delivery became final.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    completed_at: Option<Timestamp>,
    /// Whether receivers are still being added; it cannot be published meanwhile.
    loading: bool,
    /// What becomes of deliveries of which nobody knows whether the provider took them.
    on_unknown: OnUnknownName,
    /// How far other transports of a route are tried; `null` for not at all.
    failover: Option<FailoverBody>,
    /// Who paused or canceled it: the id of the API key.
    #[serde(skip_serializing_if = "Option::is_none")]
    stopped_by: Option<String>,
    /// When it was paused or canceled.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    stopped_at: Option<Timestamp>,
    /// Why it does not move, or not on every channel, although it should; empty if it does. In a
    /// list, a published campaign's channels are named even if nothing is left to do on them.
    stalled: Vec<StallBody>,
}

/// A campaign.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Campaign)]
pub(crate) struct CampaignBody {
    #[serde(flatten)]
    summary: CampaignSummary,
    /// What stands in the way of publishing.
    flags: Vec<Flag>,
    /// How far it has come.
    totals: TotalsBody,
    /// When the last delivery of a published campaign will be final, as far as can be told from the
    /// limits of the accounts, or else from how it went so far. Other campaigns on the same accounts
    /// make it later.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    estimated_end: Option<Timestamp>,
    /// What it says.
    content: ContentBody,
    /// What its placeholders stand for, for every receiver who has no value of their own.
    #[serde(skip_serializing_if = "Map::is_empty")]
    #[schema(value_type = Object, required = false)]
    values: Map<String, Value>,
    /// The same by language; they come before `values`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(value_type = BTreeMap<String, Object>, required = false)]
    values_by_language: BTreeMap<String, Map<String, Value>>,
}

impl CampaignSummary {
    /// A campaign at a moment, with what keeps it from moving.
    pub(super) fn new(campaign: Campaign, stalled: Vec<StallBody>, now: Timestamp) -> Self {
        let loading = campaign.is_loading(now);
        let schedule = campaign.schedule.map(|schedule| ScheduleBody {
            at: schedule.at,
            local_time: schedule.local_time,
            time_zone: schedule.time_zone,
            by: schedule.by,
        });
        Self {
            id: campaign.id.into(),
            name: campaign.name,
            status: campaign.status.into(),
            channels: campaign
                .channels
                .into_iter()
                .map(ChannelName::from)
                .collect(),
            priority: campaign.priority.into(),
            default_region: campaign.default_region.map(String::from),
            version: campaign.version,
            created_at: campaign.created_at,
            updated_at: campaign.updated_at,
            scheduled_for: schedule.as_ref().map(|schedule| schedule.at),
            schedule,
            schedule_changes: campaign
                .schedule_changes
                .into_iter()
                .map(ScheduleChangeBody::from)
                .collect(),
            published_at: campaign.published_at,
            completed_at: campaign.completed_at,
            loading,
            on_unknown: campaign.on_unknown.into(),
            failover: campaign.failover.map(FailoverBody::from),
            stopped_at: campaign.stopped.as_ref().map(|stopped| stopped.at),
            stopped_by: campaign.stopped.map(|stopped| stopped.by),
            stalled,
        }
    }
}

/// Puts a campaign together for an answer; content that is not given is read.
///
/// # Errors
/// If the store does not answer.
pub(crate) async fn present(
    state: &AppState,
    campaign: Campaign,
    content: Option<Content>,
) -> Result<CampaignBody, Failure> {
    let read_content = async {
        match content {
            Some(content) => Ok(content),
            None => {
                let kept = state.store.content(&campaign.tenant, &campaign.id).await?;
                Ok(kept.map(|(_, content)| content).unwrap_or_default())
            }
        }
    };
    // Several calls of the SDK at once are a large future; every handler that ends here would hold it.
    let (content, counters, accounts) = tokio::try_join!(
        Box::pin(read_content),
        Box::pin(state.store.counters(&campaign.tenant, &campaign.id)),
        Box::pin(Accounts::read(state, &campaign.tenant)),
    )?;
    let flags = campaign
        .channels
        .iter()
        .filter(|channel| !accounts.setup.serves(**channel))
        .map(|channel: &Channel| Flag {
            channel: (*channel).into(),
            code: "no_transport",
        })
        .collect();
    let now = state.clock.now();
    let totals = totals::Totals::from_counters(
        &counters,
        campaign.channels.iter().copied(),
        campaign.status,
    );
    let stalled = accounts.stalled(&campaign, |channel| is_open(&totals, channel), now);
    let Values { all, languages } = content.values.clone();
    let by_language = languages.into_iter();
    let by_language = by_language.map(|(tag, values)| (tag.to_string(), values));
    let estimated_end = accounts.estimated_end(&campaign, &totals, now);
    Ok(CampaignBody {
        summary: CampaignSummary::new(campaign, stalled, now),
        flags,
        totals: totals.into(),
        estimated_end,
        content: content.into(),
        values: all,
        values_by_language: by_language.collect(),
    })
}

/// Whether anything is left to do on a channel.
fn is_open(totals: &totals::Totals, channel: Channel) -> bool {
    totals
        .channels
        .get(&channel)
        .is_some_and(|totals| totals.pending + totals.claimed + totals.retrying > 0)
}

impl CampaignBody {
    /// Its deliveries on all channels, seen from a stop.
    pub(super) fn counts(&self) -> Counts {
        self.totals.counts()
    }

    /// The entity tag.
    pub(super) fn entity_tag(&self) -> Option<HeaderValue> {
        precondition::entity_tag(self.summary.version)
    }

    /// The answer with its entity tag.
    pub(crate) fn answer(self, status: StatusCode) -> Response {
        let tag = self.entity_tag();
        let mut response = (status, axum::Json(self)).into_response();
        if let Some(tag) = tag {
            response.headers_mut().insert(header::ETAG, tag);
        }
        response
    }

    /// The answer to making it, which says where it is.
    pub(crate) fn answer_created(self) -> Response {
        let location = HeaderValue::from_str(&format!("/v1/campaigns/{}", self.summary.id));
        let mut response = self.answer(StatusCode::CREATED);
        if let Ok(location) = location {
            response.headers_mut().insert(header::LOCATION, location);
        }
        response
    }
}
