//! Runs the commands of the README and the guides in one shell and compares their output.
//!
//! A ```` ```sh ```` block is run. A ```` ```text ```` block right after it is the expected output: whitespace is ignored, `…` matches
//! anything, and an id, a time or a digest matches any other.

use std::{os::unix::fs::PermissionsExt, process::Stdio, time::Duration};

use carillon_local::stack::{
    functions::build, progress::Progress, tenant::create_demo_tenant, workspace,
};
use tokio::process::Command;

use crate::support::World;

/// The pages whose blocks are run, in this order: a block uses what the ones before it have set.
const PAGES: [&str; 6] = [
    "README.md",
    "docs/getting-started.md",
    "docs/operating.md",
    "docs/local-stack.md",
    "docs/deploying.md",
    "docs/operator.md",
];

/// Skipped blocks, by their beginning, with the reason.
const NOT_RUN: [(&str, &str); 9] = [
    ("cargo demo\n", "starts a stack of its own for two minutes"),
    (
        "cargo demo --all-channels\n",
        "starts its own stack for a minute",
    ),
    ("cargo test --workspace\n", "is what runs this test"),
    (
        "api \"$CARILLON_API_URL/v1/dead-letters/redrive\"",
        "needs a message that was dead-lettered after 1,000 receives",
    ),
    (
        "cargo local up\neval \"$(cargo local env)\"\ncargo lambda watch",
        "runs until it is stopped",
    ),
    (
        "cargo lambda invoke",
        "needs cargo lambda watch in another shell",
    ),
    (
        "export PATH=\"$PWD/.local/python/bin:$PATH\"\ncd infra",
        "deploys to AWS",
    ),
    (
        "cargo carillon tenant create acme",
        "creates a tenant in AWS",
    ),
    ("output() {", "removes what was deployed to AWS"),
];

/// Timeout of the shell.
const PATIENCE: Duration = Duration::from_secs(240);
/// Separates the output of two blocks.
const BETWEEN: char = '\u{1e}';

/// A block of commands.
struct Block {
    page: &'static str,
    line: usize,
    commands: String,
    /// Their expected output.
    shown: Option<String>,
}

/// The blocks of all pages.
fn all_blocks() -> Vec<Block> {
    let mut blocks = Vec::new();
    for page in PAGES {
        let text = std::fs::read_to_string(workspace::root().join(page)).unwrap();
        blocks.extend(blocks_of(page, &text));
    }
    blocks
}

fn blocks_of(page: &'static str, text: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut lines = text.lines().enumerate();
    // Whether only empty lines followed the last block of commands.
    let mut is_right_after = false;
    while let Some((line, text)) = lines.next() {
        let Some(language) = text.strip_prefix("```") else {
            is_right_after &= text.trim().is_empty();
            continue;
        };
        let inside = lines.by_ref().map(|(_, text)| text);
        let inside: String = inside
            .take_while(|text| *text != "```")
            .map(|text| format!("{text}\n"))
            .collect();
        match language {
            "sh" => blocks.push(Block {
                page,
                line: line + 1,
                commands: inside,
                shown: None,
            }),
            "text" if is_right_after => {
                if let Some(block) = blocks.last_mut() {
                    block.shown = Some(inside);
                }
            }
            _ => {}
        }
        is_right_after = language == "sh";
    }
    blocks
}

fn is_run(block: &Block) -> bool {
    let mut begins = NOT_RUN.iter();
    !begins.any(|(begin, _)| block.commands.starts_with(begin))
}

/// A word, a number, a symbol or a quoted string.
fn tokens(text: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '"' => {
                let mut is_escaped = false;
                let end = rest[1..].find(|next| {
                    let is_end = next == '"' && !is_escaped;
                    is_escaped = next == '\\' && !is_escaped;
                    is_end
                });
                end.map_or(rest.len(), |end| end + 2)
            }
            '{' | '}' | '[' | ']' | ',' | '…' => first.len_utf8(),
            _ => rest
                .find(|next: char| next.is_whitespace() || "{}[],\"…".contains(next))
                .unwrap_or(rest.len())
                .max(first.len_utf8()),
        };
        tokens.push(rest[..length].to_owned());
        rest = rest[length..].trim_start();
    }
    tokens
}

/// Whether this is an id, a time, a digest or the like, which differs each time.
fn is_fleeting(token: &str) -> bool {
    let text = token.trim_matches('"');
    let is_made_of = |more: &str| {
        text.chars()
            .all(|it| it.is_ascii_alphanumeric() || more.contains(it))
    };
    text.len() >= 16 && text.contains(|it: char| it.is_ascii_digit()) && is_made_of("-_.:+")
}

fn is_same(shown: &str, printed: &str) -> bool {
    if shown == printed || (is_fleeting(shown) && is_fleeting(printed)) {
        return true;
    }
    // `…` also matches anything inside a string.
    let mut parts = shown.split('…');
    let Some(mut rest) = printed.strip_prefix(parts.next().unwrap_or_default()) else {
        return false;
    };
    let Some(last) = parts.next_back() else {
        return false;
    };
    for part in parts {
        match rest.split_once(part) {
            Some((_, after)) => rest = after,
            None => return false,
        }
    }
    rest.ends_with(last)
}

/// Whether the output matches the expectation.
fn is_as_shown(shown: &[String], printed: &[String]) -> bool {
    // From the end: which suffixes of the output match the rest of the expectation.
    let mut fits = vec![false; printed.len() + 1];
    fits[printed.len()] = true;
    for token in shown.iter().rev() {
        let mut next = vec![false; printed.len() + 1];
        for place in (0..=printed.len()).rev() {
            next[place] = match token.as_str() {
                "…" => fits[place] || (place < printed.len() && next[place + 1]),
                token => {
                    place < printed.len() && is_same(token, &printed[place]) && fits[place + 1]
                }
            };
        }
        fits = next;
    }
    fits[0]
}

#[test]
fn output_is_compared_with_its_block() {
    let printed = tokens(
        r#"{ "id": "01a1ffe9-f14d-7288-8fa9-1bd2be9fc021", "sent": 2, "html": "<p>Hi \"you\"</p>", "more": [1, 2] }"#,
    );
    for (shown, expected) in [
        (
            r#"{ "id": "00000000-f14d-7288-8fa9-1bd2be9fc022", "sent": 2, … }"#,
            true,
        ),
        (r#"{ … "sent": 2, … "html": "…Hi…", … }"#, true),
        (r#"{ … "more": [1, 2] }"#, true),
        ("…", true),
        (r#"{ … "sent": 3, … }"#, false),
        (r#"{ … "html": "…Bye…", … }"#, false),
        (r#"{ "id": "an id", … }"#, false),
        (r#"{ … "more": [1, 2], … "last": 1 }"#, false),
        ("", false),
    ] {
        assert_eq!(is_as_shown(&tokens(shown), &printed), expected, "{shown}");
    }
    assert!(is_as_shown(
        &tokens("2027-06-01T06:00:00Z\ndraft"),
        &tokens("2026-12-30T07:00:00Z\ndraft\n")
    ));
    assert!(!is_as_shown(&tokens("published"), &tokens("draft")));
}

#[test]
fn every_skipped_block_exists() {
    let blocks = all_blocks();
    for (begin, why) in NOT_RUN {
        let there = blocks.iter().any(|it| it.commands.starts_with(begin));
        assert!(there, "{begin} ({why})");
    }
    assert!(blocks.iter().filter(|it| is_run(it)).count() >= 12);
    let shown = blocks.iter().filter(|it| is_run(it) && it.shown.is_some());
    assert!(shown.count() >= 10);
}

#[tokio::test]
async fn the_blocks_of_the_docs_print_their_output() {
    let world = World::alone("readme").await;
    let details = world.stack.details();
    let dynamodb = aws_sdk_dynamodb::Client::new(&details.sdk_config());
    let demo = create_demo_tenant(dynamodb, details.outputs())
        .await
        .unwrap();

    // `cargo local up` has already run; `cargo local env` is replaced by the test's environment.
    let programs = tempfile::tempdir().unwrap();
    let exports: String = details
        .environment(Some(&demo))
        .iter()
        .map(|(name, value)| format!("export {name}='{value}'\n"))
        .collect();
    let carillon = build(&["carillon".to_owned()], Progress::detect()).await;
    let carillon = carillon.unwrap()["carillon"].display().to_string();
    let cargo = format!(
        "#!/bin/sh\ncase \"$*\" in\n'local up') ;;\n'local env') cat <<'EXPORTS'\n{exports}EXPORTS\n;;\n\
         'carillon '*) shift; exec '{carillon}' \"$@\" ;;\n*) exit 64 ;;\nesac\n"
    );
    let shim = programs.path().join("cargo");
    std::fs::write(&shim, cargo).unwrap();
    std::fs::set_permissions(&shim, std::fs::Permissions::from_mode(0o755)).unwrap();

    let blocks: Vec<Block> = all_blocks().into_iter().filter(is_run).collect();
    let script: String = blocks
        .iter()
        .map(|block| format!("{}\nprintf '{BETWEEN}'\n", block.commands))
        .collect();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = path.to_string_lossy();
    let shell = Command::new("bash")
        .args(["-c", &script])
        .env("PATH", format!("{}:{path}", programs.path().display()))
        .env("NO_PROXY", "*")
        .current_dir(workspace::root())
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    let output = tokio::time::timeout(PATIENCE, shell).await;
    let output = output
        .expect("the commands of the pages finish in time")
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    let printed = String::from_utf8(output.stdout).unwrap();
    let mut printed = printed.split(BETWEEN);
    let mut wrong = Vec::new();
    for block in &blocks {
        let printed = printed.next().unwrap_or("(nothing: the shell has ended)");
        let Some(shown) = &block.shown else { continue };
        if !is_as_shown(&tokens(shown), &tokens(printed)) {
            let (page, line) = (block.page, block.line);
            wrong.push(format!(
                "{page}:{line} shows\n{shown}\nand it prints\n{printed}"
            ));
        }
    }
    assert!(wrong.is_empty(), "{}\n\n{errors}", wrong.join("\n"));
    assert!(errors.trim().is_empty(), "{errors}");
}
