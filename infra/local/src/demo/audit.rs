//! Compares what the ledger says with what the providers were asked to do.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::demo::client::Client;
use crate::error::Error;
use crate::simulator::{Call, CallPage};

/// What the comparison of one campaign found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Audit {
    /// Deliveries that the ledger shows, by channel and state.
    pub states: BTreeMap<String, BTreeMap<String, u64>>,
    /// Calls that a provider took for this campaign.
    pub accepted_calls: usize,
    /// Calls beyond one for each receiver and channel.
    pub repeated_calls: usize,
    /// Deliveries that the ledger shows as sent and no provider took.
    pub lost: usize,
    /// Calls that a provider took and the ledger does not show as sent, or as unknown.
    pub unaccounted: usize,
    /// Deliveries that have no final state.
    pub unfinished: usize,
    /// Totals of the campaign that differ from a recount of its deliveries.
    pub wrong_totals: Vec<String>,
    /// What became of messages, by channel and fate, as far as the ledger shows it.
    pub fates: BTreeMap<String, BTreeMap<String, u64>>,
    /// The same in the totals, where it differs. While receipts are on their way, it does.
    pub wrong_fates: Vec<String>,
}

impl Audit {
    /// Whether everything is as it should be.
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

/// Compares one campaign with the calls that the simulator has kept after a certain one.
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

/// Every call that the simulator at an address has kept after a certain one.
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
