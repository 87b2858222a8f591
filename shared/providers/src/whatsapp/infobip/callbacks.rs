//! Infobip's callbacks: delivery reports
//! (<https://www.infobip.com/docs/api/channels/whatsapp/whatsapp-message-status-reports/receive-whatsapp-delivery-reports>),
//! seen reports
//! (<https://www.infobip.com/docs/api/channels/whatsapp/whatsapp-message-status-reports/receive-whatsapp-seen-reports>)
//! and inbound messages
//! (<https://www.infobip.com/docs/api/channels/whatsapp/whatsapp-inbound-messages/receive-whatsapp-inbound-messages>).
//!
//! Nothing is signed: the token in the URL is the only protection.

use carillon_domain::{
    delivery::receipt::{DeliveryStatus, StatusUpdate},
    reason::Reason,
    transports::Vendor,
};
use jiff::Timestamp;
use serde::Deserialize;

use super::{DELIVERY, InfobipWhatsApp, OUTSIDE_WINDOW, named};
use crate::{
    infobip::{Status, news, number},
    vendor::{BadCallback, Callback, Callbacks, DeliveryReference, ProviderEvent},
};

/// The error of free text after the 24-hour window had closed: `EC_NO_SESSION`.
const NO_SESSION: u32 = 7010;

#[derive(Deserialize)]
struct EventSubject {
    results: Vec<Entry>,
}

/// A delivery report, which has a status; a seen report, which has a time; or an inbound message.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    message_id: String,
    status: Option<Status>,
    error: Option<Status>,
    callback_data: Option<String>,
    done_at: Option<String>,
    seen_at: Option<String>,
    from: Option<String>,
    to: Option<String>,
    message: Option<Written>,
    received_at: Option<String>,
}

/// An inbound message: a text, the label of a pressed button, or a caption.
#[derive(Deserialize)]
struct Written {
    text: Option<String>,
    title: Option<String>,
    caption: Option<String>,
}

impl Callbacks for InfobipWhatsApp<'_> {
    fn events(&self, callback: &Callback<'_>) -> Result<Vec<ProviderEvent>, BadCallback> {
        let heard: EventSubject =
            serde_json::from_slice(callback.body).map_err(|_| BadCallback::Unreadable)?;
        // The URL is for one message, so it cannot identify several.
        let addressed = match heard.results[..] {
            [_] => delivery(callback),
            _ => None,
        };
        let tell = |entry| {
            let told = tell(entry, addressed.clone(), callback.now);
            told.unwrap_or(ProviderEvent::Irrelevant)
        };
        Ok(heard.results.into_iter().map(tell).collect())
    }
}

/// The delivery named in the URL.
fn delivery(callback: &Callback<'_>) -> Option<DeliveryReference> {
    let (_, reference) = callback.query().find(|(name, _)| name == DELIVERY)?;
    reference.parse().ok()
}

/// The event of an entry; `None` if it does not concern us.
fn tell(
    entry: Entry,
    addressed: Option<DeliveryReference>,
    now: Timestamp,
) -> Option<ProviderEvent> {
    let time = |text: Option<String>| text.and_then(|text| text.parse().ok()).unwrap_or(now);
    if let Some(written) = entry.message {
        let text = written.text.or(written.title).or(written.caption);
        return Some(ProviderEvent::Inbound {
            from: number(&entry.from?)?,
            to: entry.to.map(|to| number(&to).unwrap_or(to))?,
            // A picture may come without a caption.
            text: text.unwrap_or_default(),
            provider_id: entry.message_id,
            at: time(entry.received_at),
        });
    }
    let ours = entry.callback_data;
    let ours: Option<DeliveryReference> = ours.and_then(|data| data.parse().ok());
    let delivery = ours.or(addressed)?;
    let (at, news) = match &entry.status {
        Some(status) => (
            time(entry.done_at),
            news(
                Vendor::InfobipWhatsApp,
                status,
                entry.error.as_ref(),
                reason,
            )?,
        ),
        None => (
            time(Some(entry.seen_at?)),
            StatusUpdate::Became(DeliveryStatus::Opened),
        ),
    };
    Some(ProviderEvent::Receipt {
        delivery,
        provider_id: entry.message_id,
        at,
        news,
    })
}

/// The reason for a status or an error.
fn reason(status: &Status) -> Reason {
    match status.id {
        NO_SESSION => Reason::new(OUTSIDE_WINDOW, status.reason().text),
        _ => named(status.reason()),
    }
}
