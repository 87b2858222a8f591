//! Choosing the transport of a message.
//!
//! A channel may have several transports. Its routes define which receivers each serves, and in which order or proportion; without
//! routes everything goes through the oldest one. Health, breakers and randomness are arguments.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    num::NonZeroU32,
    str::FromStr,
};

use serde::{Deserialize, Serialize};

use crate::{
    channel::Channel,
    channel_address::ChannelAddress,
    id::TransportId,
    transports::{Transport, identity::Identities},
};

/// The most routes of a channel.
pub const ROUTES: usize = 250;
/// The most transports in a route.
pub const ROUTE_TARGETS: usize = 10;
/// The most transports of a tenant, so that one call reads them all.
pub const TRANSPORTS: usize = 50;

/// The prefix of a route's phone numbers: a plus sign and 1 to 15 digits, as in `+27` (ITU-T E.164).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Prefix(String);

/// Not a prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a phone number prefix (a plus sign and 1 to 15 digits, as in +27)")]
pub struct InvalidPrefix;

impl FromStr for Prefix {
    type Err = InvalidPrefix;

    fn from_str(text: &str) -> Result<Self, InvalidPrefix> {
        let digits = text.strip_prefix('+').ok_or(InvalidPrefix)?;
        let is_right = (1..=15).contains(&digits.len())
            && !digits.starts_with('0')
            && digits.bytes().all(|byte| byte.is_ascii_digit());
        is_right.then(|| Self(text.to_owned())).ok_or(InvalidPrefix)
    }
}

impl TryFrom<String> for Prefix {
    type Error = InvalidPrefix;

    fn try_from(text: String) -> Result<Self, InvalidPrefix> {
        text.parse()
    }
}

impl From<Prefix> for String {
    fn from(prefix: Prefix) -> String {
        prefix.0
    }
}

impl fmt::Display for Prefix {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// The price of a message, in millionths of the tenant's currency. Its text has up to six decimals, as in `0.0125`.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(try_from = "String", into = "String")]
pub struct Price(u64);

/// Not a price.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a price (up to 999999, with up to six decimals, as in 0.0125)")]
pub struct InvalidPrice;

/// The decimals of a price.
const DECIMALS: usize = 6;
const MILLION: u64 = 1_000_000;

impl Price {
    /// The price of `count` messages.
    pub fn times(self, count: u32) -> Self {
        Self(self.0.saturating_mul(count.into()))
    }

    /// A price in millionths.
    pub fn of_millionths(millionths: u64) -> Self {
        Self(millionths)
    }

    /// The price in millionths.
    pub fn millionths(self) -> u64 {
        self.0
    }

    /// The sum of two prices.
    pub fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl FromStr for Price {
    type Err = InvalidPrice;

    fn from_str(text: &str) -> Result<Self, InvalidPrice> {
        let (whole, decimals) = text.split_once('.').unwrap_or((text, "0"));
        let are_digits = |text: &str, most: usize| {
            (1..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
        };
        if !are_digits(whole, 6) || !are_digits(decimals, DECIMALS) {
            return Err(InvalidPrice);
        }
        let number = |text: &str| text.parse::<u64>().map_err(|_| InvalidPrice);
        let millionths = number(&format!("{decimals:0<DECIMALS$}"))?;
        Ok(Self(number(whole)? * MILLION + millionths))
    }
}

impl TryFrom<String> for Price {
    type Error = InvalidPrice;

    fn try_from(text: String) -> Result<Self, InvalidPrice> {
        text.parse()
    }
}

impl From<Price> for String {
    fn from(price: Price) -> String {
        price.to_string()
    }
}

impl fmt::Display for Price {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, millionths) = (self.0 / MILLION, self.0 % MILLION);
        let decimals = format!("{millionths:0>DECIMALS$}");
        match decimals.trim_end_matches('0') {
            "" => write!(formatter, "{whole}"),
            decimals => write!(formatter, "{whole}.{decimals}"),
        }
    }
}

/// A transport in a route.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RouteTarget {
    /// The transport.
    pub transport: TransportId,
    /// Its weight; either all transports of a route have one or none has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight: Option<NonZeroU32>,
    /// The price of a message there; of a text message, of each part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<Price>,
}

impl RouteTarget {
    fn of(transport: TransportId) -> Self {
        Self {
            transport,
            weight: None,
            price: None,
        }
    }
}

/// Transports for some receivers, in order or by weight.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Route {
    /// The phone number prefix of these receivers; none for all receivers without another route.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prefix: Option<Prefix>,
    /// Its transports.
    pub targets: Vec<RouteTarget>,
}

/// All routes of a channel.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Routes {
    /// The routes, each with a different prefix.
    pub routes: Vec<Route>,
}

impl Routes {
    /// The route for an address: the one with the longest matching prefix.
    fn to(&self, address: &ChannelAddress) -> Option<&Route> {
        let text = address.expose();
        let fits = |route: &&Route| {
            let prefix = route.prefix.as_ref();
            prefix.is_none_or(|prefix| text.starts_with(&prefix.0))
        };
        let length = |route: &&Route| route.prefix.as_ref().map(|prefix| prefix.0.len());
        self.routes.iter().filter(fits).max_by_key(length)
    }

    /// Whether any of them uses a transport.
    pub fn lead_to(&self, transport: &TransportId) -> bool {
        let mut targets = self.routes.iter().flat_map(|route| &route.targets);
        targets.any(|target| target.transport == *transport)
    }
}

/// Limits of failing over a message that the previous transport certainly did not deliver.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failover {
    /// The most provider calls, from 1 to 50.
    pub attempts: u32,
    /// How long after the first call another one may start, in minutes.
    pub minutes: u32,
    /// The most that all calls for one receiver may cost together, as far as the routes have prices.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<Price>,
}

/// The most attempts (FEATURES, T4).
pub const FAILOVER_ATTEMPTS: u32 = 50;
/// The longest failover time, in minutes: a day.
pub const FAILOVER_MINUTES: u32 = 24 * 60;

/// A transport that failed to deliver a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tried {
    /// The transport.
    pub transport: TransportId,
    /// The code of its reason.
    pub code: String,
    /// The price, if the message was accepted and the route has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<Price>,
}

/// Everything of a tenant through which something is sent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Setup {
    /// Its transports.
    pub transports: BTreeMap<TransportId, Transport>,
    /// Its routes, for channels that have any.
    pub routes: BTreeMap<Channel, Routes>,
    /// The identities that the platform's operator has granted. A transport with any other identity is not used.
    pub identities: Identities,
}

impl Setup {
    /// Whether a channel can be sent.
    pub fn serves(&self, channel: Channel) -> bool {
        !self.in_use(channel).is_empty()
    }

    /// The channels that can be sent.
    pub fn channels(&self) -> BTreeSet<Channel> {
        let all = Channel::ALL.into_iter();
        all.filter(|channel| self.serves(*channel)).collect()
    }

    /// The transports that a channel uses.
    pub fn in_use(&self, channel: Channel) -> Vec<&Transport> {
        let mut ids: Vec<TransportId> = Vec::new();
        match self.routes.get(&channel) {
            Some(routes) => {
                for target in routes.routes.iter().flat_map(|route| &route.targets) {
                    if !ids.contains(&target.transport) {
                        ids.push(target.transport.clone());
                    }
                }
            }
            None => ids = self.usual(channel),
        }
        ids.iter()
            .filter_map(|id| self.usable(channel, id))
            .collect()
    }

    /// Whether a transport is one of those that its channel uses.
    pub fn uses(&self, transport: &Transport) -> bool {
        let mut in_use = self.in_use(transport.channel()).into_iter();
        in_use.any(|used| used.id == transport.id)
    }

    /// A transport of a channel, if it may be used: it is switched on, and has only granted identities.
    pub fn usable(&self, channel: Channel, id: &TransportId) -> Option<&Transport> {
        let transport = self.transports.get(id)?;
        let is_usable =
            transport.enabled && transport.channel() == channel && self.identities.allow(transport);
        is_usable.then_some(transport)
    }

    /// The transports of a channel without routes: the oldest one, or for push the oldest one of each kind of device.
    fn usual(&self, channel: Channel) -> Vec<TransportId> {
        let mut enabled: Vec<&Transport> = self
            .transports
            .keys()
            .filter_map(|id| self.usable(channel, id))
            .collect();
        enabled.sort_by_key(|transport| (transport.created_at, transport.id.clone()));
        let mut kinds = BTreeSet::new();
        enabled.retain(|transport| kinds.insert(transport.vendor.devices()));
        enabled
            .into_iter()
            .map(|transport| transport.id.clone())
            .collect()
    }

    /// Whether there is a route for an address. Without routes there always is.
    pub fn has_route(&self, address: &ChannelAddress) -> bool {
        let routes = self.routes.get(&address.channel());
        routes.is_none_or(|routes| routes.to(address).is_some())
    }

    /// Why nothing can ever be sent to an address: `no_route` if no route fits it, `no_smtputf8` if its local part is not ASCII
    /// and none of its transports accepts that.
    pub fn refuses(&self, address: &ChannelAddress) -> Option<&'static str> {
        if !self.has_route(address) {
            return Some("no_route");
        }
        let targets = self.targets(address);
        let reaches = |target: &RouteTarget| {
            let transport = self.transports.get(&target.transport);
            transport.is_some_and(|transport| transport.vendor.reaches(address))
        };
        let is_email = address.channel() == Channel::Email;
        (is_email && !targets.is_empty() && !targets.iter().any(reaches)).then_some("no_smtputf8")
    }

    /// The usable transports for an address, in order of preference.
    pub fn targets(&self, address: &ChannelAddress) -> Vec<RouteTarget> {
        let channel = address.channel();
        let (targets, all): (Vec<RouteTarget>, Vec<TransportId>) = match self.routes.get(&channel) {
            None => {
                let all = self.transports.values();
                let all = all.filter(|transport| transport.channel() == channel);
                let usual = self.usual(channel).into_iter();
                (
                    usual.map(RouteTarget::of).collect(),
                    all.map(|transport| transport.id.clone()).collect(),
                )
            }
            Some(routes) => {
                let route = routes.to(address);
                let targets = route.map(|route| route.targets.clone()).unwrap_or_default();
                let all = targets
                    .iter()
                    .map(|target| target.transport.clone())
                    .collect();
                (targets, all)
            }
        };
        let reaches = |id: &TransportId| {
            let transport = self.transports.get(id);
            transport.is_some_and(|transport| transport.vendor.reaches(address))
        };
        // If no transport serves the device, one of them reports that; if one that serves it is switched off, the message waits
        // for it. Email does not wait: an address that no transport accepts is reported at once.
        let is_email = channel == Channel::Email;
        let may_be_waited_for = |id: &TransportId| match is_email {
            true => {
                targets.iter().any(|target| target.transport == *id)
                    && self.usable(channel, id).is_some()
            }
            false => true,
        };
        let somebody_reaches = all.iter().filter(|id| may_be_waited_for(id)).any(reaches);
        let is_usable = |target: &RouteTarget| {
            let transport = self.usable(channel, &target.transport);
            transport.is_some_and(|it| self.identities.allow_address(it.vendor, address))
                && (reaches(&target.transport) || !somebody_reaches)
        };
        targets.into_iter().filter(is_usable).collect()
    }
}

/// Chooses a route's transport that has not been tried: the first that works, or a random one where they have weights. If none
/// works, returns one that does not, and the message waits for it.
///
/// `health` ranges from 0, for one that does not work, to 1; `chance` is a random number from 0 to 1.
pub fn choose<'a>(
    targets: &'a [RouteTarget],
    tried: &[Tried],
    health: impl Fn(&TransportId) -> f64,
    chance: f64,
) -> Option<&'a RouteTarget> {
    let was_tried = |target: &RouteTarget| {
        tried
            .iter()
            .any(|tried| tried.transport == target.transport)
    };
    let left: Vec<&RouteTarget> = targets.iter().filter(|target| !was_tried(target)).collect();
    let working: Vec<(&RouteTarget, f64)> = left
        .iter()
        .map(|target| (*target, health(&target.transport)))
        .filter(|(_, health)| *health > 0.0)
        .collect();
    let is_weighted = working.iter().all(|(target, _)| target.weight.is_some());
    if !is_weighted || working.is_empty() {
        let first = working.first().map(|(target, _)| *target);
        return first.or_else(|| left.first().copied());
    }
    let part = |(target, health): &(&RouteTarget, f64)| {
        target.weight.map_or(0.0, |weight| f64::from(weight.get())) * health
    };
    let all: f64 = working.iter().map(part).sum();
    let mut left_over = chance.clamp(0.0, 1.0) * all;
    for candidate in &working {
        left_over -= part(candidate);
        if left_over < 0.0 {
            return Some(candidate.0);
        }
    }
    working.last().map(|(target, _)| *target)
}

#[cfg(test)]
mod tests;
