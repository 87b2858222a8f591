//! Totals in responses.

use std::collections::BTreeMap;

use carillon_domain::delivery::totals;
use carillon_http::names::{ChannelName, DeliveryStatusName};
use serde::Serialize;
use utoipa::ToSchema;

/// The totals of one channel. `total` is the sum of all states.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ChannelTotals)]
pub(crate) struct ChannelTotalsBody {
    /// All receivers of the campaign.
    total: u64,
    /// Not started yet.
    pending: u64,
    /// Being processed by a consumer.
    claimed: u64,
    /// Waiting for another attempt.
    retrying: u64,
    /// Accepted by the provider.
    sent: u64,
    /// Not sent; each delivery gives the reason.
    failed: u64,
    /// Not to be sent.
    skipped: u64,
    /// Started, with an unknown outcome.
    unknown: u64,
    /// Canceled before sending.
    canceled: u64,
    /// Skipped deliveries by reason: `no_address`, `switched_off`, `duplicate_address`, `fixed_line`, `suppressed`.
    skipped_by_reason: BTreeMap<String, u64>,
    /// Accepted messages by delivery status, as reported by the provider. Each message is counted once.
    fates: BTreeMap<DeliveryStatusName, u64>,
}

/// The totals of a campaign. They are updated within seconds.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Totals)]
pub(crate) struct TotalsBody {
    /// The number of receivers.
    receivers: u64,
    /// The totals of each channel.
    channels: BTreeMap<ChannelName, ChannelTotalsBody>,
}

/// The deliveries of a campaign on all its channels. `total` is the sum of the others.
#[derive(Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = DeliveryCounts)]
pub(super) struct Counts {
    /// The number of receivers times the number of channels.
    total: u64,
    /// Accepted by a provider.
    sent: u64,
    /// Claimed before the campaign was stopped; their provider calls may still complete.
    in_flight: u64,
    /// Not sent because the campaign was stopped.
    stopped: u64,
    /// Started, with an unknown outcome.
    unknown: u64,
    /// Not sent; each delivery gives the reason.
    failed: u64,
    /// Not to be sent.
    skipped: u64,
}

impl TotalsBody {
    /// The deliveries on all channels, as seen when the campaign was stopped.
    pub(super) fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for channel in self.channels.values() {
            counts.total += channel.total;
            counts.sent += channel.sent;
            counts.in_flight += channel.claimed;
            counts.stopped += channel.pending + channel.retrying + channel.canceled;
            counts.unknown += channel.unknown;
            counts.failed += channel.failed;
            counts.skipped += channel.skipped;
        }
        counts
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

#[cfg(test)]
mod tests {
    use carillon_domain::{
        campaigns::Status,
        channel::Channel,
        delivery::State,
        receivers::{NewReceiver, Source},
    };

    use super::*;

    #[test]
    fn the_counts_of_a_stop_add_up() {
        let mut counters = totals::Counters::default();
        for number in 0..20 {
            let receiver = NewReceiver {
                email: Some(format!("person{number}@example.com")),
                ..NewReceiver::default()
            };
            counters.count_receiver(&receiver.parse(None, Source::Manual).unwrap(), 1);
        }
        for (state, by) in [
            (State::Sent, 5),
            (State::Claimed, 4),
            (State::Retrying, 3),
            (State::Failed, 2),
            (State::Unknown, 1),
        ] {
            counters.count_delivery(Channel::Email, state, by);
        }
        for status in [Status::Paused, Status::Canceled] {
            let channels = [Channel::Email, Channel::Sms];
            let totals = totals::Totals::from_counters(&counters, channels, status);
            let expected = Counts {
                total: 40,
                sent: 5,
                in_flight: 4,
                stopped: 8,
                unknown: 1,
                failed: 2,
                skipped: 20,
            };
            assert_eq!(TotalsBody::from(totals).counts(), expected, "{status}");
        }
    }
}
