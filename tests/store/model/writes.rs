//! The writes applied to both the model and the store, and their results.

use std::collections::BTreeMap;

use carillon_domain::delivery::{Delivery, receipt::Receipt};
use carillon_store::{Claimed, ReceiptOutcome, Recorded, Settlement};
use jiff::Timestamp;

use super::operations::Place;

/// The rows of a campaign.
pub(super) type Rows = BTreeMap<Place, Delivery>;

/// A row to write in place of the one read, or of none.
#[derive(Debug, Clone)]
pub(super) struct Replacement {
    pub(super) place: Place,
    pub(super) before: Option<Delivery>,
    pub(super) after: Delivery,
}

/// The result of a claim.
#[derive(Debug, Clone)]
pub(super) struct Ending {
    pub(super) place: Place,
    pub(super) claim: Delivery,
    pub(super) after: Delivery,
}

/// One call of the store that changes deliveries.
#[derive(Debug, Clone)]
pub(super) enum Write {
    Claim(Vec<Replacement>),
    Record(Vec<Ending>),
    Settle(Vec<(Place, Option<Delivery>)>, Settlement, Timestamp),
    GiveUpClaims(Vec<(Place, Delivery)>, Timestamp),
    ApplyReceipts(Vec<(Place, Receipt)>, Timestamp),
}

/// The result of a write.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Outcome {
    Claimed(Vec<Claimed>),
    Recorded(Vec<Recorded>),
    /// The changed deliveries with their number of resends.
    Settled(Vec<(Place, u32)>),
    GivenUp(usize),
    Receipts(Vec<ReceiptOutcome>),
}

impl Write {
    /// Whether there is nothing to write.
    pub(super) fn is_empty(&self) -> bool {
        match self {
            Write::Claim(claims) => claims.is_empty(),
            Write::Record(endings) => endings.is_empty(),
            Write::Settle(rows, ..) => rows.is_empty(),
            Write::GiveUpClaims(rows, _) => rows.is_empty(),
            Write::ApplyReceipts(receipts, _) => receipts.is_empty(),
        }
    }
}
