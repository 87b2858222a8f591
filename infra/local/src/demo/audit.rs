//! Compares the ledger with the calls that the providers received.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::demo::client::Client;
use crate::error::Error;
use crate::simulator::{Call, CallPage};

/// The result of comparing one campaign.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Audit {
    /// Deliveries in the ledger, by channel and state.
    pub states: BTreeMap<String, BTreeMap<String, u64>>,
    /// Calls for this campaign that a provider accepted.
    pub accepted_calls: usize,
    /// Calls beyond one per receiver and channel.
    pub repeated_calls: usize,
    /// Deliveries that are sent according to the ledger, but that no provider accepted.
    pub lost: usize,
    /// Accepted calls that the ledger shows neither as sent nor as unknown.
    pub unaccounted: usize,
    /// Deliveries without a final state.
    pub unfinished: usize,
    /// The campaign's totals that differ from a recount of its deliveries.
    pub wrong_totals: Vec<String>,
    /// Delivery statuses in the ledger, by channel.
    pub fates: BTreeMap<String, BTreeMap<String, u64>>,
    /// Delivery statuses in the totals that differ. They do while receipts are being processed.
    pub wrong_fates: Vec<String>,
}

impl Audit {
    /// Whether the ledger, the totals and the providers agree.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.repeated_calls == 0
            && self.lost == 0
            && self.unaccounted == 0
            && self.unfinished == 0
            && self.wrong_totals.is_empty()
    }

    /// The deliveries of a channel in a state.
    #[must_use]
    pub fn count(&self, channel: &str, state: &str) -> u64 {
        let states = self.states.get(channel);
        states
            .and_then(|states| states.get(state))
            .copied()
            .unwrap_or_default()
    }
}

/// Compares one campaign with the simulator's calls after a given one.
///
/// A call belongs to the campaign if the ledger knows its message id, or, for a call whose answer
/// was lost, if `is_ours` says so.
pub async fn audit(
    client: &Client,
    campaign: &str,
    calls: &[Call],
    is_ours: impl Fn(&Call) -> bool,
) -> Result<Audit, Error> {
    let path = format!("/v1/campaigns/{campaign}");
    let deliveries = client
        .all(&format!("{path}/deliveries?limit=200"), "/deliveries")
        .await?;
    let mut audit = Audit::default();
    let mut by_message: BTreeMap<&str, &Value> = BTreeMap::new();
    for delivery in &deliveries {
        let text = |name: &str| {
            delivery
                .get(name)
                .and_then(Value::as_str)
                .unwrap_or_default()
        };
        *audit
            .states
            .entry(text("channel").to_owned())
            .or_default()
            .entry(text("state").to_owned())
            .or_default() += 1;
        if !text("fate").is_empty() {
            let fates = audit.fates.entry(text("channel").to_owned()).or_default();
            *fates.entry(text("fate").to_owned()).or_default() += 1;
        }
        if matches!(text("state"), "pending" | "claimed" | "retrying") {
            audit.unfinished += 1;
        }
        if text("state") == "sent" && by_message.insert(text("provider_id"), delivery).is_some() {
            audit.lost += 1;
        }
    }
    let accepted: Vec<&Call> = calls.iter().filter(|call| call.accepted).collect();
    let known: BTreeSet<&str> = accepted
        .iter()
        .filter_map(|call| call.message_id.as_deref())
        .collect();
    audit.lost += by_message
        .keys()
        .filter(|message| !known.contains(*message))
        .count();
    let unknown: BTreeSet<String> = deliveries
        .iter()
        .filter(|delivery| delivery.get("state").and_then(Value::as_str) == Some("unknown"))
        .filter_map(|delivery| Some(delivery.get("address")?.as_str()?.to_owned()))
        .collect();
    let mut calls_of: BTreeMap<(String, String), usize> = BTreeMap::new();
    for call in accepted {
        let recorded = call
            .message_id
            .as_deref()
            .is_some_and(|message| by_message.contains_key(message));
        if !recorded && !is_ours(call) {
            continue;
        }
        audit.accepted_calls += 1;
        for address in &call.recipients {
            let provider = format!("{:?}", call.provider);
            *calls_of.entry((provider, address.clone())).or_default() += 1;
            if !recorded && !unknown.contains(address) {
                audit.unaccounted += 1;
            }
        }
    }
    audit.repeated_calls = calls_of.values().map(|count| count - 1).sum();

    let shown = client.get(&path).await?;
    let channels = shown.body.pointer("/totals/channels");
    for (channel, totals) in channels.and_then(Value::as_object).into_iter().flatten() {
        let fates = audit.fates.get(channel).cloned().unwrap_or_default();
        if totals.get("fates") != Some(&json!(fates)) {
            let shown = &totals["fates"];
            audit.wrong_fates.push(format!(
                "{channel}.fates are {shown}, and a recount gives {fates:?}"
            ));
        }
        for (state, count) in totals.as_object().into_iter().flatten() {
            let recount = match state.as_str() {
                "skipped_by_reason" | "fates" => continue,
                "total" => audit
                    .states
                    .get(channel)
                    .map_or(0, |states| states.values().sum()),
                state => audit.count(channel, state),
            };
            if count.as_u64() != Some(recount) {
                audit.wrong_totals.push(format!(
                    "{channel}.{state} is {count}, and a recount gives {recount}"
                ));
            }
        }
    }
    Ok(audit)
}

/// All calls of the simulator at an address after a given one.
pub async fn calls_after(simulator_url: &str, after: u64) -> Result<Vec<Call>, Error> {
    let http = crate::aws::http()?;
    let failed = |source| Error::Http {
        what: "the simulator".to_owned(),
        source,
    };
    let mut calls: Vec<Call> = Vec::new();
    let mut last = after;
    loop {
        let url = format!("{simulator_url}/_simulator/calls?after={last}&limit=10000");
        let page: CallPage = http
            .get(url)
            .send()
            .await
            .map_err(failed)?
            .json()
            .await
            .map_err(failed)?;
        let Some(newest) = page.calls.iter().map(|call| call.id).max() else {
            return Ok(calls);
        };
        last = newest;
        calls.extend(page.calls);
    }
}
