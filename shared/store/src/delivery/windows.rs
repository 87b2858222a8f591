//! How long free text may be sent to somebody who wrote to us.

use carillon_domain::id::{AddressHash, TenantId, TransportId};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{
    Store,
    error::{Error, condition_failed},
    item, keys,
};

/// How long free text may be sent after a received message ("Customer service windows", WhatsApp Business
/// Platform).
const OPEN: SignedDuration = SignedDuration::from_hours(24);
/// A window about to close may be closed by the time the message arrives.
const MARGIN: SignedDuration = SignedDuration::from_secs(60);

/// A received message opened this window.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// The transport whose number received it. Only that transport can reply.
    pub transport: TransportId,
    /// When free text is no longer accepted.
    pub until: Timestamp,
}

impl Window {
    /// Whether free text may be sent through a transport.
    pub fn is_open(&self, transport: &TransportId, now: Timestamp) -> bool {
        self.transport == *transport && now + MARGIN < self.until
    }
}

impl Store {
    /// Records a received message, unless a later one was recorded.
    ///
    /// # Errors
    /// If the write fails.
    pub async fn open_window(
        &self,
        tenant: &TenantId,
        transport: &TransportId,
        address: &AddressHash,
        wrote_at: Timestamp,
    ) -> Result<(), Error> {
        const DOING: &str = "open a window";
        let window = Window {
            transport: transport.clone(),
            until: wrote_at + OPEN,
        };
        let mut row = item::write(&keys::window(tenant, address), "a window", &window)?;
        row.insert("expires_at".to_owned(), item::expiry(window.until, 1));
        let until = item::attribute("a time", &window.until)?;
        let result = self
            .dynamodb
            .put_item()
            .table_name(&self.catalog)
            .set_item(Some(row))
            .condition_expression("attribute_not_exists(pk) OR #until < :until")
            .expression_attribute_names("#until", "until")
            .expression_attribute_values(":until", until)
            .send()
            .await;
        match result {
            Ok(_) => Ok(()),
            Err(error) if condition_failed(&error) => Ok(()),
            Err(error) => Err(Error::call(DOING)(error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_belongs_to_its_transport_and_closes() {
        let now: Timestamp = "2026-11-22T09:00:00Z".parse().unwrap();
        let id = |text: &str| -> TransportId { text.parse().unwrap() };
        let window = Window {
            transport: id("meta"),
            until: now + OPEN,
        };
        assert!(window.is_open(&id("meta"), now));
        assert!(!window.is_open(&id("twilio"), now));
        assert!(!window.is_open(&id("meta"), now + OPEN));
        assert!(!window.is_open(&id("meta"), now + OPEN - MARGIN));
    }
}
