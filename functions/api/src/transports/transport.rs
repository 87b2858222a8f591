//! A transport as it stands in answers.

use std::collections::BTreeMap;

use carillon_domain::{
    governor::{BreakerState, Governor},
    id::TenantId,
    routing::Setup,
    transport::{EmailSender, Transport, callback_url},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    authentication::Caller, deliveries::ReasonBody, failure::Failure, names::ChannelName,
    state::AppState,
};

/// A provider account through which a channel is sent.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Transport)]
pub(super) struct TransportBody {
    /// Its id.
    #[schema(examples("sms-south-africa"))]
    id: String,
    /// Whether anything goes through it.
    enabled: bool,
    /// Whether its channel is sent through it: it is the oldest one, or routes lead to it.
    in_use: bool,
    /// What it sends as and the platform's operator has not granted to the tenant; it is not used while anything stands here.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(examples(json!(["email:news@globex.example"])))]
    not_granted: Vec<String>,
    /// When it was first set up.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// The channel.
    channel: ChannelName,
    /// Whose account it is, as in `ses` (Amazon SES) or `twilio`.
    #[schema(examples("ses"))]
    vendor: &'static str,
    /// The address that mail comes from.
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<String>,
    /// The name beside an email address.
    #[serde(skip_serializing_if = "Option::is_none")]
    from_name: Option<String>,
    /// What phones show as the sender of text messages.
    #[serde(skip_serializing_if = "Option::is_none")]
    sender_id: Option<String>,
    /// What else the vendor knows of, by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    settings: BTreeMap<String, String>,
    /// Where the vendor is to call back, if it is one that does: set it at the vendor as the address of its webhooks.
    /// Whoever has it can call back too, so keep it to yourself.
    #[serde(skip_serializing_if = "Option::is_none")]
    callback_url: Option<String>,
    /// How much the account takes.
    limits: LimitsBody,
    /// Provider calls of today (by UTC) that were allowed; `null` while no limit is set, because
    /// they are not counted then. A few may not have been made.
    used_today: Option<u64>,
    /// Whether the account works.
    breaker: BreakerBody,
}

/// How much a provider account takes. What is `null` is not limited by us.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Limits)]
pub(super) struct LimitsBody {
    /// Provider calls in a second.
    per_second: Option<u32>,
    /// Provider calls in a day, by UTC. Campaigns that are not urgent use nine tenths of them.
    per_day: Option<u64>,
}

/// Stops calls to an account that does not work, and tries with one message whether it works again.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Breaker)]
pub(super) struct BreakerBody {
    /// Where it is.
    state: BreakerStateName,
    /// When one message is tried, or when that try has to have ended; `null` unless it is open.
    #[schema(value_type = Option<String>, format = DateTime)]
    open_until: Option<Timestamp>,
    /// What the provider said last.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<ReasonBody>,
    /// How often it was opened since the account worked last.
    trips: u32,
}

/// Where a breaker is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = BreakerState)]
pub(super) enum BreakerStateName {
    /// The account works.
    Closed,
    /// Nothing is sent until then.
    Open,
    /// One message may be tried.
    HalfOpen,
}

impl TransportBody {
    /// A transport of what is set up, at this moment.
    pub(super) fn new(
        state: &AppState,
        tenant: &TenantId,
        setup: &Setup,
        transport: &Transport,
        governor: &Governor,
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
            ..Self::with(transport.clone(), in_use, governor, state.clock.now())
        }
    }

    fn with(transport: Transport, in_use: bool, governor: &Governor, now: Timestamp) -> Self {
        let limits = transport.limits;
        let (channel, vendor) = (transport.channel(), transport.vendor.as_str());
        let (from, from_name) = match transport.from {
            Some(EmailSender { address, name }) => (Some(address.expose().to_owned()), name),
            None => (None, None),
        };
        let (state, open_until) = match governor.breaker.state(now) {
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
            used_today: limits.are_set().then(|| governor.used_today(now)),
            breaker: BreakerBody {
                state,
                open_until,
                reason: governor.breaker.reason.clone().map(ReasonBody::from),
                trips: governor.breaker.trips,
            },
        }
    }
}

/// A transport that was read or written this moment, with how it is used.
///
/// # Errors
/// If the store does not answer.
pub(super) async fn present(
    state: &AppState,
    caller: &Caller,
    transport: &Transport,
) -> Result<TransportBody, Failure> {
    let (mut setup, governor) = tokio::try_join!(
        state.store.setup_now(&caller.tenant),
        state.store.governor(&caller.tenant, &transport.id)
    )?;
    // What was read may be of the moment before.
    let id = transport.id.clone();
    setup.transports.insert(id, transport.clone());
    let tenant = &caller.tenant;
    Ok(TransportBody::new(
        state, tenant, &setup, transport, &governor,
    ))
}

#[cfg(test)]
mod tests {
    use carillon_domain::{
        delivery::Reason,
        transport::{Limits, Vendor},
    };
    use jiff::SignedDuration;
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn a_transport_shows_its_account() {
        let now: Timestamp = "2026-11-21T09:00:00Z".parse().unwrap();
        let mut transport = Transport::new(Vendor::Sns);
        let mut governor = Governor {
            day: Some("2026-11-21".parse().unwrap()),
            day_calls: 7,
            ..Governor::default()
        };
        let show = |transport: &Transport, governor: &Governor, now: Timestamp| -> Value {
            serde_json::to_value(TransportBody::with(transport.clone(), true, governor, now))
                .unwrap()
        };
        assert_eq!(
            show(&transport, &governor, now),
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
        governor.breaker.trip(None, &reason, now);
        let shown = show(&transport, &governor, now);
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
        let shown = show(&transport, &governor, later);
        assert_eq!(
            (&shown["used_today"], &shown["breaker"]["state"]),
            (&json!(0), &json!("half_open"))
        );
    }
}
