//! Converts numbers and dates from a country's spreadsheet format to the one that placeholders read: `49,90` to `49.90`,
//! `5.12.2026` to `2026-12-05`. Only if the file's country is given: `1.234` is ambiguous.

use std::str::FromStr;

use jiff::civil;

use crate::language::LanguageTag;

/// How files of a language and country write numbers and dates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileLocale {
    decimal: char,
    groups: &'static [char],
    /// Whether the month comes before the day; `None` if the language alone does not determine it.
    month_first: Option<bool>,
}

/// A locale whose files we cannot read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "not a supported locale; use one of da, de, el, en, en-GB, en-US, es, fi, fr, it, nb, nl, pl, pt, sv, with a region where it matters (as in de-CH)"
)]
pub struct UnknownLocale;

const SPACES: &[char] = &[' ', '\u{a0}', '\u{202f}'];
const POINT: &[char] = &['.', ' ', '\u{a0}', '\u{202f}'];
const COMMA: &[char] = &[','];
const APOSTROPHE: &[char] = &['\'', '\u{2019}'];

impl FromStr for FileLocale {
    type Err = UnknownLocale;

    /// Reads a tag (BCP 47). The separators are those of Unicode CLDR.
    fn from_str(text: &str) -> Result<Self, UnknownLocale> {
        let tag: LanguageTag = text.parse().map_err(|_| UnknownLocale)?;
        let tag = tag.to_string();
        let mut parts = tag.split('-');
        let language = parts.next().unwrap_or_default();
        let region = parts.find(|part| part.len() == 2);
        let (decimal, groups) = match (language, region) {
            ("de" | "it", Some("CH" | "LI")) => ('.', APOSTROPHE),
            ("es", Some("MX" | "US" | "PR" | "GT" | "HN" | "NI" | "PA" | "PE" | "SV" | "DO")) => {
                ('.', COMMA)
            }
            ("en", _) => ('.', COMMA),
            ("da" | "de" | "el" | "es" | "it" | "nl" | "pt", _) => (',', POINT),
            ("fi" | "fr" | "nb" | "no" | "pl" | "sv", _) => (',', SPACES),
            _ => return Err(UnknownLocale),
        };
        let month_first = match (language, region) {
            ("en", None) => None,
            ("en" | "es", Some("US" | "PR")) => Some(true),
            _ => Some(false),
        };
        Ok(Self {
            decimal,
            groups,
            month_first,
        })
    }
}

impl FileLocale {
    /// The value in the form that placeholders read; `None` if it is not a number or date in this country's format, and
    /// stays unchanged.
    pub fn read(&self, text: &str) -> Option<String> {
        self.number(text).or_else(|| self.date(text))
    }

    fn number(&self, text: &str) -> Option<String> {
        let (sign, digits) = match text.strip_prefix(['-', '\u{2212}']) {
            Some(rest) => ("-", rest),
            None => ("", text),
        };
        let are_digits =
            |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let (whole, fraction) = match digits.split_once(self.decimal) {
            Some((whole, fraction)) => (whole, Some(fraction)),
            None => (digits, None),
        };
        let separator = whole.chars().find(|c| self.groups.contains(c));
        let plain = match separator {
            None => whole.to_owned(),
            Some(separator) => {
                let groups: Vec<&str> = whole.split(separator).collect();
                let (first, others) = groups.split_first()?;
                let is_grouped = (1..=3).contains(&first.len())
                    && !first.starts_with('0')
                    && others.iter().all(|group| group.len() == 3);
                if !is_grouped {
                    return None;
                }
                groups.concat()
            }
        };
        let is_written_so = separator.is_some() || fraction.is_some();
        if !is_written_so || !are_digits(&plain) || !fraction.is_none_or(are_digits) {
            return None;
        }
        Some(match fraction {
            Some(fraction) => format!("{sign}{plain}.{fraction}"),
            None => format!("{sign}{plain}"),
        })
    }

    fn date(&self, text: &str) -> Option<String> {
        let (date, time) = match text.split_once([' ', '\u{a0}']) {
            Some((date, time)) => (date, Some(time.trim())),
            None => (text, None),
        };
        let separator = date.chars().find(|c| matches!(c, '.' | '/' | '-'))?;
        let parts: Vec<&str> = date.split(separator).collect();
        let [one, two, year] = parts.as_slice() else {
            return None;
        };
        // A two-digit year is ambiguous.
        if year.len() != 4 || one.len() > 2 || two.len() > 2 {
            return None;
        }
        let (day, month) = if self.month_first? {
            (two, one)
        } else {
            (one, two)
        };
        let date =
            civil::Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()?;
        let Some(time) = time else {
            return Some(date.to_string());
        };
        let mut parts = time.split(':');
        let mut next = || parts.next().map(|part| part.parse::<i8>().ok());
        let (hour, minute, second) = (next()??, next()??, next().unwrap_or(Some(0))?);
        let time = civil::Time::new(hour, minute, second, 0).ok()?;
        Some(date.to_datetime(time).to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_converted_from_the_files_locale() {
        for (locale, text, right) in [
            ("de", "49,90", Some("49.90")),
            ("de", "1.234,50", Some("1234.50")),
            ("de", "1.234", Some("1234")),
            ("de", "-0,5", Some("-0.5")),
            ("de", "5.12.2026", Some("2026-12-05")),
            ("de", "05.12.2026 14:30", Some("2026-12-05T14:30:00")),
            ("de-CH", "1'234.50", Some("1234.50")),
            ("fr", "1\u{202f}234,50", Some("1234.50")),
            ("fr", "05/12/2026", Some("2026-12-05")),
            ("nl", "5-12-2026", Some("2026-12-05")),
            ("en-US", "1,234.50", Some("1234.50")),
            ("en-US", "12/5/2026", Some("2026-12-05")),
            ("en-GB", "5/12/2026", Some("2026-12-05")),
            // Other formats stay unchanged.
            ("de", "49.90", None),
            ("de", "12345", None),
            ("de", "5.12.26", None),
            ("de", "31.2.2026", None),
            ("de", "0.123", None),
            ("de", "1,2,3", None),
            ("de", "01067 Dresden", None),
            ("de", "49,90 €", None),
            ("de", "", None),
            ("de", ",5", None),
            ("de", "2026-12-05", None),
            ("en-US", "49,90", None),
            // English alone does not determine which of the two is the month.
            ("en", "5/12/2026", None),
            ("en", "1,234", Some("1234")),
        ] {
            let read = locale.parse::<FileLocale>().unwrap().read(text);
            assert_eq!(read.as_deref(), right, "{locale}: {text}");
        }
        for unknown in ["", "x", "zh", "tlh", "deutsch"] {
            assert_eq!(
                unknown.parse::<FileLocale>(),
                Err(UnknownLocale),
                "{unknown}"
            );
        }
    }
}
