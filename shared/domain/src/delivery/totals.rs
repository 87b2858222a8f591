//! Campaign totals: the contribution of each row, and sums over ledger shards.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::{
    campaigns::Status,
    channel::Channel,
    delivery::{State, receipt::DeliveryStatus},
    receivers::{OffReason, Reach, Receiver},
    suppressions::SUPPRESSED,
};

/// Counters by name. Names are `receivers`, `{channel}.on`, `{channel}.{skip reason}` and `{channel}.{state}`.
///
/// Changes commute, so a batch of stream records becomes one update of one row.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Counters(BTreeMap<String, i64>);

impl Counters {
    /// Counts a receiver's row: 1 when it is added, −1 when it is removed.
    pub fn count_receiver(&mut self, receiver: &Receiver, by: i64) {
        self.add("receivers", by);
        for channel in Channel::ALL {
            let name = receiver.reach(channel).skip_reason().unwrap_or("on");
            self.add(&format!("{channel}.{name}"), by);
        }
    }

    /// Counts a delivery's row by its state.
    pub fn count_delivery(&mut self, channel: Channel, state: State, by: i64) {
        self.add(&format!("{channel}.{state}"), by);
    }

    /// Counts a message by its delivery status.
    pub fn count_fate(&mut self, channel: Channel, fate: DeliveryStatus, by: i64) {
        self.add(&format!("{channel}.fate.{fate}"), by);
    }

    /// Adds other counters.
    pub fn merge(&mut self, other: &Counters) {
        for (name, by) in &other.0 {
            self.add(name, *by);
        }
    }

    /// Differences to other counters: the name, the value here, and the value there.
    pub fn differences(&self, other: &Counters) -> Vec<(String, i64, i64)> {
        let names: BTreeSet<&String> = self.0.keys().chain(other.0.keys()).collect();
        let of = |counters: &Counters, name| counters.0.get(name).copied().unwrap_or_default();
        names
            .into_iter()
            .map(|name| (name.clone(), of(self, name), of(other, name)))
            .filter(|(_, here, there)| here != there)
            .collect()
    }

    /// Whether there are no changes.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether nothing was added and something was removed.
    pub fn is_all_negative(&self) -> bool {
        !self.0.is_empty() && self.0.values().all(|value| *value < 0)
    }

    fn add(&mut self, name: &str, by: i64) {
        let value = self.0.entry(name.to_owned()).or_default();
        *value += by;
        if *value == 0 {
            self.0.remove(name);
        }
    }

    /// A counter; 0 if absent.
    pub fn get(&self, name: &str) -> u64 {
        u64::try_from(self.0.get(name).copied().unwrap_or_default()).unwrap_or_default()
    }

    /// The number of receivers.
    pub fn receivers(&self) -> u64 {
        self.get("receivers")
    }

    /// Deliveries of a channel in a state that has rows.
    pub fn deliveries(&self, channel: Channel, state: State) -> u64 {
        self.get(&format!("{channel}.{state}"))
    }

    /// Deliveries of a channel in a final state.
    pub fn finished(&self, channel: Channel) -> u64 {
        State::ALL
            .into_iter()
            .filter(|state| state.is_final())
            .map(|state| self.deliveries(channel, state))
            .sum()
    }
}

/// The totals of one channel. `total` is the sum of all states.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChannelTotals {
    /// All receivers of the campaign.
    pub total: u64,
    /// Not started yet.
    pub pending: u64,
    /// Claimed by a consumer.
    pub claimed: u64,
    /// Waiting for another attempt.
    pub retrying: u64,
    /// Accepted by the provider.
    pub sent: u64,
    /// Not sent; each row has the reason.
    pub failed: u64,
    /// Excluded from sending.
    pub skipped: u64,
    /// The outcome of the provider call is not known.
    pub unknown: u64,
    /// The campaign was canceled first.
    pub canceled: u64,
    /// Skipped deliveries by reason.
    pub skipped_by_reason: BTreeMap<String, u64>,
    /// The delivery statuses of messages that a provider accepted, as reported by receipts. Each message
    /// counts once, with its highest status.
    pub fates: BTreeMap<DeliveryStatus, u64>,
}

/// The totals of a campaign.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// The number of receivers.
    pub receivers: u64,
    /// Each channel of the campaign.
    pub channels: BTreeMap<Channel, ChannelTotals>,
}

impl Totals {
    /// The totals of the channels that a campaign uses.
    pub fn from_counters(
        counters: &Counters,
        channels: impl IntoIterator<Item = Channel>,
        status: Status,
    ) -> Self {
        let channels = channels
            .into_iter()
            .map(|channel| {
                let totals = ChannelTotals::from_counters(counters, channel);
                (channel, totals.shown(status))
            })
            .collect();
        Self {
            receivers: counters.get("receivers"),
            channels,
        }
    }
}

impl ChannelTotals {
    fn from_counters(counters: &Counters, channel: Channel) -> Self {
        let mut skipped_by_reason: BTreeMap<String, u64> = [
            Reach::NoAddress,
            Reach::Off(OffReason::SwitchedOff),
            Reach::Off(OffReason::DuplicateAddress),
            Reach::Off(OffReason::FixedLine),
        ]
        .into_iter()
        .filter_map(Reach::skip_reason)
        .map(|reason| {
            (
                reason.to_owned(),
                counters.get(&format!("{channel}.{reason}")),
            )
        })
        .filter(|(_, count)| *count > 0)
        .collect();
        // A skipped delivery with a row was skipped because its address is suppressed, which its reason says
        // too.
        let skipped_later = counters.deliveries(channel, State::Skipped);
        if skipped_later > 0 {
            skipped_by_reason.insert(SUPPRESSED.to_owned(), skipped_later);
        }
        let of = |state| counters.deliveries(channel, state);
        let begun: u64 = State::ALL
            .into_iter()
            .filter(|state| *state != State::Pending)
            .map(of)
            .sum();
        let on = counters.get(&format!("{channel}.on"));
        Self {
            total: counters.get("receivers"),
            pending: on.saturating_sub(begun),
            claimed: of(State::Claimed),
            retrying: of(State::Retrying),
            sent: of(State::Sent),
            failed: of(State::Failed),
            skipped: skipped_by_reason.values().sum(),
            unknown: of(State::Unknown),
            canceled: of(State::Canceled),
            skipped_by_reason,
            fates: DeliveryStatus::ALL
                .into_iter()
                .map(|fate| (fate, counters.get(&format!("{channel}.fate.{fate}"))))
                .filter(|(_, count)| *count > 0)
                .collect(),
        }
    }

    /// The totals as shown for the campaign's status; [`State::shown`] for each delivery.
    fn shown(mut self, status: Status) -> Self {
        if State::Pending.shown(status) == State::Canceled {
            self.canceled += std::mem::take(&mut self.pending) + std::mem::take(&mut self.retrying);
        }
        self
    }

    /// Whether no further progress happens automatically.
    pub fn is_final(&self) -> bool {
        self.pending == 0 && self.claimed == 0 && self.retrying == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::receivers::{NewReceiver, Source};

    fn receiver(email: &str, mobile: &str) -> Receiver {
        NewReceiver {
            email: Some(email.to_owned()),
            mobile: Some(mobile.to_owned()),
            ..NewReceiver::default()
        }
        .parse(None, Source::Manual)
        .unwrap()
    }

    #[test]
    fn states_add_up_to_the_total() {
        let mut counters = Counters::default();
        counters.count_receiver(&receiver("a@example.com", "+447414310000"), 1);
        counters.count_receiver(&receiver("b@example.com", ""), 1);
        counters.count_receiver(&receiver("", "+447414310001"), 1);
        counters.count_delivery(Channel::Email, State::Claimed, 1);
        counters.count_delivery(Channel::Email, State::Claimed, -1);
        counters.count_delivery(Channel::Email, State::Sent, 1);
        let totals = Totals::from_counters(&counters, Channel::ALL, Status::Published);
        assert_eq!(totals.receivers, 3);
        for totals in totals.channels.values() {
            let sum = totals.pending
                + totals.claimed
                + totals.retrying
                + totals.sent
                + totals.failed
                + totals.skipped
                + totals.unknown
                + totals.canceled;
            assert_eq!(sum, totals.total);
        }
        let email = &totals.channels[&Channel::Email];
        assert_eq!(
            (
                email.sent,
                email.pending,
                email.skipped_by_reason["no_address"]
            ),
            (1, 1, 1)
        );
    }

    #[test]
    fn open_deliveries_of_a_canceled_campaign_count_as_canceled() {
        let mut counters = Counters::default();
        counters.count_receiver(&receiver("a@example.com", ""), 1);
        counters.count_receiver(&receiver("b@example.com", ""), 1);
        counters.count_receiver(&receiver("c@example.com", ""), 1);
        counters.count_delivery(Channel::Email, State::Retrying, 1);
        counters.count_delivery(Channel::Email, State::Sent, 1);
        let totals = Totals::from_counters(&counters, [Channel::Email], Status::Canceled);
        let email = &totals.channels[&Channel::Email];
        assert_eq!(
            (email.total, email.sent, email.canceled, email.pending),
            (3, 1, 2, 0)
        );
    }

    #[test]
    fn adding_and_removing_a_row_leaves_nothing() {
        let mut counters = Counters::default();
        let receiver = receiver("a@example.com", "");
        counters.count_receiver(&receiver, 1);
        counters.count_receiver(&receiver, -1);
        assert!(counters.is_empty());
    }
}
