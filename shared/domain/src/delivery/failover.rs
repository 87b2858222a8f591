//! Sending a message through another transport, or once more through the same one.

use jiff::{SignedDuration, Timestamp};

use crate::{
    campaigns::{Campaign, Status},
    delivery::{Delivery, State, receipt::DeliveryStatus, retry::RetryPolicy},
    reason::Reason,
    receivers::Receiver,
    transports::routing::{FAILOVER_ATTEMPTS, Failover, Price, RouteTarget, Setup, Tried},
};

impl Delivery {
    /// Whether another provider call at this price may follow.
    pub fn may_fail_over(&self, failover: &Failover, next: Option<Price>, now: Timestamp) -> bool {
        let deadline = SignedDuration::from_mins(failover.minutes.into());
        let is_late = self
            .begun_at
            .is_some_and(|begun| now.duration_since(begun) > deadline);
        let costs = self.tried.iter().filter_map(|tried| tried.cost);
        let so_far = costs.fold(Price::default(), Price::plus);
        let is_too_dear = failover
            .cost
            .is_some_and(|cap| so_far.plus(next.unwrap_or_default()) > cap);
        !is_late && !is_too_dear && self.attempt < failover.attempts.min(FAILOVER_ATTEMPTS)
    }
}

/// The row of a message that its provider accepted but could not deliver, for failover to another transport; none if no other may
/// be tried. A text of several parts may cost more there; that is checked when it is sent.
pub fn fail_over(
    campaign: &Campaign,
    receiver: &Receiver,
    before: &Delivery,
    setup: &Setup,
    now: Timestamp,
) -> Option<Delivery> {
    let came_back = match before.state {
        State::Failed => before.provider_id.is_some(),
        State::Sent => before.fate == Some(DeliveryStatus::Bounced),
        _ => false,
    };
    let may_try = !RetryPolicy::of(campaign.priority).is_used_up(before, now);
    let failover = campaign
        .failover
        .filter(|_| goes_on(campaign) && came_back && may_try)?;
    let last = before.transport.clone()?;
    let address = receiver.address(setup.transports.get(&last)?.channel())?;
    let code = match &before.reason {
        Some(reason) => reason.code.clone(),
        None => DeliveryStatus::Bounced.to_string(),
    };
    let mut after = before.clone();
    after.tried.push(Tried {
        transport: last,
        code: code.clone(),
        // A message refused after all is not charged.
        cost: before.cost.filter(|_| before.state == State::Sent),
    });
    let was_tried = |target: &RouteTarget| {
        after
            .tried
            .iter()
            .any(|it| it.transport == target.transport)
    };
    let may_have_it = |target: &RouteTarget| {
        !was_tried(target) && after.may_fail_over(&failover, target.price, now)
    };
    if !setup.targets(&address).iter().any(may_have_it) {
        return None;
    }
    after.state = State::Retrying;
    after
        .reason
        .get_or_insert_with(|| Reason::new(code, "It could not be delivered."));
    after.retry_at = Some(now);
    after.changed_at = now;
    after.resends = before.resends.saturating_add(1);
    (after.cost, after.fate, after.fate_at) = (None, None, None);
    Some(after)
}

/// The row of a message that its provider accepted and abandoned for a temporary reason, for a retry through the same transport;
/// none if it was tried for long enough.
pub fn send_again(
    campaign: &Campaign,
    before: &Delivery,
    spread: f64,
    now: Timestamp,
) -> Option<Delivery> {
    let policy = RetryPolicy::of(campaign.priority);
    let was_given_up = before.state == State::Failed && before.provider_id.is_some();
    if !goes_on(campaign) || !was_given_up || policy.is_used_up(before, now) {
        return None;
    }
    let mut after = before.clone();
    after.state = State::Retrying;
    let pause = policy.pause(before.attempt, None, spread);
    after.retry_at = Some(now + SignedDuration::from_secs(i64::try_from(pause.as_secs()).ok()?));
    after.changed_at = now;
    // A vendor that deduplicates would treat it as a repetition.
    after.resends = before.resends.saturating_add(1);
    after.cost = None;
    Some(after)
}

fn goes_on(campaign: &Campaign) -> bool {
    matches!(
        campaign.status,
        Status::Published | Status::Paused | Status::Completed
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failover_ends_with_its_attempts_time_or_budget() {
        let now: Timestamp = "2026-11-22T09:00:00Z".parse().unwrap();
        let failover = Failover {
            attempts: 3,
            minutes: 10,
            cost: "0.10".parse().ok(),
        };
        let allows = |attempt: u32, minutes: i64, costs: &[&str], next: &str| {
            let mut delivery = Delivery::unclaimed(1, now);
            delivery.attempt = attempt;
            delivery.begun_at = Some(now - SignedDuration::from_mins(minutes));
            delivery.tried = costs
                .iter()
                .map(|cost| Tried {
                    transport: "a".parse().unwrap(),
                    code: "x".to_owned(),
                    cost: cost.parse().ok(),
                })
                .collect();
            delivery.may_fail_over(&failover, next.parse().ok(), now)
        };
        assert!(allows(1, 0, &[], ""));
        assert!(allows(2, 10, &["0.04", "0.03"], "0.03"));
        assert!(!allows(3, 0, &[], ""), "attempts");
        assert!(!allows(1, 11, &[], ""), "time");
        assert!(!allows(2, 1, &["0.04", "0.03"], "0.031"), "money");
    }
}
