//! An email in its wrapper.

use std::{collections::BTreeSet, io};

use carillon_domain::{
    content::{
        EmailContent, Sender,
        render::{self, check_template},
        scan::end_of_template_tag,
        text_part,
        wrapper::Wrapper,
    },
    language::LanguageTag,
};
use css_inline::{CSSInliner, InlineOptions};
use handlebars::Handlebars;
use serde_json::json;

use crate::{
    cascade::Cascade,
    clean::{Page, clean, is_attribute_allowed},
    css::{self, Vocabulary},
    finish::{Filled, finish},
    locales,
    marks::{Marks, is_reserved},
    tokens::{Attribute, Piece, holds_text, push_attribute, tokens, without_tags},
};

/// The classes of the elements that replace the bodies of pages in a wrapper, where a rule selects them: for the header, the footer and
/// the email.
const BODIES: [&str; 3] = ["mail-header", "mail-footer", "mail-body"];
/// The most comparisons of selectors with elements.
const COMPARISONS: usize = 2_000_000;
/// The most declarations times elements for inlining: each is compared with all that the element has.
const DECLARATIONS: usize = 4_000_000;
/// The most different properties in the styles of a mail. Mail programs know some 200.
const PROPERTIES: usize = 200;
/// Parts of selectors that depend on an element's position among its siblings, so that all of them are searched.
const PLACES: [&str; 4] = ["~", ":nth-", "-of-type", "-child"];
/// The most such searches.
const LOOKS: usize = 50_000_000;
/// The most occurrences of a part in a page.
const REPEATED: usize = 10;
/// The most bytes of a mail with inlined styles.
const INLINED_BYTES: usize = 1024 * 1024;
/// The start of a style element, once cleaned.
const STYLE: &str = "<style>";
/// Stand-ins for the parts of a page until they are inserted; in Unicode's private use area.
const HEADER: &str = "\u{E0F2}header\u{E0F3}";
const CONTENT: &str = "\u{E0F2}content\u{E0F3}";
const FOOTER: &str = "\u{E0F2}footer\u{E0F3}";
const SUBJECT: &str = "\u{E0F2}subject\u{E0F3}";
const UNSUBSCRIBE: &str = "\u{E0F2}unsubscribe\u{E0F3}";

/// The composed email, still with its placeholders.
pub(crate) fn compose(
    email: &EmailContent,
    language: &LanguageTag,
    wrapper: Option<&Wrapper>,
    sender: &Sender,
) -> Result<EmailContent, String> {
    let mut marks = Marks::default();
    let mut left_out = Vec::new();
    let mut part = |marks: &mut Marks, html: &str| -> Result<Page, String> {
        let hidden = marks.hide(html)?;
        let page = clean(&hidden, marks)?;
        left_out.extend(&page.left_out);
        Ok(page)
    };
    let written = part(&mut marks, &email.html)?;
    let html = match wrapper {
        Some(wrapper) => {
            let mut page = page(wrapper, language, sender)?;
            // A custom page need not have a place for every part.
            let mut part_of = |mark: &str, html: &str| match page.contains(mark) {
                true => part(&mut marks, html),
                false => Ok(Page::default()),
            };
            let header = part_of(HEADER, &wrapper.header)?;
            let footer = part_of(FOOTER, &wrapper.footer)?;
            let title = marks.hide_plainly(&escaped_outside_of_tags(&email.subject))?;
            let (mut styles, mut head) = (Vec::new(), String::new());
            let parts = [(HEADER, &header), (FOOTER, &footer), (CONTENT, &written)];
            for ((mark, part), class) in parts.into_iter().zip(BODIES) {
                let (own, body) = in_a_wrapper(part, class);
                styles.extend(own);
                head.extend(part.head.iter().map(String::as_str));
                page = page.replace(mark, &body);
            }
            page = page.replace(SUBJECT, &title);
            if page.contains(UNSUBSCRIBE) {
                let unsubscribe = marks.hide_plainly("{{unsubscribe_url}}")?;
                page = page.replace(UNSUBSCRIBE, &unsubscribe);
            }
            inline(&page, styles, &head, &marks)?
        }
        None if written.is_whole || !written.styles.is_empty() => {
            let title = marks.hide_plainly(&escaped_outside_of_tags(&email.subject))?;
            let page = document(
                &written,
                language.to_string(),
                locales::direction(language),
                &title,
            );
            let head = written.head.concat();
            inline(&page, written.styles, &head, &marks)?
        }
        None => written.body,
    };
    let html = finish(&html, &marks, &left_out, Filled::ForReceivers)?;
    check_template(&html).map_err(|error| error.to_string())?;
    let text = match (&email.text, wrapper) {
        (Some(text), Some(_)) => Some(format!("{text}\n\n{}", signature(language, sender))),
        (Some(text), None) => Some(text.clone()),
        (None, _) => None,
    };
    let made_text = match text {
        Some(_) => None,
        None => Some(text_part::from_html(&html).ok_or("no text part can be derived; write one")?),
    };
    Ok(EmailContent {
        subject: email.subject.clone(),
        html,
        mjml: None,
        text,
        reply_to: email.reply_to.clone(),
        made_text,
    })
}

/// Checks whether a page is usable, without an email.
pub(crate) fn try_page(wrapper: &Wrapper) -> Result<(), String> {
    let page = page(wrapper, &locales::english(), &Sender::default())?;
    inline(&page, Vec::new(), "", &Marks::default()).map(drop)
}

/// The page of a wrapper, with marks in place of its parts.
fn page(wrapper: &Wrapper, language: &LanguageTag, sender: &Sender) -> Result<String, String> {
    let cleaned;
    let template = match &wrapper.page {
        None => wrapper.page(),
        Some(page) => {
            cleaned = clean_page(page)?;
            &cleaned
        }
    };
    if json!(sender).to_string().chars().any(is_reserved) {
        return Err(
            "the sender contains characters U+E0F0 to U+E0FF, which are reserved".to_owned(),
        );
    }
    let labels = locales::labels(language);
    let data = json!({
        "header": HEADER,
        "content": CONTENT,
        "footer": FOOTER,
        "subject": SUBJECT,
        "unsubscribe_url": UNSUBSCRIBE,
        "language": language,
        "direction": locales::direction(language),
        "colors": wrapper.colors,
        "sender": sender,
        "labels": labels,
    });
    let mut engine = Handlebars::new();
    engine.set_strict_mode(true);
    let template = render::compile(template).map_err(|error| error.to_string())?;
    engine.register_template("page", template);
    let mut rendered = Capped(Vec::new());
    let result = engine.render_to_write("page", &data, &mut rendered);
    result.map_err(|error| {
        let reason = error.reason().to_string();
        format!(
            "{reason}; a page may use header, content, footer, subject, language, direction, colors, sender, labels and unsubscribe_url"
        )
    })?;
    let page = String::from_utf8(rendered.0).map_err(|error| error.to_string())?;
    let among_elements = text_among_elements(&page);
    for (mark, name, most) in [
        (HEADER, "header", 1),
        (FOOTER, "footer", 1),
        (CONTENT, "content", 1),
        (SUBJECT, "subject", REPEATED),
        (UNSUBSCRIBE, "unsubscribe_url", REPEATED),
    ] {
        let count = page.matches(mark).count();
        // Any other tags of a page surround elements.
        if most == 1 && among_elements.matches(mark).count() != count {
            return Err(format!(
                "{{{{{name}}}}} is in a comment, an attribute or a text-only element, but consists of elements"
            ));
        }
        if mark == CONTENT && count == 0 {
            return Err(
                "{{content}} is in a block, so a mail could be sent without its content".to_owned(),
            );
        }
        if count > most {
            return Err(format!(
                "{{{{{name}}}}} appears {count} times in the page, and at most {most} are allowed"
            ));
        }
    }
    Ok(page)
}

/// The text at positions where elements are allowed.
fn text_among_elements(page: &str) -> String {
    let (mut among, mut is_text) = (String::new(), false);
    for piece in tokens(page) {
        match piece {
            Piece::Start { name, .. } => is_text = holds_text(&name),
            Piece::End(_) => is_text = false,
            Piece::Text(text) if !is_text => among.push_str(&text),
            Piece::Text(_) | Piece::Comment(_) | Piece::Doctype => {}
        }
    }
    among
}

/// A custom page without anything that is not allowed in a mail. Its title replaces ours.
fn clean_page(page: &str) -> Result<String, String> {
    let mut marks = Marks::default();
    let hidden = marks.hide(page)?;
    let page = clean(&hidden, &marks)?;
    let language = marks.hide_plainly("{{language}}")?;
    let direction = marks.hide_plainly("{{direction}}")?;
    let title = marks.hide_plainly("{{subject}}")?;
    let document = document(&page, language, &direction, &title);
    let mut head = page.head.concat();
    for css in &page.styles {
        head.push_str(&format!("<style>{css}</style>"));
    }
    let document = document.replacen("</head>", &format!("{head}</head>"), 1);
    // The page's own language attributes replace ours.
    let ours = marks.tags().len() - 3..marks.tags().len();
    let left_out: Vec<usize> = page.left_out.iter().copied().chain(ours).collect();
    finish(&document, &marks, &left_out, Filled::ByUs)
}

/// A page around custom content, without its styles. Its own language, direction and body attributes are kept.
fn document(page: &Page, language: String, usual: &str, title: &str) -> String {
    let own = |name: &str| {
        let mut said = page.html.iter().chain(&page.body_attributes);
        said.find(|(known, _)| known == name)
            .map(|(_, value)| value.clone())
    };
    let said = own("lang").or_else(|| own("xml:lang"));
    let direction = own("dir").or_else(|| said.as_deref().and_then(direction_of));
    let mut html = "<!DOCTYPE html><html".to_owned();
    push_attribute(&mut html, "lang", &said.unwrap_or(language));
    push_attribute(&mut html, "dir", direction.as_deref().unwrap_or(usual));
    for (name, value) in &page.html {
        if !matches!(name.as_str(), "lang" | "xml:lang" | "dir") {
            push_attribute(&mut html, name, value);
        }
    }
    html.push_str(&format!(
        "><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>{title}</title></head><body"
    ));
    for (name, value) in &page.body_attributes {
        push_attribute(&mut html, name, value);
    }
    html.push('>');
    html.push_str(&page.body);
    html.push_str("</body></html>");
    html
}

fn direction_of(language: &str) -> Option<String> {
    let language: LanguageTag = language.parse().ok()?;
    Some(locales::direction(&language).to_owned())
}

/// A part of a mail in the page of a wrapper, and its styles: if it was a whole page, elements replace its html and body.
fn in_a_wrapper(page: &Page, class: &str) -> (Vec<String>, String) {
    if !page.is_whole {
        return (page.styles.clone(), page.body.clone());
    }
    // A body's presentational attributes become a style, which has the lowest priority.
    let color = |property: &str, name: &str| {
        let said = page.body_attributes.iter().find(|(said, _)| said == name);
        let value = said.map_or("", |(_, value)| value.trim());
        let is_color =
            |letter: char| letter == '#' || letter.is_ascii_alphanumeric() || is_reserved(letter);
        let is_one = !value.is_empty() && value.chars().all(is_color);
        is_one.then(|| format!("{property}:{value};"))
    };
    let colors = color("background-color", "bgcolor").into_iter();
    let colors: String = colors.chain(color("color", "text")).collect();
    let renamed = page.styles.iter().map(|css| css::without_body(css, class));
    let mut styles: Vec<String> = renamed.collect();
    let is_named = !colors.is_empty() || styles != page.styles;
    if !colors.is_empty() {
        styles.insert(0, format!(".{class}{{{colors}}}"));
    }
    let class = is_named.then_some(class);
    let body = in_its_place(&page.body_attributes, class, &page.body);
    (styles, in_its_place(&page.html, None, &body))
}

/// Surrounds a part with an element that has the attributes of the one it replaces.
fn in_its_place(said: &[Attribute], class: Option<&str>, part: &str) -> String {
    let own = said.iter().find(|(name, _)| name == "class");
    let own = own.map(|(_, classes)| classes.as_str());
    let classes: Vec<&str> = class.into_iter().chain(own).collect();
    let mut element = String::new();
    if !classes.is_empty() {
        push_attribute(&mut element, "class", &classes.join(" "));
    }
    for (name, value) in said {
        let is_of_a_page = matches!(name.as_str(), "class" | "width" | "height" | "background");
        if !is_of_a_page && is_attribute_allowed("div", name) {
            push_attribute(&mut element, name, value);
        }
    }
    match element.is_empty() {
        true => part.to_owned(),
        false => format!("<div{element}>{part}</div>"),
    }
}

/// Inlines styles, and keeps those in the head that depend on the device, the program or the reader.
fn inline(page: &str, styles: Vec<String>, head: &str, marks: &Marks) -> Result<String, String> {
    let (page, mut all) = take_styles(page);
    all.extend(styles);
    let known = Vocabulary::of(&page);
    let kind = |mark| marks.kind(mark);
    let mut ordered = Vec::with_capacity(all.len());
    let mut order = 0;
    for css in &all {
        if let Some(complaint) = css::complaint(css, &kind) {
            return Err(complaint);
        }
        ordered.push((order, css.as_str()));
        order += css.len() + 1;
    }
    let mut divided = ordered.clone();
    divided.retain(|(_, css)| !css::stays_whole(css, &kind));
    let cascade = Cascade::of(&page, &divided, &known);
    let (mut inlined, mut kept, mut selectors) = (String::new(), String::new(), 0);
    for (order, css) in ordered {
        let sheet = css::divide(css, order, &known, &cascade, &kind);
        inlined.push_str(&sheet.inlined);
        selectors += sheet.selectors;
        if !sheet.kept.is_empty() {
            kept.push_str(&format!("<style>{}</style>", sheet.kept));
        }
    }
    if selectors.saturating_mul(known.count) > COMPARISONS {
        return Err(format!(
            "{selectors} selectors for {} elements are too many: their product may be at most {COMPARISONS}",
            known.count
        ));
    }
    check_work(&inlined, known.count)?;
    let page = with_at_end_of_head(&page, &format!("<style>{inlined}</style>"));
    let options = InlineOptions::default().load_remote_stylesheets(false);
    let mut target = Capped(Vec::with_capacity(page.len() * 2));
    CSSInliner::new(options)
        .inline_to(&page, &mut target)
        .map_err(|error| format!("the styles cannot be parsed: {error}"))?;
    let page = String::from_utf8(target.0).map_err(|error| error.to_string())?;
    Ok(with_at_end_of_head(&page, &format!("{head}{kept}")))
}

/// Bounds the effort of inlining: comparisons of declarations with those that an element has, and searches by selectors that depend on an
/// element's position.
fn check_work(styles: &str, elements: usize) -> Result<(), String> {
    let (mut declarations, mut properties) = (0_usize, BTreeSet::new());
    for rule in styles.split('}') {
        let Some((selectors, body)) = rule.rsplit_once('{') else {
            continue;
        };
        let named = body.split(';').filter_map(|it| it.split_once(':'));
        let named: Vec<&str> = named.map(|(name, _)| name.trim()).collect();
        let selectors = selectors.matches(',').count() + 1;
        declarations = declarations.saturating_add(named.len().saturating_mul(selectors));
        properties.extend(named);
    }
    if properties.len() > PROPERTIES {
        return Err(format!(
            "the styles use {} different properties, and at most {PROPERTIES} are allowed",
            properties.len()
        ));
    }
    if declarations.saturating_mul(elements) > DECLARATIONS {
        return Err(format!(
            "{declarations} declarations for {elements} elements are too many: their product may be at most {DECLARATIONS}"
        ));
    }
    let of_places = PLACES.iter().map(|sign| styles.matches(sign).count());
    let of_places = of_places.sum::<usize>() - styles.matches("~=").count();
    let looks = of_places.saturating_mul(elements.saturating_mul(elements));
    match looks <= LOOKS {
        true => Ok(()),
        false => Err(format!(
            "{of_places} selectors with ~, :nth-… or :…-of-type are too many for {elements} elements"
        )),
    }
}

/// A page with content appended to its head.
fn with_at_end_of_head(page: &str, more: &str) -> String {
    match find_outside_of_comments(page, "</head>") {
        Some(end) => [&page[..end], more, &page[end..]].concat(),
        None => page.to_owned(),
    }
}

/// The first position of a tag, ignoring comments.
fn find_outside_of_comments(page: &str, tag: &str) -> Option<usize> {
    let mut from = 0;
    loop {
        let rest = &page[from..];
        let found = rest.find(tag);
        match rest.find("<!--") {
            Some(comment) if found.is_none_or(|found| comment < found) => {
                from += comment + rest[comment..].find("-->")? + 3;
            }
            _ => return found.map(|found| from + found),
        }
    }
}

/// A page without its style elements, and their contents. Those in comments stay.
fn take_styles(page: &str) -> (String, Vec<String>) {
    let (mut kept, mut styles) = (String::with_capacity(page.len()), Vec::new());
    let mut rest = page;
    while let Some(start) = find_outside_of_comments(rest, STYLE) {
        kept.push_str(&rest[..start]);
        let from = &rest[start + STYLE.len()..];
        let (css, after) = from.split_once("</style>").unwrap_or((from, ""));
        styles.push(css.to_owned());
        rest = after;
    }
    kept.push_str(rest);
    (kept, styles)
}

/// A writer limited to [`INLINED_BYTES`].
struct Capped(Vec<u8>);

impl io::Write for Capped {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > INLINED_BYTES {
            return Err(io::Error::other(format!(
                "with inlined styles the mail has more than {INLINED_BYTES} bytes"
            )));
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Text as HTML, with its template tags unchanged.
fn escaped_outside_of_tags(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("{{") {
        let (before, from) = rest.split_at(start);
        result.push_str(&handlebars::html_escape(before));
        let (tag, after) = from.split_at(end_of_template_tag(from).unwrap_or(from.len()));
        result.push_str(tag);
        rest = after;
    }
    result.push_str(&handlebars::html_escape(rest));
    result
}

/// The wrapper's text at the end of a hand-written text part.
fn signature(language: &LanguageTag, sender: &Sender) -> String {
    let labels = locales::labels(language);
    let mut lines = vec!["-- ".to_owned()];
    // An organisation's name is not a template.
    lines.extend(sender.name.as_deref().map(without_tags));
    lines.extend(sender.address.as_deref().map(without_tags));
    let privacy = sender.privacy_url.as_deref().map(without_tags);
    lines.extend(privacy.map(|url| format!("{} <{url}>", labels.privacy)));
    lines.push(format!("{} <{{{{unsubscribe_url}}}}>", labels.unsubscribe));
    lines.join("\n")
}
