//! A campaign as it stands in answers.

use std::collections::{BTreeMap, BTreeSet};

use axum::response::{IntoResponse, Response};
use carillon_domain::{campaign::Campaign, channel::Channel, content::Content, totals};
use http::{HeaderValue, StatusCode, header};
use jiff::{Timestamp, civil::DateTime};
use serde::Serialize;
use utoipa::ToSchema;

use super::content::ContentBody;
use crate::{
    deliveries::ReasonBody,
    failure::Failure,
    names::{CampaignStatus, ChannelName, FateName, OnUnknownName, PriorityName},
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

/// The totals of one channel. `total` is the sum of all the states.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ChannelTotals)]
pub(crate) struct ChannelTotalsBody {
    /// All receivers of the campaign.
    total: u64,
    /// Not taken up yet.
    pending: u64,
    /// Held by a consumer right now.
    claimed: u64,
    /// Waiting for another attempt.
    retrying: u64,
    /// Taken by the provider.
    sent: u64,
    /// Not sent, for a reason that stands beside each.
    failed: u64,
    /// Not to be sent.
    skipped: u64,
    /// Begun, and nobody knows how it ended.
    unknown: u64,
    /// Canceled first.
    canceled: u64,
    /// The skipped ones by reason: `no_address`, `switched_off`, `duplicate_address`, `at_delivery`.
    skipped_by_reason: BTreeMap<String, u64>,
    /// What became of the messages that a provider took, as far as it has told. Each counts once.
    fates: BTreeMap<FateName, u64>,
}

/// The totals of a campaign. They follow the deliveries within seconds.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Totals)]
pub(crate) struct TotalsBody {
    /// People.
    receivers: u64,
    /// Each channel of the campaign.
    channels: BTreeMap<ChannelName, ChannelTotalsBody>,
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
    /// Who paused or canceled it: the id of the API key.
    #[serde(skip_serializing_if = "Option::is_none")]
    stopped_by: Option<String>,
    /// When it was paused or canceled.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    stopped_at: Option<Timestamp>,
    /// Why it was not released although its time had come.
    #[serde(skip_serializing_if = "Option::is_none")]
    stalled: Option<ReasonBody>,
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
    /// What it says.
    content: ContentBody,
}

impl CampaignSummary {
    /// A campaign at a moment.
    pub(crate) fn new(campaign: Campaign, now: Timestamp) -> Self {
        let loading = campaign.is_loading(now);
        let schedule = campaign.schedule.map(|schedule| ScheduleBody {
            at: schedule.at,
            local_time: schedule.local_time,
            time_zone: schedule.time_zone,
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
            published_at: campaign.published_at,
            completed_at: campaign.completed_at,
            loading,
            on_unknown: campaign.on_unknown.into(),
            stopped_at: campaign.stopped.as_ref().map(|stopped| stopped.at),
            stopped_by: campaign.stopped.map(|stopped| stopped.by),
            stalled: campaign.stalled.map(ReasonBody::from),
        }
    }
}

impl From<totals::ChannelTotals> for ChannelTotalsBody {
    fn from(totals: totals::ChannelTotals) -> Self {
        let totals::ChannelTotals {
            total,
            pending,
            claimed,
            retrying,
            sent,
            failed,
            skipped,
            unknown,
            canceled,
            skipped_by_reason,
            fates,
        } = totals;
        Self {
            total,
            pending,
            claimed,
            retrying,
            sent,
            failed,
            skipped,
            unknown,
            canceled,
            skipped_by_reason,
            fates: fates
                .into_iter()
                .map(|(fate, count)| (fate.into(), count))
                .collect(),
        }
    }
}

impl From<totals::Totals> for TotalsBody {
    fn from(totals: totals::Totals) -> Self {
        let channels = totals
            .channels
            .into_iter()
            .map(|(channel, totals)| (channel.into(), totals.into()));
        Self {
            receivers: totals.receivers,
            channels: channels.collect(),
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
    // Three calls of the SDK at once are a large future; every handler that ends here would hold it.
    let (content, counters, transports) = tokio::try_join!(
        Box::pin(read_content),
        Box::pin(state.store.counters(&campaign.tenant, &campaign.id)),
        Box::pin(state.store.transports(&campaign.tenant)),
    )?;
    let flags = campaign
        .channels
        .iter()
        .filter(|channel| !transports.contains_key(*channel))
        .map(|channel: &Channel| Flag {
            channel: (*channel).into(),
            code: "no_transport",
        })
        .collect();
    let totals = totals::Totals::from_counters(
        &counters,
        campaign.channels.iter().copied(),
        campaign.status,
    );
    let summary = CampaignSummary::new(campaign, state.clock.now());
    Ok(CampaignBody {
        summary,
        flags,
        totals: totals.into(),
        content: content.into(),
    })
}

impl CampaignBody {
    /// The answer with its entity tag.
    pub(crate) fn answer(self, status: StatusCode) -> Response {
        let tag = precondition::entity_tag(self.summary.version);
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
