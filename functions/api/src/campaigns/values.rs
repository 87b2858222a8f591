//! The values that fill a campaign's placeholders.

use std::collections::BTreeMap;

use carillon_domain::{
    content::{Content, PATH_BYTES, Values, check_values, nested},
    id::TenantId,
    language::{LanguageTag, best_match},
    receivers::LEVELS,
};
use carillon_http::{failure::Failure, findings::Findings};
use serde_json::{Map, Value};

use crate::state::AppState;

/// Values in requests: for all languages, and by language.
#[derive(Debug)]
pub(super) struct ValuesGiven {
    /// For all languages.
    pub(super) all: Option<Map<String, Value>>,
    /// By language tag.
    pub(super) languages: Option<BTreeMap<String, Map<String, Value>>>,
}

impl ValuesGiven {
    /// Whether any are given, be it to remove the others.
    pub(super) fn is_any(&self) -> bool {
        self.all.is_some() || self.languages.is_some()
    }

    /// Replaces the values of the content; absent ones stay unchanged.
    pub(super) fn put_into(self, content: &mut Content, findings: &mut Findings) {
        if let Some(written) = self.all {
            content.values.all = read("values", &written, findings);
        }
        if let Some(written) = self.languages {
            content.values.languages = read_languages(&written, findings);
        }
    }
}

fn read(field: &str, written: &Map<String, Value>, findings: &mut Findings) -> Map<String, Value> {
    // Names are nested into one another before any other check.
    let is_long = |name: &&String| name.len() > PATH_BYTES || name.matches('.').count() >= LEVELS;
    if let Some(name) = names(written).find(is_long) {
        let start: String = name.chars().take(40).collect();
        findings.add(
            format!("{field}.{start}"),
            "too_long",
            format!("at most {PATH_BYTES} bytes and {LEVELS} levels"),
        );
        return Map::new();
    }
    let values = nested(written).map_err(|path| {
        findings.add(
            format!("{field}.{path}"),
            "ambiguous",
            "it is given twice, or it is a value and also contains other values",
        );
    });
    values.unwrap_or_default()
}

/// All names, including those in nested objects.
fn names(values: &Map<String, Value>) -> Box<dyn Iterator<Item = &String> + '_> {
    let inner = values.values().filter_map(Value::as_object).flat_map(names);
    Box::new(values.keys().chain(inner))
}

fn read_languages(
    written: &BTreeMap<String, Map<String, Value>>,
    findings: &mut Findings,
) -> BTreeMap<LanguageTag, Map<String, Value>> {
    let mut languages = BTreeMap::new();
    for (tag, values) in written {
        let field = format!("values_by_language.{tag}");
        let values = read(&field, values, findings);
        let tag = findings.keep::<LanguageTag, _>(&field, "invalid_language", tag.parse());
        let Some(tag) = tag else {
            continue;
        };
        if languages.insert(tag, values).is_some() {
            findings.add(
                field,
                "duplicate_language",
                "this language is already listed with a different spelling",
            );
        }
    }
    languages
}

/// Checks values against the content: each must be used in it, or its author would wait for it in vain.
///
/// # Errors
/// If the store fails.
pub(super) async fn check(
    state: &AppState,
    tenant: &TenantId,
    content: &Content,
    findings: &mut Findings,
) -> Result<(), Failure> {
    let Values { languages, .. } = &content.values;
    for problem in check_values(content) {
        findings.add(problem.field, "invalid_value", problem.reason);
    }
    let says_nothing = content
        .versions()
        .all(|(_, version)| version.templates().next().is_none());
    if languages.is_empty() || says_nothing {
        return Ok(());
    }
    let usual = match &content.language {
        Some(language) => Some(language.clone()),
        None => {
            let row = state.store.tenant(tenant).await?;
            row.and_then(|tenant| tenant.default_language)
        }
    };
    let usual = usual.or_else(|| "en".parse().ok());
    let written: Vec<&LanguageTag> = content.languages.keys().chain(&usual).collect();
    let is_used = |tag: &&LanguageTag| {
        let chosen = |version: &&LanguageTag| best_match(version, languages.keys());
        written.iter().filter_map(chosen).any(|used| used == *tag)
    };
    for tag in languages.keys().filter(|tag| !is_used(tag)) {
        let known: Vec<String> = written.iter().map(ToString::to_string).collect();
        let detail = format!(
            "there is no content in this language; the content is in {}",
            known.join(", ")
        );
        findings.add(
            format!("values_by_language.{tag}"),
            "unknown_language",
            detail,
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_merged_into_content_and_conflicts_are_found() {
        let given = |all: Value, languages: Value| ValuesGiven {
            all: serde_json::from_value(all).unwrap(),
            languages: serde_json::from_value(languages).unwrap(),
        };
        let mut content = Content::default();
        let mut findings = Findings::default();
        given(json!({ "a.b": 1 }), json!({ "DE": { "a": { "b": 2 } } }))
            .put_into(&mut content, &mut findings);
        assert!(findings.is_empty(), "{findings:?}");
        assert_eq!(
            serde_json::to_value(&content.values).unwrap(),
            json!({ "all": { "a": { "b": 1 } }, "languages": { "de": { "a": { "b": 2 } } } })
        );
        // Absent values stay; an empty object removes them.
        given(json!({}), json!(null)).put_into(&mut content, &mut findings);
        assert!(findings.is_empty());
        assert!(content.values.all.is_empty() && content.values.languages.len() == 1);
        for name in [
            "a.".repeat(8_000),
            "a".repeat(8_000),
            "a.b.c.d.e.f.g.h.i".to_owned(),
        ] {
            let mut findings = Findings::default();
            let inner = json!({ "x": { name: 1 } });
            given(inner, json!(null)).put_into(&mut content, &mut findings);
            assert!(!findings.is_empty());
        }
        let mut findings = Findings::default();
        given(
            json!({ "a": 1, "a.b": 2 }),
            json!({ "not a tag": {}, "de": {}, "DE": {} }),
        )
        .put_into(&mut content, &mut findings);
        let failure = format!("{:?}", findings.finish().unwrap_err());
        for field in [
            "values.a",
            "values_by_language.not a tag",
            "duplicate_language",
        ] {
            assert!(failure.contains(field), "{field} in {failure}");
        }
    }
}
