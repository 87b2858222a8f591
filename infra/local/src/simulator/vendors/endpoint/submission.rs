//! One submission and its validation.

use serde::Deserialize;

use super::KEY;
use crate::simulator::calls::{EmailMessage, Message, SmsMessage};
use crate::simulator::state::Named;

/// Carillon's default body.
#[derive(Deserialize)]
pub(super) struct Submission {
    pub(super) to: String,
    to_name: Option<String>,
    from: Option<String>,
    from_name: Option<String>,
    sender_id: Option<String>,
    subject: Option<String>,
    #[serde(default)]
    text: String,
    html: Option<String>,
    unsubscribe_url: Option<String>,
    reply_to: Option<String>,
    key: Option<String>,
    delivery: Option<String>,
    campaign: Option<String>,
    callback_url: Option<String>,
}

impl Submission {
    pub(super) fn message<const EMAIL: bool>(&self, key: &str) -> Message {
        let mut named: Named = [
            ("sender_id", &self.sender_id),
            ("unsubscribe_url", &self.unsubscribe_url),
            ("key", &self.key),
            ("delivery", &self.delivery),
            ("campaign", &self.campaign),
            ("callback_url", &self.callback_url),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value.clone()?)))
        .collect();
        named.insert(KEY.to_owned(), key.to_owned());
        if !EMAIL {
            return Message::Sms(SmsMessage {
                phone_number: self.to.clone(),
                text: self.text.clone(),
                attributes: named,
            });
        }
        let from = self.from.as_deref().unwrap_or_default();
        Message::Email(Box::new(EmailMessage {
            from: shown(self.from_name.as_deref(), from),
            to: vec![shown(self.to_name.as_deref(), &self.to)],
            subject: self.subject.clone().unwrap_or_default(),
            text: Some(self.text.clone()),
            html: self.html.clone(),
            reply_to: self.reply_to.iter().cloned().collect(),
            tags: named,
            ..EmailMessage::default()
        }))
    }

    /// Validates like the endpoint.
    pub(super) fn check<const EMAIL: bool>(&self) -> Result<(), &'static str> {
        let is_reachable = if EMAIL {
            is_address(&self.to)
        } else {
            is_number(&self.to)
        };
        if !is_reachable {
            return Err("invalid_to");
        }
        if EMAIL && !self.from.as_deref().is_some_and(is_address) {
            return Err("invalid_from");
        }
        let has_subject = self.subject.as_ref().is_some_and(|text| !text.is_empty());
        if self.text.is_empty() || (EMAIL && !has_subject) {
            return Err("empty");
        }
        Ok(())
    }
}

/// Whether this is an E.164 number.
fn is_number(text: &str) -> bool {
    text.strip_prefix('+').is_some_and(|digits| {
        (7..=15).contains(&digits.len())
            && !digits.starts_with('0')
            && digits.bytes().all(|byte| byte.is_ascii_digit())
    })
}

fn is_address(text: &str) -> bool {
    text.split_once('@').is_some_and(|(local, domain)| {
        !local.is_empty() && domain.contains('.') && !domain.contains('@')
    })
}

fn shown(name: Option<&str>, address: &str) -> String {
    match name {
        Some(name) => format!("{name} <{address}>"),
        None => address.to_owned(),
    }
}
