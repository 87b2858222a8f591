//! Reads the values in a filter.

use jiff::{Timestamp, civil::Date, tz::TimeZone};

use super::{Known, Reader};
use crate::{
    address::{EmailAddress, PhoneNumber},
    directory::{
        attribute::TEXT_CHARACTERS,
        filter::{
            fold::Folded,
            problem::Spot,
            tree::{Constant, Moment},
            vocabulary::Values,
            written::{At, Literal},
        },
    },
    field_problem::control_character,
    language::LanguageTag,
};

/// The largest number, either way: that of attributes.
const MOST_NUMBER: f64 = 9_007_199_254_740_991.0;
/// The most options that a reason names.
const NAMED_OPTIONS: usize = 10;

impl Reader<'_> {
    /// Reads a value to which those of a field are compared.
    pub(super) fn constant(
        &mut self,
        known: &Known<'_>,
        written: &At<Literal>,
    ) -> Option<Constant> {
        let spot = written.spot;
        match known.values {
            Values::Number => match &written.value {
                Literal::Number(number) if number.abs() <= MOST_NUMBER => {
                    Some(Constant::Number(*number + 0.0))
                }
                Literal::Number(_) => {
                    let reason = format!("a number of at most {MOST_NUMBER} either way");
                    self.problem(spot, "number_too_large", reason);
                    None
                }
                _ => {
                    let reason = format!("{} is a number; write it without quotes", known.name);
                    self.problem(spot, "wrong_type", reason);
                    None
                }
            },
            Values::YesNo => match written.value {
                Literal::YesNo(answer) => Some(Constant::YesNo(answer)),
                _ => {
                    let reason =
                        format!("{} is yes or no: true or false without quotes", known.name);
                    self.problem(spot, "wrong_type", reason);
                    None
                }
            },
            Values::Day | Values::Instant => {
                let text = self.text(known, written)?;
                self.time(known, spot, text.trim())
            }
            Values::Text
            | Values::Email
            | Values::Mobile
            | Values::Language
            | Values::Zone
            | Values::Choice(_)
            | Values::Scope
            | Values::List
            | Values::Channels => {
                let text = self.text(known, written)?.trim().to_owned();
                let text = self.normalized(known, spot, text)?;
                Some(Constant::Text(text))
            }
        }
    }

    /// Reads a text that is not empty.
    pub(super) fn text<'b>(
        &mut self,
        known: &Known<'_>,
        written: &'b At<Literal>,
    ) -> Option<&'b str> {
        let (code, reason) = match &written.value {
            Literal::Text(text) if text.trim().is_empty() => {
                let reason = format!("a value; for a missing one write not {} exists", known.name);
                ("empty", reason)
            }
            Literal::Text(text) if text.chars().count() > TEXT_CHARACTERS => {
                ("too_long", format!("at most {TEXT_CHARACTERS} characters"))
            }
            Literal::Text(text) => match control_character(text, false) {
                Some(character) => {
                    let code = u32::from(character);
                    let reason = format!("no control characters allowed; this has U+{code:04X}");
                    ("control_character", reason)
                }
                None => {
                    self.weigh(written.spot, text)?;
                    return Some(text);
                }
            },
            Literal::Number(_) | Literal::YesNo(_) => {
                let reason = format!(
                    "{} is {}; put the value in double quotes",
                    known.name,
                    known.values.described()
                );
                ("wrong_type", reason)
            }
        };
        self.problem(written.spot, code, reason);
        None
    }

    /// A day, or an instant if the field has instants.
    fn time(&mut self, known: &Known<'_>, spot: Spot, text: &str) -> Option<Constant> {
        if let Some(day) = day(text) {
            return Some(Constant::Day(day));
        }
        if known.values == Values::Day {
            let reason = format!("{} is a date, as in \"2026-11-30\"", known.name);
            self.problem(spot, "invalid_date", reason);
            return None;
        }
        let instant = text.parse().ok();
        if instant.is_none() {
            self.problem(spot, "invalid_time", INVALID_TIME);
        }
        instant.map(Constant::Instant)
    }

    /// A day or an instant of a stay.
    pub(super) fn moment(&mut self, written: &At<String>) -> Option<Moment> {
        let text = written.value.trim();
        if let Some(day) = day(text) {
            return Some(Moment::Day(day));
        }
        let instant: Option<Timestamp> = text.parse().ok();
        if instant.is_none() {
            self.problem(written.spot, "invalid_time", INVALID_TIME);
        }
        instant.map(Moment::Instant)
    }

    /// A text in the form in which the field has it.
    fn normalized(&mut self, known: &Known<'_>, spot: Spot, text: String) -> Option<String> {
        let (code, reason) = match known.values {
            Values::Email => match EmailAddress::parse(&text) {
                Ok(email) => return Some(email.expose().to_owned()),
                Err(error) => (error.code(), error.to_string()),
            },
            Values::Mobile => match PhoneNumber::parse(&text, None) {
                Ok(mobile) => return Some(mobile.expose().to_owned()),
                Err(error) => (error.code(), error.to_string()),
            },
            Values::Language => match text.parse::<LanguageTag>() {
                Ok(tag) => return Some(tag.to_string()),
                Err(error) => ("invalid_language", error.to_string()),
            },
            Values::Zone => return self.zone(spot, &text),
            _ => return self.option(known, spot, text),
        };
        self.problem(spot, code, reason);
        None
    }

    /// The option that a text means, if the field has only some.
    pub(super) fn option(&mut self, known: &Known<'_>, spot: Spot, text: String) -> Option<String> {
        let Some(options) = known.values.options() else {
            return Some(text);
        };
        // Options may differ in case alone, so the very same comes first.
        let folded = Folded::new(&text);
        let same = options.iter().find(|option| **option == text);
        let same = same.or_else(|| options.iter().find(|option| folded.equals(option)));
        if let Some(option) = same {
            return Some((*option).to_owned());
        }
        let reason = format!("{} has {}", known.name, listed(&options));
        self.problem(spot, "not_an_option", reason);
        None
    }

    /// A time zone by its name in the database.
    pub(super) fn zone(&mut self, spot: Spot, text: &str) -> Option<String> {
        let zone = TimeZone::get(text).ok();
        let name = zone.as_ref().and_then(TimeZone::iana_name);
        if name.is_none() {
            let reason = "a time zone of the IANA database, as in Europe/Paris";
            self.problem(spot, "unknown_zone", reason);
        }
        name.map(str::to_owned)
    }
}

const INVALID_TIME: &str =
    "a day, as in \"2026-11-30\", or a time with its offset, as in \"2026-11-30T09:00:00Z\"";

/// A day as in `2026-11-30`. The library's own reader would drop a time of day.
fn day(text: &str) -> Option<Date> {
    text.parse()
        .ok()
        .filter(|_| text.len() == "2026-11-30".len())
}

/// As in `the options gold and silver`.
fn listed(options: &[&str]) -> String {
    if options.len() > NAMED_OPTIONS {
        let few: Vec<&str> = options.iter().take(NAMED_OPTIONS).copied().collect();
        return format!("the options {}, …", few.join(", "));
    }
    match options {
        [] => "no options".to_owned(),
        [only] => format!("the option {only}"),
        [others @ .., last] => format!("the options {} and {last}", others.join(", ")),
    }
}
