//! Email addresses and phone numbers, normalised so that equal ones compare equal.
//!
//! Neither can be printed: `Debug` and `Display` redact them, and [`EmailAddress::expose`] marks
//! every place where an address leaves the type.

use std::{fmt, sync::LazyLock};

use serde::{Deserialize, Serialize};

/// Why a text is no usable address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidAddress {
    /// Not an address by RFC 5321 and RFC 5322, or longer than 254 bytes (RFC 5321, 4.5.3.1.3).
    #[error("not an email address")]
    Email,
    /// Not a number that can be written in E.164.
    #[error("not a phone number; write it with its country code, as in +442079460000")]
    Phone,
    /// A national number, and no region is set that would complete it.
    #[error(
        "a national phone number needs the campaign's default region, or write it with its country code"
    )]
    PhoneWithoutRegion,
    /// Not a two-letter region.
    #[error("not a region (two letters, as in GB)")]
    Region,
    /// Not an address of a device or a browser.
    #[error(
        "not an address for push notifications (fcm:, apns:, sns: or web: and what the push service knows the device by)"
    )]
    Push,
}

impl InvalidAddress {
    /// A stable name of the reason.
    pub fn code(&self) -> &'static str {
        match self {
            InvalidAddress::Email => "invalid_email",
            InvalidAddress::Phone => "invalid_phone",
            InvalidAddress::PhoneWithoutRegion => "phone_without_region",
            InvalidAddress::Region => "invalid_region",
            InvalidAddress::Push => "invalid_push",
        }
    }
}

/// An email address whose domain is in lower case.
///
/// The local part is folded to lower case too: RFC 5321 lets a host tell `Ann` from `ann`, no
/// mailbox provider does, and telling somebody twice is the worse mistake.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EmailAddress(String);

impl EmailAddress {
    /// Reads an address such as `ann@example.com`: no display name, no quotes, no address literal.
    pub fn parse(text: &str) -> Result<Self, InvalidAddress> {
        let options = email_address::Options::default()
            .with_required_tld()
            .without_display_text()
            .without_domain_literal();
        let text = text.trim();
        if text.len() > 254 || text.contains(char::is_control) {
            return Err(InvalidAddress::Email);
        }
        email_address::EmailAddress::parse_with_options(text, options)
            .map(|address| Self(address.as_str().to_lowercase()))
            .map_err(|_| InvalidAddress::Email)
    }

    /// The address itself, for the provider, the ledger and the caller who owns it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for EmailAddress {
    type Error = InvalidAddress;

    fn try_from(text: String) -> Result<Self, InvalidAddress> {
        Self::parse(&text)
    }
}

impl From<EmailAddress> for String {
    fn from(address: EmailAddress) -> String {
        address.0
    }
}

impl fmt::Debug for EmailAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("EmailAddress(redacted)")
    }
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("(email address)")
    }
}

/// A two-letter region (ISO 3166-1) that completes national phone numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Region(phonenumber::country::Id);

impl TryFrom<String> for Region {
    type Error = InvalidAddress;

    fn try_from(text: String) -> Result<Self, InvalidAddress> {
        text.to_ascii_uppercase()
            .parse()
            .map(Self)
            .map_err(|_| InvalidAddress::Region)
    }
}

impl From<Region> for String {
    fn from(region: Region) -> String {
        region.0.as_ref().to_owned()
    }
}

/// A phone number in E.164, as in `+442079460000`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PhoneNumber(String);

/// Parsing the numbering plans takes about 40 ms the first time; [`warm`] does it before it is asked for.
static NUMBERING_PLANS: LazyLock<()> = LazyLock::new(|| {
    let _ = phonenumber::parse(None, "+442079460000");
});

/// Loads the numbering plans, so that the first caller does not wait for it.
pub fn warm() {
    LazyLock::force(&NUMBERING_PLANS);
}

impl PhoneNumber {
    /// Reads an international number, or a national one if a region is given.
    pub fn parse(text: &str, region: Option<Region>) -> Result<Self, InvalidAddress> {
        let text = text.trim();
        // The library looks for a number inside a longer text; we want the text to be the number.
        let plausible = (3..=32).contains(&text.len())
            && text.chars().all(|c| {
                c.is_ascii_digit() || matches!(c, '+' | ' ' | '(' | ')' | '-' | '.' | '/')
            });
        if !plausible {
            return Err(InvalidAddress::Phone);
        }
        let international = text
            .strip_prefix("00")
            .map(|rest| format!("+{rest}"))
            .unwrap_or_else(|| text.to_owned());
        if region.is_none() && !international.starts_with('+') {
            return Err(InvalidAddress::PhoneWithoutRegion);
        }
        let number = phonenumber::parse(region.map(|region| region.0), &international)
            .map_err(|_| InvalidAddress::Phone)?;
        if !phonenumber::is_valid(&number) {
            return Err(InvalidAddress::Phone);
        }
        Ok(Self(
            number.format().mode(phonenumber::Mode::E164).to_string(),
        ))
    }

    /// The number itself, for the provider, the ledger and the caller who owns it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for PhoneNumber {
    type Error = InvalidAddress;

    /// Takes back a number that was written as E.164; the numbering plans are not asked again, so
    /// that reading a row costs nothing and an old row stays readable when a plan changes.
    fn try_from(text: String) -> Result<Self, InvalidAddress> {
        let digits = text.strip_prefix('+').ok_or(InvalidAddress::Phone)?;
        if (5..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit()) {
            Ok(Self(text))
        } else {
            Err(InvalidAddress::Phone)
        }
    }
}

impl From<PhoneNumber> for String {
    fn from(number: PhoneNumber) -> String {
        number.0
    }
}

impl fmt::Debug for PhoneNumber {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("PhoneNumber(redacted)")
    }
}

impl fmt::Display for PhoneNumber {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("(phone number)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn email_addresses_are_folded_and_checked() {
        assert_eq!(
            EmailAddress::parse(" Ann.Lee@Example.COM ")
                .unwrap()
                .expose(),
            "ann.lee@example.com"
        );
        for bad in [
            "",
            "ann",
            "ann@",
            "@example.com",
            "ann@example",
            "Ann <ann@example.com>",
            "ann@[127.0.0.1]",
            "a b@example.com",
            "ann@example.com\r\nBcc: x@example.com",
        ] {
            assert_eq!(
                EmailAddress::parse(bad),
                Err(InvalidAddress::Email),
                "{bad}"
            );
        }
    }

    #[test]
    fn phone_numbers_become_e164() {
        let gb = Region::try_from("gb".to_owned()).unwrap();
        for (text, region) in [
            ("+44 20 7946 0000", None),
            ("020 7946 0000", Some(gb)),
            ("0044 20 7946 0000", None),
        ] {
            assert_eq!(
                PhoneNumber::parse(text, region).unwrap().expose(),
                "+442079460000",
                "{text}"
            );
        }
        assert_eq!(
            PhoneNumber::parse("020 7946 0000", None),
            Err(InvalidAddress::PhoneWithoutRegion)
        );
        for bad in [
            "",
            "+1",
            "call me",
            "+44 20 7946 0000 ext 5 or so",
            "+999123456789",
        ] {
            assert!(PhoneNumber::parse(bad, Some(gb)).is_err(), "{bad}");
        }
    }

    #[test]
    fn addresses_cannot_be_printed() {
        let address = EmailAddress::parse("ann@example.com").unwrap();
        let number = PhoneNumber::parse("+442079460000", None).unwrap();
        let printed = format!("{address} {address:?} {number} {number:?}");
        assert!(
            !printed.contains("ann") && !printed.contains("7946"),
            "{printed}"
        );
    }
}
