//! Email addresses and phone numbers, normalised so that equal ones compare equal.
//!
//! Neither can be printed: `Debug` and `Display` redact them, and [`EmailAddress::expose`] marks every place where an address
//! leaves the type.
//!
//! External input goes through `parse`, which knows internationalised domains and the numbering plans of all countries. Values
//! that Carillon wrote itself are read by `TryFrom` without either, so that only the functions that read new addresses link
//! those tables ([decision
//! 31](https://github.com/carillon/carillon/blob/main/docs/decisions/0031-one-reader-of-addresses-and-numbers.md)).

mod plain;
mod regions;

use std::{fmt, str::FromStr, sync::LazyLock};

use icu_normalizer::ComposingNormalizerBorrowed;
use idna::uts46::{AsciiDenyList, DnsLength, Hyphens, Uts46};
use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumberFormat, PhoneNumberType};
use serde::{Deserialize, Serialize};

use plain::ascii_digit;
pub(crate) use plain::plain;

/// The most bytes of an email address (RFC 5321, 4.5.3.1.3).
const EMAIL_BYTES: usize = 254;
/// The most digits of a phone number as written: 15 (ITU-T E.164) and an international prefix.
const PHONE_DIGITS: usize = 19;

/// Why a text is not a valid address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidAddress {
    /// Not an address by RFC 5321 and RFC 5322, or longer than 254 bytes (RFC 5321, 4.5.3.1.3).
    #[error("not an email address")]
    Email,
    /// An address with a quoted local part.
    #[error(
        "email addresses with a quoted part before the @ are not accepted; no mailbox provider issues them"
    )]
    QuotedLocalPart,
    /// Not a number that can be written in E.164.
    #[error("not a phone number; write it with its country code, as in +442079460000")]
    Phone,
    /// A number that a spreadsheet has turned into a decimal; digits may be lost.
    #[error(
        "a spreadsheet has turned this phone number into a decimal; format the column as text and enter the number again"
    )]
    PhoneOfSpreadsheet,
    /// A number with an extension, which cannot receive messages.
    #[error(
        "a phone number with an extension cannot receive messages; leave the extension out if the number is a mobile"
    )]
    PhoneExtension,
    /// A number that may start with a country code or an area code.
    #[error(
        "this phone number may start with a country code or an area code; write it with a plus sign and its country code"
    )]
    PhoneAmbiguous,
    /// A national number, with no region to complete it.
    #[error(
        "a national phone number without a country: give a region (as in GB) beside it or as the campaign's default_region, or write the number with its country code, as in +442079460000"
    )]
    PhoneWithoutRegion,
    /// Not a two-letter region.
    #[error("not a region (two letters, as in GB)")]
    Region,
    /// Not a push address of a device or browser.
    #[error(
        "not a push address (fcm:, apns:, sns: or web: followed by the push service's identifier of the device)"
    )]
    Push,
}

impl InvalidAddress {
    /// The stable code of the reason.
    pub fn code(&self) -> &'static str {
        match self {
            InvalidAddress::Email => "invalid_email",
            InvalidAddress::QuotedLocalPart => "quoted_local_part",
            InvalidAddress::Phone => "invalid_phone",
            InvalidAddress::PhoneOfSpreadsheet => "phone_as_decimal",
            InvalidAddress::PhoneExtension => "phone_extension",
            InvalidAddress::PhoneAmbiguous => "ambiguous_phone",
            InvalidAddress::PhoneWithoutRegion => "phone_without_region",
            InvalidAddress::Region => "invalid_region",
            InvalidAddress::Push => "invalid_push",
        }
    }
}

/// An email address in the one form used to compare, store and send.
///
/// The domain is in its ASCII form (UTS 46, non-transitional), so `bücher.example` and `xn--bcher-kva.example` are equal. The
/// local part is composed (Unicode NFC, RFC 6532, 3.1) and lower-cased: RFC 5321 lets a host distinguish `Ann` from `ann`, but
/// no mailbox provider does, and messaging somebody twice is the worse mistake.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EmailAddress(String);

impl EmailAddress {
    /// Reads an address such as `ann@example.com`: no display name, no quoted local part, no address literal. Invisible
    /// characters are dropped; typographic hyphens, spaces and fullwidth letters are read as their plain forms.
    ///
    /// # Errors
    /// If it is not valid.
    pub fn parse(text: &str) -> Result<Self, InvalidAddress> {
        let text = plain(text);
        if text.contains(char::is_control) {
            return Err(InvalidAddress::Email);
        }
        let (local, domain) = text.rsplit_once('@').ok_or(InvalidAddress::Email)?;
        // RFC 5321, 4.1.2 tells hosts not to create mailboxes that need quotes.
        if local.contains('"') {
            return Err(InvalidAddress::QuotedLocalPart);
        }
        let domain = Uts46::new()
            .to_ascii(
                domain.as_bytes(),
                AsciiDenyList::STD3,
                Hyphens::CheckFirstLast,
                DnsLength::Verify,
            )
            .map_err(|_| InvalidAddress::Email)?;
        // A top-level domain is never all digits (RFC 3696, 2); otherwise an IPv4 address would look like a domain.
        let top = domain.rsplit('.').next().unwrap_or_default();
        if top.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(InvalidAddress::Email);
        }
        let local = local.to_lowercase();
        let local = ComposingNormalizerBorrowed::new_nfc().normalize(&local);
        let address = format!("{local}@{domain}");
        let options = email_address::Options::default()
            .with_required_tld()
            .without_display_text()
            .without_domain_literal();
        if address.len() > EMAIL_BYTES {
            return Err(InvalidAddress::Email);
        }
        email_address::EmailAddress::parse_with_options(&address, options)
            .map_err(|_| InvalidAddress::Email)?;
        // An address that `try_from` rejects would make its row unreadable.
        Self::try_from(address)
    }

    /// The address itself, for the provider, the ledger and the caller who owns it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether mail to it needs relays that support SMTPUTF8 (RFC 6531), because its local part has no ASCII form.
    pub fn needs_smtputf8(&self) -> bool {
        !self.0.is_ascii()
    }
}

impl TryFrom<String> for EmailAddress {
    type Error = InvalidAddress;

    /// Reads an address that [`EmailAddress::parse`] has written.
    fn try_from(text: String) -> Result<Self, InvalidAddress> {
        let is_written = text.rsplit_once('@').is_some_and(|(local, domain)| {
            !local.is_empty()
                && domain.contains('.')
                && domain
                    .bytes()
                    .all(|byte| byte.is_ascii_graphic() && !byte.is_ascii_uppercase())
        });
        let has_space = text.contains(|c: char| c.is_control() || c.is_whitespace() || c == '"');
        if is_written && !has_space && text.len() <= EMAIL_BYTES {
            Ok(Self(text))
        } else {
            Err(InvalidAddress::Email)
        }
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
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Region([u8; 2]);

impl Region {
    /// Reads a region as found in files of receivers: two letters, or the name of a country in one of the supported heading
    /// languages.
    ///
    /// # Errors
    /// If it is no region that has a numbering plan.
    pub fn named(text: &str) -> Result<Self, InvalidAddress> {
        let text = plain(text);
        text.parse().or_else(|_| {
            let code = regions::code_of(&text).ok_or(InvalidAddress::Region)?;
            code.parse()
        })
    }

    /// The region of a country calling code, as in `+49`, `0049` or `49`; where several share a code, the largest.
    ///
    /// # Errors
    /// If it is no country calling code.
    pub fn of_calling_code(text: &str) -> Result<Self, InvalidAddress> {
        let text: String = plain(text).chars().map(ascii_digit).collect();
        let code = text.strip_prefix('+').or_else(|| text.strip_prefix("00"));
        let code = code.unwrap_or(&text).trim();
        let is_code = (1..=3).contains(&code.len()) && code.bytes().all(|it| it.is_ascii_digit());
        let region = code
            .parse()
            .ok()
            .filter(|_| is_code)
            .and_then(|code| PHONE_NUMBER_UTIL.get_region_for_country_code(code));
        let region = region.ok_or(InvalidAddress::Region)?;
        Self::try_from(region.as_region_str().to_string())
    }

    fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// This region, if it has a numbering plan.
    ///
    /// # Errors
    /// If it has none.
    pub fn known(self) -> Result<Self, InvalidAddress> {
        let plan = self.plan().ok_or(InvalidAddress::Region)?;
        match PHONE_NUMBER_UTIL.get_country_code_for_region(plan) {
            Some(_) => Ok(self),
            None => Err(InvalidAddress::Region),
        }
    }

    fn plan(self) -> Option<rlibphonenumber::Region> {
        self.as_str().parse().ok()
    }
}

impl fmt::Debug for Region {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Region({})", self.as_str())
    }
}

impl FromStr for Region {
    type Err = InvalidAddress;

    /// Reads two letters and checks that the region has a numbering plan.
    fn from_str(text: &str) -> Result<Self, InvalidAddress> {
        Self::try_from(text.trim().to_owned())?.known()
    }
}

impl TryFrom<String> for Region {
    type Error = InvalidAddress;

    /// Reads two letters that were validated before.
    fn try_from(text: String) -> Result<Self, InvalidAddress> {
        let letters: [u8; 2] = text
            .to_ascii_uppercase()
            .into_bytes()
            .try_into()
            .map_err(|_| InvalidAddress::Region)?;
        if letters.iter().all(u8::is_ascii_uppercase) {
            Ok(Self(letters))
        } else {
            Err(InvalidAddress::Region)
        }
    }
}

impl From<Region> for String {
    fn from(region: Region) -> String {
        region.as_str().to_owned()
    }
}

/// A phone number in E.164, as in `+442079460000`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PhoneNumber(String);

/// Unpacking the numbering plans takes about 12 ms the first time; [`warm`] does it ahead of use.
static NUMBERING_PLANS: LazyLock<()> = LazyLock::new(|| {
    let _ = PHONE_NUMBER_UTIL.parse("+442079460000", None);
});

/// Loads the numbering plans, so that the first caller does not wait.
pub fn warm() {
    LazyLock::force(&NUMBERING_PLANS);
}

impl PhoneNumber {
    /// Reads an international number, or a national one if a region is given: digits with the usual separators, after at most
    /// one plus sign or `00`. No digit is ever guessed.
    ///
    /// # Errors
    /// If it does not exist in its country's plan, or is ambiguous.
    pub fn parse(text: &str, region: Option<Region>) -> Result<Self, InvalidAddress> {
        let text: String = plain(text).chars().map(ascii_digit).collect();
        // A leading apostrophe marks a spreadsheet cell as text and is not part of the number.
        let text = text.strip_prefix('\'').unwrap_or(&text).trim();
        check_writing(text)?;
        let international = match text.strip_prefix("00") {
            Some(rest) => format!("+{rest}"),
            None => text.to_owned(),
        };
        let is_international = international.contains('+');
        if region.is_none() && !is_international {
            return Err(InvalidAddress::PhoneWithoutRegion);
        }
        let plan = region.and_then(Region::plan);
        let number = PHONE_NUMBER_UTIL
            .parse(&international, plan)
            .map_err(|_| InvalidAddress::Phone)?;
        if number.extension.is_some() {
            return Err(InvalidAddress::PhoneExtension);
        }
        if !number.is_valid() {
            return Err(InvalidAddress::Phone);
        }
        let e164 = number.format_as(PhoneNumberFormat::E164).into_owned();
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        let code = number.country_code.to_string();
        if !is_international && digits.starts_with(&code) {
            let other = PHONE_NUMBER_UTIL.parse(format!("+{digits}"), None);
            let is_another = other.is_ok_and(|other| {
                other.is_valid() && other.format_as(PhoneNumberFormat::E164) != e164
            });
            if is_another {
                return Err(InvalidAddress::PhoneAmbiguous);
            }
        }
        // Germany's plan has numbers too long for E.164, which `try_from` would reject.
        Self::try_from(e164)
    }

    /// Whether it is certainly a fixed line, which gets no text messages. In many countries, such as those of North America, a
    /// number does not reveal its type; those count as not fixed.
    pub fn is_fixed_line(&self) -> bool {
        let number = PHONE_NUMBER_UTIL.parse(&self.0, None);
        number.is_ok_and(|number| number.get_type() == PhoneNumberType::FixedLine)
    }

    /// The number as it is written in its own country, as in `020 7946 0000`; `None` if its plan is not known.
    pub fn national(&self) -> Option<String> {
        let number = PHONE_NUMBER_UTIL.parse(&self.0, None).ok()?;
        Some(number.format_as(PhoneNumberFormat::National).into_owned())
    }

    /// The number itself, for the provider, the ledger and the caller who owns it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// Whether a text is written as people write phone numbers. The library accepts far more: letters for digits, two numbers in
/// one cell, a decimal whose point it drops.
fn check_writing(text: &str) -> Result<(), InvalidAddress> {
    if is_decimal(text) {
        return Err(InvalidAddress::PhoneOfSpreadsheet);
    }
    if !text
        .chars()
        .all(|c| c.is_ascii_digit() || matches!(c, '+' | ' ' | '(' | ')' | '-' | '.' | '/'))
    {
        return Err(match has_extension(text) {
            true => InvalidAddress::PhoneExtension,
            false => InvalidAddress::Phone,
        });
    }
    let count = |text: &str| text.bytes().filter(u8::is_ascii_digit).count();
    let has_one_sign = match text.split_once('+') {
        Some((before, after)) => {
            let first: String = after.chars().filter(char::is_ascii_digit).take(2).collect();
            before.trim_start_matches('(').trim().is_empty()
                && !after.contains('+')
                && first != "00"
        }
        None => true,
    };
    let has_good_brackets = {
        let mut rest = text;
        loop {
            match rest.split_once('(') {
                None => break !rest.contains(')'),
                Some((before, _)) if before.contains(')') => break false,
                Some((_, after)) => match after.split_once(')') {
                    Some((inner, after))
                        if (1..=6).contains(&count(inner)) && !inner.contains('(') =>
                    {
                        rest = after;
                    }
                    _ => break false,
                },
            }
        }
    };
    // A whole number follows a slash, not the last digits of a second one, and an area code precedes it.
    let has_good_slash = match text.split_once('/') {
        Some((before, after)) => {
            let longest = if before.contains('+') { 8 } else { 7 };
            !after.contains('/') && count(before) <= longest && count(after) >= 3
        }
        None => true,
    };
    // Digits after a last point could be decimals.
    let has_good_points = text.split('.').skip(1).all(|group| count(group) >= 2);
    let is_good = has_one_sign
        && has_good_brackets
        && has_good_slash
        && has_good_points
        && (3..=PHONE_DIGITS).contains(&count(text));
    is_good.then_some(()).ok_or(InvalidAddress::Phone)
}

/// Whether it looks like a spreadsheet's computed number: `1711234567.0`, `1711234567,00`, `4.91711E+11`.
fn is_decimal(text: &str) -> bool {
    let text = text.trim_start_matches(['+', '-']);
    let are_digits =
        |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent.trim_start_matches(['+', '-']))),
        None => (text, None),
    };
    let (whole, fraction) = match mantissa.split_once(['.', ',']) {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    match (fraction, exponent) {
        (fraction, Some(exponent)) => {
            are_digits(exponent) && are_digits(whole) && fraction.is_none_or(are_digits)
        }
        (Some(fraction), None) => {
            let is_short = fraction.len() <= 2;
            let is_nothing = whole.len() >= 7 && fraction.bytes().all(|byte| byte == b'0');
            are_digits(whole) && are_digits(fraction) && (is_short || is_nothing)
        }
        (None, None) => false,
    }
}

/// Whether digits follow a word or sign for an extension.
fn has_extension(text: &str) -> bool {
    const SIGNS: [&str; 8] = [
        "ext",
        "x",
        "#",
        "durchwahl",
        "poste",
        "interno",
        "anexo",
        "toestel",
    ];
    let text = text.to_lowercase();
    let begins = text.starts_with(|c: char| c.is_ascii_digit() || c == '+' || c == '(');
    begins
        && SIGNS.iter().any(|sign| {
            text.split_once(sign).is_some_and(|(before, after)| {
                before.bytes().filter(u8::is_ascii_digit).count() >= 3
                    && after.contains(|c: char| c.is_ascii_digit())
            })
        })
}

impl TryFrom<String> for PhoneNumber {
    type Error = InvalidAddress;

    /// Reads a number that was stored as E.164. The numbering plans are not consulted again, so that reading a row is cheap
    /// and an old row stays readable when a plan changes.
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
mod tests;
