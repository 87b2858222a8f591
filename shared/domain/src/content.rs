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
}

impl LocalizedContent {
    /// Whether this language has content for a channel.
    pub fn has(&self, channel: Channel) -> bool {
        match channel {
            Channel::Email => self.email.is_some(),
            Channel::Sms => self.sms.is_some(),
        }
    }
}

/// The content of a campaign: the default at the top, other languages beside it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Content {
    /// The email for everybody whose language has no version of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<EmailContent>,
    /// The text message for everybody whose language has no version of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sms: Option<SmsContent>,
    /// Versions in other languages.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub languages: BTreeMap<LanguageTag, LocalizedContent>,
}

impl Content {
    /// Whether a channel can be sent to everybody, whatever their language.
    pub fn has(&self, channel: Channel) -> bool {
        match channel {
            Channel::Email => self.email.is_some(),
            Channel::Sms => self.sms.is_some(),
        }
    }

    /// Every version with the path at which a client finds it: the default first.
    pub fn versions(&self) -> impl Iterator<Item = (Option<&LanguageTag>, LocalizedContent)> {
        let default = LocalizedContent {
            email: self.email.clone(),
            sms: self.sms.clone(),
        };
        std::iter::once((None, default)).chain(
            self.languages
                .iter()
                .map(|(language, version)| (Some(language), version.clone())),
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
            email: Some(EmailContent::new(subject.to_owned(), html.to_owned(), None)),
            sms: Some(SmsContent {
                text: sms.to_owned(),
            }),
            languages: BTreeMap::new(),
        }
    }

    #[test]
    fn every_problem_is_named_with_its_field() {
        let mut bad = content("", "<p>{{{member.first_name}}}</p>", &"x".repeat(1_601));
        bad.languages.insert(
            "el".parse().unwrap(),
            LocalizedContent {
                email: None,
                sms: Some(SmsContent {
                    text: "{{#if a}}".to_owned(),
                }),
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
