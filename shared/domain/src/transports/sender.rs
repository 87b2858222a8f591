//! The sender that a phone shows for a text message.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// A sender id: a name, a phone number, or a short code.
///
/// Which of these a country or an account allows is left to the provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SenderId {
    text: String,
    kind: SenderKind,
}

/// The kind of a sender id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SenderKind {
    /// Up to 11 letters, digits and spaces, at least one of them a letter (3GPP TS 23.040, 9.1.2.5).
    Name,
    /// A number with its country code: 7 to 15 digits (ITU-T E.164).
    Number,
    /// 3 to 6 digits, valid in one country only.
    ShortCode,
}

/// Not a valid sender id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "not a sender id: up to 11 letters, digits and spaces, a phone number with its country code, or a short code"
)]
pub struct InvalidSenderId;

impl SenderId {
    /// The sender id in the form that providers expect: a number has no plus sign.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The kind.
    pub fn kind(&self) -> SenderKind {
        self.kind
    }
}

impl FromStr for SenderId {
    type Err = InvalidSenderId;

    fn from_str(text: &str) -> Result<Self, InvalidSenderId> {
        let text = text.trim();
        // Many phones write the plus sign as two zeros, and no country code begins with a zero (ITU-T E.164).
        let number = text.strip_prefix('+').or_else(|| text.strip_prefix("00"));
        let number = number.unwrap_or(text);
        let is_number = number.bytes().all(|byte| byte.is_ascii_digit());
        let (text, kind) = match number.len() {
            7..=15 if is_number && !number.starts_with('0') => (number, SenderKind::Number),
            3..=6 if is_number && number == text => (text, SenderKind::ShortCode),
            1..=11 if is_name(text) => (text, SenderKind::Name),
            _ => return Err(InvalidSenderId),
        };
        Ok(Self {
            text: text.to_owned(),
            kind,
        })
    }
}

fn is_name(text: &str) -> bool {
    text.bytes().any(|byte| byte.is_ascii_alphabetic())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b' ')
}

impl TryFrom<String> for SenderId {
    type Error = InvalidSenderId;

    fn try_from(text: String) -> Result<Self, InvalidSenderId> {
        text.parse()
    }
}

impl From<SenderId> for String {
    fn from(sender: SenderId) -> String {
        sender.text
    }
}

impl fmt::Display for SenderId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sender_ids_are_names_numbers_or_short_codes() {
        for (text, expected) in [
            ("Carillon", Some(("Carillon", SenderKind::Name))),
            (" Bells 4 all", Some(("Bells 4 all", SenderKind::Name))),
            ("+447700900001", Some(("447700900001", SenderKind::Number))),
            ("447700900001", Some(("447700900001", SenderKind::Number))),
            ("00447700900001", Some(("447700900001", SenderKind::Number))),
            ("07700900001", None),
            ("12345", Some(("12345", SenderKind::ShortCode))),
            ("Carillon bells", None),
            ("Glöckchen", None),
            ("+12345", None),
            ("12", None),
            ("1234567890123456", None),
            ("a\r\nb", None),
            ("+", None),
            ("  ", None),
            ("", None),
        ] {
            let read = text.parse::<SenderId>().ok();
            let seen = read.as_ref().map(|sender| (sender.as_str(), sender.kind()));
            assert_eq!(seen, expected, "{text:?}");
        }
    }

    #[test]
    fn sender_ids_survive_a_round_trip() {
        for text in ["Carillon", "447700900001", "12345"] {
            let sender: SenderId = text.parse().unwrap();
            let json = serde_json::to_string(&sender).unwrap();
            assert_eq!(serde_json::from_str::<SenderId>(&json).unwrap(), sender);
        }
    }
}
