//! The effect of receipts on a row: the design's ranks, state by state.

use carillon_domain::delivery::{
    Delivery, State,
    receipt::{Fate, News, Receipt},
};
use carillon_store::Heard;
use jiff::Timestamp;

/// The result of a receipt, and the new row if it changes.
pub(super) fn hear(
    row: &Delivery,
    receipt: &Receipt,
    now: Timestamp,
    only_raises: bool,
) -> (Heard, Option<Delivery>) {
    let is_of_this_message = row.provider_id.as_ref() == Some(&receipt.provider_id);
    // A message assumed to be sent has no id yet.
    let is_assumed = row.reason.is_some();
    // The delivery was resent since, because of that message's status.
    let is_of_earlier = row
        .earlier
        .iter()
        .any(|earlier| earlier.provider_id.as_ref() == Some(&receipt.provider_id));
    match row.state {
        // The record of the call is still to come.
        State::Pending | State::Claimed => (Heard::TooEarly, None),
        State::Sent if !is_assumed && !is_of_this_message => (Heard::NotOurs, None),
        State::Sent if !is_assumed => match &receipt.news {
            News::Accepted => (Heard::NothingNew, None),
            News::Refused(_) => refused(row, receipt, now),
            News::Gone | News::Unreachable { .. } | News::OptedOut | News::Postponed { .. } => {
                unreachable!("the model hears of fates only")
            }
            News::Became(fate) if is_new(*fate, receipt.at, row) || !only_raises => {
                let mut after = row.clone();
                (after.fate, after.fate_at) = (Some(*fate), Some(receipt.at));
                after.heard_at = Some(now);
                (Heard::Applied, Some(after))
            }
            News::Became(_) => (Heard::NothingNew, None),
        },
        State::Failed if is_of_this_message => (Heard::NothingNew, None),
        // Rejected before and resent since: the receipt is too late.
        _ if is_of_this_message || is_of_earlier => (Heard::NotOurs, None),
        // A message that was not submitted cannot be rejected.
        State::Failed if row.provider_id.is_some() => taken_or(row, receipt, now, nothing_new),
        State::Retrying | State::Skipped | State::Canceled => {
            taken_or(row, receipt, now, nothing_new)
        }
        State::Failed | State::Unknown | State::Sent => {
            taken_or(row, receipt, now, || refused(row, receipt, now))
        }
    }
}

fn nothing_new() -> (Heard, Option<Delivery>) {
    (Heard::NothingNew, None)
}

/// A higher rank, or the same one at an earlier time.
fn is_new(fate: Fate, at: Timestamp, row: &Delivery) -> bool {
    match (row.fate, row.fate_at) {
        (Some(known), Some(known_at)) => fate > known || (fate == known && at < known_at),
        _ => true,
    }
}

/// The row if the receipt proves that the provider accepted the message; else `otherwise`.
fn taken_or(
    row: &Delivery,
    receipt: &Receipt,
    now: Timestamp,
    otherwise: impl FnOnce() -> (Heard, Option<Delivery>),
) -> (Heard, Option<Delivery>) {
    let fate = match &receipt.news {
        News::Refused(_) | News::Unreachable { .. } | News::Postponed { .. } => {
            return otherwise();
        }
        News::Accepted | News::OptedOut => None,
        News::Became(fate) => Some(*fate),
        News::Gone => Some(Fate::Bounced),
    };
    let after = Delivery {
        state: State::Sent,
        provider_id: Some(receipt.provider_id.clone()),
        reason: None,
        retry_at: None,
        fate,
        fate_at: fate.map(|_| receipt.at),
        heard_at: Some(now),
        changed_at: now,
        ..row.clone()
    };
    (Heard::Applied, Some(after))
}

fn refused(row: &Delivery, receipt: &Receipt, now: Timestamp) -> (Heard, Option<Delivery>) {
    let reason = receipt.news.refusal().cloned();
    let after = Delivery {
        state: State::Failed,
        provider_id: Some(receipt.provider_id.clone()),
        reason,
        fate: None,
        fate_at: None,
        heard_at: Some(now),
        changed_at: now,
        ..row.clone()
    };
    (Heard::Applied, Some(after))
}
