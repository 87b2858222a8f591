//! The model: the rows of a campaign in memory, and the design's rules for changing them.
//!
//! The rules are written from the design and the store's documentation, and share no code with the
//! store.

use carillon_domain::{
    delivery::{
        Delivery, EarlierOutcome, State,
        receipt::{DeliveryStatus, Receipt},
    },
    reason::Reason,
};
use carillon_store::{Claimed, ReceiptOutcome, Recorded, Settlement};
use jiff::Timestamp;

use super::{
    operations::Place,
    receipts,
    writes::{Ending, Outcome, Replacement, Rows, Write},
};

/// A rule of the ledger. The model can run without one of them, to prove that the difference is detected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rule {
    /// The first claim finds no row.
    FirstClaimFindsNothing,
    /// A replaced row has the state that was read.
    ReplacementNeedsState,
    /// It has the attempt that was read.
    ReplacementNeedsAttempt,
    /// It has the owner that was read.
    ReplacementNeedsOwner,
    /// It has the number of resends that was read.
    ReplacementNeedsResends,
    /// It tracks the message that was read.
    ReplacementNeedsMessage,
    /// A record requires a claimed row.
    RecordNeedsState,
    /// It requires its owner.
    RecordNeedsOwner,
    /// It requires its attempt.
    RecordNeedsAttempt,
    /// A writer that finds exactly its own write has succeeded.
    RepetitionIsRecognised,
    /// A decision applies only to failed or unknown deliveries.
    SettlementNeedsState,
    /// Receipts only raise the rank.
    ReceiptsOnlyRaise,
    /// A delivery that is final or was resent is no longer in doubt.
    DoubtEndsWithAttempts,
}

impl Rule {
    pub(super) const ALL: [Rule; 13] = [
        Rule::FirstClaimFindsNothing,
        Rule::ReplacementNeedsState,
        Rule::ReplacementNeedsAttempt,
        Rule::ReplacementNeedsOwner,
        Rule::ReplacementNeedsResends,
        Rule::ReplacementNeedsMessage,
        Rule::RecordNeedsState,
        Rule::RecordNeedsOwner,
        Rule::RecordNeedsAttempt,
        Rule::RepetitionIsRecognised,
        Rule::SettlementNeedsState,
        Rule::ReceiptsOnlyRaise,
        Rule::DoubtEndsWithAttempts,
    ];
}

/// Rules that the store does not keep.
///
/// A delivery returns to the same state, attempt and owner if it ends and is resent before the next claim; a
/// writer that read it before then overwrites what happened since. And the doubt about an earlier attempt
/// outlives a receipt and an abandoned claim.
pub(super) const NOT_KEPT: [Rule; 0] = [];

/// The rows of one campaign.
pub(super) struct Ledger {
    pub(super) rows: Rows,
    without: Vec<Rule>,
}

impl Ledger {
    /// An empty ledger without some of the rules.
    pub(super) fn new(without: &[Rule]) -> Self {
        Self {
            rows: Rows::new(),
            without: without.to_vec(),
        }
    }

    /// Applies a write and returns its result.
    pub(super) fn apply(&mut self, write: &Write) -> Outcome {
        match write {
            Write::Claim(claims) => {
                Outcome::Claimed(claims.iter().map(|claim| self.claim(claim)).collect())
            }
            Write::Record(endings) => {
                Outcome::Recorded(endings.iter().map(|ending| self.record(ending)).collect())
            }
            Write::Settle(read, settlement, now) => Outcome::Settled(
                read.iter()
                    .filter_map(|(place, before)| {
                        let after = self.settle(*place, before.as_ref()?, *settlement, *now)?;
                        Some((*place, after.resends))
                    })
                    .collect(),
            ),
            Write::GiveUpClaims(lapsed, now) => Outcome::GivenUp(
                lapsed
                    .iter()
                    .filter(|(place, before)| {
                        let after = Delivery {
                            state: State::Unknown,
                            in_doubt: self.doubt_after(before),
                            lease_until: None,
                            reason: Some(Reason::new("not_recorded", "")),
                            changed_at: *now,
                            ..before.clone()
                        };
                        self.replace(*place, before, after)
                    })
                    .count(),
            ),
            Write::ApplyReceipts(receipts, now) => Outcome::Receipts(
                receipts
                    .iter()
                    .map(|(place, receipt)| self.receive(*place, receipt, *now))
                    .collect(),
            ),
        }
    }

    /// Whether the model has a rule.
    pub(super) fn holds(&self, rule: Rule) -> bool {
        !self.without.contains(&rule)
    }

    /// Whether a delivery is in doubt after a decision, a receipt, or the end of its claim.
    fn doubt_after(&self, before: &Delivery) -> bool {
        before.in_doubt && !self.holds(Rule::DoubtEndsWithAttempts)
    }

    fn claim(&mut self, claim: &Replacement) -> Claimed {
        let (place, after) = (claim.place, &claim.after);
        // A writer that finds its own claim has won it before; the response was lost.
        let is_own =
            self.holds(Rule::RepetitionIsRecognised) && self.rows.get(&place) == Some(after);
        let is_written = match &claim.before {
            None => {
                let is_free =
                    !self.rows.contains_key(&place) || !self.holds(Rule::FirstClaimFindsNothing);
                if is_free {
                    self.rows.insert(place, after.clone());
                }
                is_free
            }
            Some(before) => self.replace(place, before, after.clone()),
        };
        if is_written || is_own {
            Claimed::Won
        } else {
            Claimed::Lost(self.rows.get(&place).cloned().map(Box::new))
        }
    }

    /// Replaces a row if it is still as it was read.
    fn replace(&mut self, place: Place, before: &Delivery, after: Delivery) -> bool {
        let conditions = self.rows.get(&place).map(|row| {
            [
                (Rule::ReplacementNeedsState, row.state == before.state),
                (Rule::ReplacementNeedsAttempt, row.attempt == before.attempt),
                (Rule::ReplacementNeedsOwner, row.owner == before.owner),
                (Rule::ReplacementNeedsResends, row.resends == before.resends),
                (
                    Rule::ReplacementNeedsMessage,
                    row.provider_id == before.provider_id,
                ),
            ]
        });
        let is_allowed = conditions.is_some_and(|conditions| self.all_hold(&conditions));
        if is_allowed {
            self.rows.insert(place, after);
        }
        is_allowed
    }

    fn all_hold(&self, conditions: &[(Rule, bool)]) -> bool {
        conditions
            .iter()
            .all(|(rule, is_met)| *is_met || !self.holds(*rule))
    }

    fn record(&mut self, ending: &Ending) -> Recorded {
        let (place, claim) = (ending.place, &ending.claim);
        let Some(row) = self.rows.get(&place) else {
            return Recorded::Stale;
        };
        let conditions = [
            (Rule::RecordNeedsState, row.state == State::Claimed),
            (Rule::RecordNeedsOwner, row.owner == claim.owner),
            (Rule::RecordNeedsAttempt, row.attempt == claim.attempt),
        ];
        if self.all_hold(&conditions) {
            self.rows.insert(place, ending.after.clone());
            Recorded::Done
        } else if self.holds(Rule::RepetitionIsRecognised) && *row == ending.after {
            Recorded::Done
        } else {
            Recorded::Stale
        }
    }

    fn settle(
        &mut self,
        place: Place,
        before: &Delivery,
        settlement: Settlement,
        now: Timestamp,
    ) -> Option<Delivery> {
        let after = match (settlement, before.state) {
            (Settlement::AssumeSent, State::Unknown) => Delivery {
                state: State::Sent,
                reason: Some(Reason::new("assumed_sent", "")),
                changed_at: now,
                ..before.clone()
            },
            (Settlement::Resend, State::Unknown | State::Failed | State::Skipped) => {
                sent_again(before, now)
            }
            (Settlement::Resend, State::Sent) if before.fate == Some(DeliveryStatus::Bounced) => {
                sent_again(before, now)
            }
            (Settlement::Resend, State::Sent) if !self.holds(Rule::SettlementNeedsState) => {
                sent_again(before, now)
            }
            _ => return None,
        };
        let after = Delivery {
            in_doubt: self.doubt_after(before),
            ..after
        };
        self.replace(place, before, after.clone()).then_some(after)
    }

    fn receive(&mut self, place: Place, receipt: &Receipt, now: Timestamp) -> ReceiptOutcome {
        // A claim is written before its call, so a message without a row was not sent from here.
        let Some(row) = self.rows.get(&place) else {
            return ReceiptOutcome::NotOurs;
        };
        let only_raises = self.holds(Rule::ReceiptsOnlyRaise);
        let (heard, after) = receipts::hear(row, receipt, now, only_raises);
        if let Some(after) = after {
            let in_doubt = self.doubt_after(row);
            self.rows.insert(place, Delivery { in_doubt, ..after });
        }
        heard
    }
}

fn sent_again(before: &Delivery, now: Timestamp) -> Delivery {
    let was = EarlierOutcome {
        resend: before.resends,
        state: before.state,
        attempt: before.attempt,
        reason: before.reason.clone(),
        provider_id: before.provider_id.clone(),
        transport: before.transport.clone(),
        vendor: before.vendor,
        fate: before.fate,
        fate_at: before.fate_at,
        changed_at: before.changed_at,
        elsewhere: false,
    };
    // A scenario is too short to reach the limit of ten per row.
    let earlier = before.earlier.iter().cloned().chain([was]).collect();
    Delivery {
        state: State::Retrying,
        retry_at: Some(now),
        resends: before.resends + 1,
        begun_at: None,
        changed_at: now,
        reason: None,
        fate: None,
        fate_at: None,
        earlier,
        ..before.clone()
    }
}
