//! The effect of receipts on a row: the design's ranks, state by state.

use carillon_domain::delivery::{
    Delivery, State,
    receipt::{DeliveryStatus, Receipt, StatusUpdate},
};
use carillon_store::ReceiptOutcome;
use jiff::Timestamp;

/// The result of a receipt, and the new row if it changes.
pub(super) fn hear(
    row: &Delivery,
    receipt: &Receipt,
    now: Timestamp,
    only_raises: bool,
) -> (ReceiptOutcome, Option<Delivery>) {
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
        State::Pending | State::Claimed => (ReceiptOutcome::TooEarly, None),
        State::Sent if !is_assumed && !is_of_this_message => (ReceiptOutcome::NotOurs, None),
        State::Sent if !is_assumed => match &receipt.news {
            StatusUpdate::Accepted => (ReceiptOutcome::NothingNew, None),
            StatusUpdate::Refused(_) => refused(row, receipt, now),
            StatusUpdate::Gone
            | StatusUpdate::Unreachable { .. }
            | StatusUpdate::OptedOut
            | StatusUpdate::Postponed { .. } => {
                unreachable!("the model hears of fates only")
            }
            StatusUpdate::Became(fate) if is_new(*fate, receipt.at, row) || !only_raises => {
                let mut after = row.clone();
                (after.fate, after.fate_at) = (Some(*fate), Some(receipt.at));
                after.heard_at = Some(now);
                (ReceiptOutcome::Applied, Some(after))
            }
            StatusUpdate::Became(_) => (ReceiptOutcome::NothingNew, None),
        },
        State::Failed if is_of_this_message => (ReceiptOutcome::NothingNew, None),
        // Rejected before and resent since: the receipt is too late.
        _ if is_of_this_message || is_of_earlier => (ReceiptOutcome::NotOurs, None),
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

fn nothing_new() -> (ReceiptOutcome, Option<Delivery>) {
    (ReceiptOutcome::NothingNew, None)
}

/// A higher rank, or the same one at an earlier time.
fn is_new(fate: DeliveryStatus, at: Timestamp, row: &Delivery) -> bool {
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
    otherwise: impl FnOnce() -> (ReceiptOutcome, Option<Delivery>),
) -> (ReceiptOutcome, Option<Delivery>) {
    let fate = match &receipt.news {
        StatusUpdate::Refused(_)
        | StatusUpdate::Unreachable { .. }
        | StatusUpdate::Postponed { .. } => {
            return otherwise();
        }
        StatusUpdate::Accepted | StatusUpdate::OptedOut => None,
        StatusUpdate::Became(fate) => Some(*fate),
        StatusUpdate::Gone => Some(DeliveryStatus::Bounced),
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
    (ReceiptOutcome::Applied, Some(after))
}

fn refused(
    row: &Delivery,
    receipt: &Receipt,
    now: Timestamp,
) -> (ReceiptOutcome, Option<Delivery>) {
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
    (ReceiptOutcome::Applied, Some(after))
}
