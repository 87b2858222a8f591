//! What is known of languages and zones: `data/generate.py` writes it.

use std::{collections::BTreeMap, sync::LazyLock};

use carillon_domain::{
    address::Region,
    content::{
        Content,
        formats::{Formats, Locale},
        render::placeholders_format,
    },
    language::{LanguageTag, best_match},
};
use serde::{Deserialize, Serialize};

static LOCALES: LazyLock<BTreeMap<LanguageTag, Locale>> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../data/locales.json")).unwrap_or_default()
});
static ZONES: LazyLock<BTreeMap<String, Vec<String>>> =
    LazyLock::new(|| serde_json::from_str(include_str!("../data/zones.json")).unwrap_or_default());
static LABELS: LazyLock<BTreeMap<LanguageTag, Labels>> =
    LazyLock::new(|| serde_json::from_str(include_str!("../data/labels.json")).unwrap_or_default());

/// What the page that comes with the product says.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Labels {
    pub(crate) privacy: String,
    pub(crate) unsubscribe: String,
}

/// English, which everything else falls back to.
pub(crate) fn english() -> LanguageTag {
    // It is in the table, which a test looks at.
    "en".parse()
        .unwrap_or_else(|_| unreachable!("en is a language tag"))
}

/// The language of the default version.
pub(crate) fn usual(content: &Content) -> LanguageTag {
    content.language.clone().unwrap_or_else(english)
}

/// Regions where English is written as in the United States; everywhere else dates begin with the day (Unicode CLDR, `parentLocales`:
/// what has the parent `en-001` or `en-150`, and what has `en` itself).
const AMERICAN: [&str; 10] = ["AS", "BI", "GU", "MH", "MP", "PH", "PR", "UM", "US", "VI"];

/// How a language writes dates, numbers and amounts, in a region if it names none itself.
fn locale(language: &LanguageTag, region: Option<Region>) -> Option<&'static Locale> {
    let there = match region {
        Some(region) => &language.in_region(region),
        None => language,
    };
    let is_english = there.name() == "en" && !LOCALES.contains_key(there);
    let is_elsewhere = |region: &str| !AMERICAN.contains(&region);
    if is_english && there.region().is_some_and(is_elsewhere) {
        let british = LOCALES.iter().find(|(tag, _)| tag.to_string() == "en-GB");
        return british.map(|(_, locale)| locale);
    }
    nearest(&LOCALES, there)
}

fn nearest<'a, T>(table: &'a BTreeMap<LanguageTag, T>, language: &LanguageTag) -> Option<&'a T> {
    let own = best_match(language, table.keys()).and_then(|found| table.get(found));
    own.or_else(|| table.get(&english()))
}

/// What dates, numbers and amounts of a content are written with; nothing if it has none.
pub(crate) fn formats(content: &Content) -> Option<Formats> {
    let has_any = content
        .versions()
        .any(|(_, version)| version.templates().any(placeholders_format));
    if !has_any {
        return None;
    }
    let languages = content.languages.keys();
    let languages =
        languages.filter_map(|tag| Some((tag.clone(), locale(tag, content.region)?.clone())));
    Some(Formats {
        default: locale(&usual(content), content.region)?.clone(),
        languages: languages.collect(),
        time_zone: content
            .time_zone
            .clone()
            .unwrap_or_else(|| "UTC".to_owned()),
        zones: ZONES.clone(),
    })
}

/// Whether a zone has this name.
pub(crate) fn is_zone(name: &str) -> bool {
    ZONES.values().flatten().any(|known| known == name)
}

/// What the page says in a language.
pub(crate) fn labels(language: &LanguageTag) -> Labels {
    nearest(&LABELS, language).cloned().unwrap_or_default()
}

/// In which direction a language is written (CLDR, "characterOrder").
pub(crate) fn direction(language: &LanguageTag) -> &'static str {
    let tag = language.to_string();
    let name = tag.split('-').next().unwrap_or_default();
    match name {
        "ar" | "ckb" | "dv" | "fa" | "he" | "ks" | "ps" | "sd" | "ug" | "ur" | "yi" => "rtl",
        _ => "ltr",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_without_a_region_is_written_as_where_people_are() {
        let long = |tag: &str, region: Option<&str>| {
            let region = region.map(|text| Region::try_from(text.to_owned()).unwrap());
            let locale = locale(&tag.parse().unwrap(), region).unwrap();
            locale.dates[2].clone()
        };
        let (american, british) = ("MMMM d, y", "d MMMM y");
        for (tag, region, expected) in [
            ("en", None, american),
            ("en", Some("US"), american),
            ("en", Some("PH"), american),
            ("en", Some("GB"), british),
            ("en", Some("IE"), british),
            ("en", Some("DE"), british),
            // What a language says itself comes first.
            ("en-US", Some("GB"), american),
            ("en-GB", Some("US"), british),
            ("de", Some("GB"), "d. MMMM y"),
            ("de", Some("CH"), "d. MMMM y"),
        ] {
            assert_eq!(long(tag, region), expected, "{tag} {region:?}");
        }
        let swiss = locale(
            &"de".parse().unwrap(),
            Region::try_from("CH".to_owned()).ok(),
        );
        assert_eq!(swiss.unwrap().group, "’");
    }

    #[test]
    fn the_tables_can_be_read() {
        assert!(LOCALES.len() > 80, "{}", LOCALES.len());
        assert!(ZONES.values().flatten().count() > 400);
        assert!(LABELS.len() > 20, "{}", LABELS.len());
        assert!(LOCALES.contains_key(&english()) && LABELS.contains_key(&english()));
        for rule in ZONES.keys() {
            // Rules whose days are counted beyond a week are of an extension (RFC 9636, 3.3.1).
            let read = carillon_domain::content::formats::is_rule(rule);
            assert!(read, "{rule}");
        }
    }
}
