//! Removes everything from HTML that is not allowed in a mail, and reports what that would be.

use std::{
    collections::{HashMap, HashSet},
    sync::LazyLock,
};

use ammonia::Builder;

use crate::{
    css,
    finish::{Filled, conditional, finish, is_end_of_condition},
    marks::{Bit, Kind, Marks, bits, mark_of_comment},
    structure,
    tokens::{
        Attribute, Piece, holds_text, is_name, is_void, push_attribute, push_escaped, tokens,
    },
};

/// URL schemes that a mail may link to and load. `cid:` is a part of the mail itself (RFC 2392).
pub(crate) const SCHEMES: [&str; 5] = ["https", "http", "mailto", "tel", "cid"];
/// Attributes that contain URLs.
pub(crate) const LINKS: [&str; 4] = ["href", "src", "background", "cite"];

/// Elements that no mail program runs or shows, or that request what a mail should not.
const FORBIDDEN: [&str; 23] = [
    "script",
    "iframe",
    "frame",
    "frameset",
    "object",
    "embed",
    "applet",
    "form",
    "input",
    "button",
    "select",
    "textarea",
    "audio",
    "video",
    "canvas",
    "svg",
    "math",
    "base",
    "xmp",
    "noembed",
    "noframes",
    "plaintext",
    "template",
];

/// A prefix for URL attributes while ammonia processes them, because it would take a placeholder in a host name for an error. The URL
/// is checked when the mail is finished.
const ADDRESS: &str = "data-carillon-";

static BUILDER: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let mut builder = Builder::new();
    builder
        .add_tags([
            "center", "font", "big", "nobr", "section", "main", "address", "tfoot",
        ])
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
        // Obsolete presentational attributes (HTML Living Standard, 16.3.3), which are common in mails because Outlook reads them.
        .add_tag_attributes("td", ["nowrap"])
        .add_tag_attributes("th", ["nowrap"])
        .add_tag_attributes("pre", ["wrap"])
        .add_tag_attributes("hr", ["noshade"])
        .add_tag_attributes("br", ["clear"])
        .add_tag_attributes("table", ["rules", "frame", "bordercolor"])
        .add_tag_attributes("ul", ["type", "compact"])
        .add_tag_attributes("ol", ["type", "compact"])
        .add_tag_attributes("li", ["type", "value"])
        // Targets of `#…` links, and image maps.
        .add_tag_attributes("a", ["name"])
        .add_tag_attributes("map", ["name"])
        .add_tag_attributes("area", ["shape", "coords", "href", "alt"])
        .add_tag_attributes("img", ["usemap", "hspace", "vspace"])
        .url_schemes(SCHEMES.into())
        .link_rel(None)
        // Conditional comments must stay; template tags are comments, too, while HTML is cleaned.
        .strip_comments(false);
    builder
});

/// Elements of a page, which do not belong to a mail's content.
const PAGE: [&str; 6] = ["html", "head", "body", "meta", "title", "style"];
/// Attributes that these may have besides the global ones.
const PAGE_ATTRIBUTES: [(&str, &[&str]); 3] = [
    ("meta", &["charset", "name", "content"]),
    ("html", &["lang", "xmlns", "xmlns:v", "xmlns:o", "xmlns:w"]),
    (
        "body",
        &[
            "lang",
            "text",
            "link",
            "alink",
            "vlink",
            "leftmargin",
            "topmargin",
            "marginwidth",
            "marginheight",
        ],
    ),
];

static ELEMENTS: LazyLock<HashSet<&str>> =
    LazyLock::new(|| BUILDER.clone_tags().into_iter().chain(PAGE).collect());
static GENERIC: LazyLock<HashSet<&str>> = LazyLock::new(|| BUILDER.clone_generic_attributes());
static SPECIAL: LazyLock<HashMap<&str, HashSet<&str>>> = LazyLock::new(|| {
    let mut special = BUILDER.clone_tag_attributes();
    for (element, attributes) in PAGE_ATTRIBUTES {
        special
            .entry(element)
            .or_default()
            .extend(attributes.iter().copied());
    }
    special
});

/// Whether an element is allowed in a mail.
pub(crate) fn is_element_allowed(name: &str) -> bool {
    ELEMENTS.contains(name)
}

/// Whether an attribute of an element is allowed in a mail.
pub(crate) fn is_attribute_allowed(element: &str, name: &str) -> bool {
    is_name(name)
        && (GENERIC.contains(name)
            || name.starts_with("aria-")
            || name.starts_with("data-")
            || SPECIAL
                .get(element)
                .is_some_and(|special| special.contains(name)))
}

/// The parts of a page.
#[derive(Default)]
pub(crate) struct Page {
    /// The contents of its `style` elements.
    pub(crate) styles: Vec<String>,
    /// The conditional comments of its head.
    pub(crate) head: Vec<String>,
    /// The attributes of its `html` element.
    pub(crate) html: Vec<Attribute>,
    /// The attributes of its `body` element.
    pub(crate) body_attributes: Vec<Attribute>,
    /// The content of its body.
    pub(crate) body: String,
    /// Whether it was a whole page.
    pub(crate) is_whole: bool,
    /// Template tags in parts that ours replace, such as the title.
    pub(crate) left_out: Vec<usize>,
    /// What is removed although it was written on purpose.
    complaints: Vec<String>,
}

/// Cleans a page or a part of one, in which template tags are hidden.
///
/// # Errors
/// If a template block surrounds a part that is moved elsewhere.
pub(crate) fn clean(hidden: &str, marks: &Marks) -> Result<Page, String> {
    let pieces = tokens(hidden);
    structure::check(&pieces)?;
    let mut page = Page::default();
    let mut kept = String::with_capacity(hidden.len());
    let (mut in_head, mut blocks) = (false, 0_usize);
    let mut pieces = pieces.into_iter().peekable();
    while let Some(piece) = pieces.next() {
        match piece {
            Piece::Doctype => {}
            Piece::Text(text) => push_escaped(&mut kept, &text, false),
            Piece::Comment(text) => {
                if let Some(mark) = mark_of_comment(&text) {
                    match marks.kind(mark) {
                        Kind::Open => blocks += 1,
                        Kind::Close => blocks = blocks.saturating_sub(1),
                        Kind::Value | Kind::Else => {}
                    }
                }
                let inner = conditional(&text).map(|condition| condition.inner);
                if let Some(inner) = inner {
                    complain_of(inner, &mut page.complaints);
                }
                let is_condition = inner.is_some() || is_end_of_condition(&text);
                match is_condition && in_head && blocks == 0 {
                    true => page.head.push(format!("<!--{text}-->")),
                    false => kept.push_str(&format!("<!--{text}-->")),
                }
            }
            Piece::Start {
                name, attributes, ..
            } => {
                complain(&name, &attributes, &mut page.complaints);
                if blocks > 0 && matches!(name.as_str(), "style" | "html" | "head" | "body") {
                    return Err(format!(
                        "a block surrounds <{name}>, which has a fixed place in a mail; put the block inside it"
                    ));
                }
                let mut text = String::new();
                if holds_text(&name) {
                    while let Some(piece) =
                        pieces.next_if(|piece| *piece != Piece::End(name.clone()))
                    {
                        if let Piece::Text(inner) = piece {
                            text.push_str(&inner);
                        }
                    }
                }
                match name.as_str() {
                    "style" => {
                        // Wrappers that hid styles from old browsers and XML parsers.
                        let around = ["<!--", "-->", "<![CDATA[", "]]>"];
                        let css = around
                            .into_iter()
                            .fold(text, |css, sign| css.replace(sign, " "));
                        let media = attributes.iter().find(|(name, _)| name == "media");
                        let media = media.map_or("", |(_, media)| media.trim());
                        page.styles.push(match media {
                            "" | "all" | "screen" => css,
                            media => format!("@media {media}{{{css}}}"),
                        });
                    }
                    "title" => {
                        let tags = bits(&text)?.into_iter().filter_map(|bit| match bit {
                            Bit::Mark(mark) => Some(mark),
                            Bit::Text(_) => None,
                        });
                        page.left_out.extend(tags);
                    }
                    "html" | "body" => {
                        (page.is_whole, in_head) = (true, false);
                        let kept = match name == "html" {
                            true => &mut page.html,
                            false => &mut page.body_attributes,
                        };
                        for (attribute, value) in attributes {
                            let is_known = kept.iter().any(|(known, _)| *known == attribute);
                            if !is_known && is_attribute_allowed(&name, &attribute) {
                                kept.push((attribute, value));
                            }
                        }
                    }
                    "head" => (page.is_whole, in_head) = (true, true),
                    // Mail programs run no scripts, so they show the content of a `noscript`; a parser with scripting takes it for
                    // text.
                    "meta" | "link" | "base" | "noscript" => {}
                    _ if holds_text(&name) || !is_name(&name) => {}
                    _ => push_element(&mut kept, &name, &attributes),
                }
            }
            Piece::End(name) => match name.as_str() {
                "head" => in_head = false,
                "html" | "body" | "noscript" => {}
                _ if holds_text(&name) || !is_name(&name) => {}
                _ if is_void(&name) && name != "br" => {}
                _ => kept.push_str(&format!("</{name}>")),
            },
        }
    }
    page.body = BUILDER
        .clean(&kept)
        .to_string()
        .replace(&format!(" {ADDRESS}"), " ");
    page.complaints.dedup();
    Ok(page)
}

/// Writes a start tag for ammonia.
fn push_element(out: &mut String, name: &str, attributes: &[Attribute]) {
    out.push('<');
    out.push_str(name);
    for (attribute, value) in attributes {
        if !is_name(attribute) {
            continue;
        }
        match LINKS.contains(&attribute.as_str()) && is_attribute_allowed(name, attribute) {
            true => push_attribute(out, &format!("{ADDRESS}{attribute}"), value),
            false => push_attribute(out, attribute, value),
        }
    }
    out.push('>');
}

/// What would be removed from HTML, in words for its author.
pub(crate) fn complaints(html: &str, filled: Filled) -> Vec<String> {
    let mut marks = Marks::default();
    let read = marks.hide(html).and_then(|hidden| clean(&hidden, &marks));
    let page = match read {
        Ok(page) => page,
        Err(reason) => return vec![reason],
    };
    if !page.complaints.is_empty() {
        return page.complaints;
    }
    let mut written = String::new();
    for style in &page.styles {
        if let Some(complaint) = css::complaint(style, &|mark| marks.kind(mark)) {
            return vec![complaint];
        }
        written.push_str(&format!("<style>{style}</style>"));
    }
    written.extend(page.head.iter().map(String::as_str));
    for (element, attributes) in [("html", &page.html), ("body", &page.body_attributes)] {
        written.push('<');
        written.push_str(element);
        for (name, value) in attributes {
            push_attribute(&mut written, name, value);
        }
        written.push('>');
    }
    written.push_str(&page.body);
    let found = finish(&written, &marks, &page.left_out, filled);
    found.err().into_iter().collect()
}

/// What would be removed from conditional comments.
fn complain_of(html: &str, complaints: &mut Vec<String>) {
    for piece in tokens(html) {
        if let Piece::Start {
            name, attributes, ..
        } = piece
        {
            complain(&name, &attributes, complaints);
        }
    }
}

/// Whether a cited URL is on the web. No mail program shows it, so any other is dropped.
pub(crate) fn is_citable(value: &str) -> bool {
    let small = value.trim().to_ascii_lowercase();
    ["https://", "http://", "\u{E0F0}"]
        .iter()
        .any(|begin| small.starts_with(begin))
}

/// Whether an attribute is an embedded picture (RFC 2397) of a pure image format: SVG can contain scripts and URLs.
pub(crate) fn is_picture(element: &str, attribute: &str, value: &str) -> bool {
    if element != "img" || attribute != "src" {
        return false;
    }
    let value = value.trim();
    let Some((kind, data)) = value.split_once(',') else {
        return false;
    };
    let kinds = [
        "data:image/png;base64",
        "data:image/jpeg;base64",
        "data:image/jpg;base64",
        "data:image/gif;base64",
        "data:image/webp;base64",
    ];
    kinds.contains(&kind.to_ascii_lowercase().as_str())
        && data.bytes().all(|byte| {
            byte.is_ascii_alphanumeric() || byte.is_ascii_whitespace() || b"+/=".contains(&byte)
        })
}

fn complain(name: &str, attributes: &[Attribute], complaints: &mut Vec<String>) {
    if FORBIDDEN.contains(&name) {
        complaints.push(format!("<{name}> is not allowed in a mail"));
    }
    for (attribute, value) in attributes {
        if attribute.len() > 2
            && attribute.starts_with("on")
            && attribute.bytes().all(|byte| byte.is_ascii_alphabetic())
        {
            complaints.push(format!(
                "{attribute} on <{name}> is not allowed in a mail, which runs no scripts"
            ));
        }
        if !LINKS.contains(&attribute.as_str())
            || (attribute == "cite" && !is_citable(value))
            || is_picture(name, attribute, value)
        {
            continue;
        }
        let value = value.trim();
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
            Some(scheme) if scheme == "data" && name == "img" => complaints.push(
                "an embedded picture must be PNG, JPEG, GIF or WebP, as in data:image/png;base64,…".to_owned(),
            ),
            Some(scheme) if !SCHEMES.contains(&scheme.as_str()) => complaints.push(format!(
                "{attribute} on <{name}> may link to https:, mailto: and tel:, but not to {scheme}:"
            )),
            Some(_) => {}
            None if value.is_empty() || value.starts_with(['#', '\u{E0F0}']) => {}
            None => complaints.push(format!(
                "{attribute} on <{name}> needs an absolute URL, as in https://example.org/, because a mail has no URL of its own"
            )),
        }
    }
}
