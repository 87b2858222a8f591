//! The rules of content: lengths, links, names and placeholders.

use std::collections::BTreeSet;

use unicode_segmentation::UnicodeSegmentation;

use super::*;
use crate::receivers::{LEVELS, LIST_ENTRIES, VARIABLES_BYTES, has_too_many, is_too_deep};

/// A problem with content, at a field that the client can find.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContentProblem {
    /// The field, as in `content.languages.el.email.subject`.
    pub field: String,
    /// The problem, or what would be valid.
    pub reason: String,
}

/// Checks lengths and placeholders of all versions.
///
/// # Errors
/// Every problem found, not only the first.
pub fn check(content: &Content) -> Result<(), Vec<ContentProblem>> {
    let mut problems = Vec::new();
    check_settings(content, &mut problems);
    problems.extend(check_values(content));
    if content.languages.len() > LANGUAGES {
        problems.push(ContentProblem {
            field: "content.languages".to_owned(),
            reason: format!("at most {LANGUAGES} languages"),
        });
    }
    for (language, version) in content.versions() {
        let prefix = Content::path_of_version(language);
        if let Some(email) = &version.email {
            let mut part = |name: &str, text: &str, limit: Limit| {
                check_text(
                    &format!("{prefix}.email.{name}"),
                    text,
                    limit,
                    &mut problems,
                );
            };
            part("subject", &email.subject, Limit::Seen(SUBJECT_CHARACTERS));
            part("html", &email.html, Limit::Bytes(EMAIL_BODY_BYTES));
            match (&email.text, &email.made_text) {
                (Some(text), _) => part("text", text, Limit::Bytes(EMAIL_BODY_BYTES)),
                (None, Some(_)) => {}
                // Problems in the HTML itself were reported above.
                (None, None) if crate::content::render::check_template(&email.html).is_err() => {}
                (None, None) => problems.push(ContentProblem {
                    field: format!("{prefix}.email.text"),
                    reason: "cannot be derived from this HTML, because a block begins or ends in a comment or a tag; give the text part yourself".to_owned(),
                }),
            }
            if email.subject.contains(char::is_control) {
                problems.push(ContentProblem {
                    field: format!("{prefix}.email.subject"),
                    reason: "one line without control characters".to_owned(),
                });
            }
        }
        if let Some(sms) = &version.sms {
            check_text(
                &format!("{prefix}.sms.text"),
                &sms.text,
                Limit::Characters(SMS_CHARACTERS),
                &mut problems,
            );
        }
        if let Some(whatsapp) = &version.whatsapp {
            check_whatsapp(&format!("{prefix}.whatsapp"), whatsapp, &mut problems);
        }
        if let Some(push) = &version.push {
            check_push(&format!("{prefix}.push"), push, &mut problems);
        }
        if let Some(toolbar) = &version.toolbar {
            check_toolbar(&format!("{prefix}.toolbar"), toolbar, &mut problems);
        }
        if let Some(widget) = &version.widget {
            check_widget(&format!("{prefix}.widget"), widget, &mut problems);
        }
    }
    if serde_json::to_string(content).is_ok_and(|json| json.len() > CONTENT_BYTES) {
        problems.push(ContentProblem {
            field: "content".to_owned(),
            reason: format!(
                "at most {CONTENT_BYTES} bytes for all channels and languages together"
            ),
        });
    }
    if problems.is_empty() {
        Ok(())
    } else {
        Err(problems)
    }
}

fn check_whatsapp(field: &str, whatsapp: &WhatsAppContent, problems: &mut Vec<ContentProblem>) {
    let problem = |field: String, reason: String| ContentProblem { field, reason };
    if whatsapp.text.is_none() && whatsapp.template.is_none() {
        let reason = "a text, a template, or both".to_owned();
        problems.push(problem(field.to_owned(), reason));
    }
    if let Some(text) = &whatsapp.text {
        let limit = Limit::Characters(WHATSAPP_CHARACTERS);
        check_text(&format!("{field}.text"), text, limit, problems);
    }
    let Some(template) = &whatsapp.template else {
        return;
    };
    let field = format!("{field}.template");
    let is_name = |text: &str, most: usize| {
        (1..=most).contains(&text.len())
            && text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    if !is_name(&template.name, 512) {
        let reason = "the name of an approved template, or its content SID".to_owned();
        problems.push(problem(format!("{field}.name"), reason));
    }
    if !is_name(&template.language, 15) {
        let reason = "the template's language, as in en or en_US".to_owned();
        problems.push(problem(format!("{field}.language"), reason));
    }
    let limit = Limit::Characters(PARAMETER_CHARACTERS);
    if let Some(header) = &template.header {
        check_text(&format!("{field}.header"), header.value(), limit, problems);
        if !matches!(header, TemplateHeader::Text(_)) && !is_link(header.value()) {
            problems.push(problem(format!("{field}.header"), HTTPS.to_owned()));
        }
    }
    for (name, values) in [("body", &template.body), ("buttons", &template.buttons)] {
        let field = format!("{field}.{name}");
        if values.len() > PARAMETERS {
            let reason = format!("at most {PARAMETERS} values");
            problems.push(problem(field.clone(), reason));
        }
        for (place, value) in values.iter().take(PARAMETERS).enumerate() {
            // A button without a placeholder has no value.
            if name == "body" || !value.is_empty() {
                check_text(&format!("{field}[{place}]"), value, limit, problems);
            }
        }
    }
}

fn check_push(field: &str, push: &PushContent, problems: &mut Vec<ContentProblem>) {
    let title = Limit::Seen(PUSH_TITLE_CHARACTERS);
    check_text(&format!("{field}.title"), &push.title, title, problems);
    let body = Limit::Seen(PUSH_BODY_CHARACTERS);
    check_text(&format!("{field}.body"), &push.body, body, problems);
    for (name, link) in [("icon", &push.icon), ("url", &push.url)] {
        let Some(link) = link else {
            continue;
        };
        let field = format!("{field}.{name}");
        check_text(&field, link, Limit::Characters(LINK_CHARACTERS), problems);
        if !is_link(link) {
            problems.push(ContentProblem {
                field,
                reason: HTTPS.to_owned(),
            });
        }
    }
}

fn check_toolbar(field: &str, toolbar: &ToolbarContent, problems: &mut Vec<ContentProblem>) {
    let mut line = |name: &str, text: &str, most: usize| {
        check_line(&format!("{field}.{name}"), text, most, problems);
    };
    line("title", &toolbar.title, TOOLBAR_TITLE_CHARACTERS);
    line(
        "description",
        &toolbar.description,
        TOOLBAR_DESCRIPTION_CHARACTERS,
    );
    if let Some(url) = &toolbar.url {
        let field = format!("{field}.url");
        check_text(&field, url, Limit::Characters(LINK_CHARACTERS), problems);
        if !is_link_with(&["https://", "mailto:", "tel:"], url) {
            let reason = "a URL that begins with https://, mailto: or tel:".to_owned();
            problems.push(ContentProblem { field, reason });
        }
    }
    if let Some(icon) = &toolbar.icon {
        let is_name = (1..=ICON_CHARACTERS).contains(&icon.len())
            && icon
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        if !is_name && (!is_link(icon) || icon.len() > LINK_CHARACTERS) {
            problems.push(ContentProblem {
                field: format!("{field}.icon"),
                reason: format!(
                    "the name of an icon (1 to {ICON_CHARACTERS} of a-z, 0-9 and -), or {HTTPS}"
                ),
            });
        }
    }
}

fn check_widget(field: &str, widget: &WidgetContent, problems: &mut Vec<ContentProblem>) {
    check_line(
        &format!("{field}.title"),
        &widget.title,
        WIDGET_TITLE_CHARACTERS,
        problems,
    );
    let limit = Limit::Seen(WIDGET_DESCRIPTION_CHARACTERS);
    check_text(
        &format!("{field}.description"),
        &widget.description,
        limit,
        problems,
    );
}

fn check_line(field: &str, text: &str, most: usize, problems: &mut Vec<ContentProblem>) {
    check_text(field, text, Limit::Seen(most), problems);
    if text.contains(char::is_control) {
        problems.push(ContentProblem {
            field: field.to_owned(),
            reason: "one line without control characters".to_owned(),
        });
    }
}

/// Checks the settings of the content as a whole.
fn check_settings(content: &Content, problems: &mut Vec<ContentProblem>) {
    let mut problem =
        |field: String, reason: String| problems.push(ContentProblem { field, reason });
    if content.variables.len() > VARIABLES {
        problem(
            "content.variables".to_owned(),
            format!("at most {VARIABLES}"),
        );
    }
    let mut paths = BTreeSet::new();
    for (place, variable) in content.variables.iter().take(VARIABLES).enumerate() {
        let field = format!("content.variables[{place}]");
        if !is_path(&variable.path) {
            problem(format!("{field}.path"), PATH_RULE.to_owned());
        } else if !paths.insert(variable.path.as_str()) {
            problem(format!("{field}.path"), "duplicate path".to_owned());
        }
        for (name, value) in [("sample", &variable.sample), ("default", &variable.default)] {
            let bytes = value.as_ref().map(|value| value.to_string().len());
            if bytes.is_some_and(|bytes| bytes > VARIABLES_BYTES) {
                let reason = format!("at most {VARIABLES_BYTES} bytes");
                problem(format!("{field}.{name}"), reason);
            }
            if value.as_ref().is_some_and(is_too_deep) {
                problem(
                    format!("{field}.{name}"),
                    format!("at most {LEVELS} levels"),
                );
            }
            if value.as_ref().is_some_and(has_too_many) {
                let reason = format!("at most {LIST_ENTRIES} entries in a list or an object");
                problem(format!("{field}.{name}"), reason);
            }
        }
    }
    for path in &paths {
        let is_part = |other: &&&str| {
            other
                .strip_prefix(*path)
                .is_some_and(|rest| rest.starts_with('.'))
        };
        if let Some(longer) = paths.iter().find(is_part) {
            let reason = format!("{path} cannot be a value, because it contains {longer}");
            problem("content.variables".to_owned(), reason);
        }
    }
}

/// The form of a value's path.
pub(super) const PATH_RULE: &str =
    "names of a-z, A-Z, 0-9 and _ separated by dots, as in account.balance; at most 200 bytes";

pub(super) fn is_path(path: &str) -> bool {
    let is_name = |name: &str| {
        !name.is_empty()
            && name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    path.len() <= PATH_BYTES && path.split('.').all(is_name)
}

/// The reason for an invalid link.
const HTTPS: &str = "a URL that begins with https://";

fn is_link(text: &str) -> bool {
    is_link_with(&["https://"], text)
}

/// Whether a text is a URL with one of these schemes. One that begins with a placeholder is checked when it is filled in.
pub fn is_link_with(schemes: &[&str], text: &str) -> bool {
    if text.starts_with("{{") {
        return !outside_of_tags(text).contains(char::is_whitespace);
    }
    let rest = schemes.iter().find_map(|scheme| text.strip_prefix(scheme));
    rest.is_some_and(|rest| {
        !rest.is_empty() && !outside_of_tags(rest).contains(char::is_whitespace)
    })
}

/// Whether a rendered text is a URL with one of these schemes.
pub fn is_address_with(schemes: &[&str], text: &str) -> bool {
    let rest = schemes.iter().find_map(|scheme| text.strip_prefix(scheme));
    rest.is_some_and(|rest| {
        !rest.is_empty() && !rest.contains(|it: char| it.is_whitespace() || it.is_control())
    })
}

/// The text outside of placeholders.
fn outside_of_tags(text: &str) -> String {
    let mut parts = text.split("{{");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |kept, part| {
        kept + part.split_once("}}").map_or("", |(_, after)| after)
    })
}

/// The maximum average bytes of a user-perceived character. A flag has 8, a family of four 25.
const BYTES_OF_SEEN: usize = 32;

#[derive(Clone, Copy)]
enum Limit {
    /// User-perceived characters: grapheme clusters (Unicode Standard Annex 29).
    Seen(usize),
    /// Characters as providers count them.
    Characters(usize),
    Bytes(usize),
}

fn check_text(field: &str, text: &str, limit: Limit, problems: &mut Vec<ContentProblem>) {
    let (length, most, unit) = match limit {
        // Combining marks are not counted, and there may be any number of them.
        Limit::Seen(most) if text.len() > most * BYTES_OF_SEEN => {
            (text.len(), most * BYTES_OF_SEEN, "bytes")
        }
        Limit::Seen(most) => (text.graphemes(true).count(), most, "characters"),
        Limit::Characters(most) => (text.chars().count(), most, "characters"),
        Limit::Bytes(most) => (text.len(), most, "bytes"),
    };
    let mut problem = |reason: String| {
        problems.push(ContentProblem {
            field: field.to_owned(),
            reason,
        });
    };
    if text.trim().is_empty() {
        problem("must not be empty".to_owned());
    } else if length > most {
        problem(format!("at most {most} {unit}; this has {length}"));
    } else if let Err(error) = crate::content::render::check_template(text) {
        problem(error.to_string());
    }
}
