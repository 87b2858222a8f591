//! How much of a shard may be in the queues. No I/O.
//!
//! Only a window of messages is enqueued at a time, so that a campaign of a million does not fill a queue for an hour:
//! other campaigns get their turn, a pause takes effect at once, and no message outlives its queue's retention.

use std::time::Duration;

use carillon_domain::{channel::Channel, delivery::totals::Counters, transports::routing::Setup};
use carillon_store::{FanoutProgress, Wait};
use jiff::Timestamp;

/// Maximum receivers per page.
const PAGE: u64 = 500;
/// Page size while single messages probe an account: most of the page may be settled.
pub(crate) const PAGE_OF_TRIES: i32 = 500;
/// The window holds what the slowest account sends in this time.
const WINDOW: Duration = Duration::from_secs(120);
/// Window of a shard whose accounts have no rate: with 16 shards 16,000 deliveries, some forty seconds of work for ten
/// executions and some two hundred for two.
const USUAL_WINDOW: u64 = 1_000;
/// Messages in a batch of a channel's queue (`BatchSize` in the template).
const BATCH: u64 = 10;
/// Minimum window: below it, a page would cost more than its messages.
const SMALLEST_WINDOW: u64 = 10;
/// Maximum window: messages that wait for their account's rate are in flight, and a FIFO queue may have 120,000
/// messages in flight for all tenants together ("Amazon SQS message quotas"). With 16 shards one campaign has at most
/// 32,000 of them.
const LARGEST_WINDOW: u64 = 2_000;
/// Minimum and maximum time before a waiting shard is looked at again.
const WAITS: (Duration, Duration) = (Duration::from_secs(5), Duration::from_secs(60));
/// The same while its speed is unknown: half of the usual window.
pub(crate) const FIRST_WAIT: Duration = Duration::from_secs(20);

/// The next step for a shard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// Enqueue a page of this many receivers.
    Page(i32),
    /// Look again after this time.
    Wait(Duration),
}

/// Deliveries of a shard that may be in the queues at a time. `slow` is how long a batch takes if the tenant is slow, and how many
/// executions slow tenants share.
pub(crate) fn window<'a>(
    setup: &Setup,
    channels: impl Iterator<Item = &'a Channel>,
    slow: Option<(Duration, usize)>,
    shards: u16,
) -> u64 {
    let rates = channels
        .flat_map(|channel| setup.in_use(*channel))
        .filter_map(|transport| transport.limits.per_second)
        .map(|per_second| u64::from(per_second.get()) * WINDOW.as_secs());
    // The throughput of the executions that slow tenants share, if no other tenant is slow.
    let shared = slow.map(|(took, shared)| {
        let batches = WINDOW.as_millis() / took.as_millis().max(1);
        u64::try_from(batches).unwrap_or(u64::MAX) * BATCH * shared as u64
    });
    rates.chain(shared).min().map_or(USUAL_WINDOW, |all| {
        (all / u64::from(shards.max(1))).clamp(SMALLEST_WINDOW, LARGEST_WINDOW)
    })
}

/// Enqueued deliveries of a shard that are not final, channel by channel: in a later generation a channel may have more
/// final deliveries than were enqueued again, which makes no room for another channel.
pub(crate) fn open<'a>(
    progress: &FanoutProgress,
    counters: &Counters,
    channels: impl Iterator<Item = &'a Channel>,
) -> u64 {
    let open = channels.map(|channel| {
        let handed_over = progress.handed_over([channel]);
        handed_over.saturating_sub(counters.finished(*channel))
    });
    open.sum()
}

/// Final deliveries of a shard.
pub(crate) fn finished<'a>(
    counters: &Counters,
    channels: impl Iterator<Item = &'a Channel>,
) -> u64 {
    channels.map(|channel| counters.finished(*channel)).sum()
}

/// The next step for a shard, given how many enqueued deliveries are open. `is_blocked` is true if an account of these
/// channels accepts nothing while another one does.
pub(crate) fn step(
    progress: &FanoutProgress,
    open: u64,
    finished: u64,
    window: u64,
    channels: usize,
    is_blocked: bool,
    now: Timestamp,
) -> Step {
    let stands_still = progress
        .wait
        .as_ref()
        .is_some_and(|wait| wait.finished == finished);
    // The open deliveries may all be for the blocked account; then they must not delay the others.
    let room = match is_blocked && stands_still {
        true => window.div_ceil(2),
        false => window.saturating_sub(open),
    };
    // Half a window at a time, or pages get small.
    if room * 2 < window {
        let missing = window.div_ceil(2).saturating_sub(room);
        return Step::Wait(wait(progress.wait.as_ref(), finished, missing, now));
    }
    let channels = u64::try_from(channels.max(1)).unwrap_or(u64::MAX);
    let page = room.div_ceil(channels).clamp(1, PAGE);
    Step::Page(i32::try_from(page).unwrap_or(1))
}

/// Estimates when this many more are final, at the speed since the last wait.
fn wait(last: Option<&Wait>, finished: u64, missing: u64, now: Timestamp) -> Duration {
    let Some(last) = last else {
        return FIRST_WAIT;
    };
    let since = now.duration_since(last.since).unsigned_abs();
    let moved = finished.saturating_sub(last.finished);
    if moved == 0 {
        return (since * 2).clamp(FIRST_WAIT, WAITS.1);
    }
    let each = since / u32::try_from(moved).unwrap_or(u32::MAX);
    each.saturating_mul(u32::try_from(missing).unwrap_or(u32::MAX))
        .clamp(WAITS.0, WAITS.1)
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, num::NonZeroU32};

    use carillon_domain::{
        delivery::State,
        transports::{Transport, Vendor},
    };
    use jiff::SignedDuration;

    use super::*;

    fn now() -> Timestamp {
        "2026-11-21T09:00:00Z".parse().unwrap()
    }

    #[test]
    fn the_window_is_filled_and_then_waited_for() {
        let none = FanoutProgress::default();
        let at =
            |count: u64, finished| step(&none, count - finished, finished, 250, 1, false, now());
        assert_eq!(at(0, 0), Step::Page(250));
        assert_eq!(at(1_000, 900), Step::Page(150));
        assert_eq!(at(1_000, 870), Step::Wait(FIRST_WAIT));
        assert_eq!(at(250, 0), Step::Wait(FIRST_WAIT));
        assert_eq!(step(&none, 0, 0, 2_000, 1, false, now()), Step::Page(500));
        assert_eq!(
            step(&none, 0, 0, 250, 2, false, now()),
            Step::Page(125),
            "two channels make two messages per receiver"
        );
    }

    #[test]
    fn it_returns_when_there_will_be_room() {
        let progress = FanoutProgress {
            wait: Some(Wait {
                since: now() - SignedDuration::from_secs(10),
                until: now(),
                finished: 700,
            }),
            ..FanoutProgress::default()
        };
        // 50 in ten seconds, and 75 more to go.
        assert_eq!(
            step(&progress, 250, 750, 250, 1, false, now()),
            Step::Wait(Duration::from_secs(25))
        );
        assert_eq!(
            step(&progress, 300, 700, 250, 1, false, now()),
            Step::Wait(Duration::from_secs(20)),
            "nothing moves"
        );
        assert_eq!(
            step(&progress, 300, 700, 250, 1, true, now()),
            Step::Page(125),
            "nothing moves, because everything open is for the blocked account"
        );
    }

    #[test]
    fn one_channels_final_deliveries_make_no_room_for_another() {
        let progress = FanoutProgress {
            tasks: BTreeMap::from([(Channel::Email, 600), (Channel::Sms, 600)]),
            ..FanoutProgress::default()
        };
        let mut counters = Counters::default();
        counters.count_delivery(Channel::Sms, State::Sent, 60_000);
        let channels = [Channel::Email, Channel::Sms];
        assert_eq!(open(&progress, &counters, channels.iter()), 600);
    }

    #[test]
    fn a_slow_account_has_a_small_window() {
        let transport = |per_second: u32| {
            let mut transport = Transport::new(Vendor::Twilio);
            transport.limits.per_second = NonZeroU32::new(per_second);
            Setup {
                transports: BTreeMap::from([(transport.id.clone(), transport)]),
                ..Setup::default()
            }
        };
        let of = |per_second| window(&transport(per_second), [Channel::Sms].iter(), None, 16);
        let of_slow = |shared| {
            let slow = Some((Duration::from_secs(15), shared));
            window(&transport(0), [Channel::Sms].iter(), slow, 16)
        };
        assert_eq!(of_slow(5), 25, "eight rounds of five executions");
        assert_eq!(of_slow(20), 100);
        assert_eq!(of(0), USUAL_WINDOW);
        assert_eq!(of(1), 10);
        assert_eq!(of(100), 750);
        assert_eq!(of(100_000), LARGEST_WINDOW);
    }
}
