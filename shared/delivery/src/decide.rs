//! What to do about one task, given what the ledger says. No I/O.

use std::time::Duration;

use carillon_domain::{campaigns::{Campaign, Status}, delivery::{Delivery, State, retry::RetryPolicy, task::DeliveryTask}, receivers::Reach, suppressions::SuppressionSource};
use carillon_store::{Loaded, Store};
use jiff::{SignedDuration, Timestamp};

/// What to do about a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Decision {
    /// Nothing is left to do; the message can go.
    Drop(&'static str),
    /// Somebody else is at it, or its time has not come; look again then.
    Defer(Duration),
    /// Claim it, as this attempt.
    Attempt(u32),
    /// Nobody knows what came of the attempt before. If it may be repeated, this is the attempt;
    /// there is none where nothing may be sent now.
    Lapsed(Option<u32>),
    /// It was tried often or long enough.
    GiveUp,
    /// The address gets nothing any more, and this is why.
    Skip(SuppressionSource),
}

/// A delivery is looked at again after this time when something of ours failed or was missing.
pub(crate) const AFTER_FAILURE: Duration = Duration::from_secs(30);
/// A delivery is looked at again after this time when something about it has just changed.
pub(crate) const SOON: Duration = Duration::from_secs(1);
/// After a lease lapsed, clocks may still differ by this much.
const AFTER_LEASE: SignedDuration = SignedDuration::from_secs(6);

pub(crate) fn decide(task: &DeliveryTask, loaded: &Loaded, now: Timestamp) -> Decision {
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
        return Decision::Drop("the task is of another generation");
    }
    match loaded.suppressed {
        Some(source) => Decision::Skip(source),
        None => Decision::Attempt(1),
    }
}

/// Whether what allows a send holds: the campaign goes on, the receiver is reached on the channel,
/// and the address is not suppressed.
///
/// # Errors
/// What forbids it.
pub(crate) fn standing(task: &DeliveryTask, loaded: &Loaded) -> Result<(), &'static str> {
    goes_on(task, loaded)?;
    match loaded.suppressed {
        Some(_) => Err("the address is suppressed"),
        None => Ok(()),
    }
}

/// The same, whether or not the address is suppressed.
fn goes_on(task: &DeliveryTask, loaded: &Loaded) -> Result<(), &'static str> {
    match loaded.campaign.as_ref().map(|campaign| campaign.status) {
        None => return Err("the campaign is gone"),
        Some(Status::Draft | Status::Scheduled) => return Err("the campaign is not being sent"),
        Some(Status::Paused) => return Err("the campaign is paused"),
        Some(Status::Canceled) => return Err("the campaign is canceled"),
        // What was to be sent again may be on its way before the campaign is taken up again.
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
    loaded: &Loaded,
    campaign: &Campaign,
    delivery: &Delivery,
    now: Timestamp,
) -> Decision {
    match delivery.state {
        State::Claimed if Store::has_lapsed(delivery, now) => {
            let may_send = standing(task, loaded).is_ok();
            Decision::Lapsed(may_send.then_some(delivery.attempt + 1))
        }
        State::Claimed => Decision::Defer(until_lapsed(delivery, now)),
        State::Retrying => {
            let due = delivery.retry_at.unwrap_or(now);
            if let Err(why) = goes_on(task, loaded) {
                // Shown as canceled, it would hide that the receiver may have got it.
                if delivery.in_doubt && campaign.status == Status::Canceled {
                    Decision::Lapsed(None)
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

/// How long another's claim holds.
fn until_lapsed(delivery: &Delivery, now: Timestamp) -> Duration {
    let until = delivery.lease_until.unwrap_or(now);
    let left = until.duration_since(now) + AFTER_LEASE;
    Duration::try_from(left).unwrap_or(Duration::ZERO)
}

/// When to look again at a task whose claim was lost, given the row that stands; `None` if nothing is left to do.
pub(crate) fn after_lost_claim(standing: Option<&Delivery>, now: Timestamp) -> Option<Duration> {
    let Some(delivery) = standing else {
        return Some(AFTER_FAILURE);
    };
    match delivery.state {
        // What is to be done about it is for a look that reads everything.
        State::Claimed if Store::has_lapsed(delivery, now) => Some(SOON),
        State::Claimed => Some(until_lapsed(delivery, now)),
        State::Retrying => Some(SOON),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
