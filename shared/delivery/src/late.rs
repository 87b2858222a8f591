//! Outcomes of provider calls whose claim lapsed before they could be recorded.

use carillon_domain::delivery::{
    State,
    receipt::{Receipt, StatusUpdate},
};
use carillon_providers::Provider;
use carillon_store::{Record, Recorded};
use jiff::Timestamp;

use crate::Consumer;

impl<P: Provider> Consumer<P> {
    /// A delivery whose claim was lost counts as unknown by now. Where we know that the
    /// provider accepted the message, the row is updated as if by a receipt.
    pub(crate) async fn settle_stale(
        &self,
        records: &[Record<'_>],
        recorded: &[Recorded],
        now: Timestamp,
    ) {
        let taken: Vec<Receipt> = records
            .iter()
            .zip(recorded)
            .filter(|(_, recorded)| **recorded == Recorded::Stale)
            .filter_map(|(record, _)| acceptance(record))
            .collect();
        if taken.is_empty() {
            return;
        }
        match self.store.apply_receipts(&taken, now).await {
            Ok(heard) => tracing::info!(?heard, "late records were applied as receipts"),
            Err(error) => tracing::error!(
                error = &error as &dyn std::error::Error,
                "could not apply late records; the provider's receipts will"
            ),
        }
    }
}

fn acceptance(record: &Record<'_>) -> Option<Receipt> {
    let delivery = &record.delivery;
    if delivery.state != State::Sent {
        return None;
    }
    Some(Receipt {
        tenant: record.task.tenant.clone(),
        campaign: record.task.campaign.clone(),
        receiver: record.task.receiver.clone(),
        channel: record.task.channel,
        transport: None,
        provider_id: delivery.provider_id.clone()?,
        at: delivery.changed_at,
        news: StatusUpdate::Accepted,
    })
}
