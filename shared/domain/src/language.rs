//! Language tags (BCP 47), and choosing among a campaign's languages.

use std::{cmp::Ordering, fmt, str::FromStr};

use fluent_langneg::{LanguageIdentifier, NegotiationStrategy, negotiate_languages};
use serde::{Deserialize, Serialize};

use crate::address::Region;

/// A language tag in its canonical form, as in `de-AT`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct LanguageTag(LanguageIdentifier);

impl Ord for LanguageTag {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.total_cmp(&other.0)
    }
}

impl PartialOrd for LanguageTag {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Not a language tag.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a language tag (BCP 47, as in en or pt-BR)")]
pub struct InvalidLanguageTag;

impl FromStr for LanguageTag {
    type Err = InvalidLanguageTag;

    fn from_str(text: &str) -> Result<Self, InvalidLanguageTag> {
        let tag: LanguageIdentifier = text.trim().parse().map_err(|_| InvalidLanguageTag)?;
        if tag.language.is_empty() {
            Err(InvalidLanguageTag)
        } else {
            Ok(Self(tag))
        }
    }
}

impl LanguageTag {
    /// The language as used in a region, unless it names one itself.
    #[must_use]
    pub fn in_region(&self, region: Region) -> Self {
        let mut own = self.clone();
        if own.0.region.is_none() {
            own.0.region = String::from(region).parse().ok();
        }
        own
    }

    /// The language without its region.
    pub fn name(&self) -> &str {
        self.0.language.as_str()
    }

    /// Its region, if it names one.
    pub fn region(&self) -> Option<&str> {
        Some(self.0.region.as_ref()?.as_str())
    }
}

impl TryFrom<String> for LanguageTag {
    type Error = InvalidLanguageTag;

    fn try_from(text: String) -> Result<Self, InvalidLanguageTag> {
        text.parse()
    }
}

impl From<LanguageTag> for String {
    fn from(tag: LanguageTag) -> String {
        tag.0.to_string()
    }
}

impl fmt::Display for LanguageTag {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// The best match among `available` for a receiver, or `None` if the campaign's default version
/// applies.
pub fn best_match<'a>(
    wanted: &LanguageTag,
    available: impl IntoIterator<Item = &'a LanguageTag>,
) -> Option<&'a LanguageTag> {
    let available: Vec<&LanguageTag> = available.into_iter().collect();
    let identifiers: Vec<&LanguageIdentifier> = available.iter().map(|tag| &tag.0).collect();
    let chosen = negotiate_languages(
        &[&wanted.0],
        &identifiers,
        None,
        NegotiationStrategy::Lookup,
    )
    .first()
    .copied()
    .copied()?;
    available.into_iter().find(|tag| tag.0 == *chosen)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tags(texts: &[&str]) -> Vec<LanguageTag> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn a_receiver_gets_the_nearest_language() {
        let available = tags(&["el", "de", "pt-BR"]);
        for (wanted, expected) in [
            ("el", Some("el")),
            ("de-AT", Some("de")),
            ("pt-BR", Some("pt-BR")),
            ("fr", None),
        ] {
            let chosen = best_match(&wanted.parse().unwrap(), &available).map(ToString::to_string);
            assert_eq!(chosen.as_deref(), expected, "{wanted}");
        }
    }

    #[test]
    fn tags_are_canonical() {
        assert_eq!("PT_br".parse::<LanguageTag>().unwrap().to_string(), "pt-BR");
        for bad in ["", "und", "english please", "1"] {
            assert!(bad.parse::<LanguageTag>().is_err(), "{bad}");
        }
    }
}
