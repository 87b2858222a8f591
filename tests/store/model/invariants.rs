//! Invariants of every change to a row, independent of the model.

use carillon_domain::delivery::{Delivery, State, receipt::DeliveryStatus};
use carillon_store::Settlement;

use super::{
    ledger::{Ledger, Rule},
    writes::{Rows, Write},
};

/// Compares the rows before and after a write. Invariants that follow from a disabled rule are not
/// checked.
///
/// # Errors
/// With the invariant that does not hold.
pub(super) fn check(
    before: &Rows,
    after: &Rows,
    write: &Write,
    ledger: &Ledger,
) -> Result<(), String> {
    for (place, row) in before {
        let next = after
            .get(place)
            .ok_or_else(|| format!("{place:?}: a row went away"))?;
        if next != row {
            check_change(row, next, write, ledger)
                .map_err(|broken| format!("{place:?}: {broken}\nfrom {row:?}\nto   {next:?}"))?;
        }
    }
    for (place, row) in after {
        check_row(row, ledger).map_err(|broken| format!("{place:?}: {broken}\nin {row:?}"))?;
    }
    Ok(())
}

fn check_change(
    before: &Delivery,
    after: &Delivery,
    write: &Write,
    ledger: &Ledger,
) -> Result<(), &'static str> {
    let is_claim = after.state == State::Claimed;
    if after.attempt != before.attempt + u32::from(is_claim) {
        return Err("each claim is the next attempt, and nothing else is one");
    }
    let is_resend = matches!(write, Write::Settle(_, Settlement::Resend, _));
    if ledger.holds(Rule::ReplacementNeedsResends)
        && after.resends != before.resends + u32::from(is_resend)
    {
        return Err("each request to send it again is counted, and nothing else is");
    }
    let is_decided = matches!(write, Write::Settle(..));
    let is_heard = matches!(write, Write::ApplyReceipts(..));
    if before.state.is_final() && !is_decided && !is_heard {
        return Err("only a person or a receipt changes what has ended");
    }
    let came_back = before.fate == Some(DeliveryStatus::Bounced) && is_resend;
    if before.state == State::Sent && !is_heard && !came_back {
        return Err("only a receipt changes what was sent, or a person what came back");
    }
    let is_same_message = before.provider_id == after.provider_id;
    if before.state == State::Sent
        && after.state == State::Sent
        && is_same_message
        && after.fate < before.fate
    {
        return Err("receipts only raise the rank");
    }
    if ledger.holds(Rule::ReplacementNeedsMessage) && before.heard_at > after.heard_at {
        return Err("what a receipt told is not forgotten");
    }
    Ok(())
}

fn check_row(row: &Delivery, ledger: &Ledger) -> Result<(), &'static str> {
    if (row.state == State::Claimed) != row.lease_until.is_some() {
        return Err("exactly what is claimed has a lease");
    }
    if (row.state == State::Retrying) != row.retry_at.is_some() {
        return Err("exactly what is to be tried again has a time for it");
    }
    if row.state.needs_attention() && row.reason.is_none() {
        return Err("what needs a person has a reason");
    }
    if ledger.holds(Rule::DoubtEndsWithAttempts) && row.in_doubt && row.state.is_final() {
        return Err("only what is still attempted is in doubt");
    }
    if row.fate.is_some() && row.state != State::Sent {
        return Err("only a message that was taken has a fate");
    }
    Ok(())
}
