//! What a campaign says, per channel and language.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{channel::Channel, language::LanguageTag, text_part};

/// The longest subject, in characters; RFC 5322 (2.1.1) limits a header line to 998.
pub const SUBJECT_CHARACTERS: usize = 255;
/// The longest HTML or text body of an email, in bytes, so that every version fits one DynamoDB item of 400 KB.
pub const EMAIL_BODY_BYTES: usize = 128 * 1024;
/// The longest SMS, in characters; SNS refuses more than 1,600 (its `Publish` reference).
pub const SMS_CHARACTERS: usize = 1_600;
/// The most bytes of all content of a campaign, as JSON, so that it fits one DynamoDB item of 400 KB.
pub const CONTENT_BYTES: usize = 350 * 1024;
/// The most language versions besides the default.
pub const LANGUAGES: usize = 30;

/// An email as written, with placeholders.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EmailContent {
    /// One line; plain text.
    pub subject: String,
    /// The HTML part.
    pub html: String,
    /// The plain-text part, if somebody wrote it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// The plain-text part that was made from the HTML when nobody wrote one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made_text: Option<String>,
}

impl EmailContent {
    /// An email whose text part, unless it is given, is made from the HTML. It stays without one where none can be made, and
    /// [`check`] says so then.
    pub fn new(subject: String, html: String, text: Option<String>) -> Self {
        let made_text = match text {
            Some(_) => None,
            // What is too long is refused, and need not be read before.
            None if html.len() > EMAIL_BODY_BYTES => Some(String::new()),
            None => text_part::from_html(&html),
        };
        Self {
            subject,
            html,
            text,
            made_text,
        }
    }

    /// The plain-text part.
    pub fn text_part(&self) -> Option<&str> {
        self.text.as_deref().or(self.made_text.as_deref())
    }
}

/// A text message as written, with placeholders.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SmsContent {
    /// Plain text.
    pub text: String,
}

/// The longest text on WhatsApp, in characters (Cloud API reference, "Messages": `text.body`).
pub const WHATSAPP_CHARACTERS: usize = 4_096;
/// The longest value of a template's placeholder, in characters: all of a body together have 1,024 ("Message templates").
pub const PARAMETER_CHARACTERS: usize = 1_024;
/// The most placeholders of a template's body, and the most of its buttons.
pub const PARAMETERS: usize = 30;
/// The longest title of a notification, in characters; devices show fewer.
pub const PUSH_TITLE_CHARACTERS: usize = 120;
/// The longest text of a notification, in characters: what is around it has to fit into 4 KB too.
pub const PUSH_BODY_CHARACTERS: usize = 800;
/// The longest address of a link or a picture, in characters.
pub const LINK_CHARACTERS: usize = 1_000;

/// A message on WhatsApp as written, with placeholders: a text for people who wrote to us within a day, a template that WhatsApp
/// has approved for all others, or both.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WhatsAppContent {
    /// Plain text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// A template, and what stands in its placeholders.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template: Option<WhatsAppTemplate>,
}

/// A template that WhatsApp has approved, and what stands in its placeholders.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WhatsAppTemplate {
    /// Its name; at Twilio its content SID.
    pub name: String,
    /// Its language as the vendor knows it, as in `en_US`.
    pub language: String,
    /// What stands in its header, if that has a placeholder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub header: Option<TemplateHeader>,
    /// What stands in the placeholders of its body, in their order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub body: Vec<String>,
    /// What stands in the placeholder of each of its buttons, in their order: the end of a link, `payload:` and what a quick
    /// reply says, or nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub buttons: Vec<String>,
}

/// What stands in the header of a template.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TemplateHeader {
    /// Text.
    Text(String),
    /// The https address of a picture.
    Image(String),
    /// The https address of a film.
    Video(String),
    /// The https address of a document.
    Document(String),
}

impl TemplateHeader {
    /// What is written in it.
    pub fn value(&self) -> &str {
        match self {
            Self::Text(value) | Self::Image(value) | Self::Video(value) | Self::Document(value) => {
                value
            }
        }
    }

    /// The same kind of header with something else in it.
    #[must_use]
    pub fn with(&self, value: String) -> Self {
        match self {
            Self::Text(_) => Self::Text(value),
            Self::Image(_) => Self::Image(value),
            Self::Video(_) => Self::Video(value),
            Self::Document(_) => Self::Document(value),
        }
    }
}

/// A notification as written, with placeholders.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PushContent {
    /// One line.
    pub title: String,
    /// Plain text.
    pub body: String,
    /// The https address of a picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub icon: Option<String>,
    /// The https address that opens when somebody taps on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

/// The content of every channel in one language.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LocalizedContent {
    /// The email.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<EmailContent>,
    /// The text message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sms: Option<SmsContent>,
    /// The message on WhatsApp.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub whatsapp: Option<WhatsAppContent>,
    /// The notification.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub push: Option<PushContent>,
}

impl LocalizedContent {
    /// Whether this language has content for a channel.
    pub fn has(&self, channel: Channel) -> bool {
        match channel {
            Channel::Email => self.email.is_some(),
            Channel::Sms => self.sms.is_some(),
            Channel::WhatsApp => self.whatsapp.is_some(),
            Channel::Push => self.push.is_some(),
        }
    }
}

/// The content of a campaign: the default at the top, other languages beside it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    /// For everybody whose language has no version of its own.
    #[serde(flatten)]
    pub default: LocalizedContent,
    /// Versions in other languages.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub languages: BTreeMap<LanguageTag, LocalizedContent>,
}

impl Content {
    /// Whether a channel can be sent to everybody, whatever their language.
    pub fn has(&self, channel: Channel) -> bool {
        self.default.has(channel)
    }

    /// Every version with the path at which a client finds it: the default first.
    pub fn versions(&self) -> impl Iterator<Item = (Option<&LanguageTag>, &LocalizedContent)> {
        std::iter::once((None, &self.default)).chain(
            self.languages
                .iter()
                .map(|(language, version)| (Some(language), version)),
        )
    }
}

/// One thing that is wrong with content, at a place that the client can find.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContentProblem {
    /// The field, as in `content.languages.el.email.subject`.
    pub field: String,
    /// What is wrong and what would be right.
    pub reason: String,
}

/// Checks lengths and placeholders of all versions.
///
/// # Errors
/// Every problem found, not only the first.
pub fn check(content: &Content) -> Result<(), Vec<ContentProblem>> {
    let mut problems = Vec::new();
    if content.languages.len() > LANGUAGES {
        problems.push(ContentProblem {
            field: "content.languages".to_owned(),
            reason: format!("at most {LANGUAGES} languages"),
        });
    }
    for (language, version) in content.versions() {
        let prefix = language.map_or_else(
            || "content".to_owned(),
            |tag| format!("content.languages.{tag}"),
        );
        if let Some(email) = &version.email {
            let mut part = |name: &str, text: &str, limit: Limit| {
                check_text(
                    &format!("{prefix}.email.{name}"),
                    text,
                    limit,
                    &mut problems,
                );
            };
            part(
                "subject",
                &email.subject,
                Limit::Characters(SUBJECT_CHARACTERS),
            );
            part("html", &email.html, Limit::Bytes(EMAIL_BODY_BYTES));
            match (&email.text, &email.made_text) {
                (Some(text), _) => part("text", text, Limit::Bytes(EMAIL_BODY_BYTES)),
                (None, Some(_)) => {}
                // What is wrong with the HTML itself was found above.
                (None, None) if crate::render::check_template(&email.html).is_err() => {}
                (None, None) => problems.push(ContentProblem {
                    field: format!("{prefix}.email.text"),
                    reason: "cannot be made from this HTML, because a block begins or ends in a comment or a tag; write it".to_owned(),
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
            // A button without a placeholder has none.
            if name == "body" || !value.is_empty() {
                check_text(&format!("{field}[{place}]"), value, limit, problems);
            }
        }
    }
}

fn check_push(field: &str, push: &PushContent, problems: &mut Vec<ContentProblem>) {
    let title = Limit::Characters(PUSH_TITLE_CHARACTERS);
    check_text(&format!("{field}.title"), &push.title, title, problems);
    let body = Limit::Characters(PUSH_BODY_CHARACTERS);
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

/// What is wrong with a link that is none.
const HTTPS: &str = "an address that begins with https://";

/// Where it leads may depend on a placeholder, but not how.
fn is_link(text: &str) -> bool {
    text.strip_prefix("https://")
        .is_some_and(|rest| !rest.is_empty() && !rest.contains(char::is_whitespace))
}

#[derive(Clone, Copy)]
enum Limit {
    Characters(usize),
    Bytes(usize),
}

fn check_text(field: &str, text: &str, limit: Limit, problems: &mut Vec<ContentProblem>) {
    let (length, most, unit) = match limit {
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
    } else if let Err(error) = crate::render::check_template(text) {
        problem(error.to_string());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content(subject: &str, html: &str, sms: &str) -> Content {
        Content {
            default: LocalizedContent {
                email: Some(EmailContent::new(subject.to_owned(), html.to_owned(), None)),
                sms: Some(SmsContent {
                    text: sms.to_owned(),
                }),
                ..LocalizedContent::default()
            },
            languages: BTreeMap::new(),
        }
    }

    #[test]
    fn every_problem_is_named_with_its_field() {
        let mut bad = content("", "<p>{{{member.first_name}}}</p>", &"x".repeat(1_601));
        bad.languages.insert(
            "el".parse().unwrap(),
            LocalizedContent {
                sms: Some(SmsContent {
                    text: "{{#if a}}".to_owned(),
                }),
                ..LocalizedContent::default()
            },
        );
        let fields: Vec<String> = check(&bad)
            .unwrap_err()
            .into_iter()
            .map(|problem| problem.field)
            .collect();
        assert_eq!(
            fields,
            [
                "content.email.subject",
                "content.email.html",
                "content.sms.text",
                "content.languages.el.sms.text"
            ]
        );
    }

    #[test]
    fn limits_hold_at_the_edge() {
        assert!(check(&content(&"x".repeat(255), "<p></p>", &"x".repeat(1_600))).is_ok());
        assert!(check(&content(&"x".repeat(256), "<p></p>", "x")).is_err());
        assert!(check(&content("x\r\nBcc: y", "<p></p>", "x")).is_err());
    }
}
