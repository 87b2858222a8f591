//! What Infobip says by calling: delivery reports
//! (<https://www.infobip.com/docs/api/channels/sms/sms-messaging/logs-and-status-reports/receive-outbound-sms-message-report>;
//! those of version 3 have a `sender` for `from` and a `messageCount` for `smsCount`, which are not
//! read) and what somebody wrote
//! (<https://www.infobip.com/docs/api/channels/sms/inbound-sms/receive-inbound-sms-messages>).
//!
//! Nothing is signed: the token in the address is all there is. One callback has up to 100 reports.

use carillon_domain::receipt::{Fate, News};
use jiff::Timestamp;
use serde::Deserialize;

use super::{Infobip, Status};
use crate::vendor::{BadCallback, Callback, Callbacks, Told};

#[derive(Deserialize)]
struct Heard {
    results: Vec<Entry>,
}

/// A report, which has a status, or a message, which has a text.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    message_id: String,
    status: Option<Status>,
    callback_data: Option<String>,
    done_at: Option<String>,
    from: Option<String>,
    to: Option<String>,
    text: Option<String>,
    received_at: Option<String>,
}

impl Callbacks for Infobip<'_> {
    fn hear(&self, callback: &Callback<'_>) -> Result<Vec<Told>, BadCallback> {
        let heard: Heard =
            serde_json::from_slice(callback.body).map_err(|_| BadCallback::Unreadable)?;
        let tell = |entry| tell(entry, callback.now).unwrap_or(Told::Irrelevant);
        Ok(heard.results.into_iter().map(tell).collect())
    }
}

/// What an entry tells; nothing if it is about nothing of ours.
fn tell(entry: Entry, now: Timestamp) -> Option<Told> {
    let time = |text: Option<String>| text.and_then(|text| text.parse().ok()).unwrap_or(now);
    if let Some(status) = entry.status {
        return Some(Told::Receipt {
            delivery: entry.callback_data?.parse().ok()?,
            provider_id: entry.message_id,
            at: time(entry.done_at),
            news: news(&status)?,
        });
    }
    Some(Told::Inbound {
        from: number(&entry.from?)?,
        to: entry.to.map(|to| number(&to).unwrap_or(to))?,
        text: entry.text?,
        provider_id: entry.message_id,
        at: time(entry.received_at),
    })
}

/// A phone number with its plus sign; none if it is a name or a short code.
fn number(text: &str) -> Option<String> {
    let digits = text.strip_prefix('+').unwrap_or(text);
    let is_number =
        (7..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| format!("+{digits}"))
}

/// What a status says of a message that was taken
/// (<https://www.infobip.com/docs/essentials/api-essentials/response-status-and-error-codes>).
fn news(status: &Status) -> Option<News> {
    Some(match (status.group_id, status.id) {
        (0 | 1, _) => News::Accepted,
        (3, _) => News::Became(Fate::Delivered),
        // It was handed over, and the operator never said what became of it.
        (4, 29) => News::Accepted,
        // `UNDELIVERABLE_NOT_SENT`, and whatever was rejected, never went to an operator.
        (2, 31) | (5, _) => News::Refused(status.reason()),
        (2 | 4, _) => News::Became(Fate::Bounced),
        _ => return None,
    })
}
