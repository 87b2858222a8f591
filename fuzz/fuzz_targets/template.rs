//! For any HTML of an email: it is refused, or every placeholder and block in it is preserved. The rest of `compose` is left out (the
//! wrapper, inlining, rendering), so that thousands are tried per second.

#![no_main]

use carillon_compose::check;
use carillon_domain::content::{Content, EmailContent, LocalizedContent, render::placeholders};
use libfuzzer_sys::{Corpus, fuzz_target};

/// One in this many inputs is checked twice. Nondeterminism (such as map order) shows in most inputs that can have it, and checking every
/// input twice would halve the throughput.
const TWICE: usize = 16;

fuzz_target!(|html: &[u8]| -> Corpus {
    // Bytes that are not UTF-8 cannot appear in JSON, and are not worth keeping.
    let Ok(html) = str::from_utf8(html) else {
        return Corpus::Reject;
    };
    // An unusable template is refused before its HTML is checked.
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
