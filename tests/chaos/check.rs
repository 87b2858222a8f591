//! Compares the ledger, the totals and the provider calls, using what operators see and what providers received.

use std::collections::{BTreeMap, BTreeSet};

use carillon_local::simulator::{Call, Kind};
use serde_json::Value;

use crate::{findings::Findings, harness::scene::Scene};

/// States in which a provider has accepted the message.
const TAKEN: [&str; 6] = [
    "sent",
    "delivered",
    "opened",
    "clicked",
    "bounced",
    "complained",
];
/// States that are not final.
const UNFINISHED: [&str; 3] = ["pending", "claimed", "retrying"];

/// A delivery as returned by the API.
#[derive(Debug, Clone)]
pub(crate) struct Delivery {
    pub(crate) channel: String,
    pub(crate) state: String,
    pub(crate) address: Option<String>,
    provider_id: Option<String>,
}

/// All deliveries of a campaign.
pub(crate) async fn deliveries(scene: &Scene<'_>, campaign: &str) -> Vec<Delivery> {
    let path = format!("/v1/campaigns/{campaign}/deliveries?limit=200");
    let list = scene.api.all(&path, "/deliveries").await.unwrap();
    list.iter()
        .map(|delivery| {
            let text = |name: &str| delivery[name].as_str().map(str::to_owned);
            Delivery {
                channel: text("channel").unwrap(),
                state: text("state").unwrap(),
                address: text("address"),
                provider_id: text("provider_id"),
            }
        })
        .collect()
}

/// Adds a campaign to the findings.
pub(crate) async fn campaign(
    scene: &Scene<'_>,
    campaign: &str,
    receivers: usize,
    found: &mut Findings,
) {
    let deliveries = deliveries(scene, campaign).await;
    let calls = scene.calls();
    compare(&deliveries, &calls, found);
    found.receivers += receivers;

    let shown = scene.api.get(&format!("/v1/campaigns/{campaign}")).await;
    let shown = shown.unwrap().body;
    let channels: BTreeSet<&str> = shown["channels"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    for channel in channels {
        let of_channel = deliveries.iter().filter(|it| it.channel == channel);
        let count = of_channel.count();
        if count != receivers {
            found.lost += receivers.saturating_sub(count);
            found.problem(format!(
                "{receivers} receivers were added, and {channel} has {count}"
            ));
        }
    }
    for problem in wrong_totals(&shown["totals"]["channels"], &deliveries) {
        found.problem(problem);
    }
}

/// Checks that every call is in the ledger and every sent delivery has its call.
pub(crate) fn compare(deliveries: &[Delivery], calls: &[Call], found: &mut Findings) {
    let mut accepted: BTreeMap<(&str, &str), Vec<&str>> = BTreeMap::new();
    for call in calls.iter().filter(|call| call.accepted) {
        let channel = match call.provider.kind() {
            Kind::Email => "email",
            Kind::Sms => "sms",
            Kind::WhatsApp => "whatsapp",
            Kind::Push => "push",
        };
        let message = call.message_id.as_deref().unwrap_or_default();
        for address in &call.recipients {
            let taken = accepted.entry((channel, address)).or_default();
            taken.push(message);
        }
    }
    let mut states: BTreeMap<&str, usize> = BTreeMap::new();
    for delivery in deliveries {
        *states.entry(&delivery.state).or_default() += 1;
        let address = delivery.address.as_deref().unwrap_or_default();
        found.known.insert(address.to_owned());
        let taken = accepted.get(&(delivery.channel.as_str(), address));
        let taken = taken.map_or(&[][..], Vec::as_slice);
        let state = delivery.state.as_str();
        found.repeated += taken.len().saturating_sub(1);
        if TAKEN.contains(&state) {
            let known = delivery
                .provider_id
                .as_deref()
                .is_some_and(|id| taken.contains(&id));
            if !known {
                found.lost += 1;
                found.problem(format!("{address} is {state}, and no provider took that"));
            }
        } else if !taken.is_empty() && state != "unknown" {
            found.problem(format!("{address} is {state}, and a provider took it"));
        }
        if UNFINISHED.contains(&state) {
            found.problem(format!("{address} is still {state}"));
        }
    }
    let count = |state| states.get(state).copied().unwrap_or_default();
    found.unknown += count("unknown");
    found.failed += count("failed");
}

/// Checks that every call belongs to a checked delivery.
pub(crate) fn nobody_else_called(calls: &[Call], found: &mut Findings) {
    let addresses = calls.iter().flat_map(|call| &call.recipients);
    let others = addresses.filter(|address| !found.known.contains(*address));
    let others = others.count();
    found.require(others == 0, || {
        format!("{others} calls were for receivers of no campaign that was looked at")
    });
}

/// Compares the totals with a recount.
fn wrong_totals(totals: &Value, deliveries: &[Delivery]) -> Vec<String> {
    let mut wrong = Vec::new();
    for (channel, counts) in totals.as_object().into_iter().flatten() {
        let of_channel = || deliveries.iter().filter(|it| it.channel == *channel);
        let mut sum = 0;
        for (state, count) in counts.as_object().into_iter().flatten() {
            let Some(count) = count.as_u64() else {
                continue;
            };
            let recount = match state.as_str() {
                "total" => of_channel().count(),
                state => of_channel().filter(|it| it.state == state).count(),
            };
            if state != "total" {
                sum += count;
            }
            if usize::try_from(count) != Ok(recount) {
                wrong.push(format!(
                    "{channel}.{state} is {count}, and a recount gives {recount}"
                ));
            }
        }
        if counts["total"].as_u64() != Some(sum) {
            wrong.push(format!(
                "the states of {channel} add up to {sum}, not {}",
                counts["total"]
            ));
        }
    }
    if totals.as_object().is_none_or(serde_json::Map::is_empty) {
        wrong.push("there are no totals".to_owned());
    }
    wrong
}

/// The claimed deliveries, by channel and address.
pub(crate) async fn claimed(scene: &Scene<'_>, campaign: &str) -> BTreeSet<(String, String)> {
    let deliveries = deliveries(scene, campaign).await;
    deliveries
        .into_iter()
        .filter(|delivery| delivery.state == "claimed")
        .map(|delivery| (delivery.channel, delivery.address.unwrap_or_default()))
        .collect()
}
