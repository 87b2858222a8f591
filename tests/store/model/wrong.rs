//! Tests the comparison itself: removing any rule from the model is detected.

use carillon_domain::{
    campaigns::OnUnknown,
    channel::Channel,
    delivery::{State, receipt::DeliveryStatus},
};
use carillon_store::Settlement;
use futures::future::join_all;

use super::{
    case::play,
    ledger::{NOT_KEPT, Rule},
    operations::{Actor, Answer, Operation, Place, Says, Scenario, Step, Telling},
};
use crate::support::World;

const PLACE: Place = Place(0, Channel::Email);

fn work<const STEPS: usize>(owner: usize, steps: [Step; STEPS], answer: Answer) -> Operation {
    Operation::Work {
        owner,
        places: vec![PLACE],
        steps: steps.to_vec(),
        answer,
    }
}

/// A complete first attempt.
fn first(answer: Answer) -> Operation {
    work(
        0,
        [Step::ProgressCheck, Step::Claim, Step::Call, Step::Record],
        answer,
    )
}

fn race(heeds: bool) -> Operation {
    Operation::Race {
        first: 0,
        second: 1,
        places: vec![PLACE],
        heeds,
    }
}

fn settle(settlement: Settlement, reads_first: bool) -> Operation {
    Operation::Settle {
        places: vec![PLACE],
        settlement,
        reads_first,
    }
}

fn tell(says: Says) -> Operation {
    Operation::Tell(vec![Telling {
        place: PLACE,
        message: 0,
        says,
        at: 1,
    }])
}

/// Operations after which ledgers with and without the rule differ.
fn operations_that_need(rule: Rule) -> Vec<Operation> {
    use Answer::{Accepted, Lost, Rejected, Throttled};
    use Operation::{Again, GiveUpClaims, Refuse, Wait};
    use Settlement::{AssumeSent, Resend};
    use Step::{Call, Claim, ProgressCheck, Record};
    match rule {
        Rule::FirstClaimFindsNothing => vec![race(true)],
        Rule::ReplacementNeedsState => {
            vec![first(Lost), settle(AssumeSent, true), settle(Resend, false)]
        }
        Rule::ReplacementNeedsAttempt => vec![
            first(Throttled),
            Wait(30),
            work(1, [ProgressCheck], Throttled),
            first(Throttled),
            work(1, [Claim], Throttled),
        ],
        Rule::ReplacementNeedsOwner => {
            vec![race(false), Wait(66), work(1, [Claim], Accepted)]
        }
        Rule::ReplacementNeedsResends => vec![
            first(Throttled),
            Wait(30),
            work(0, [ProgressCheck], Accepted),
            work(1, [ProgressCheck], Accepted),
            Refuse {
                owner: 0,
                places: vec![PLACE],
                state: State::Failed,
            },
            settle(Resend, true),
            work(1, [Claim], Accepted),
        ],
        Rule::ReplacementNeedsMessage => vec![
            first(Rejected),
            settle(AssumeSent, true),
            tell(Says::Refused),
            settle(Resend, false),
        ],
        Rule::RecordNeedsState => vec![
            work(0, [ProgressCheck, Claim, Call], Accepted),
            Wait(700),
            GiveUpClaims {
                recounts_first: true,
            },
            work(0, [Record], Accepted),
        ],
        Rule::RecordNeedsOwner => vec![race(false), work(1, [Record], Accepted)],
        Rule::RecordNeedsAttempt => vec![
            work(0, [ProgressCheck, Claim, Call], Lost),
            Wait(66),
            work(0, [ProgressCheck, Claim], Lost),
            work(0, [Record], Lost),
        ],
        Rule::RepetitionIsRecognised => vec![first(Accepted), Again(Actor::Owner(0))],
        Rule::SettlementNeedsState => vec![first(Accepted), settle(Resend, true)],
        Rule::ReceiptsOnlyRaise => vec![
            first(Accepted),
            tell(Says::Became(DeliveryStatus::Clicked)),
            tell(Says::Became(DeliveryStatus::Delivered)),
        ],
        Rule::DoubtEndsWithAttempts => vec![first(Lost), tell(Says::Accepted)],
    }
}

/// Also checks the list of rules that the store does not keep: a rule that it does keep must be removed
/// from the list.
#[tokio::test]
async fn a_model_with_a_missing_or_extra_rule_is_detected() {
    let world = World::new().await;
    join_all(Rule::ALL.map(async |rule| {
        let scenario = Scenario {
            on_unknown: match rule {
                // A possibly accepted message is retried.
                Rule::RecordNeedsAttempt | Rule::DoubtEndsWithAttempts => OnUnknown::Resend,
                _ => OnUnknown::Hold,
            },
            operations: operations_that_need(rule),
        };
        let as_it_is = play(&world, &scenario, &NOT_KEPT).await.err();
        assert_eq!(as_it_is, None, "{rule:?}");
        let mut other = NOT_KEPT.to_vec();
        if NOT_KEPT.contains(&rule) {
            other.retain(|own| *own != rule);
        } else {
            other.push(rule);
        }
        let noticed = play(&world, &scenario, &other).await.err();
        assert!(noticed.is_some(), "{rule:?} is not needed");
    }))
    .await;
}
