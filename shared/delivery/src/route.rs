//! Chooses the transport of an attempt.

use std::{
    collections::{BTreeMap, HashSet},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use carillon_domain::{
    campaigns::{Campaign, OnUnknown},
    channel::{Channel, PriorityQueue},
    content::{render::Rendered, sms_parts::parts},
    delivery::{
        Delivery,
        executions::Slow,
        rate_limiter::{BreakerState, RateLimiter},
    },
    id::{TenantId, TransportId},
    receivers::Receiver,
    transports::{
        Transport,
        routing::{Price, RouteTarget, Setup, choose},
    },
};
use carillon_providers::Provider;
use carillon_store::{RateLimiters, Window};
use jiff::Timestamp;

use crate::{Consumer, accounts::Account};

/// The context shared by all tasks of a batch.
#[derive(Debug, Default)]
pub(crate) struct BatchContext {
    /// The transports and routes of each tenant.
    pub(crate) setups: BTreeMap<TenantId, Arc<Setup>>,
    /// Those of accounts that have one.
    pub(crate) rate_limiters: RateLimiters,
    /// For all other accounts.
    unused: RateLimiter,
    /// Accounts that a message of the batch is probing.
    tried: Mutex<HashSet<Account>>,
}

/// The transport of an attempt.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Chosen {
    pub(crate) transport: Transport,
    /// What the message costs there, if the route gives a price.
    pub(crate) price: Option<Price>,
    /// The transports that may be tried after this one.
    pub(crate) others: Vec<Other>,
}

/// A transport that may be tried after another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Other {
    pub(crate) transport: TransportId,
    /// What the message costs there, if the route gives a price.
    pub(crate) price: Option<Price>,
}

/// Who gets a message, and its content.
#[derive(Clone, Copy)]
pub(crate) struct Recipient<'a> {
    pub(crate) receiver: &'a Receiver,
    pub(crate) rendered: Option<&'a Rendered>,
    /// Whether the receiver wrote to us recently, and to which transport.
    pub(crate) window: Option<&'a Window>,
}

/// Why an attempt has no transport.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoTransport {
    /// None is set up for the address, or all are switched off; the message waits.
    SetUp,
    /// There are routes, but none matches the address.
    Route,
    /// All permitted ones were tried.
    Left,
    /// The one that may have accepted the message is gone, and no other may have it.
    Same,
    /// The one to be tested sends as an identity that the tenant may not use.
    NotGranted,
}

impl BatchContext {
    /// The accounts of a channel, including those not in use, because they may be tested, or asked again about messages
    /// they may have accepted.
    pub(crate) fn accounts(&self, channel: Channel) -> Vec<Account> {
        let accounts = self.setups.iter().flat_map(|(tenant, setup)| {
            let all = setup.transports.values();
            let of_channel = all.filter(move |transport| transport.channel() == channel);
            of_channel.map(|transport| (tenant.clone(), transport.id.clone()))
        });
        accounts.collect()
    }

    /// How long a batch takes for the slowest account of a tenant, if one is slow.
    pub(crate) fn slow(&self, tenant: &TenantId, now: Timestamp) -> Option<Duration> {
        let of_tenant = self
            .rate_limiters
            .iter()
            .filter(|((of, _), _)| of == tenant);
        of_tenant
            .filter_map(|(_, rate_limiter)| Slow::at(rate_limiter.slow, now))
            .max()
    }

    /// The rate limiter of an account.
    pub(crate) fn rate_limiter(&self, account: &Account) -> &RateLimiter {
        self.rate_limiters.get(account).unwrap_or(&self.unused)
    }
}

impl<P: Provider> Consumer<P> {
    /// Chooses a transport for the next attempt at a delivery.
    ///
    /// A message that a provider may have accepted goes to the same account again, if at all: another one could not
    /// tell that it is the same message.
    pub(crate) fn choose(
        &self,
        campaign: &Campaign,
        Recipient {
            receiver,
            rendered,
            window,
        }: Recipient<'_>,
        delivery: &Delivery,
        in_doubt: bool,
        ground: &BatchContext,
        now: Timestamp,
    ) -> Result<Chosen, NoTransport> {
        let setup = ground.setups.get(&campaign.tenant);
        let setup = setup.ok_or(NoTransport::SetUp)?;
        let address = receiver.address(P::CHANNEL).ok_or(NoTransport::SetUp)?;
        let price_of = |target: &RouteTarget| Some(target.price?.times(paid_parts(rendered)));
        let targets = setup.targets(&address);
        if in_doubt && let Some(last) = &delivery.transport {
            let same = targets.iter().find(|target| target.transport == *last);
            let transport = setup.usable(P::CHANNEL, last);
            let may_have_it = |it: &&Transport| setup.identities.allow_address(it.vendor, &address);
            match transport.filter(may_have_it) {
                Some(transport) => {
                    return Ok(Chosen {
                        transport: transport.clone(),
                        price: same.and_then(price_of),
                        others: Vec::new(),
                    });
                }
                None if campaign.on_unknown == OnUnknown::Resend => {}
                None => return Err(NoTransport::Same),
            }
        }
        if !setup.has_route(&address) {
            return Err(NoTransport::Route);
        }
        if targets.is_empty() {
            return Err(NoTransport::SetUp);
        }
        let is_first = delivery.tried.is_empty();
        let is_allowed = |target: &RouteTarget| match campaign.failover {
            _ if is_first => true,
            Some(failover) => delivery.may_fail_over(&failover, price_of(target), now),
            None => false,
        };
        let allowed: Vec<RouteTarget> = targets.into_iter().filter(is_allowed).collect();
        let health = |id: &_| {
            let account = (campaign.tenant.clone(), Clone::clone(id));
            self.usable(&account, setup, campaign, ground, now)
        };
        // A receiver who wrote to us can get free text from the number they wrote to, and from no other.
        let has_text = matches!(rendered, Some(Rendered::WhatsApp { text: Some(_), .. }));
        let is_untried = |target: &RouteTarget| {
            let mut tried = delivery.tried.iter();
            tried.all(|it| it.transport != target.transport)
        };
        let wrote_to = window.filter(|_| has_text).and_then(|window| {
            let mut open = allowed.iter().filter(|target| is_untried(target));
            open.find(|target| window.is_open(&target.transport, now))
        });
        let preferred = match wrote_to {
            Some(target) if health(&target.transport) > 0.0 => std::slice::from_ref(target),
            _ => allowed.as_slice(),
        };
        let chance = fastrand::f64();
        let target = choose(preferred, &delivery.tried, health, chance).ok_or(NoTransport::Left)?;
        let transport = setup.transports.get(&target.transport);
        let transport = transport.ok_or(NoTransport::SetUp)?.clone();
        let is_other =
            |other: &&RouteTarget| other.transport != target.transport && is_untried(other);
        Ok(Chosen {
            price: price_of(target),
            others: allowed
                .iter()
                .filter(is_other)
                .map(|target| Other {
                    transport: target.transport.clone(),
                    price: price_of(target),
                })
                .collect(),
            transport,
        })
    }

    /// The health of an account; 0 for one that accepts nothing now.
    fn usable(
        &self,
        account: &Account,
        setup: &Setup,
        campaign: &Campaign,
        ground: &BatchContext,
        now: Timestamp,
    ) -> f64 {
        let rate_limiter = ground.rate_limiter(account);
        let queue_priority = PriorityQueue::of(campaign.priority, 0);
        let limits = setup.transports.get(&account.1).map(|it| it.limits);
        let is_used_up = limits.is_some_and(|limits| {
            rate_limiter
                .lane_quota_used_until(&limits, queue_priority, now)
                .is_some()
        });
        let works = match rate_limiter.breaker.state(now) {
            BreakerState::Closed => true,
            BreakerState::Open { .. } => false,
            // One message of the batch is enough to probe it.
            BreakerState::HalfOpen => {
                let mut tried = ground.tried.lock().unwrap_or_else(PoisonError::into_inner);
                tried.insert(account.clone())
            }
        };
        if works && !is_used_up {
            self.accounts.health(account)
        } else {
            0.0
        }
    }
}

/// The billed parts of a message.
fn paid_parts(rendered: Option<&Rendered>) -> u32 {
    match rendered {
        Some(Rendered::Sms { text }) => parts(text).count,
        _ => 1,
    }
}
