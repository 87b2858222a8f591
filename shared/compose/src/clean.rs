//! Takes out of HTML what has no place in a mail, and says what that would be.

use std::sync::LazyLock;

use ammonia::Builder;
use carillon_domain::scan::{attribute, end_of_element, is_element, name_of, split_at_end_of};

use crate::marks::Marks;

/// What a mail may lead to and show. `cid:` is a part of the mail itself (RFC 2392).
pub(crate) const SCHEMES: [&str; 5] = ["https", "http", "mailto", "tel", "cid"];

/// Elements that no mail program runs or shows, or that ask for what a mail should not.
const FORBIDDEN: [&str; 17] = [
    "script", "iframe", "frame", "frameset", "object", "embed", "applet", "form", "input",
    "button", "select", "textarea", "audio", "video", "canvas", "svg", "base",
];

static BUILDER: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let mut builder = Builder::new();
    builder
        .add_tags(["center", "font", "section", "main", "address"])
        .add_generic_attributes([
            "style",
            "class",
            "id",
            "align",
            "valign",
            "bgcolor",
            "background",
            "width",
            "height",
            "border",
            "cellpadding",
            "cellspacing",
            "dir",
            "role",
            "color",
            "face",
            "size",
        ])
        .generic_attribute_prefixes(["aria-", "data-"].into())
        .url_schemes(SCHEMES.into())
        .link_rel(None)
        // What only some mail programs read stands in comments; the tags of templates do, too, while HTML is cleaned.
        .strip_comments(false);
    builder
});

/// A page in its parts.
pub(crate) struct Page {
    /// What its `style` elements hold.
    pub(crate) styles: Vec<String>,
    /// The style of its body.
    pub(crate) body_style: Option<String>,
    /// What its body holds.
    pub(crate) body: String,
    /// Whether it was a page, and not a part of one.
    pub(crate) is_whole: bool,
}

/// Cleans a page or a part of one, in which tags of the template are hidden.
pub(crate) fn clean(hidden: &str) -> Page {
    let (mut styles, mut body_style) = (Vec::new(), None);
    let mut is_whole = false;
    let mut kept = String::with_capacity(hidden.len());
    let mut rest = hidden;
    while let Some(start) = rest.find('<') {
        let (text, from) = rest.split_at(start);
        kept.push_str(text);
        if from.starts_with("<!--") {
            let end = from.find("-->").map_or(from.len(), |end| end + 3);
            kept.push_str(&from[..end]);
            rest = &from[end..];
            continue;
        }
        if !is_element(from) {
            kept.push_str("&lt;");
            rest = &from[1..];
            continue;
        }
        // What does not end is no element, and nothing after it ends either.
        let Some(end) = end_of_element(from) else {
            kept.push_str(&from.replace('<', "&lt;"));
            rest = "";
            break;
        };
        let (element, after) = from.split_at(end);
        rest = after;
        match (name_of(element).as_str(), element.starts_with("</")) {
            ("style", false) => {
                let (content, after) = split_at_end_of("style", after);
                styles.push(content.to_owned());
                rest = after;
            }
            ("title", false) => (_, rest) = split_at_end_of("title", after),
            ("body", false) => {
                is_whole = true;
                body_style = attribute(element, "style").map(|style| style.replace('"', "&quot;"));
            }
            ("html", false) => is_whole = true,
            ("html" | "head" | "body" | "meta" | "link", _) => {}
            _ => kept.push_str(element),
        }
    }
    kept.push_str(rest);
    if is_whole {
        kept = without_doctype(&kept).to_owned();
    }
    Page {
        styles,
        body_style,
        body: BUILDER.clean(&kept).to_string(),
        is_whole,
    }
}

fn without_doctype(text: &str) -> &str {
    let trimmed = text.trim_start();
    match trimmed
        .get(..9)
        .is_some_and(|start| start.eq_ignore_ascii_case("<!doctype"))
    {
        true => trimmed.split_once('>').map_or("", |(_, rest)| rest),
        false => text,
    }
}

/// What would be taken out of HTML, in words for whoever has written it. The tags of a page are about the page itself and are filled in
/// before, so some of them may be lost.
pub(crate) fn complaints(html: &str, is_page: bool) -> Vec<String> {
    let mut marks = Marks::default();
    let hidden = match marks.hide(html) {
        Ok(hidden) => hidden,
        Err(reason) => return vec![reason],
    };
    let mut complaints = of_elements(&hidden);
    if complaints.is_empty() {
        let page = clean(&hidden);
        let found = marks.check_links(&page.body);
        let found = found
            .and_then(|()| marks.check_styles(&page))
            .and_then(|()| {
                let style = page.body_style.unwrap_or_default();
                let kept = [page.styles.concat(), style, page.body].concat();
                match is_page {
                    true => marks.restore_found(&kept).map(drop),
                    false => marks.restore(&kept).map(drop),
                }
            });
        complaints.extend(found.err());
    }
    complaints.dedup();
    complaints
}

/// What would be taken out of elements. What only some mail programs read stands in comments, and nobody takes anything out of
/// those, so it is looked at as well.
fn of_elements(hidden: &str) -> Vec<String> {
    let mut complaints = Vec::new();
    let mut rest = hidden;
    while let Some(start) = rest.find('<') {
        let from = &rest[start..];
        if let Some(comment) = from.strip_prefix("<!--") {
            let (inner, after) = comment.split_once("-->").unwrap_or((comment, ""));
            if inner.trim_start().starts_with("[if") {
                complaints.extend(of_elements(&inner.replace("<!--", "")));
            }
            rest = after;
            continue;
        }
        if !is_element(from) {
            rest = &from[1..];
            continue;
        }
        let Some(end) = end_of_element(from) else {
            break;
        };
        let (element, after) = from.split_at(end);
        rest = after;
        if element.starts_with("</") {
            continue;
        }
        let name = name_of(element);
        if FORBIDDEN.contains(&name.as_str()) {
            complaints.push(format!("<{name}> has no place in a mail"));
        }
        if ["style", "script"].contains(&name.as_str()) {
            (_, rest) = split_at_end_of(&name, after);
        }
        complaints.extend(of_attributes(element, &name));
    }
    complaints
}

fn of_attributes(element: &str, name: &str) -> Vec<String> {
    let mut complaints = Vec::new();
    let words = element
        .split(|letter: char| letter.is_whitespace() || letter == '/')
        .skip(1);
    for word in words {
        let attribute = word
            .split('=')
            .next()
            .unwrap_or_default()
            .to_ascii_lowercase();
        let is_event = attribute.len() > 4
            && attribute.starts_with("on")
            && word.contains('=')
            && attribute.bytes().all(|byte| byte.is_ascii_alphabetic());
        if is_event {
            complaints.push(format!("{attribute} on <{name}> is never run in a mail"));
        }
    }
    for link in ["href", "src", "background"] {
        let Some(value) = attribute(element, link).map(str::trim) else {
            continue;
        };
        let scheme = value
            .split_once(':')
            .map(|(scheme, _)| scheme.to_ascii_lowercase());
        let is_scheme = |scheme: &String| {
            !scheme.is_empty()
                && scheme
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
        };
        match scheme.filter(is_scheme) {
            Some(scheme) if !SCHEMES.contains(&scheme.as_str()) => complaints.push(format!(
                "{link} on <{name}> may lead to https:, mailto: and tel:, and not to {scheme}:"
            )),
            Some(_) => {}
            None if value.is_empty() || value.starts_with(['#', '\u{E0F0}']) => {}
            None => complaints.push(format!(
                "{link} on <{name}> needs a whole address, as in https://example.org/, because a mail is at no address"
            )),
        }
    }
    complaints
}
