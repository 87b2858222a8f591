//! A transport in responses.

use std::collections::BTreeMap;

use carillon_domain::{
    access::Context,
    delivery::rate_limiter::{BreakerState, RateLimiter},
    id::TenantId,
    transports::{EmailSender, Transport, callback_url, routing::Setup},
};
use carillon_http::{failure::Failure, names::ChannelName};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{delivery::ReasonBody, state::AppState};

/// A provider account that sends messages on a channel.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Transport)]
pub(super) struct TransportBody {
    /// The transport id.
    #[schema(examples("sms-south-africa"))]
    id: String,
    /// Whether messages are sent through it.
    enabled: bool,
    /// Whether its channel uses it: it is the oldest transport, or used by routes.
    in_use: bool,
    /// The identities it uses that the platform operator has not granted to the tenant. It is not used unless this is
    /// empty.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(examples(json!(["email:news@globex.example"])))]
    not_granted: Vec<String>,
    /// When the transport was first set up.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// The channel.
    channel: ChannelName,
    /// The vendor, for example `ses` (Amazon SES) or `twilio`.
    #[schema(examples("ses"))]
    vendor: &'static str,
    /// The sender address of emails.
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<String>,
    /// The sender name of emails.
    #[serde(skip_serializing_if = "Option::is_none")]
    from_name: Option<String>,
    /// The sender shown on phones for text messages.
    #[serde(skip_serializing_if = "Option::is_none")]
    sender_id: Option<String>,
    /// Other settings for the vendor, by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    settings: BTreeMap<String, String>,
    /// The callback URL for the vendor, if it uses callbacks: set it as the webhook URL at the vendor. Keep it secret:
    /// anyone who has it can send callbacks.
    #[serde(skip_serializing_if = "Option::is_none")]
    callback_url: Option<String>,
    /// The limits of the account.
    limits: LimitsBody,
    /// Provider calls allowed today (UTC); `null` if no limit is set, because calls are then not counted. A few of
    /// them may not actually have been made.
    used_today: Option<u64>,
    /// Whether the account works.
    breaker: BreakerBody,
}

/// The limits of a provider account. `null` means that Carillon imposes no limit.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Limits)]
pub(super) struct LimitsBody {
    /// Provider calls per second.
    per_second: Option<u32>,
    /// Provider calls per UTC day. Campaigns that are not urgent use at most nine tenths of them.
    per_day: Option<u64>,
}

/// Stops calls to an account that is not working, and uses a single message to test whether it has recovered.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Breaker)]
pub(super) struct BreakerBody {
    /// The state of the breaker.
    state: BreakerStateName,
    /// When a single message will be tried, or the deadline of that attempt; `null` unless the breaker is open.
    #[schema(value_type = Option<String>, format = DateTime)]
    open_until: Option<Timestamp>,
    /// The provider's last response.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<ReasonBody>,
    /// How many times the breaker has opened since the account last worked.
    trips: u32,
}

/// The state of a breaker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = BreakerState)]
pub(super) enum BreakerStateName {
    /// The account works.
    Closed,
    /// Nothing is sent until `open_until`.
    Open,
    /// A single message may be tried.
    HalfOpen,
}

impl TransportBody {
    /// A transport with its usage, at a point in time.
    pub(super) fn new(
        state: &AppState,
        tenant: &TenantId,
        setup: &Setup,
        transport: &Transport,
        rate_limiter: &RateLimiter,
    ) -> Self {
        let callback_url = transport.callback_token.as_ref().map(|token| {
            let base = &state.public_url;
            callback_url(base, tenant, &transport.id, token)
        });
        let in_use = setup.uses(transport);
        let lacking = setup.identities.lacking(transport).into_iter();
        Self {
            callback_url,
            not_granted: lacking.map(|it| it.identity.to_string()).collect(),
            ..Self::with(transport.clone(), in_use, rate_limiter, state.clock.now())
        }
    }

    fn with(
        transport: Transport,
        in_use: bool,
        rate_limiter: &RateLimiter,
        now: Timestamp,
    ) -> Self {
        let limits = transport.limits;
        let (channel, vendor) = (transport.channel(), transport.vendor.as_str());
        let (from, from_name) = match transport.from {
            Some(EmailSender { address, name }) => (Some(address.expose().to_owned()), name),
            None => (None, None),
        };
        let (state, open_until) = match rate_limiter.breaker.state(now) {
            BreakerState::Closed => (BreakerStateName::Closed, None),
            BreakerState::Open { until } => (BreakerStateName::Open, Some(until)),
            BreakerState::HalfOpen => (BreakerStateName::HalfOpen, None),
        };
        Self {
            id: transport.id.to_string(),
            enabled: transport.enabled,
            in_use,
            not_granted: Vec::new(),
            created_at: transport.created_at,
            channel: channel.into(),
            vendor,
            from,
            from_name,
            sender_id: transport.sender_id.map(String::from),
            settings: transport.settings,
            callback_url: None,
            limits: LimitsBody {
                per_second: limits.per_second.map(u32::from),
                per_day: limits.per_day.map(u64::from),
            },
            used_today: limits.are_set().then(|| rate_limiter.used_today(now)),
            breaker: BreakerBody {
                state,
                open_until,
                reason: rate_limiter.breaker.reason.clone().map(ReasonBody::from),
                trips: rate_limiter.breaker.trips,
            },
        }
    }
}

/// A transport that was just read or written, with its usage.
///
/// # Errors
/// If the store fails.
pub(super) async fn present(
    state: &AppState,
    context: &Context,
    transport: &Transport,
) -> Result<TransportBody, Failure> {
    let (mut setup, rate_limiter) = tokio::try_join!(
        state.store.setup_now(context),
        state.store.rate_limiter(&context.tenant, &transport.id)
    )?;
    // The setup read may be slightly stale.
    let id = transport.id.clone();
    setup.transports.insert(id, transport.clone());
    let tenant = &context.tenant;
    Ok(TransportBody::new(
        state,
        tenant,
        &setup,
        transport,
        &rate_limiter,
    ))
}

#[cfg(test)]
mod tests {
    use carillon_domain::{
        reason::Reason,
        transports::{Limits, Vendor},
    };
    use jiff::SignedDuration;
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn a_transport_shows_its_account() {
        let now: Timestamp = "2026-11-21T09:00:00Z".parse().unwrap();
        let mut transport = Transport::new(Vendor::Sns);
        let mut rate_limiter = RateLimiter {
            day: Some("2026-11-21".parse().unwrap()),
            day_calls: 7,
            ..RateLimiter::default()
        };
        let show = |transport: &Transport, rate_limiter: &RateLimiter, now: Timestamp| -> Value {
            serde_json::to_value(TransportBody::with(
                transport.clone(),
                true,
                rate_limiter,
                now,
            ))
            .unwrap()
        };
        assert_eq!(
            show(&transport, &rate_limiter, now),
            json!({
                "id": "sms",
                "enabled": true,
                "in_use": true,
                "created_at": "1970-01-01T00:00:00Z",
                "channel": "sms",
                "vendor": "sns",
                "limits": { "per_second": null, "per_day": null },
                "used_today": null,
                "breaker": { "state": "closed", "open_until": null, "trips": 0 },
            })
        );
        transport.limits = Limits {
            per_second: 5.try_into().ok(),
            per_day: None,
        };
        let reason = Reason::new("Throttling", "slow down");
        rate_limiter.breaker.trip(None, &reason, now);
        let shown = show(&transport, &rate_limiter, now);
        assert_eq!(
            (&shown["used_today"], &shown["limits"]["per_second"]),
            (&json!(7), &json!(5))
        );
        assert_eq!(
            shown["breaker"],
            json!({
                "state": "open",
                "open_until": "2026-11-21T09:00:30Z",
                "reason": { "code": "Throttling", "text": "slow down" },
                "trips": 1,
            })
        );
        let later = now + SignedDuration::from_hours(24);
        let shown = show(&transport, &rate_limiter, later);
        assert_eq!(
            (&shown["used_today"], &shown["breaker"]["state"]),
            (&json!(0), &json!("half_open"))
        );
    }
}
