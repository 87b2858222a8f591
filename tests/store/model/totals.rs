//! The model's totals: its rows counted one by one.

use carillon_domain::{
    campaigns::Status,
    delivery::{
        State,
        totals::{ChannelTotals, Totals},
    },
};

use super::{
    operations::{Place, RECEIVERS},
    writes::Rows,
};

/// The state of a place as shown to an operator.
pub(super) fn shown(rows: &Rows, place: Place, status: Status) -> State {
    let state = rows.get(&place).map_or(State::Pending, |row| row.state);
    if !Place::all().contains(&place) {
        State::Skipped
    } else if status == Status::Canceled && matches!(state, State::Pending | State::Retrying) {
        State::Canceled
    } else {
        state
    }
}

/// Every receiver on every channel, in exactly one state.
pub(super) fn totals(rows: &Rows, status: Status) -> Totals {
    let channels = super::CHANNELS.into_iter().map(|channel| {
        let mut totals = ChannelTotals::default();
        for receiver in 0..RECEIVERS {
            let place = Place(receiver, channel);
            totals.total += 1;
            *match shown(rows, place, status) {
                State::Pending => &mut totals.pending,
                State::Claimed => &mut totals.claimed,
                State::Retrying => &mut totals.retrying,
                State::Sent => &mut totals.sent,
                State::Failed => &mut totals.failed,
                State::Skipped => &mut totals.skipped,
                State::Unknown => &mut totals.unknown,
                State::Canceled => &mut totals.canceled,
            } += 1;
            if let Some(fate) = rows.get(&place).and_then(|row| row.fate) {
                *totals.fates.entry(fate).or_default() += 1;
            }
        }
        let suppressed = rows
            .iter()
            .filter(|(place, row)| place.1 == channel && row.state == State::Skipped)
            .count() as u64;
        for (reason, number) in [
            ("suppressed", suppressed),
            ("no_address", totals.skipped - suppressed),
        ] {
            if number > 0 {
                totals.skipped_by_reason.insert(reason.to_owned(), number);
            }
        }
        (channel, totals)
    });
    Totals {
        receivers: RECEIVERS as u64,
        channels: channels.collect(),
    }
}
