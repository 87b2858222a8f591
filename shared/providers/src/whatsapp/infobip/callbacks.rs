//! What Infobip says by calling: delivery reports
//! (<https://www.infobip.com/docs/api/channels/whatsapp/whatsapp-message-status-reports/receive-whatsapp-delivery-reports>), that
//! a message was seen
//! (<https://www.infobip.com/docs/api/channels/whatsapp/whatsapp-message-status-reports/receive-whatsapp-seen-reports>), and what
//! somebody wrote
//! (<https://www.infobip.com/docs/api/channels/whatsapp/whatsapp-inbound-messages/receive-whatsapp-inbound-messages>).
//!
//! Nothing is signed: the token in the address is all there is.

use carillon_domain::{delivery::receipt::{Fate, News}, reason::Reason, transports::Vendor};
use jiff::Timestamp;
use serde::Deserialize;

use super::{DELIVERY, InfobipWhatsApp, OUTSIDE_WINDOW, named};
use crate::{
    infobip::{Status, news, number},
    vendor::{BadCallback, Callback, Callbacks, DeliveryReference, Told},
};

/// The error of free text that came too late: `EC_NO_SESSION`.
const NO_SESSION: u32 = 7010;

#[derive(Deserialize)]
struct Heard {
    results: Vec<Entry>,
}

/// A delivery report, which has a status; that a message was seen, which says when; or what somebody wrote.
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

/// What somebody wrote, which has a text, the words of a button that was pressed, or words below a picture.
#[derive(Deserialize)]
struct Written {
    text: Option<String>,
    title: Option<String>,
    caption: Option<String>,
}

impl Callbacks for InfobipWhatsApp<'_> {
    fn hear(&self, callback: &Callback<'_>) -> Result<Vec<Told>, BadCallback> {
        let heard: Heard =
            serde_json::from_slice(callback.body).map_err(|_| BadCallback::Unreadable)?;
        // The address is of one message, so it says nothing of several.
        let addressed = match heard.results[..] {
            [_] => delivery(callback),
            _ => None,
        };
        let tell = |entry| {
            let told = tell(entry, addressed.clone(), callback.now);
            told.unwrap_or(Told::Irrelevant)
        };
        Ok(heard.results.into_iter().map(tell).collect())
    }
}

/// The delivery that the address names.
fn delivery(callback: &Callback<'_>) -> Option<DeliveryReference> {
    let (_, reference) = callback.query().find(|(name, _)| name == DELIVERY)?;
    reference.parse().ok()
}

/// What an entry tells; nothing if it is about nothing of ours.
fn tell(entry: Entry, addressed: Option<DeliveryReference>, now: Timestamp) -> Option<Told> {
    let time = |text: Option<String>| text.and_then(|text| text.parse().ok()).unwrap_or(now);
    if let Some(written) = entry.message {
        let text = written.text.or(written.title).or(written.caption);
        return Some(Told::Inbound {
            from: number(&entry.from?)?,
            to: entry.to.map(|to| number(&to).unwrap_or(to))?,
            // A picture may come without a word.
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
        None => (time(Some(entry.seen_at?)), News::Became(Fate::Opened)),
    };
    Some(Told::Receipt {
        delivery,
        provider_id: entry.message_id,
        at,
        news,
    })
}

/// The reason for what a status or an error says.
fn reason(status: &Status) -> Reason {
    match status.id {
        NO_SESSION => Reason::new(OUTSIDE_WINDOW, status.reason().text),
        _ => named(status.reason()),
    }
}
