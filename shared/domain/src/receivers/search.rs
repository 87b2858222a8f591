//! Searching the receivers of a campaign by words.

use std::{fmt, str::FromStr};

use icu_normalizer::ComposingNormalizerBorrowed;

use super::Receiver;

/// Maximum length of a search, in characters.
const CHARACTERS: usize = 100;
/// What people write between the digits of a phone number.
const IN_NUMBERS: [char; 6] = [' ', '-', '.', '/', '(', ')'];

/// Words, each of which has to begin a receiver's first name, last name, email address or phone number, or a further
/// word of a name.
#[derive(Clone, PartialEq, Eq)]
pub struct Search {
    words: Vec<String>,
}

/// Not a search.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("1 to {CHARACTERS} characters, with at least one letter or digit")]
pub struct InvalidSearch;

impl FromStr for Search {
    type Err = InvalidSearch;

    fn from_str(text: &str) -> Result<Self, InvalidSearch> {
        if text.chars().count() > CHARACTERS || !text.contains(char::is_alphanumeric) {
            return Err(InvalidSearch);
        }
        // A number may be written in groups.
        let number: String = text
            .trim()
            .trim_start_matches('+')
            .chars()
            .filter(|character| !IN_NUMBERS.contains(character))
            .collect();
        let words = match number.bytes().all(|byte| byte.is_ascii_digit()) {
            true => vec![number],
            false => text
                .split_whitespace()
                .map(|word| folded(word.trim_start_matches('+')))
                .filter(|word| !word.is_empty())
                .collect(),
        };
        Ok(Self { words })
    }
}

impl Search {
    /// Whether a receiver has all the words.
    pub fn finds(&self, receiver: &Receiver) -> bool {
        let mut own = Vec::new();
        for name in [&receiver.first_name, &receiver.last_name]
            .into_iter()
            .flatten()
        {
            let name = folded(name);
            own.extend(name.split([' ', '-']).map(str::to_owned));
            own.push(name);
        }
        let email = receiver.email.as_ref().map(|email| folded(email.expose()));
        let mobile = receiver.mobile.as_ref().map(|mobile| {
            let number = mobile.expose();
            number.trim_start_matches('+').to_owned()
        });
        own.extend(email.into_iter().chain(mobile));
        let mut words = self.words.iter();
        words.all(|word| own.iter().any(|own| own.starts_with(word.as_str())))
    }
}

// It may be an address.
impl fmt::Debug for Search {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Search(…)")
    }
}

/// A text in which capital letters and composed characters make no difference.
fn folded(text: &str) -> String {
    let lower = text.to_lowercase();
    ComposingNormalizerBorrowed::new_nfc()
        .normalize(&lower)
        .into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::receivers::{NewReceiver, Source};

    fn zoe() -> Receiver {
        let new = NewReceiver {
            first_name: Some("Zoë Anne".to_owned()),
            last_name: Some("Smith-JONES".to_owned()),
            email: Some("z.jones@example.com".to_owned()),
            mobile: Some("+447414310123".to_owned()),
            ..NewReceiver::default()
        };
        new.parse(None, Source::Hand).unwrap()
    }

    #[test]
    fn words_begin_names_and_addresses() {
        let zoe = zoe();
        for (text, is_found) in [
            ("zoë", true),
            ("ZOË", true),
            ("zoe\u{308}", true),
            ("anne", true),
            ("zoë anne", true),
            ("jon", true),
            ("smith-jo", true),
            ("jones zoë", true),
            ("z.jones@exam", true),
            ("+44 7414 310-123", true),
            ("447414", true),
            (" 447414", true),
            ("zoë 4474", true),
            ("oë", false),
            ("example.com", false),
            ("7414", false),
            ("zoë brown", false),
            ("zoe", false),
        ] {
            let search: Search = text.parse().unwrap();
            assert_eq!(search.finds(&zoe), is_found, "{text}");
        }
        let nameless = NewReceiver {
            email: Some("z@example.com".to_owned()),
            ..NewReceiver::default()
        };
        let nameless = nameless.parse(None, Source::Hand).unwrap();
        assert!("Z@".parse::<Search>().unwrap().finds(&nameless));
    }

    #[test]
    fn a_search_has_something_to_search_for() {
        for text in ["", "  ", "+", "-", "()", &"a".repeat(101)] {
            assert_eq!(text.parse::<Search>(), Err(InvalidSearch), "{text}");
        }
        assert!("a".repeat(100).parse::<Search>().is_ok());
    }
}
