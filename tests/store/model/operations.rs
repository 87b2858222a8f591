//! What can happen to the deliveries of a campaign, in any order.

use std::fmt;

use carillon_domain::{
    campaigns::{OnUnknown, Status},
    channel::Channel,
    delivery::{State, receipt::DeliveryStatus},
};
use carillon_store::Settlement;
use proptest::{
    collection::vec,
    prelude::*,
    sample::{select, subsequence},
};

/// Receivers of the campaign. All have an email address, and all but the last a phone.
pub(super) const RECEIVERS: usize = 4;
/// The number of owners.
const OWNERS: usize = 3;

/// A receiver, by number, on a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place(pub(super) usize, pub(super) Channel);

impl Place {
    /// Every place that can be sent to.
    pub(super) fn all() -> Vec<Place> {
        let email = (0..RECEIVERS).map(|receiver| Place(receiver, Channel::Email));
        let sms = (0..RECEIVERS - 1).map(|receiver| Place(receiver, Channel::Sms));
        email.chain(sms).collect()
    }

    /// Every receiver on every channel.
    pub(super) fn with_those_that_are_skipped() -> Vec<Place> {
        super::CHANNELS
            .into_iter()
            .flat_map(|channel| (0..RECEIVERS).map(move |receiver| Place(receiver, channel)))
            .collect()
    }
}

/// The steps of an owner, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// Reads the ledger.
    ProgressCheck,
    /// Writes what follows from its last read, however long ago.
    Claim,
    /// Calls the provider where it holds a claim.
    Call,
    /// Records the outcomes of calls, oldest first.
    Record,
}

const STEPS: [Step; 4] = [Step::ProgressCheck, Step::Claim, Step::Call, Step::Record];

/// How a provider call ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    Accepted,
    Rejected,
    /// Definitely not accepted, to be retried.
    Throttled,
    /// The response was lost.
    Lost,
}

/// A provider's later event for a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Says {
    Accepted,
    Refused,
    Became(DeliveryStatus),
}

/// A receipt.
#[derive(Debug, Clone, Copy)]
pub(super) struct Telling {
    pub(super) place: Place,
    /// The index of the call at this place; a foreign message if there are fewer.
    pub(super) message: usize,
    pub(super) says: Says,
    /// The provider's timestamp, in seconds from the start.
    pub(super) at: i64,
}

/// Who writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Actor {
    Owner(usize),
    Operator,
    Reconciler,
    Provider,
}

/// An operation.
#[derive(Debug, Clone)]
pub(super) enum Operation {
    /// Seconds pass.
    Wait(i64),
    /// The campaign is paused, resumed or canceled if its status allows it.
    Turn(Status),
    /// An owner takes steps. It may take the remaining ones later or never.
    Work {
        owner: usize,
        places: Vec<Place>,
        steps: Vec<Step>,
        answer: Answer,
    },
    /// Two read before either claims. The second one may ignore that it lost, which correct owners never do:
    /// this shows that the conditions alone are sufficient.
    Race {
        first: usize,
        second: usize,
        places: Vec<Place>,
        heeds: bool,
    },
    /// An owner finds that a message cannot be rendered or must not be sent, and records that without a
    /// claim: failed or skipped.
    Refuse {
        owner: usize,
        places: Vec<Place>,
        state: State,
    },
    /// An owner releases claims before its calls, because sending is no longer allowed.
    PutBack { owner: usize, places: Vec<Place> },
    /// An owner crashes; its state is lost.
    Die { owner: usize },
    /// An operator decides about deliveries as last read.
    Settle {
        places: Vec<Place>,
        settlement: Settlement,
        reads_first: bool,
    },
    /// The ledger is recounted, and claims that had lapsed by then are abandoned later.
    GiveUpClaims { recounts_first: bool },
    /// A provider sends receipts.
    Tell(Vec<Telling>),
    /// An actor repeats its last write, as if the response had been lost.
    Again(Actor),
}

/// The operations on one campaign.
#[derive(Clone)]
pub(super) struct Scenario {
    pub(super) on_unknown: OnUnknown,
    pub(super) operations: Vec<Operation>,
}

impl fmt::Debug for Scenario {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "on_unknown: {:?}", self.on_unknown)?;
        for (number, operation) in self.operations.iter().enumerate() {
            write!(formatter, "\n{number:>3}: {operation:?}")?;
        }
        Ok(())
    }
}

/// Any campaign with at most this many operations.
pub(super) fn scenario(most: usize) -> impl Strategy<Value = Scenario> {
    let on_unknown = prop_oneof![3 => Just(OnUnknown::Hold), 1 => Just(OnUnknown::Resend)];
    (on_unknown, vec(operation(), 1..=most)).prop_map(|(on_unknown, operations)| Scenario {
        on_unknown,
        operations,
    })
}

fn operation() -> impl Strategy<Value = Operation> {
    let work = (owner(), places(), steps(), answer());
    let race = (owner(), 1..OWNERS, places(), any::<bool>());
    prop_oneof![
        10 => work.prop_map(|(owner, places, steps, answer)| Operation::Work { owner, places, steps, answer }),
        2 => race.prop_map(|(first, further, places, heeds)| Operation::Race {
            first,
            second: (first + further) % OWNERS,
            places,
            heeds,
        }),
        5 => select(vec![1, 30, 65, 66, 700, 700, 90_000]).prop_map(Operation::Wait),
        1 => select(vec![Status::Published, Status::Published, Status::Paused, Status::Canceled])
            .prop_map(Operation::Turn),
        1 => (owner(), places(), select(vec![State::Failed, State::Failed, State::Skipped]))
            .prop_map(|(owner, places, state)| Operation::Refuse { owner, places, state }),
        1 => (owner(), places()).prop_map(|(owner, places)| Operation::PutBack { owner, places }),
        1 => owner().prop_map(|owner| Operation::Die { owner }),
        4 => (places(), settlement(), any::<bool>()).prop_map(|(places, settlement, reads_first)| {
            Operation::Settle { places, settlement, reads_first }
        }),
        3 => any::<bool>().prop_map(|recounts_first| Operation::GiveUpClaims { recounts_first }),
        4 => vec(telling(), 1..=6).prop_map(Operation::Tell),
        4 => actor().prop_map(Operation::Again),
    ]
}

fn owner() -> impl Strategy<Value = usize> {
    0..OWNERS
}

fn places() -> impl Strategy<Value = Vec<Place>> {
    let all = Place::all();
    let most = all.len();
    subsequence(all, 1..=most)
}

/// Consecutive steps; all steps are as likely as any other choice.
fn steps() -> impl Strategy<Value = Vec<Step>> {
    let some = (0..STEPS.len(), 0..STEPS.len())
        .prop_map(|(one, other)| STEPS[one.min(other)..=one.max(other)].to_vec());
    prop_oneof![some, Just(STEPS.to_vec())]
}

fn answer() -> impl Strategy<Value = Answer> {
    prop_oneof![
        3 => Just(Answer::Accepted),
        2 => Just(Answer::Rejected),
        5 => Just(Answer::Throttled),
        3 => Just(Answer::Lost),
    ]
}

fn settlement() -> impl Strategy<Value = Settlement> {
    prop_oneof![3 => Just(Settlement::Resend), 1 => Just(Settlement::AssumeSent)]
}

fn telling() -> impl Strategy<Value = Telling> {
    let says = prop_oneof![
        2 => Just(Says::Accepted),
        2 => Just(Says::Refused),
        5 => select(DeliveryStatus::ALL.as_slice()).prop_map(Says::Became),
    ];
    let message = prop_oneof![4 => Just(0_usize), 2 => Just(1), 1 => Just(9)];
    (select(Place::all()), message, says, 0_i64..100).prop_map(|(place, message, says, at)| {
        Telling {
            place,
            message,
            says,
            at,
        }
    })
}

fn actor() -> impl Strategy<Value = Actor> {
    prop_oneof![
        5 => owner().prop_map(Actor::Owner),
        1 => Just(Actor::Operator),
        1 => Just(Actor::Reconciler),
        1 => Just(Actor::Provider),
    ]
}
