//! What the pages name exists: files, links, headings, tests and items of the code, so that they cannot drift from it.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use carillon_local::stack::workspace;

/// The pages at the root; all below `docs` are added.
const PAGES: [&str; 5] = [
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "README.md",
    "SECURITY.md",
    "events/README.md",
];
/// A decision may name what is gone since. Its links have to work.
const DECISIONS: &str = "docs/decisions/";
/// Areas have the same name in every layer.
const AREAS: [&str; 9] = [
    "access",
    "campaigns",
    "content",
    "delivery",
    "directory",
    "operations",
    "receivers",
    "suppressions",
    "transports",
];
/// Where a folder for each area is, and the folders there that are of no area.
const LAYERS: [(&str, &[&str]); 8] = [
    ("shared/domain/src", &["address"]),
    ("shared/store/src", &[]),
    ("functions/api/src", &["openapi", "snapshots"]),
    ("events/api", &[]),
    ("tests/api", &["http"]),
    ("tests/flow", &[]),
    ("tests/store", &["model"]),
    (
        "web/console/src",
        &[
            "api", "app", "compose", "home", "imports", "locales", "testing", "ui",
        ],
    ),
];
/// Not in the repository: what builds and runs produce.
const PRODUCED: [&str; 7] = [
    ".git",
    ".local",
    "target",
    "node_modules",
    "__pycache__",
    "dist",
    "test-results",
];
/// Endings by which a name in a page is taken for a file.
const ENDINGS: [&str; 9] = [
    ".rs", ".md", ".toml", ".yaml", ".py", ".json", ".js", ".html", ".txt",
];

/// Every file and folder of the repository, and its Rust code.
struct Repository {
    paths: BTreeSet<String>,
    /// By path, without comments.
    code: BTreeMap<String, String>,
}

impl Repository {
    fn read() -> Self {
        let root = workspace::root();
        let mut repository = Self {
            paths: BTreeSet::new(),
            code: BTreeMap::new(),
        };
        repository.add(&root, &root);
        repository
    }

    fn add(&mut self, root: &Path, folder: &Path) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            if PRODUCED.contains(&name) {
                continue;
            }
            let place = path.strip_prefix(root).unwrap().to_str().unwrap();
            self.paths.insert(place.to_owned());
            if path.is_dir() {
                self.add(root, &path);
            } else if place.ends_with(".rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                let lines = text.lines();
                let code = lines.filter(|line| !line.trim_start().starts_with("//"));
                self.code
                    .insert(place.to_owned(), code.collect::<Vec<_>>().join("\n"));
            }
        }
    }

    fn pages(&self) -> impl Iterator<Item = (&String, String)> {
        let all = self.paths.iter();
        all.filter(|path| {
            PAGES.contains(&path.as_str()) || (path.starts_with("docs/") && path.ends_with(".md"))
        })
        .map(|path| {
            let text = std::fs::read_to_string(workspace::root().join(path)).unwrap();
            (path, text)
        })
    }

    /// Whether a file or folder has this name: a whole path, or the end of one. `<any>` stands for any name.
    fn has(&self, name: &str) -> bool {
        let wanted: Vec<&str> = name.trim_end_matches('/').split('/').collect();
        let is_whole = self.is_whole(name);
        self.paths.iter().any(|path| {
            let parts: Vec<&str> = path.split('/').collect();
            let Some(skipped) = parts.len().checked_sub(wanted.len()) else {
                return false;
            };
            let mut pairs = parts[skipped..].iter().zip(&wanted);
            (skipped == 0 || !is_whole) && pairs.all(|(part, wanted)| matches(part, wanted))
        })
    }

    /// Whether a name begins at the root of the repository.
    fn is_whole(&self, name: &str) -> bool {
        let first = name.split_once('/').map(|(first, _)| first);
        first.is_some_and(|first| self.paths.contains(first))
    }

    /// Whether a name in a page is meant as a file or folder of the repository.
    fn is_path(&self, name: &str) -> bool {
        let is_plain = |it: char| it.is_ascii_alphanumeric() || "_-./<>".contains(it);
        let is_route = name.starts_with('/');
        let is_produced = PRODUCED.iter().any(|it| name.starts_with(it));
        let is_file = ENDINGS.iter().any(|it| name.ends_with(it) && name != *it);
        name.chars().all(is_plain) && !is_route && !is_produced && (is_file || self.is_whole(name))
    }

    fn defines_function(&self, name: &str) -> bool {
        self.code.values().any(|code| defines(code, "fn", name))
    }

    fn defines_type(&self, name: &str) -> bool {
        let kinds = ["struct", "enum", "trait", "type"];
        let mut code = self.code.values();
        code.any(|code| kinds.iter().any(|kind| defines(code, kind, name)))
    }
}

/// Whether a part of a path is what a page calls it.
fn matches(part: &str, wanted: &str) -> bool {
    match wanted.split_once('<').zip(wanted.rsplit_once('>')) {
        Some(((before, _), (_, after))) => part.starts_with(before) && part.ends_with(after),
        None => part == wanted,
    }
}

fn defines(code: &str, kind: &str, name: &str) -> bool {
    let definition = format!("{kind} {name}");
    let mut found = code.match_indices(&definition);
    found.any(|(at, definition)| {
        let next = code[at + definition.len()..].chars().next();
        next.is_none_or(|next| !next.is_alphanumeric() && next != '_')
    })
}

/// The lines of a page outside of its blocks of code, with their numbers.
fn prose(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut is_code = false;
    text.lines().enumerate().filter_map(move |(number, line)| {
        let is_fence = line.trim_start().starts_with("```");
        is_code ^= is_fence;
        (!is_code && !is_fence).then_some((number + 1, line))
    })
}

/// What stands in backticks.
fn quoted(line: &str) -> impl Iterator<Item = &str> {
    line.split('`').skip(1).step_by(2)
}

/// The destinations of links.
fn links(line: &str) -> impl Iterator<Item = &str> {
    let parts = line.split("](").skip(1);
    parts.filter_map(|rest| rest.split_once(')').map(|(link, _)| link))
}

/// The anchors of a page's headings, as GitHub makes them.
fn anchors(text: &str) -> BTreeSet<String> {
    let mut anchors = BTreeSet::new();
    for (_, line) in prose(text) {
        let heading = line.trim_start_matches('#');
        if heading.len() == line.len() || !heading.starts_with(' ') {
            continue;
        }
        let kept = heading.trim().to_lowercase();
        let kept = kept
            .chars()
            .filter(|it| it.is_alphanumeric() || " -_".contains(*it));
        anchors.insert(kept.map(|it| if it == ' ' { '-' } else { it }).collect());
    }
    anchors
}

/// Files and folders that a page names and that do not exist.
fn missing_paths(repository: &Repository, text: &str) -> Vec<String> {
    let named = prose(text).flat_map(|(number, line)| quoted(line).map(move |it| (number, it)));
    named
        .filter(|(_, name)| repository.is_path(name) && !repository.has(name))
        .map(|(number, name)| format!("{number}: {name}"))
        .collect()
}

/// Links of a page that lead nowhere.
fn broken_links(page: &str, text: &str) -> Vec<String> {
    let root = workspace::root();
    let folder = root.join(page).parent().map(PathBuf::from).unwrap();
    let all = prose(text).flat_map(|(number, line)| links(line).map(move |it| (number, it)));
    all.filter(|(_, link)| {
        if link.starts_with("https://") || link.starts_with("mailto:") {
            return false;
        }
        let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
        let target = folder.join(file);
        let there = match file {
            "" => Some(text.to_owned()),
            _ if target.is_dir() => Some(String::new()),
            _ => std::fs::read_to_string(&target)
                .ok()
                .or_else(|| target.is_file().then(String::new)),
        };
        there.is_none_or(|text| !anchor.is_empty() && !anchors(&text).contains(anchor))
    })
    .map(|(number, link)| format!("{number}: {link}"))
    .collect()
}

/// Whether this is the name of a test: a sentence.
fn is_sentence(name: &str) -> bool {
    let is_plain = |it: char| it.is_ascii_lowercase() || it.is_ascii_digit() || it == '_';
    name.chars().all(is_plain) && name.matches('_').count() >= 3
}

/// Tests, types and functions that a page names and that do not exist, and tests that are not in the file named after them.
fn missing_items(repository: &Repository, text: &str) -> Vec<String> {
    let mut missing = Vec::new();
    let mut tests: Vec<&str> = Vec::new();
    for (number, line) in prose(text) {
        let mut parts = line.split('`');
        let mut before = parts.next().unwrap_or_default();
        while let Some(name) = parts.next() {
            if is_sentence(name) {
                if !repository.defines_function(name) {
                    missing.push(format!("{number}: {name}"));
                }
                tests.push(name);
            } else if name.ends_with(".rs") && before.ends_with('(') {
                for test in tests.drain(..) {
                    let mut files = repository.code.iter();
                    let is_there =
                        files.any(|(path, code)| path.ends_with(name) && defines(code, "fn", test));
                    if !is_there {
                        missing.push(format!("{number}: {test} is not in {name}"));
                    }
                }
            } else if let Some((of, item)) = name.split_once("::")
                && of.starts_with(|it: char| it.is_ascii_uppercase())
                && of.chars().all(char::is_alphanumeric)
            {
                let is_function = item.starts_with(|it: char| it.is_ascii_lowercase());
                if !repository.defines_type(of)
                    || (is_function && !repository.defines_function(item))
                {
                    missing.push(format!("{number}: {name}"));
                }
            }
            before = parts.next().unwrap_or_default();
            // The end of a sentence, without a file: the tests are in the file named earlier.
            if before.contains(". ") || before.contains('|') {
                tests.clear();
            }
        }
        if line.is_empty() {
            tests.clear();
        }
    }
    missing
}

/// The names of folders in a folder.
fn folders(path: &str) -> BTreeSet<String> {
    std::fs::read_dir(workspace::root().join(path))
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect()
}

#[test]
fn what_does_not_exist_is_noticed() {
    let repository = Repository::read();
    for (text, is_found) in [
        ("`shared/store/src/keys.rs`, `keys.rs`, `functions/`", true),
        ("`shared/providers/src/<channel>/<vendor>.rs`", true),
        (
            "`application/json`, `/openapi.json`, `.local/state.json`",
            true,
        ),
        ("`store/src/keys.rs` and `nowhere.rs`", false),
        ("`shared/keys.rs`", false),
        ("`shared/<area>/lanes.rs`", false),
        ("```sh\n`nowhere.rs`\n```\n", true),
    ] {
        assert_eq!(
            missing_paths(&repository, text).is_empty(),
            is_found,
            "{text}"
        );
    }
    for (text, is_found) in [
        (
            "# A `b`, c\n[x](#a-b-c) [y](docs/api.md#carillons-answers)",
            true,
        ),
        ("[x](https://example.com) [y](docs)", true),
        ("# A\n[x](#b)", false),
        ("[x](docs/api.md#nothing)", false),
        ("[x](docs/nothing.md)", false),
    ] {
        assert_eq!(
            broken_links("README.md", text).is_empty(),
            is_found,
            "{text}"
        );
    }
    for (text, is_found) in [
        ("`what_does_not_exist_is_noticed` (`tests/docs.rs`)", true),
        ("`what_does_not_exist_is_noticed` (`tests/costs.rs`)", false),
        ("`what_does_not_exist_is_found_at_once`", false),
        ("`Repository::is_whole`", true),
        ("`Repository::is_half`, `Library::is_whole`", false),
    ] {
        assert_eq!(
            missing_items(&repository, text).is_empty(),
            is_found,
            "{text}"
        );
    }
}

#[test]
fn every_path_in_a_page_exists() {
    let repository = Repository::read();
    let mut missing = Vec::new();
    for (page, text) in repository.pages() {
        if !page.starts_with(DECISIONS) {
            let found = missing_paths(&repository, &text);
            missing.extend(found.into_iter().map(|it| format!("{page}:{it}")));
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

#[test]
fn every_link_leads_somewhere() {
    let repository = Repository::read();
    let mut broken = Vec::new();
    for (page, text) in repository.pages() {
        let found = broken_links(page, &text);
        broken.extend(found.into_iter().map(|it| format!("{page}:{it}")));
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn every_test_and_item_in_a_page_exists() {
    let repository = Repository::read();
    let mut missing = Vec::new();
    let is_about_code = |page: &str| {
        let of_area = AREAS.iter().any(|area| page == format!("docs/{area}.md"));
        of_area || page.starts_with("docs/adding-") || PAGES.contains(&page)
    };
    for (page, text) in repository.pages() {
        if is_about_code(page) {
            let found = missing_items(&repository, &text);
            missing.extend(found.into_iter().map(|it| format!("{page}:{it}")));
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

#[test]
fn areas_have_the_same_name_in_every_layer() {
    for (layer, others) in LAYERS {
        for folder in folders(layer) {
            let is_known = AREAS.contains(&folder.as_str()) || others.contains(&folder.as_str());
            assert!(is_known, "{layer}/{folder} is of no area");
        }
    }
    for area in AREAS {
        let page = workspace::root().join(format!("docs/{area}.md"));
        assert!(page.is_file(), "{area} has no page");
        let layers = LAYERS
            .iter()
            .filter(|(layer, _)| folders(layer).contains(area));
        assert!(layers.count() >= 4, "{area} is hardly anywhere");
    }
}
