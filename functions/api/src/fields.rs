//! Validating the fields of a campaign.

use std::collections::BTreeSet;

use carillon_domain::{
    address::Region,
    campaigns::{NAME_CHARACTERS, OnUnknown},
    channel::{Channel, Priority},
};
use carillon_http::{findings::Findings, names};

/// The name of a campaign.
pub(crate) fn name(findings: &mut Findings, text: &str) -> Option<String> {
    let text = text.trim();
    let length = text.chars().count();
    if length == 0 {
        findings.add("name", "empty", "a name of 1 to 200 characters");
    } else if length > NAME_CHARACTERS {
        findings.add(
            "name",
            "too_long",
            format!("at most {NAME_CHARACTERS} characters; this has {length}"),
        );
    } else if text.contains(char::is_control) {
        findings.add(
            "name",
            "control_character",
            "one line without control characters",
        );
    } else {
        return Some(text.to_owned());
    }
    None
}

/// The channels of a campaign.
pub(crate) fn channels(findings: &mut Findings, names: &[String]) -> BTreeSet<Channel> {
    names
        .iter()
        .enumerate()
        .filter_map(|(index, name)| {
            findings.keep::<Channel, _>(
                &format!("channels[{index}]"),
                "unknown_channel",
                name.parse(),
            )
        })
        .collect()
}

/// The priority of a campaign.
pub(crate) fn priority(findings: &mut Findings, name: &str) -> Option<Priority> {
    findings.keep("priority", "unknown_priority", names::read(name))
}

/// How deliveries are handled of which it is unknown whether the provider accepted them.
pub(crate) fn on_unknown(findings: &mut Findings, name: &str) -> Option<OnUnknown> {
    findings.keep("on_unknown", "unknown_choice", names::read(name))
}

/// The region that completes national phone numbers.
pub(crate) fn default_region(findings: &mut Findings, text: String) -> Option<Region> {
    let region = Region::try_from(text).and_then(Region::known);
    findings.keep("default_region", "invalid_region", region)
}

/// The name of a copy, truncated to the maximum length.
pub(crate) fn name_of_copy(name: &str) -> String {
    const SUFFIX: &str = " (copy)";
    let kept: String = name.chars().take(NAME_CHARACTERS - SUFFIX.len()).collect();
    format!("{}{SUFFIX}", kept.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_counted_in_characters() {
        let mut findings = Findings::default();
        assert_eq!(name(&mut findings, " Ω "), Some("Ω".to_owned()));
        assert_eq!(
            name(&mut findings, &"Ω".repeat(200)).map(|name| name.chars().count()),
            Some(200)
        );
        assert!(findings.is_empty());
        for bad in ["", "  ", "a\nb", &"x".repeat(201)] {
            let mut findings = Findings::default();
            assert_eq!(name(&mut findings, bad), None, "{bad}");
            assert!(!findings.is_empty());
        }
    }

    #[test]
    fn a_copy_of_the_longest_name_is_valid() {
        let copy = name_of_copy(&"Ω".repeat(200));
        assert_eq!(copy.chars().count(), 200);
        assert!(copy.ends_with("Ω (copy)"));
        assert_eq!(name_of_copy("News"), "News (copy)");
    }
}
