//! What is known of languages and zones: `data/generate.py` writes it.

use std::{collections::BTreeMap, sync::LazyLock};

use carillon_domain::{
    content::Content,
    formats::{Formats, Locale},
    language::{LanguageTag, best_match},
    render::placeholders_format,
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
        languages.filter_map(|tag| Some((tag.clone(), nearest(&LOCALES, tag)?.clone())));
    Some(Formats {
        default: nearest(&LOCALES, &usual(content))?.clone(),
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
    fn the_tables_can_be_read() {
        assert!(LOCALES.len() > 80, "{}", LOCALES.len());
        assert!(ZONES.values().flatten().count() > 400);
        assert!(LABELS.len() > 20, "{}", LABELS.len());
        assert!(LOCALES.contains_key(&english()) && LABELS.contains_key(&english()));
        for rule in ZONES.keys() {
            // Rules whose days are counted beyond a week are of an extension (RFC 9636, 3.3.1).
            let read = carillon_domain::formats::is_rule(rule);
            assert!(read, "{rule}");
        }
    }
}
