//! Records every kind of call of a run in a file for `cargo policies`.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::{File, OpenOptions},
    io::Write,
    path::PathBuf,
    sync::Mutex,
};

use carillon_local::stack::workspace;
use serde::{Deserialize, Serialize};

use crate::{
    policy::Request,
    resolve::{ACCOUNT, REGION},
};

/// A kind of call: calls that differ only in ids are the same kind.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Kind {
    /// The function that made it.
    pub function: String,
    /// For example `dynamodb:PutItem`.
    pub action: String,
    /// The resource.
    pub resource: String,
    /// The condition keys used by the function's role.
    pub context: BTreeMap<String, BTreeSet<String>>,
}

/// A kind of call and the test that made it first.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Recorded {
    /// The call.
    #[serde(flatten)]
    pub kind: Kind,
    /// The test whose tenant it was for, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test: Option<String>,
}

impl Kind {
    /// The kind of a request, with only the wanted condition keys.
    pub fn of(function: &str, request: &Request, is_wanted: impl Fn(&str) -> bool) -> Self {
        let wanted = request.context.iter().filter(|(key, _)| is_wanted(key));
        Self {
            function: function.to_owned(),
            action: request.action.clone(),
            resource: without_ids(&request.resource),
            context: wanted
                .map(|(key, values)| {
                    let values = values.iter().map(|value| without_ids(value)).collect();
                    (key.clone(), values)
                })
                .collect(),
        }
    }

    /// A representative request of the kind.
    pub fn request(&self) -> Request {
        Request {
            action: self.action.clone(),
            resource: self.resource.clone(),
            context: self.context.clone(),
        }
    }
}

/// A text with each id replaced by `{id}`. The words before an id stay, as in `email-{id}`, because roles match them.
fn without_ids(text: &str) -> String {
    let mut result = String::new();
    let mut word = String::new();
    let has_digits = |it: char| it.is_ascii_digit();
    let end = |word: &mut String, result: &mut String| {
        let has_digit = word.contains(has_digits);
        let is_known = [ACCOUNT, REGION].contains(&word.as_str());
        match has_digit && word.len() >= 8 && !is_known {
            true => {
                let parts = word.split_inclusive('-');
                let words = parts.take_while(|it| it.ends_with('-') && !it.contains(has_digits));
                result.extend(words);
                result.push_str("{id}");
            }
            false => result.push_str(word),
        }
        word.clear();
    };
    for character in text.chars() {
        if character.is_ascii_alphanumeric() || "-_.".contains(character) {
            word.push(character);
        } else {
            end(&mut word, &mut result);
            result.push(character);
        }
    }
    end(&mut word, &mut result);
    result
}

fn directory() -> PathBuf {
    workspace::local_directory().join("policies")
}

/// A recording in progress.
#[derive(Debug)]
pub struct Recording {
    file: Mutex<(File, BTreeSet<Kind>)>,
}

impl Recording {
    /// Starts a recording, replacing the previous one of this name.
    pub fn begin(name: &str) -> Self {
        std::fs::create_dir_all(directory()).unwrap();
        let path = directory().join(format!("{name}.jsonl"));
        let file = OpenOptions::new()
            .create(true)
            .write(true)
            .truncate(true)
            .open(path)
            .unwrap();
        Self {
            file: Mutex::new((file, BTreeSet::new())),
        }
    }

    /// Records a kind of call if it is new.
    pub fn keep(&self, kind: Kind, test: impl FnOnce() -> Option<String>) {
        let mut held = self.file.lock().unwrap();
        let (file, known) = &mut *held;
        if known.insert(kind.clone()) {
            let recorded = Recorded { kind, test: test() };
            let line = serde_json::to_string(&recorded).unwrap();
            writeln!(file, "{line}").unwrap();
        }
    }
}

/// All recordings by name.
pub fn all() -> BTreeMap<String, Vec<Recorded>> {
    let mut recordings = BTreeMap::new();
    for entry in std::fs::read_dir(directory()).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|it| it != "jsonl") {
            continue;
        }
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&path).unwrap();
        let calls = text.lines().map(|line| serde_json::from_str(line).unwrap());
        recordings.insert(name, calls.collect());
    }
    recordings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_that_differ_only_in_ids_are_the_same() {
        for (text, wanted) in [
            ("t0a1b2c3d4e5f#SUPPRESSED#a", "{id}#SUPPRESSED#a"),
            ("demo#0190a8c0-0000-7000-8000-000000000000", "demo#{id}"),
            (
                "arn:aws:dynamodb:us-east-1:000000000000:table/LedgerTable",
                "arn:aws:dynamodb:us-east-1:000000000000:table/LedgerTable",
            ),
            (
                "secret:carillon/carillon/t0a1b2c3d4e5f/email-0123456789abcdef",
                "secret:carillon/carillon/{id}/email-{id}",
            ),
            (
                "arn:aws:s3:::carillon-imports-000000000000-us-east-1/imports/t0a1b2c3d4e5f/0190a8c0.csv",
                "arn:aws:s3:::carillon-imports-{id}/imports/{id}/{id}",
            ),
        ] {
            assert_eq!(without_ids(text), wanted);
        }
    }
}
