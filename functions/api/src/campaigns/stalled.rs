//! Why a campaign is stalled and when it will be done, judging by its accounts.

use std::collections::BTreeMap;

use carillon_domain::{
    access::Context,
    campaigns::{Campaign, Status},
    channel::{Channel, PriorityQueue},
    delivery::{
        estimate::{self, Course},
        rate_limiter::{BreakerState, RateLimiter},
        totals::Totals,
    },
    id::TransportId,
    transports::{Transport, routing::Setup},
};
use carillon_http::names::ChannelName;
use carillon_store::Error;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::state::AppState;

/// Why a campaign is stalled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Stall)]
pub(crate) struct StallBody {
    /// For a published campaign `no_transport`, `identity_not_granted`, `breaker_open` or `quota_used`; for a paused
    /// one `paused`; for a scheduled one whose time has passed `missed_schedule` or `no_transport`.
    #[schema(examples("breaker_open"))]
    code: String,
    /// A message for operators.
    text: String,
    /// The channel affected; absent if all are.
    #[serde(skip_serializing_if = "Option::is_none")]
    channel: Option<ChannelName>,
    /// When sending continues automatically.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    until: Option<Timestamp>,
}

/// The provider accounts of a tenant.
#[derive(Debug, Default)]
pub(super) struct Accounts {
    /// The transports and routes.
    pub(super) setup: Setup,
    /// Usage and health of the transports.
    pub(super) rate_limiters: BTreeMap<TransportId, RateLimiter>,
}

impl Accounts {
    /// Reads them all, in two calls.
    ///
    /// # Errors
    /// If the store fails.
    pub(super) async fn read(state: &AppState, context: &Context) -> Result<Self, Error> {
        let setup = state.store.setup(context).await?;
        let ids = setup.transports.keys();
        let rate_limiters = state.store.rate_limiters(&context.tenant, ids).await?;
        Ok(Self {
            setup,
            rate_limiters,
        })
    }

    /// Why a campaign is stalled now, considering only channels with anything left to do.
    pub(super) fn stalled(
        &self,
        campaign: &Campaign,
        is_open: impl Fn(Channel) -> bool,
        now: Timestamp,
    ) -> Vec<StallBody> {
        match campaign.status {
            Status::Published => campaign
                .channels
                .iter()
                .filter(|channel| is_open(**channel))
                .flat_map(|channel| self.stalled_on(*channel, campaign, now))
                .collect(),
            Status::Paused => {
                let text = campaign
                    .stopped
                    .as_ref()
                    .map_or_else(String::new, |stopped| {
                        format!("Paused by {} at {}.", stopped.by, stopped.at)
                    });
                vec![StallBody {
                    code: "paused".to_owned(),
                    text,
                    channel: None,
                    until: None,
                }]
            }
            Status::Scheduled => campaign
                .stalled
                .iter()
                .map(|reason| StallBody {
                    code: reason.code.clone(),
                    text: reason.text.clone(),
                    channel: None,
                    until: None,
                })
                .collect(),
            Status::Draft | Status::Completed | Status::Canceled => Vec::new(),
        }
    }

    fn stalled_on(&self, channel: Channel, campaign: &Campaign, now: Timestamp) -> Vec<StallBody> {
        let stall = |code: &str, text: String, until| StallBody {
            code: code.to_owned(),
            text,
            channel: Some(channel.into()),
            until,
        };
        let in_use = self.setup.in_use(channel);
        if in_use.is_empty() {
            let mut of_channel = self.setup.transports.values();
            let not_granted = of_channel.find_map(|transport| {
                let is_ours = transport.channel() == channel && transport.enabled;
                let mut lacking = self.setup.identities.lacking(transport).into_iter();
                lacking.next().filter(|_| is_ours).map(|it| (transport, it))
            });
            if let Some((transport, lacking)) = not_granted {
                let text = format!(
                    "The transport {} is not used: the platform operator has not granted {}.",
                    transport.id, lacking.identity
                );
                return vec![stall("identity_not_granted", text, None)];
            }
            let text = format!("No transport is set up for {}.", channel.in_words());
            return vec![stall("no_transport", text, None)];
        }
        let mut all = Vec::new();
        for transport in in_use {
            let stalls = self.stalled_at(transport, campaign, now);
            // Messages that wait for another transport may go through this one.
            if stalls.is_empty() {
                return Vec::new();
            }
            all.extend(stalls);
        }
        all
    }

    /// Why nothing is sent through a transport now.
    fn stalled_at(
        &self,
        transport: &Transport,
        campaign: &Campaign,
        now: Timestamp,
    ) -> Vec<StallBody> {
        let channel = transport.channel();
        let stall = |code: &str, text: String, until| StallBody {
            code: code.to_owned(),
            text,
            channel: Some(channel.into()),
            until,
        };
        let Some(rate_limiter) = self.rate_limiters.get(&transport.id) else {
            return Vec::new();
        };
        let mut stalls = Vec::new();
        let vendor = transport.vendor;
        let said = rate_limiter
            .breaker
            .reason
            .as_ref()
            .map_or_else(String::new, |reason| {
                format!(" The provider's last response: {}", reason.text)
            });
        match rate_limiter.breaker.state(now) {
            BreakerState::Closed => {}
            BreakerState::Open { until } => {
                let text = format!(
                    "The {vendor} account does not work; the next try is at {until}.{said}"
                );
                stalls.push(stall("breaker_open", text, Some(until)));
            }
            BreakerState::HalfOpen => {
                let text =
                    format!("The {vendor} account does not work; it is being tried again.{said}");
                stalls.push(stall("breaker_open", text, None));
            }
        }
        // The quota is the same for all non-urgent queues.
        let queue_priority = PriorityQueue::of(campaign.priority, 0);
        if let Some(until) =
            rate_limiter.lane_quota_used_until(&transport.limits, queue_priority, now)
        {
            let text = format!(
                "The daily quota of calls to {vendor} is used up; sending continues at {until}."
            );
            stalls.push(stall("quota_used", text, Some(until)));
        }
        stalls
    }

    /// Estimated seconds for a campaign that reaches this many receivers on each channel, by the accounts' limits;
    /// `None` without limits.
    pub(super) fn estimated_seconds(
        &self,
        campaign: &Campaign,
        reached: &BTreeMap<Channel, u64>,
        receivers: u64,
        now: Timestamp,
    ) -> Option<i64> {
        let unused = RateLimiter::default();
        let courses = reached.iter().map(|(channel, open)| {
            let transport = self.setup.in_use(*channel).first().copied();
            let rate_limiter =
                transport.and_then(|transport| self.rate_limiters.get(&transport.id));
            Course {
                open: *open,
                finished: 0,
                limits: transport
                    .map(|transport| transport.limits)
                    .unwrap_or_default(),
                rate_limiter: rate_limiter.unwrap_or(&unused),
                queue_priority: PriorityQueue::of(campaign.priority, receivers),
            }
        });
        let end = estimate::estimated_end(courses, now, now)?;
        Some(end.duration_since(now).as_secs())
    }

    /// Estimated end of a published campaign, if it can be estimated.
    pub(super) fn estimated_end(
        &self,
        campaign: &Campaign,
        totals: &Totals,
        now: Timestamp,
    ) -> Option<Timestamp> {
        if campaign.status != Status::Published {
            return None;
        }
        let unused = RateLimiter::default();
        let courses = totals.channels.iter().map(|(channel, so_far)| {
            let in_use = self.setup.in_use(*channel);
            let transport = in_use.first();
            let finished = so_far.sent + so_far.failed + so_far.unknown;
            Course {
                open: so_far.pending + so_far.claimed + so_far.retrying,
                // Past progress does not count: without a transport it does not continue.
                finished: transport.map_or(0, |_| finished),
                limits: transport
                    .map(|transport| transport.limits)
                    .unwrap_or_default(),
                rate_limiter: transport
                    .and_then(|transport| self.rate_limiters.get(&transport.id))
                    .unwrap_or(&unused),
                queue_priority: PriorityQueue::of(campaign.priority, totals.receivers),
            }
        });
        estimate::estimated_end(courses, campaign.published_at?, now)
    }
}
