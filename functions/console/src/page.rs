//! The page of the application, at whatever address it is opened.
//!
//! Its scripts have addresses relative to it (Vite's `base: './'`), so that it works below any prefix. A route of the application
//! is deeper than the page, so the page says where its root is: `<base href="../../">`. That is relative to the address of the
//! page, so the prefix need not be known.

use crate::files::{Found, HTML, Representation, entity_tag};

/// What the page has for its root.
const ROOT: &str = "<base href=\"./\"";

/// The page around its root.
#[derive(Debug)]
pub(crate) struct Page {
    before: String,
    after: String,
}

impl Page {
    /// The page in a file; `None` if it does not say where its root is.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let (before, after) = text.split_once(ROOT)?;
        // An address in front of it would be relative to something else (HTML, "The base element").
        let is_first = !["src=", "href="].iter().any(|it| before.contains(it));
        (is_first && !after.contains("<base")).then(|| Self {
            before: before.to_owned(),
            after: after.to_owned(),
        })
    }

    /// The page at a depth. It is not compressed: with its headers it fits into the first round trip either way
    /// ([decision 43](../../../docs/decisions/0043-the-console-is-a-function.md)).
    pub(crate) fn at(&self, depth: usize) -> Representation {
        let root = match depth {
            0 => "./".to_owned(),
            _ => "../".repeat(depth),
        };
        let (before, after) = (&self.before, &self.after);
        let content = format!("{before}<base href=\"{root}\"{after}").into_bytes();
        Representation {
            found: Found::Page,
            kind: HTML,
            coding: None,
            tag: entity_tag(&content),
            content,
        }
    }
}
