//! Unknown placeholders, and suggestions for them.

use std::collections::BTreeSet;

use carillon_domain::content::{Content, leaf_paths, render::placeholders};

/// Fields that every receiver may have.
const PERSON: [&str; 6] = [
    "first_name",
    "last_name",
    "email",
    "mobile",
    "language",
    "time_zone",
];
/// Other built-in names.
const OTHERS: [&str; 5] = [
    "campaign.name",
    "sender.name",
    "sender.address",
    "sender.privacy_url",
    "unsubscribe_url",
];
/// Roots of the values that receivers may bring along.
const ROOTS: [&str; 4] = ["account", "location", "transaction", "structure"];

/// A placeholder that is neither built in nor declared.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unknown {
    /// Its path.
    pub path: String,
    /// A known name with a similar spelling.
    pub nearest: Option<String>,
}

/// The unknown placeholders of a content. Receivers may still have values for them.
pub fn unknown_names(content: &Content) -> Vec<Unknown> {
    let declared = content
        .variables
        .iter()
        .map(|variable| variable.path.clone());
    let people = ["member", "receiver"]
        .into_iter()
        .flat_map(|root| PERSON.map(|name| format!("{root}.{name}")));
    let known: BTreeSet<String> = declared
        .chain(people)
        .chain(given(content))
        .chain(OTHERS.map(str::to_owned))
        .collect();
    let is_known = |path: &String| {
        let is_below = |known: &String| is_inside(path, known) || is_inside(known, path);
        let root = path.split('.').next().unwrap_or_default();
        known.iter().any(is_below) || (ROOTS.contains(&root) && !has_root(&known, root))
    };
    let unknown = asked(content).into_iter().filter(|path| !is_known(path));
    unknown
        .enumerate()
        .map(|(place, path)| Unknown {
            nearest: match place < SUGGESTIONS {
                true => nearest(&path, &known),
                false => None,
            },
            path,
        })
        .collect()
}

/// The paths of a campaign's values that none of its texts uses: a name may be misspelled.
pub fn unused_values(content: &Content) -> Vec<String> {
    let asked = asked(content);
    let given: BTreeSet<String> = given(content).collect();
    let is_used = |path: &String| {
        asked
            .iter()
            .any(|asked| is_inside(path, asked) || is_inside(asked, path))
    };
    given.into_iter().filter(|path| !is_used(path)).collect()
}

fn is_inside(longer: &str, shorter: &str) -> bool {
    longer
        .strip_prefix(shorter)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// The paths of all placeholders of a content.
fn asked(content: &Content) -> BTreeSet<String> {
    content
        .versions()
        .flat_map(|(_, version)| version.templates())
        .filter_map(|template| placeholders(template).ok())
        .flatten()
        .map(|found| found.path)
        .collect()
}

/// The paths of all values that a content gives.
fn given(content: &Content) -> impl Iterator<Item = String> {
    let versions = content.values.versions();
    versions.flat_map(|(_, values)| leaf_paths(values))
}

/// Whether anything below a root is declared, so that all its names are known.
fn has_root(known: &BTreeSet<String>, root: &str) -> bool {
    known
        .iter()
        .any(|name| name.split('.').next() == Some(root))
}

/// The most unknown names that get a suggestion; whoever has more wrote for another system.
const SUGGESTIONS: usize = 20;
/// Longer names were not mistyped.
const LONGEST: usize = 60;

fn nearest(path: &str, known: &BTreeSet<String>) -> Option<String> {
    if path.len() > LONGEST {
        return None;
    }
    let distance = |name: &&String| strsim::osa_distance(path, name);
    // A third of the letters may be wrong.
    known
        .iter()
        .filter(|name| name.len() <= LONGEST)
        .min_by_key(distance)
        .filter(|name| distance(name) <= path.chars().count().div_ceil(3))
        .cloned()
}
