//! Whatever somebody writes as the HTML of an email: it is refused, or every placeholder and block in it has its place. What `compose` does besides is
//! left out (the wrapper, styles in the elements, rendering), so that thousands are tried in a second.

#![no_main]

use carillon_compose::check;
use carillon_domain::content::{Content, EmailContent, LocalizedContent, render::placeholders};
use libfuzzer_sys::{Corpus, fuzz_target};

/// One of so many is looked at twice. What differs from run to run (the order in a map) does so for most inputs that it can do so for, and
/// looking at each twice would take the time of as many others.
const TWICE: usize = 16;

fuzz_target!(|html: &[u8]| -> Corpus {
    // Bytes that are no text cannot be written in JSON, and are not worth keeping.
    let Ok(html) = str::from_utf8(html) else {
        return Corpus::Reject;
    };
    // Whoever writes a template that cannot be used is told so before its HTML is looked at.
    if html.len() > 16 * 1024 || placeholders(html).is_err() {
        return Corpus::Keep;
    }
    let email = EmailContent::new(String::new(), html.to_owned(), Some(String::new()));
    let content = Content {
        default: LocalizedContent {
            email: Some(email),
            ..LocalizedContent::default()
        },
        ..Content::default()
    };
    let first = check(&content);
    let sum: usize = html.bytes().map(usize::from).sum();
    if sum % TWICE == 0 {
        assert_eq!(first, check(&content));
    }
    Corpus::Keep
});
