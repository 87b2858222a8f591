//! Whatever somebody writes as the HTML of an email: it is refused, or every placeholder and block in it has its place. What `compose` does besides is
//! left out (the wrapper, styles in the elements, rendering), so that thousands are tried in a second.

#![no_main]

use carillon_compose::check;
use carillon_domain::{
    content::{Content, EmailContent, LocalizedContent},
    render::{check_template, placeholders},
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|html: &str| {
    if html.len() > 16 * 1024 || check_template(html).is_err() {
        return;
    }
    placeholders(html).expect("what can be used says what it asks for");
    let email = EmailContent::new(String::new(), html.to_owned(), Some(String::new()));
    let content = Content {
        default: LocalizedContent {
            email: Some(email),
            ..LocalizedContent::default()
        },
        ..Content::default()
    };
    let first = check(&content);
    assert_eq!(first, check(&content));
});
