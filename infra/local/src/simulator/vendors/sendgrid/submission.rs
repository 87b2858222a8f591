//! One submission and its validation.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::simulator::calls::{EmailMessage, Header};
use crate::simulator::refusal::Refusal;

pub(super) const BAD_TO: &str =
    "Each \"to\" object must at least have an email address and may also contain a name.";

const MAXIMUM_ADDRESS_CHARACTERS: usize = 320;
const MAXIMUM_CUSTOM_ARGUMENT_BYTES: usize = 10_000;

/// Headers reserved by SendGrid.
const RESERVED: [&str; 12] = [
    "x-sg-id",
    "x-sg-eid",
    "received",
    "dkim-signature",
    "content-type",
    "content-transfer-encoding",
    "to",
    "from",
    "subject",
    "reply-to",
    "cc",
    "bcc",
];

/// The body, limited to the fields used here.
#[derive(Deserialize)]
pub(super) struct Submission {
    #[serde(default)]
    personalizations: Vec<Personalization>,
    from: Option<Mailbox>,
    reply_to: Option<Mailbox>,
    #[serde(default)]
    subject: String,
    #[serde(default)]
    content: Vec<Content>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Personalization {
    #[serde(default)]
    to: Vec<Mailbox>,
    #[serde(default)]
    custom_args: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Mailbox {
    #[serde(default)]
    email: String,
    name: Option<String>,
}

#[derive(Deserialize)]
struct Content {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    value: String,
}

impl Submission {
    pub(super) fn recipients(&self) -> Vec<String> {
        self.to().map(|mailbox| mailbox.email.clone()).collect()
    }

    fn to(&self) -> impl Iterator<Item = &Mailbox> {
        self.personalizations
            .iter()
            .flat_map(|personalization| &personalization.to)
    }

    pub(super) fn message(&self) -> EmailMessage {
        let part = |kind: &str| {
            let content = self.content.iter().find(|content| content.kind == kind);
            content.map(|content| content.value.clone())
        };
        let custom_arguments = self
            .personalizations
            .iter()
            .flat_map(|personalization| personalization.custom_args.clone());
        EmailMessage {
            from: self.from.as_ref().map(Mailbox::shown).unwrap_or_default(),
            to: self.to().map(Mailbox::shown).collect(),
            reply_to: self.reply_to.iter().map(Mailbox::shown).collect(),
            subject: self.subject.clone(),
            text: part("text/plain"),
            html: part("text/html"),
            headers: self
                .headers
                .iter()
                .map(|(name, value)| Header {
                    name: name.clone(),
                    value: value.clone(),
                })
                .collect(),
            tags: custom_arguments.collect(),
            ..EmailMessage::default()
        }
    }

    /// Validates like SendGrid.
    pub(super) fn check(&self) -> Result<(), Refusal> {
        if self.personalizations.is_empty() {
            return refuse(
                "personalizations",
                "You must have at least one personalization.",
            );
        }
        for personalization in &self.personalizations {
            personalization.check()?;
        }
        self.check_sender()?;
        if self.subject.is_empty() {
            return refuse(
                "subject",
                "The subject is required. You can get around this requirement if you use a template with a subject defined or if every personalization has a subject defined.",
            );
        }
        self.check_content()?;
        let is_reserved = |name: &String| RESERVED.contains(&name.to_ascii_lowercase().as_str());
        if self.headers.keys().any(is_reserved) {
            return refuse("headers", "Header can not be one of the reserved keys.");
        }
        Ok(())
    }

    fn check_sender(&self) -> Result<(), Refusal> {
        match &self.from {
            None => refuse(
                "from",
                "The from object must be provided for every email send. It is an object that requires the email parameter, but may also contain a name parameter.",
            ),
            Some(from) if !from.is_valid() => refuse(
                "from.email",
                "The from object must at least have an email parameter with a valid email address and may also contain a name parameter.",
            ),
            Some(_) => Ok(()),
        }
    }

    fn check_content(&self) -> Result<(), Refusal> {
        if self.content.is_empty() {
            return refuse(
                "content",
                "There must be at least one defined content block. We typically suggest both text/plain and text/html blocks are included, but only one block is required.",
            );
        }
        if self.content.iter().any(|content| content.value.is_empty()) {
            return refuse(
                "content.value",
                "The content value must be a string at least one character in length.",
            );
        }
        let place = |content: &Content| match content.kind.as_str() {
            "text/plain" => 0,
            "text/html" => 1,
            _ => 2,
        };
        if !self.content.is_sorted_by_key(place) {
            return refuse(
                "content",
                "Following RFC 1341, section 7.2, if either text/html or text/plain are to be sent in your email: text/plain needs to be first, followed by text/html, followed by any other content.",
            );
        }
        Ok(())
    }
}

impl Personalization {
    fn check(&self) -> Result<(), Refusal> {
        if self.to.is_empty() {
            return refuse(
                "personalizations.0.to",
                "The to parameter is required for all personalization objects.",
            );
        }
        if !self.to.iter().all(Mailbox::is_valid) {
            return refuse("personalizations.0.to.0.email", BAD_TO);
        }
        let size: usize = self
            .custom_args
            .iter()
            .map(|(name, value)| name.len() + value.len())
            .sum();
        if size > MAXIMUM_CUSTOM_ARGUMENT_BYTES {
            return refuse(
                "personalizations.0.custom_args",
                "The combined size of both global and personalization custom arguments may not exceed 10,000 bytes per personalization.",
            );
        }
        Ok(())
    }
}

impl Mailbox {
    fn is_valid(&self) -> bool {
        let is_address = self.email.split_once('@').is_some_and(|(local, domain)| {
            !local.is_empty() && domain.contains('.') && !domain.contains('@')
        });
        is_address
            && !self.email.contains(char::is_whitespace)
            && self.email.chars().count() <= MAXIMUM_ADDRESS_CHARACTERS
    }

    fn shown(&self) -> String {
        match &self.name {
            Some(name) => format!("{name} <{}>", self.email),
            None => self.email.clone(),
        }
    }
}

fn refuse(field: &str, message: &str) -> Result<(), Refusal> {
    Err(Refusal::new(400, field, message))
}
