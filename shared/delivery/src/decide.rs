//! Decides how to handle one task, given the ledger's rows. No I/O.

use std::time::Duration;

use carillon_domain::{
    campaigns::{Campaign, Status},
    delivery::{Delivery, State, retry::RetryPolicy, task::DeliveryTask},
    receivers::Reach,
    suppressions::SuppressionSource,
};
use carillon_store::{Store, TaskRows};
use jiff::{SignedDuration, Timestamp};

/// How to handle a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Decision {
    /// Nothing is left to do; delete the message.
    Drop(&'static str),
    /// Another consumer is working on it, or it is not due yet; look again then.
    Defer(Duration),
    /// Claim it, as this attempt.
    Attempt(u32),
    /// The outcome of the previous attempt is unknown. Holds the number of the next attempt if the call may be
    /// repeated; `None` where nothing may be sent now.
    OutcomeUnknown(Option<u32>),
    /// Attempts or time are used up.
    GiveUp,
    /// The address is suppressed, for this reason.
    Skip(SuppressionSource),
}

/// Delay after something of ours failed or was missing.
pub(crate) const AFTER_FAILURE: Duration = Duration::from_secs(30);
/// Delay after something about the delivery has just changed.
pub(crate) const SOON: Duration = Duration::from_secs(1);
/// Tolerance for clock differences after a lease has lapsed.
const AFTER_LEASE: SignedDuration = SignedDuration::from_secs(6);

pub(crate) fn decide(task: &DeliveryTask, loaded: &TaskRows, now: Timestamp) -> Decision {
    let Some(campaign) = &loaded.campaign else {
        return Decision::Drop("the campaign is gone");
    };
    if let Some(delivery) = &loaded.delivery {
        return decide_begun(task, loaded, campaign, delivery, now);
    }
    if let Err(why) = goes_on(task, loaded) {
        return Decision::Drop(why);
    }
    if campaign.status == Status::Completed {
        return Decision::Drop("the campaign is completed");
    }
    if campaign.generation != task.generation {
        return Decision::Drop("the task belongs to another generation");
    }
    match loaded.suppressed {
        Some(source) => Decision::Skip(source),
        None => Decision::Attempt(1),
    }
}

/// Whether a send is still allowed: the campaign is being sent, the channel is on for the receiver, and the
/// address is not suppressed.
///
/// # Errors
/// What forbids it.
pub(crate) fn still_allowed(task: &DeliveryTask, loaded: &TaskRows) -> Result<(), &'static str> {
    goes_on(task, loaded)?;
    match loaded.suppressed {
        Some(_) => Err("the address is suppressed"),
        None => Ok(()),
    }
}

/// The same, regardless of suppression.
fn goes_on(task: &DeliveryTask, loaded: &TaskRows) -> Result<(), &'static str> {
    match loaded.campaign.as_ref().map(|campaign| campaign.status) {
        None => return Err("the campaign is gone"),
        Some(Status::Draft | Status::Scheduled) => return Err("the campaign is not being sent"),
        Some(Status::Paused) => return Err("the campaign is paused"),
        Some(Status::Canceled) => return Err("the campaign is canceled"),
        // A resend may be on its way before the campaign is reopened.
        Some(Status::Published | Status::Completed) => {}
    }
    let receiver = loaded.receiver.as_ref().ok_or("the receiver is gone")?;
    if receiver.reach(task.channel) != Reach::On {
        return Err("the channel is off for the receiver");
    }
    Ok(())
}

fn decide_begun(
    task: &DeliveryTask,
    loaded: &TaskRows,
    campaign: &Campaign,
    delivery: &Delivery,
    now: Timestamp,
) -> Decision {
    match delivery.state {
        State::Claimed if Store::has_lapsed(delivery, now) => {
            let may_send = still_allowed(task, loaded).is_ok();
            Decision::OutcomeUnknown(may_send.then_some(delivery.attempt + 1))
        }
        State::Claimed => Decision::Defer(until_lapsed(delivery, now)),
        State::Retrying => {
            let due = delivery.retry_at.unwrap_or(now);
            if let Err(why) = goes_on(task, loaded) {
                // As canceled, it would hide that the receiver may have got it.
                if delivery.in_doubt && campaign.status == Status::Canceled {
                    Decision::OutcomeUnknown(None)
                } else {
                    Decision::Drop(why)
                }
            } else if let Some(source) = loaded.suppressed {
                Decision::Skip(source)
            } else if due > now {
                Decision::Defer(due.duration_since(now).unsigned_abs())
            } else if RetryPolicy::of(campaign.priority).is_used_up(delivery, now) {
                Decision::GiveUp
            } else {
                Decision::Attempt(delivery.attempt + 1)
            }
        }
        _ => Decision::Drop("the delivery is settled"),
    }
}

/// How long another owner's claim is valid.
fn until_lapsed(delivery: &Delivery, now: Timestamp) -> Duration {
    let until = delivery.lease_until.unwrap_or(now);
    let left = until.duration_since(now) + AFTER_LEASE;
    Duration::try_from(left).unwrap_or(Duration::ZERO)
}

/// When to look again at a task whose claim was lost, given the current row; `None` if nothing is left to do.
pub(crate) fn after_lost_claim(
    still_allowed: Option<&Delivery>,
    now: Timestamp,
) -> Option<Duration> {
    let Some(delivery) = still_allowed else {
        return Some(AFTER_FAILURE);
    };
    match delivery.state {
        // A later look, which reads everything, decides what to do about it.
        State::Claimed if Store::has_lapsed(delivery, now) => Some(SOON),
        State::Claimed => Some(until_lapsed(delivery, now)),
        State::Retrying => Some(SOON),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
