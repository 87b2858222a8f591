//! Dates, numbers and amounts in the receiver's language and time zone.
//!
//! The conventions of a language (Unicode CLDR) and the rules of time zones are stored with the content of a published campaign, for
//! the languages it is written in: functions that send contain no tables (decision 23).

use std::collections::BTreeMap;

use jiff::{Timestamp, civil, tz::TimeZone};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{language::LanguageTag, wall_clock::parse_wall_clock};

/// The conventions of one language for dates, numbers and amounts, in CLDR patterns (Unicode Technical Standard 35).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Locale {
    /// January to December.
    pub months: Vec<String>,
    /// January to December, abbreviated.
    pub months_short: Vec<String>,
    /// Monday to Sunday.
    pub days: Vec<String>,
    /// Monday to Sunday, abbreviated.
    pub days_short: Vec<String>,
    /// AM and PM.
    pub halves: [String; 2],
    /// Dates: short, medium, long, full.
    pub dates: [String; 4],
    /// Times: without and with seconds.
    pub times: [String; 2],
    /// A date (`{1}`) with a time (`{0}`): short and long.
    pub both: [String; 2],
    /// The decimal separator.
    pub decimal: String,
    /// The grouping separator.
    pub group: String,
    /// The minus sign.
    pub minus: String,
    /// The number of digits in the last group, and in the others.
    pub grouping: [usize; 2],
    /// The pattern of an amount, with the place of the currency (`¤`).
    pub amount: String,
    /// Currency symbols, by code.
    pub symbols: BTreeMap<String, String>,
    /// The digit zero, if it is not `0`; the others follow it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zero: Option<char>,
}

/// The conventions for dates, numbers and amounts of one content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Formats {
    /// Those of the default version's language.
    pub default: Locale,
    /// Those of the other languages.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub languages: BTreeMap<LanguageTag, Locale>,
    /// The time zone for receivers without one.
    pub time_zone: String,
    /// Names of time zones by their rule (POSIX.1, `TZ`), as of now.
    pub zones: BTreeMap<String, Vec<String>>,
}

/// Why a value cannot be formatted; never quotes the value, which may be personal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unwritable {
    /// Not a date or time.
    #[error("not a date or time (as in 2026-11-22 or 2026-11-22T09:00:00Z)")]
    Moment,
    /// Not a number.
    #[error("not a number (as in 49.90, with a decimal point and no thousands separators)")]
    Number,
    /// Not a URL that may be followed.
    #[error("not a URL that begins with https://, http://, mailto: or tel:")]
    Link,
    /// Not a host.
    #[error("not a host name (as in example.org or example.org:8443)")]
    Host,
    /// A list or an object in a part of a URL.
    #[error("neither text nor a number; only these can be filled into a URL")]
    LinkPart,
    /// Not a permitted CSS value.
    #[error("not a color, a length or a name; only these can be filled into a style")]
    Css,
    /// Not a part of a URL.
    #[error("not text or a number; only these can be filled into a URL")]
    Url,
    /// No conventions are known for the language.
    #[error("the formats of the message's language are not known")]
    Unknown,
    /// Unknown style.
    #[error("the style must be short, medium, long or full")]
    Style,
    /// Not a currency code.
    #[error("the currency must be a code of three capital letters (ISO 4217)")]
    Currency,
    /// Too many decimals.
    #[error("at most 6 decimals")]
    Decimals,
}

/// The length of a formatted date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Numeric, as in 22/11/2026.
    Short,
    /// Abbreviated words.
    Medium,
    /// Full words.
    Long,
    /// With the day of the week.
    Full,
}

impl std::str::FromStr for Style {
    type Err = Unwritable;

    fn from_str(name: &str) -> Result<Self, Unwritable> {
        Ok(match name {
            "short" => Style::Short,
            "medium" => Style::Medium,
            "long" => Style::Long,
            "full" => Style::Full,
            _ => return Err(Unwritable::Style),
        })
    }
}

impl Style {
    fn of(self, patterns: &[String; 4]) -> &str {
        let [short, medium, long, full] = patterns;
        match self {
            Style::Short => short,
            Style::Medium => medium,
            Style::Long => long,
            Style::Full => full,
        }
    }
}

/// A date, optionally with a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    date: civil::Date,
    time: Option<civil::Time>,
}

impl Formats {
    /// The conventions for a version's language.
    pub fn locale(&self, language: Option<&LanguageTag>) -> &Locale {
        let own = language.and_then(|language| self.languages.get(language));
        own.unwrap_or(&self.default)
    }

    /// Reads a date, a local time or an instant; an instant is converted to a time zone.
    ///
    /// # Errors
    /// If it is none of these.
    pub fn read(&self, value: &Value, zone: Option<&str>) -> Result<Moment, Unwritable> {
        let text = value.as_str().ok_or(Unwritable::Moment)?.trim();
        if let Ok(instant) = text.parse::<Timestamp>() {
            let zone = zone.and_then(|name| self.zone(name));
            let zone = zone.or_else(|| self.zone(&self.time_zone));
            let there = instant
                .to_zoned_datetime(zone.unwrap_or(TimeZone::UTC))
                .datetime();
            return Ok(Moment {
                date: there.date(),
                time: Some(there.time()),
            });
        }
        if text.contains(['T', 't', ' ']) {
            let there = parse_wall_clock(text).map_err(|_| Unwritable::Moment)?;
            return Ok(Moment {
                date: there.date(),
                time: Some(there.time()),
            });
        }
        let date = text.parse().map_err(|_| Unwritable::Moment)?;
        Ok(Moment { date, time: None })
    }

    fn zone(&self, name: &str) -> Option<TimeZone> {
        let rule = self
            .zones
            .iter()
            .find_map(|(rule, names)| names.iter().any(|known| known == name).then_some(rule))?;
        TimeZone::posix(rule).ok()
    }
}

/// Whether a text is a POSIX time zone rule.
pub fn is_rule(text: &str) -> bool {
    TimeZone::posix(text).is_ok()
}

impl Locale {
    /// Formats the date of a moment.
    pub fn date(&self, moment: Moment, style: Style) -> String {
        self.fill(style.of(&self.dates), moment)
    }

    /// Formats the time of a moment.
    ///
    /// # Errors
    /// If it has none.
    pub fn time(&self, moment: Moment) -> Result<String, Unwritable> {
        moment.time.ok_or(Unwritable::Moment)?;
        Ok(self.fill(&self.times[0], moment))
    }

    /// Formats the date and the time of a moment.
    ///
    /// # Errors
    /// If it has no time.
    pub fn date_and_time(&self, moment: Moment, style: Style) -> Result<String, Unwritable> {
        let pattern = match style {
            Style::Short | Style::Medium => &self.both[0],
            Style::Long | Style::Full => &self.both[1],
        };
        let (date, time) = (self.date(moment, style), self.time(moment)?);
        let pattern = pattern.replace('\'', "");
        Ok(pattern.replace("{1}", &date).replace("{0}", &time))
    }

    /// Fills in a pattern (UTS 35, "Date Format Patterns").
    fn fill(&self, pattern: &str, moment: Moment) -> String {
        let mut result = String::with_capacity(pattern.len() * 2);
        let mut letters = pattern.chars().peekable();
        while let Some(letter) = letters.next() {
            if letter == '\'' {
                // Two quotes are one literal quote; text between single quotes is literal.
                if letters.next_if_eq(&'\'').is_some() {
                    result.push('\'');
                    continue;
                }
                for inner in letters.by_ref() {
                    if inner == '\'' {
                        break;
                    }
                    result.push(inner);
                }
                continue;
            }
            if !letter.is_ascii_alphabetic() {
                result.push(letter);
                continue;
            }
            let mut width = 1;
            while letters.next_if_eq(&letter).is_some() {
                width += 1;
            }
            self.field(letter, width, moment, &mut result);
        }
        result
    }

    fn field(&self, letter: char, width: usize, moment: Moment, result: &mut String) {
        let Moment { date, time } = moment;
        let time = time.unwrap_or_default();
        let mut named = |names: &[String], place: i8| {
            let place = usize::try_from(place).unwrap_or_default();
            result.push_str(names.get(place).map_or("", String::as_str));
        };
        let number = match (letter, width) {
            ('M', 3) => return named(&self.months_short, date.month() - 1),
            ('M', 4..) => return named(&self.months, date.month() - 1),
            ('E', 4..) => return named(&self.days, date.weekday().to_monday_zero_offset()),
            ('E', _) => return named(&self.days_short, date.weekday().to_monday_zero_offset()),
            ('a', _) => return named(&self.halves, i8::from(time.hour() >= 12)),
            ('y', 2) => i32::from(date.year()).rem_euclid(100),
            ('y', _) => i32::from(date.year()),
            ('M', _) => i32::from(date.month()),
            ('d', _) => i32::from(date.day()),
            ('H', _) => i32::from(time.hour()),
            ('h', _) => (i32::from(time.hour()) + 11) % 12 + 1,
            ('m', _) => i32::from(time.minute()),
            ('s', _) => i32::from(time.second()),
            _ => return,
        };
        self.digits(&format!("{number:0width$}"), result);
    }

    /// Digits in the language's numbering system.
    fn digits(&self, text: &str, result: &mut String) {
        for digit in text.chars() {
            let own = self
                .zero
                .zip(digit.to_digit(10))
                .and_then(|(zero, value)| char::from_u32(u32::from(zero) + value));
            result.push(own.unwrap_or(digit));
        }
    }

    /// Formats a number, with a fixed number of decimals if given.
    ///
    /// # Errors
    /// If the value is not a number.
    pub fn number(&self, value: &Value, decimals: Option<usize>) -> Result<String, Unwritable> {
        let number = Decimal::read(value)?.rounded(decimals)?;
        let sign = if number.is_negative { &self.minus } else { "" };
        Ok(format!("{sign}{}", self.figures(&number)))
    }

    /// Formats an amount in a currency, with the currency's number of decimals.
    ///
    /// # Errors
    /// If the value is not a number, or the currency not a code.
    pub fn amount(&self, value: &Value, currency: &str) -> Result<String, Unwritable> {
        if currency.len() != 3 || !currency.bytes().all(|byte| byte.is_ascii_uppercase()) {
            return Err(Unwritable::Currency);
        }
        let number = Decimal::read(value)?.rounded(Some(decimals_of(currency)))?;
        let symbol = self.symbols.get(currency).map_or(currency, String::as_str);
        let figures = self.figures(&number);
        let mut result = if number.is_negative {
            self.minus.clone()
        } else {
            String::new()
        };
        let mut is_written = false;
        let mut letters = self.amount.chars().peekable();
        while let Some(letter) = letters.next() {
            match letter {
                '¤' => {
                    // A currency code is separated from the digits (UTS 35, "Currency Spacing").
                    let is_code = symbol.ends_with(|it: char| it.is_alphabetic());
                    result.push_str(symbol);
                    if is_code && letters.peek().is_some_and(|next| *next == '#') {
                        result.push('\u{a0}');
                    }
                }
                '#' | '0' | ',' | '.' if is_written => {}
                '#' | '0' | ',' | '.' => {
                    result.push_str(&figures);
                    is_written = true;
                }
                other => result.push(other),
            }
        }
        Ok(result)
    }

    fn figures(&self, number: &Decimal) -> String {
        let mut result = String::new();
        let [last, others] = self.grouping.map(|size| size.max(1));
        let count = number.whole.len();
        for (place, digit) in number.whole.chars().enumerate() {
            let left = count - place;
            let is_edge = left == last || (left > last && (left - last).is_multiple_of(others));
            if place > 0 && is_edge {
                result.push_str(&self.group);
            }
            self.digits(digit.encode_utf8(&mut [0; 4]), &mut result);
        }
        if !number.fraction.is_empty() {
            result.push_str(&self.decimal);
            self.digits(&number.fraction, &mut result);
        }
        result
    }
}

/// A number in decimal digits, so that an amount is never rounded by accident.
struct Decimal {
    is_negative: bool,
    /// Without leading zeros; zero is `0`.
    whole: String,
    fraction: String,
}

impl Decimal {
    fn read(value: &Value) -> Result<Self, Unwritable> {
        let text = match value {
            Value::Number(number) => number.to_string(),
            Value::String(text) => text.trim().to_owned(),
            _ => return Err(Unwritable::Number),
        };
        let (is_negative, digits) = match text.strip_prefix('-') {
            Some(digits) => (true, digits),
            None => (false, text.as_str()),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let are_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || whole.len() > 30 || !are_digits(whole) || !are_digits(fraction) {
            return Err(Unwritable::Number);
        }
        if digits.ends_with('.') {
            return Err(Unwritable::Number);
        }
        let whole = whole.trim_start_matches('0');
        Ok(Self {
            is_negative,
            whole: if whole.is_empty() { "0" } else { whole }.to_owned(),
            fraction: fraction.to_owned(),
        })
    }

    /// Rounds to this many decimals, half away from zero.
    fn rounded(mut self, decimals: Option<usize>) -> Result<Self, Unwritable> {
        let Some(decimals) = decimals else {
            return Ok(self);
        };
        if decimals > 6 {
            return Err(Unwritable::Decimals);
        }
        let goes_up = self
            .fraction
            .as_bytes()
            .get(decimals)
            .is_some_and(|digit| *digit >= b'5');
        self.fraction.truncate(decimals);
        while self.fraction.len() < decimals {
            self.fraction.push('0');
        }
        if goes_up {
            let mut digits: Vec<u8> = self.whole.bytes().chain(self.fraction.bytes()).collect();
            let mut carries = true;
            for digit in digits.iter_mut().rev() {
                if !carries {
                    break;
                }
                carries = *digit == b'9';
                *digit = if carries { b'0' } else { *digit + 1 };
            }
            if carries {
                digits.insert(0, b'1');
            }
            let digits = String::from_utf8(digits).unwrap_or_default();
            let (whole, fraction) = digits.split_at(digits.len() - decimals);
            (self.whole, self.fraction) = (whole.to_owned(), fraction.to_owned());
        }
        let is_zero = |text: &str| text.bytes().all(|byte| byte == b'0');
        self.is_negative &= !(is_zero(&self.whole) && is_zero(&self.fraction));
        Ok(self)
    }
}

/// The number of decimals of a currency (ISO 4217).
fn decimals_of(currency: &str) -> usize {
    match currency {
        "BIF" | "CLP" | "DJF" | "GNF" | "ISK" | "JPY" | "KMF" | "KRW" | "PYG" | "RWF" | "UGX"
        | "VND" | "VUV" | "XAF" | "XOF" | "XPF" => 0,
        "BHD" | "IQD" | "JOD" | "KWD" | "LYD" | "OMR" | "TND" => 3,
        _ => 2,
    }
}
