//! Infobip's callbacks: delivery reports
//! (<https://www.infobip.com/docs/api/channels/sms/sms-messaging/logs-and-status-reports/receive-outbound-sms-message-report>;
//! those of version 3 have `sender` instead of `from` and `messageCount` instead of `smsCount`, neither of which is
//! used) and inbound messages
//! (<https://www.infobip.com/docs/api/channels/sms/inbound-sms/receive-inbound-sms-messages>).
//!
//! Nothing is signed: the token in the URL is the only protection. One callback has up to 100 reports.

use carillon_domain::transports::Vendor;
use jiff::Timestamp;
use serde::Deserialize;

use super::Infobip;
use crate::{
    infobip::{Status, news, number},
    vendor::{BadCallback, Callback, Callbacks, ProviderEvent},
};

#[derive(Deserialize)]
struct EventSubject {
    results: Vec<Entry>,
}

/// A report, which has a status, or an inbound message, which has a text.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    message_id: String,
    status: Option<Status>,
    error: Option<Status>,
    callback_data: Option<String>,
    done_at: Option<String>,
    from: Option<String>,
    to: Option<String>,
    text: Option<String>,
    received_at: Option<String>,
}

impl Callbacks for Infobip<'_> {
    fn events(&self, callback: &Callback<'_>) -> Result<Vec<ProviderEvent>, BadCallback> {
        let heard: EventSubject =
            serde_json::from_slice(callback.body).map_err(|_| BadCallback::Unreadable)?;
        let tell = |entry| tell(entry, callback.now).unwrap_or(ProviderEvent::Irrelevant);
        Ok(heard.results.into_iter().map(tell).collect())
    }
}

/// The event of an entry; `None` if it does not concern us.
fn tell(entry: Entry, now: Timestamp) -> Option<ProviderEvent> {
    let time = |text: Option<String>| text.and_then(|text| text.parse().ok()).unwrap_or(now);
    if let Some(status) = entry.status {
        return Some(ProviderEvent::Receipt {
            delivery: entry.callback_data?.parse().ok()?,
            provider_id: entry.message_id,
            at: time(entry.done_at),
            news: news(
                Vendor::Infobip,
                &status,
                entry.error.as_ref(),
                Status::reason,
            )?,
        });
    }
    Some(ProviderEvent::Inbound {
        from: number(&entry.from?)?,
        to: entry.to.map(|to| number(&to).unwrap_or(to))?,
        text: entry.text?,
        provider_id: entry.message_id,
        at: time(entry.received_at),
    })
}
