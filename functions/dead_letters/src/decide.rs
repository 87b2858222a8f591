//! Decides what a dead letter means for its delivery, given the ledger's rows. No I/O.

use carillon_domain::{
    campaigns::{Campaign, Status},
    delivery::{DEAD_LETTER, Delivery, State, task::DeliveryTask},
    reason::Reason,
    receivers::Reach,
};
use carillon_store::{Store, TaskRows};
use jiff::Timestamp;

/// What to do about the delivery of a dead letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Decision {
    /// Write this row, for this reason.
    Write(Box<Delivery>, Reason),
    /// The row says so already, because the message was processed before and has come again.
    Written(Reason),
    /// Leave the row: nothing waits for this message any more.
    Leave(Reason),
    /// Another owner holds the claim and may be calling the provider: look again later.
    Later,
}

/// Decides about a message that was received this many times.
pub(crate) fn decide(
    task: &DeliveryTask,
    loaded: &TaskRows,
    received: u32,
    now: Timestamp,
) -> Decision {
    let leave = |code, text| Decision::Leave(Reason::new(code, text));
    let Some(campaign) = &loaded.campaign else {
        return leave("campaign_gone", "The campaign no longer exists.");
    };
    if let Some(delivery) = &loaded.delivery
        && delivery.state.is_final()
    {
        return match &delivery.reason {
            Some(reason) if is_dead(delivery) && delivery.resends == task.resend => {
                Decision::Written(reason.clone())
            }
            _ => leave("settled", "The delivery was settled without this message."),
        };
    }
    if !is_awaited(task, campaign, loaded.delivery.as_ref()) {
        return leave(
            "handed_over_again",
            "The delivery was enqueued again and continues with another message.",
        );
    }
    match &loaded.delivery {
        Some(delivery) if delivery.state == State::Claimed => {
            if Store::has_lapsed(delivery, now) {
                write(delivery.clone(), State::Unknown, lapsed(received), now)
            } else {
                Decision::Later
            }
        }
        // Whatever else is true of it: an earlier attempt may have been accepted.
        Some(delivery) if delivery.in_doubt => {
            write(delivery.clone(), State::Unknown, lapsed(received), now)
        }
        // A delivery that was not sent is canceled with its campaign, and shown so without a write.
        _ if campaign.status == Status::Canceled => {
            leave("campaign_canceled", "The campaign was canceled first.")
        }
        _ if !is_reached(task, loaded) => leave(
            "channel_off",
            "The receiver is gone, or the channel is off for this receiver.",
        ),
        Some(delivery) => {
            let reason = retried(delivery, received);
            write(delivery.clone(), State::Failed, reason, now)
        }
        None => {
            let delivery = Delivery {
                resends: task.resend,
                ..Delivery::unclaimed(task.generation, now)
            };
            write(delivery, State::Failed, given_up(received), now)
        }
    }
}

/// Why a task other than a delivery was not done.
pub(crate) fn given_up(received: u32) -> Reason {
    let times = times(received);
    let text = format!("The message was received {times} and moved to the dead-letter queue.");
    Reason::new(DEAD_LETTER, text)
}

/// Why a provider event was not recorded.
pub(crate) fn unheard(received: u32) -> Reason {
    let times = times(received);
    let text = format!(
        "A provider event for this delivery was not recorded. The message was received {times} and moved to the dead-letter queue."
    );
    Reason::new(DEAD_LETTER, text)
}

fn times(received: u32) -> String {
    match received {
        1 => "once".to_owned(),
        _ => format!("{received} times"),
    }
}

fn lapsed(received: u32) -> Reason {
    let times = times(received);
    let text = format!(
        "The provider may have been called, but the outcome was never recorded. The message was received {times} and moved to the dead-letter queue."
    );
    Reason::new(DEAD_LETTER, text)
}

/// Keeps the provider's last reason, as far as the reason has room for it.
fn retried(delivery: &Delivery, received: u32) -> Reason {
    let given_up = given_up(received);
    let last = delivery.reason.as_ref();
    let Some(last) = last.filter(|reason| reason.code != DEAD_LETTER) else {
        return given_up;
    };
    let text = format!(
        "Received {}, then moved to the dead-letter queue. Last: {}: {}",
        times(received),
        last.code,
        last.text
    );
    Reason::new(DEAD_LETTER, text)
}

fn write(mut delivery: Delivery, state: State, reason: Reason, now: Timestamp) -> Decision {
    delivery.state = state;
    delivery.reason = Some(reason.clone());
    delivery.in_doubt = false;
    delivery.lease_until = None;
    delivery.retry_at = None;
    delivery.changed_at = now;
    Decision::Write(Box::new(delivery), reason)
}

fn is_dead(delivery: &Delivery) -> bool {
    let reason = delivery.reason.as_ref();
    reason.is_some_and(|reason| reason.code == DEAD_LETTER)
}

/// Whether the delivery depends on this message: it is of the newest generation, and no resend was
/// requested since the message was created. An older message must not end what a newer one is about
/// to deliver.
fn is_awaited(task: &DeliveryTask, campaign: &Campaign, delivery: Option<&Delivery>) -> bool {
    task.generation == campaign.generation
        && delivery.is_none_or(|delivery| {
            task.resend == delivery.resends || task.generation > delivery.generation
        })
}

fn is_reached(task: &DeliveryTask, loaded: &TaskRows) -> bool {
    let receiver = loaded.receiver.as_ref();
    receiver.is_some_and(|receiver| receiver.reach(task.channel) == Reach::On)
}

#[cfg(test)]
mod tests;
