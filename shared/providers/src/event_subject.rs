//! Parsed provider events of AWS services.

use carillon_domain::delivery::receipt::Receipt;

/// What an event is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EventSubject {
    /// A message of a campaign.
    Receipt(Receipt),
    /// A message that something else in the account sent: it lacks our tags.
    Foreign,
    /// Nothing that concerns a delivery.
    Irrelevant,
}
