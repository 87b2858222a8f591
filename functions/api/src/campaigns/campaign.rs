//! A campaign in responses.

use std::collections::{BTreeMap, BTreeSet};

use axum::response::{IntoResponse, Response};
use carillon_domain::{
    access::Context,
    campaigns::{Campaign, schedule::ScheduleChange},
    channel::Channel,
    content::{Content, Values},
    delivery::totals,
};
use carillon_http::{
    failure::Failure,
    names::{CampaignStatus, ChannelName, OnUnknownName, PriorityName},
    precondition,
};
use http::{HeaderValue, StatusCode, header};
use jiff::{Timestamp, civil::DateTime};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::{
    campaigns::{
        stalled::{Accounts, StallBody},
        totals::{Counts, TotalsBody},
    },
    content::body::ContentBody,
    failover::FailoverBody,
    state::AppState,
};

/// The schedule of a campaign: when it is, or was, published automatically.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Schedule)]
pub(crate) struct ScheduleBody {
    /// The time of publication.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// The requested wall-clock time, if the schedule was set with one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, examples("2026-11-22T09:00:00"))]
    local_time: Option<DateTime>,
    /// The time zone of `local_time`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(examples("Europe/Athens"))]
    time_zone: Option<String>,
    /// The id of the API key that set the schedule.
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<String>,
}

/// A change to the schedule: moved or canceled.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ScheduleChange)]
pub(crate) struct ScheduleChangeBody {
    /// The previous time of publication.
    #[schema(value_type = String, format = DateTime)]
    was: Timestamp,
    /// The new time of publication; `null` if the schedule was canceled.
    #[schema(value_type = Option<String>, format = DateTime)]
    moved_to: Option<Timestamp>,
    /// The id of the API key that made the change.
    by: String,
    /// The time of the change.
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

/// A problem that prevents publishing and is easily overlooked.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Flag {
    /// The channel affected.
    channel: ChannelName,
    /// `no_transport`: the channel has no transport.
    #[schema(examples("no_transport"))]
    code: &'static str,
}

/// A campaign without its content and totals.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CampaignSummary {
    /// The campaign id.
    #[schema(format = "uuid")]
    id: String,
    /// The name of the campaign.
    name: String,
    /// The status of the campaign.
    status: CampaignStatus,
    /// The channels of the campaign.
    channels: BTreeSet<ChannelName>,
    /// The priority.
    priority: PriorityName,
    /// The region used to complete national phone numbers.
    #[serde(skip_serializing_if = "Option::is_none")]
    default_region: Option<String>,
    /// Increases with every change to the campaign; also the ETag.
    version: u64,
    /// When the campaign was created.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When an operator last changed the campaign.
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
    /// When the campaign is, or was, to be published automatically.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    scheduled_for: Option<Timestamp>,
    /// The full schedule.
    #[serde(skip_serializing_if = "Option::is_none")]
    schedule: Option<ScheduleBody>,
    /// Changes to the schedule, oldest first.
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
    /// Whether receivers are still being added or switched. The campaign cannot be published until this is false.
    loading: bool,
    /// What happens to deliveries if it is unknown whether the provider accepted them.
    on_unknown: OnUnknownName,
    /// Limits for trying other transports of a route; `null` if none are tried.
    failover: Option<FailoverBody>,
    /// The id of the API key that paused or canceled the campaign.
    #[serde(skip_serializing_if = "Option::is_none")]
    stopped_by: Option<String>,
    /// When the campaign was paused or canceled.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    stopped_at: Option<Timestamp>,
    /// Why the campaign, or one of its channels, is stalled; empty if it is not. In a list, this can include channels
    /// of a published campaign that have nothing left to send.
    stalled: Vec<StallBody>,
}

/// A campaign.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Campaign)]
pub(crate) struct CampaignBody {
    #[serde(flatten)]
    summary: CampaignSummary,
    /// Problems that prevent publishing.
    flags: Vec<Flag>,
    /// Progress of the campaign.
    totals: TotalsBody,
    /// The estimated time at which the last delivery of a published campaign becomes final. Based on the limits of the
    /// accounts, or on progress so far if there are none. Other campaigns on the same accounts delay it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    estimated_end: Option<Timestamp>,
    /// The content of the campaign.
    content: ContentBody,
    /// Placeholder values for every receiver who has no value of their own.
    #[serde(skip_serializing_if = "Map::is_empty")]
    #[schema(value_type = Object, required = false)]
    values: Map<String, Value>,
    /// Placeholder values by language; they take precedence over `values`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(value_type = BTreeMap<String, Object>, required = false)]
    values_by_language: BTreeMap<String, Map<String, Value>>,
}

impl CampaignSummary {
    /// A campaign at a point in time, with why it is stalled.
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

/// Builds the response for a campaign; reads its content if it is not given.
///
/// # Errors
/// If the store fails.
pub(crate) async fn present(
    state: &AppState,
    context: &Context,
    campaign: Campaign,
    content: Option<Content>,
) -> Result<CampaignBody, Failure> {
    let read_content = async {
        match content {
            Some(content) => Ok(content),
            None => {
                let kept = state.store.content(context, &campaign.id).await?;
                Ok(kept.map(|(_, content)| content).unwrap_or_default())
            }
        }
    };
    // Several concurrent SDK calls make a large future, which every handler that ends here would hold.
    let (content, counters, accounts) = tokio::try_join!(
        Box::pin(read_content),
        Box::pin(state.store.counters(&campaign.tenant, &campaign.id)),
        Box::pin(Accounts::read(state, context)),
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
    /// Its deliveries on all channels, as seen when it was stopped.
    pub(super) fn counts(&self) -> Counts {
        self.totals.counts()
    }

    /// The entity tag.
    pub(super) fn entity_tag(&self) -> Option<HeaderValue> {
        precondition::entity_tag(self.summary.version)
    }

    /// The response with its entity tag.
    pub(crate) fn answer(self, status: StatusCode) -> Response {
        let tag = self.entity_tag();
        let mut response = (status, axum::Json(self)).into_response();
        if let Some(tag) = tag {
            response.headers_mut().insert(header::ETAG, tag);
        }
        response
    }

    /// The response to creating it, with its location.
    pub(crate) fn answer_created(self) -> Response {
        let location = HeaderValue::from_str(&format!("/v1/campaigns/{}", self.summary.id));
        let mut response = self.answer(StatusCode::CREATED);
        if let Ok(location) = location {
            response.headers_mut().insert(header::LOCATION, location);
        }
        response
    }
}
