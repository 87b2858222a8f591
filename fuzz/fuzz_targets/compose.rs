//! For any HTML of an email: it is refused, or it is composed, with or without a wrapper, and rendered deterministically without a panic,
//! within its size limit, and with none of a receiver's values becoming HTML. `template` covers the steps up to composing in much less
//! time.

#![no_main]

use std::{collections::BTreeMap, sync::LazyLock};

use carillon_compose::{check, compose, unknown_names};
use carillon_domain::{address::EmailAddress, channel::Channel, content::{self, Content, EmailContent, LocalizedContent, Sender, render::{RENDERED_BYTES, Rendered, Renderer}, wrapper::Wrapper}, receivers::{Receiver, Source}};
use libfuzzer_sys::fuzz_target;
use serde_json::json;

/// Would become an element if it were not escaped, and is distinguishable from the fuzzer's own input.
const HOSTILE: &str = "<zq onload=\"x\">'&";

/// One in this many inputs is put into the wrapper, which is far longer than the input and always the same.
const WRAPPED: usize = 4;

static WRAPPER: LazyLock<Wrapper> = LazyLock::new(Wrapper::default);
static SENDER: LazyLock<Sender> = LazyLock::new(Sender::default);
static RECEIVER: LazyLock<Receiver> = LazyLock::new(|| Receiver {
    first_name: Some(HOSTILE.to_owned()),
    last_name: None,
    email: EmailAddress::parse("zoe@example.com").ok(),
    mobile: None,
    push: None,
    language: None,
    variables:
        json!({ "a": HOSTILE, "b": [HOSTILE, 1, null], "c": { "d": "2026-11-22T09:00:00Z" } })
            .as_object()
            .cloned()
            .unwrap_or_default(),
    source: Source::Manual,
    off: BTreeMap::new(),
    corrections: Vec::new(),
});

/// Whether an input is put into the wrapper; deterministic, so that findings reproduce.
fn is_wrapped(html: &str) -> bool {
    html.bytes().map(usize::from).sum::<usize>() % WRAPPED == 0
}

fuzz_target!(|html: &str| {
    if html.contains("zq") || html.len() > 16 * 1024 {
        return;
    }
    let content = Content {
        default: LocalizedContent {
            email: Some(EmailContent::new(
                "Hello {{a}}".to_owned(),
                html.to_owned(),
                None,
            )),
            ..LocalizedContent::default()
        },
        ..Content::default()
    };
    if content::check(&content).is_err() || !check(&content).is_empty() {
        return;
    }
    let _ = unknown_names(&content);
    let wrapper = is_wrapped(html).then_some(&*WRAPPER);
    let Ok(composed) = compose(&content, wrapper, &SENDER) else {
        return;
    };
    let renderer = Renderer::new("Fuzz", &composed).expect("composed content is usable");
    let first = renderer.render(Channel::Email, &RECEIVER);
    assert_eq!(first, renderer.render(Channel::Email, &RECEIVER));
    if let Ok(Rendered::Email { html, .. }) = first {
        assert!(html.len() <= RENDERED_BYTES);
        assert!(!html.contains("<zq"), "{html}");
    }
});
