//! What the services of AWS say of messages afterwards, once it is read.

use carillon_domain::delivery::receipt::Receipt;

/// What an event is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// A message of a campaign.
    Receipt(Receipt),
    /// A message that somebody else in the account sent: it does not carry what ours do.
    Foreign,
    /// Nothing that a delivery has a place for.
    Irrelevant,
}
