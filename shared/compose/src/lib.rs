//! Composes written content for sending: once, when it is published, not for each receiver.
//!
//! Emails get their wrapper, styles are inlined, everything not allowed in a mail is removed, and the plain-text part is derived. The
//! language data for dates and amounts is added. The result is a content of its own, stored with the campaign: later changes do not affect
//! what is sent, and functions that send contain no HTML parser and no language tables ([decision
//! 23](../../../docs/decisions/0023-what-is-sent-is-composed-once.md)).
//!
//! No input or output; it must not depend on AWS, HTTP, or how rows are stored.

mod advice;
mod cascade;
mod clean;
mod css;
mod email;
mod finish;
mod locales;
mod marks;
mod names;
mod structure;
mod tokens;

use carillon_domain::{
    content::{
        CONTENT_BYTES, Content, ContentProblem, LocalizedContent, Sender,
        render::check_template,
        scan::end_of_element,
        wrapper::{CONTENT, PAGE_BYTES, PART_BYTES, Wrapper},
    },
    language::LanguageTag,
};

pub use self::{
    advice::{Advice, advice},
    names::{Unknown, unknown_names, unused_values},
};

/// The reason for an invalid time zone.
const NO_ZONE: &str = "an IANA time zone, as in Europe/Athens";

/// Checks the name of an IANA time zone.
///
/// # Errors
/// What would be valid.
pub fn check_zone(name: &str) -> Result<(), &'static str> {
    locales::is_zone(name).then_some(()).ok_or(NO_ZONE)
}

/// The most bytes of a composed content, as JSON: a DynamoDB item has at most 400 KB.
pub const COMPOSED_BYTES: usize = CONTENT_BYTES + 40 * 1024;

/// The HTML of an email written in MJML (<https://documentation.mjml.io>).
///
/// # Errors
/// Why it is invalid.
pub fn mjml(source: &str) -> Result<String, String> {
    check_size(source)?;
    let mut marks = marks::Marks::of_mjml();
    let hidden = marks.hide(source)?;
    structure::check_mjml(&hidden)?;
    let page = mrml::parse(marks::in_ascii(&hidden)).map_err(|error| error.to_string())?;
    let options = mrml::prelude::render::RenderOptions {
        // Fonts from a server would reveal who opens the mail.
        fonts: std::collections::HashMap::new(),
        ..Default::default()
    };
    let html = page.element.render(&options);
    // mrml's defaults for a source without a language.
    let html = html.map_err(|error| error.to_string())?;
    let html = html.replace(" lang=\"und\" dir=\"auto\"", "");
    marks.restore(&marks::out_of_ascii(&html))
}

/// The most that MJML elements may pass down to others, in bytes times elements: each of them repeats it.
const HANDED_DOWN: usize = 8 * 1024 * 1024;
/// The most pictures in carousels. Their CSS rules grow quadratically.
const CAROUSEL_IMAGES: usize = 20;
/// Elements whose attributes are repeated in their descendants.
const PARENTS: [&str; 5] = [
    "<mj-accordion",
    "<mj-carousel",
    "<mj-hero",
    "<mj-navbar",
    "<mj-social",
];

/// Checks whether the HTML could be many times as long as its source.
fn check_size(source: &str) -> Result<(), String> {
    let source = source.to_ascii_lowercase();
    let images = source.matches("<mj-carousel-image").count();
    if images > CAROUSEL_IMAGES {
        return Err(format!(
            "at most {CAROUSEL_IMAGES} pictures in carousels; this has {images}"
        ));
    }
    let elements = source.matches("<mj-").count();
    let length = |name: &&str| -> usize {
        let found = source.match_indices(*name).map(|(at, _)| &source[at..]);
        let named = found.filter(|from| !from[name.len()..].starts_with('-'));
        named
            .map(|from| end_of_element(from).unwrap_or(from.len()))
            .sum()
    };
    let parents: usize = PARENTS.iter().map(length).sum();
    // Everything between the first start and the last end, because an end in a comment does not count.
    let defaults = source.find("<mj-attributes").map_or(0, |begin| {
        let end = source.rfind("</mj-attributes").unwrap_or(source.len());
        end.saturating_sub(begin)
    });
    let handed_down = parents + defaults;
    match handed_down.saturating_mul(elements) <= HANDED_DOWN {
        true => Ok(()),
        false => Err(format!(
            "{handed_down} bytes of attributes inherited by {elements} elements are too many"
        )),
    }
}

/// Composes a content for sending.
///
/// # Errors
/// What cannot be composed, and where.
pub fn compose(
    content: &Content,
    wrapper: Option<&Wrapper>,
    sender: &Sender,
) -> Result<Content, Vec<ContentProblem>> {
    let mut problems = Vec::new();
    let mut composed = content.clone();
    let usual = locales::usual(content);
    // Values for a language are looked up by the language of the default version.
    composed.language = Some(usual.clone());
    for (language, version) in composed.versions_mut() {
        let field = Content::path_of_version(language);
        let language = language.unwrap_or(&usual);
        compose_version(version, language, &field, wrapper, sender, &mut problems);
    }
    composed.sender = Some(sender.clone());
    // The header and the footer may contain dates, too.
    composed.formats = locales::formats(&composed);
    let bytes = serde_json::to_string(&composed).map_or(0, |json| json.len());
    if bytes > COMPOSED_BYTES {
        problems.push(ContentProblem {
            field: "content".to_owned(),
            reason: format!(
                "at most {COMPOSED_BYTES} bytes for all channels and languages including their wrapper; this has {bytes}"
            ),
        });
    }
    if problems.is_empty() {
        Ok(composed)
    } else {
        Err(problems)
    }
}

fn compose_version(
    version: &mut LocalizedContent,
    language: &LanguageTag,
    field: &str,
    wrapper: Option<&Wrapper>,
    sender: &Sender,
    problems: &mut Vec<ContentProblem>,
) {
    let Some(email) = &version.email else {
        return;
    };
    match email::compose(email, language, wrapper, sender) {
        Ok(email) => version.email = Some(email),
        Err(reason) => problems.push(ContentProblem {
            field: format!("{field}.email.html"),
            reason,
        }),
    }
}

/// Checks the time zone and the HTML of emails, for parts that would be removed and placeholders that would be lost. Lengths and templates
/// are checked elsewhere.
pub fn check(content: &Content) -> Vec<ContentProblem> {
    let mut problems = Vec::new();
    if content
        .time_zone
        .as_ref()
        .is_some_and(|zone| !locales::is_zone(zone))
    {
        problems.push(ContentProblem {
            field: "content.time_zone".to_owned(),
            reason: NO_ZONE.to_owned(),
        });
    }
    for (language, version) in content.versions() {
        let Some(email) = &version.email else {
            continue;
        };
        let prefix = Content::path_of_version(language);
        let field = match email.mjml {
            Some(_) => format!("{prefix}.email.mjml"),
            None => format!("{prefix}.email.html"),
        };
        problems.extend(
            clean::complaints(&email.html, finish::Filled::ForReceivers)
                .into_iter()
                .map(|reason| ContentProblem {
                    field: field.clone(),
                    reason,
                }),
        );
    }
    problems
}

/// Checks a wrapper.
pub fn check_wrapper(wrapper: &Wrapper) -> Vec<ContentProblem> {
    let mut problems = Vec::new();
    let mut part = |field: &str, html: &str, most: usize| {
        let mut problem = |reason: String| {
            problems.push(ContentProblem {
                field: field.to_owned(),
                reason,
            });
        };
        if html.len() > most {
            problem(format!("at most {most} bytes; this has {}", html.len()));
            return;
        }
        if let Err(error) = check_template(html) {
            problem(error.to_string());
            return;
        }
        let filled = match field {
            "page" => finish::Filled::ByUs,
            _ => finish::Filled::ForReceivers,
        };
        for reason in clean::complaints(html, filled) {
            problem(reason);
        }
    };
    part("header", &wrapper.header, PART_BYTES);
    part("footer", &wrapper.footer, PART_BYTES);
    if let Some(page) = &wrapper.page {
        part("page", page, PAGE_BYTES);
        let reason = match page.matches(CONTENT).count() {
            1 => email::try_page(wrapper).err(),
            _ => Some(format!("{CONTENT} must appear exactly once")),
        };
        problems.extend(reason.map(|reason| ContentProblem {
            field: "page".to_owned(),
            reason,
        }));
    }
    let colors = &wrapper.colors;
    for (field, one, two) in [
        ("colors.text", &colors.text, &colors.surface),
        ("colors.muted", &colors.muted, &colors.surface),
        ("colors.muted", &colors.muted, &colors.background),
        ("colors.accent", &colors.accent, &colors.surface),
        ("colors.accent_text", &colors.accent_text, &colors.accent),
    ] {
        let contrast = one.contrast(two);
        if contrast < 4.5 {
            problems.push(ContentProblem {
                field: field.to_owned(),
                reason: format!(
                    "a contrast of at least 4.5 to its background, for readability; this has {contrast:.1}"
                ),
            });
        }
    }
    problems
}

#[cfg(test)]
mod hostile;
#[cfg(test)]
mod tests;
