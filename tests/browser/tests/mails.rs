//! Composing preserves the meaning of emails: a corpus as exported by Word, Outlook, Google Docs, Mailchimp, MJML and others
//! (`tests/mails`), each examined in Chromium before and after.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on should say where"
)]

use std::{collections::BTreeMap, fmt::Write, fs, path::Path};

use carillon_browser::{Pair, compare};
use carillon_compose::{check, compose};
use carillon_domain::{
    address::{EmailAddress, PhoneNumber},
    channel::Channel,
    content::{
        Content, EmailContent, LocalizedContent, Sender,
        render::{Rendered, Renderer},
    },
    receivers::{Receiver, Source},
};

/// A receiver with all values that the emails use.
fn receiver(values: &str) -> Receiver {
    Receiver {
        first_name: Some("Zoë".to_owned()),
        last_name: Some("O’Neill & Söhne".to_owned()),
        email: Some(EmailAddress::parse("zoe@example.com").unwrap()),
        mobile: Some(PhoneNumber::parse("+442079460000", None).unwrap()),
        push: None,
        language: None,
        variables: serde_json::from_str(values).unwrap(),
        source: Source::Manual,
        off: BTreeMap::new(),
        corrections: Vec::new(),
    }
}

fn content(html: &str) -> Content {
    let subject = "About your connection".to_owned();
    Content {
        default: LocalizedContent {
            email: Some(EmailContent::new(subject, html.to_owned(), None)),
            ..LocalizedContent::default()
        },
        ..Content::default()
    }
}

/// The email as the receiver gets it.
fn filled(content: &Content, receiver: &Receiver) -> Result<String, String> {
    let renderer = Renderer::new("Mails", content).map_err(|error| error.to_string())?;
    match renderer.render(Channel::Email, receiver) {
        Ok(Rendered::Email { html, .. }) => Ok(html),
        other => Err(format!("{other:?}")),
    }
}

#[test]
fn pasted_emails_keep_their_meaning() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../mails");
    let receiver = receiver(&fs::read_to_string(folder.join("values.json")).unwrap());
    let mut mails: Vec<_> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|kind| kind == "html"))
        .collect();
    mails.sort();
    assert!(mails.len() >= 40, "{} mails", mails.len());
    let mut wrong = String::new();
    let mut pairs = Vec::new();
    for path in mails {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let html = fs::read_to_string(&path).unwrap();
        let written = content(&html);
        let before = filled(&written, &receiver).unwrap_or_else(|why| panic!("{name}: {why}"));
        let refused: Vec<String> = check(&written)
            .into_iter()
            .map(|problem| problem.reason)
            .collect();
        if !refused.is_empty() {
            writeln!(wrong, "{name}: refused: {}", refused.join("; ")).unwrap();
            continue;
        }
        let composed = compose(&written, None, &Sender::default())
            .map_err(|problems| format!("not composed: {problems:?}"));
        match composed.and_then(|composed| filled(&composed, &receiver)) {
            Ok(after) => pairs.push(Pair {
                name,
                before,
                after,
            }),
            Err(why) => writeln!(wrong, "{name}: {why}").unwrap(),
        }
    }
    let seen = compare(&pairs).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(seen.len(), pairs.len(), "{seen:#?}");
    for mail in seen {
        assert!(mail.texts >= 3, "{mail:?}");
        for line in &mail.found {
            writeln!(wrong, "{}: {line}", mail.name).unwrap();
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

/// Tests the comparison itself.
#[test]
fn a_changed_email_is_detected() {
    let pair = |before: &str, after: &str| Pair {
        name: before.to_owned(),
        before: before.to_owned(),
        after: after.to_owned(),
    };
    let dark = "<style>@media (prefers-color-scheme:dark){p{color:#fff}}</style><p>a</p>";
    let small = "<style>@media (max-width:600px){p{display:none}}</style><p>a</p>";
    let pairs = [
        pair("<p>Hello</p>", "<p>Hello you</p>"),
        pair("<p style='color:red'>a</p>", "<p>a</p>"),
        pair("<div style='background:#000'>a</div>", "<div>a</div>"),
        pair("<p dir=rtl>a</p>", "<p>a</p>"),
        pair("<html lang=ar><p>a</p>", "<html lang=en><p>a</p>"),
        pair(
            "<a href='https://a.example/?x=1&y'>a</a>",
            "<a href='https://a.example/?x=1'>a</a>",
        ),
        pair(
            "<a href='#b'>a</a><p id=b>b</p>",
            "<a href='#b'>a</a><p>b</p>",
        ),
        pair("<p style='display:none'>a</p>", "<p>a</p>"),
        pair(dark, "<p>a</p>"),
        pair(small, "<p>a</p>"),
        pair("<style>a:hover{color:red}</style><a>a</a>", "<a>a</a>"),
        pair(
            "<style>[data-ogsc] p{color:red}</style><p>a</p>",
            "<p>a</p>",
        ),
        pair("<p>a<!--[if mso]>b<![endif]--></p>", "<p>a</p>"),
        pair(
            "<p>a<img alt=b src='cid:x'></p>",
            "<p>a<img src='cid:x'></p>",
        ),
        pair(
            "<table width=600><tr><td>a</table>",
            "<table><tr><td>a</table>",
        ),
        pair("<p>a</p><hr style='border-top:3px solid red'>", "<p>a</p>"),
        pair(
            "<meta name=color-scheme content='light dark'><p>a</p>",
            "<p>a</p>",
        ),
        pair("<p>same</p>", "<div><p>same</p></div>"),
    ];
    let seen = compare(&pairs).unwrap_or_else(|error| panic!("{error}"));
    let (last, others) = seen.split_last().unwrap();
    for changed in others {
        assert!(!changed.found.is_empty(), "{changed:?}");
    }
    assert_eq!(last.found, [""; 0]);
}
