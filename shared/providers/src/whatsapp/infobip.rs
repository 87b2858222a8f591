//! Infobip, WhatsApp: free text
//! (<https://www.infobip.com/docs/api/channels/whatsapp/whatsapp-outbound-messages/send-whatsapp-text-message>) and
//! templates
//! (<https://www.infobip.com/docs/api/channels/whatsapp/whatsapp-outbound-messages/send-whatsapp-template-message>).
//! What it shares with SMS is in `crate::infobip`.
//!
//! Free text is submitted and answered as a single message; templates are submitted and answered in lists.

mod callbacks;

use std::fmt;

use carillon_domain::{
    content::{TemplateHeader, WhatsAppTemplate},
    delivery::Outcome,
    reason::Reason,
    transports::Vendor,
};
use http::{Request, Response};
use serde::{Deserialize, Serialize};

use super::{Body, Button, OUTSIDE_WINDOW, SENDER_SETTING, WhatsApp, buttons, sender};
use crate::{
    answer::unreadable,
    http::{BadRequest, by_status, retry_after},
    infobip::{Access, BASE_URL_FIELD, CREDENTIALS, Status, Taken, digits, judge, problem},
    setup::{Callbacks, Setup},
    vendor::{Account, Adapter, Unusable},
};

/// What an Infobip transport needs.
pub static SETUP: Setup = Setup {
    name: "Infobip (WhatsApp)",
    sender: &[],
    settings: &[BASE_URL_FIELD, SENDER_SETTING],
    credentials: CREDENTIALS,
    combinations: &[],
    callbacks: Callbacks::Always(
        "Nothing to do for delivery reports. For replies, make this address the destination of the sender's inbound messages.",
    ),
};

/// The query parameter of the report URL that identifies the delivery: seen reports return nothing else of ours.
const DELIVERY: &str = "delivery";

/// The file name of a document whose URL does not end with one.
const DOCUMENT: &str = "document";
/// The longest file name of a document.
const FILENAME_CHARACTERS: usize = 240;

/// An Infobip account with a WhatsApp sender.
#[derive(Clone)]
pub struct InfobipWhatsApp<'a> {
    access: Access<'a>,
    sender: &'a str,
    callback_url: Option<&'a str>,
}

// The callback URL contains a token.
impl fmt::Debug for InfobipWhatsApp<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("InfobipWhatsApp")
            .field("base_url", &self.access.base_url)
            .field("sender", &self.sender)
            .finish_non_exhaustive()
    }
}

impl<'a> InfobipWhatsApp<'a> {
    /// An account with the API key from the secret.
    ///
    /// # Errors
    /// If the secret is malformed, or the base URL or the sender is missing.
    pub fn new(account: &Account<'a>) -> Result<Self, Unusable> {
        Ok(Self {
            access: Access::of(account, &SETUP)?,
            sender: sender(account)?,
            callback_url: account.callback_url,
        })
    }
}

#[derive(Serialize)]
struct Templates<'a> {
    messages: [Outgoing<'a, Template<'a>>; 1],
}

/// A message with its content.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Outgoing<'a, C> {
    from: &'a str,
    to: &'a str,
    content: C,
    /// Up to 4,000 characters, returned in delivery reports.
    #[serde(skip_serializing_if = "Option::is_none")]
    callback_data: Option<String>,
    /// The URL for reports of all kinds.
    #[serde(skip_serializing_if = "Option::is_none")]
    notify_url: Option<String>,
}

#[derive(Serialize)]
struct Text<'a> {
    text: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Template<'a> {
    template_name: &'a str,
    template_data: TemplateData<'a>,
    language: &'a str,
}

#[derive(Serialize)]
struct TemplateData<'a> {
    body: Placeholders<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    header: Option<Header<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    buttons: Vec<PressedButton<'a>>,
}

#[derive(Serialize)]
struct Placeholders<'a> {
    placeholders: &'a [String],
}

#[derive(Serialize)]
#[serde(
    tag = "type",
    rename_all = "UPPERCASE",
    rename_all_fields = "camelCase"
)]
enum Header<'a> {
    Text {
        placeholder: &'a str,
    },
    Image {
        media_url: &'a str,
    },
    Video {
        media_url: &'a str,
    },
    Document {
        media_url: &'a str,
        filename: String,
    },
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "SCREAMING_SNAKE_CASE")]
enum PressedButton<'a> {
    Url { parameter: &'a str },
    QuickReply { parameter: &'a str },
}

impl<'a> Template<'a> {
    fn of(template: &'a WhatsAppTemplate) -> Self {
        let header = template.header.as_ref().map(|header| match header {
            TemplateHeader::Text(placeholder) => Header::Text { placeholder },
            TemplateHeader::Image(media_url) => Header::Image { media_url },
            TemplateHeader::Video(media_url) => Header::Video { media_url },
            TemplateHeader::Document(media_url) => Header::Document {
                media_url,
                filename: filename(media_url),
            },
        });
        let buttons = buttons(template).map(|(_, button)| match button {
            Button::Url(parameter) => PressedButton::Url { parameter },
            Button::Reply(parameter) => PressedButton::QuickReply { parameter },
        });
        Self {
            template_name: &template.name,
            template_data: TemplateData {
                body: Placeholders {
                    placeholders: &template.body,
                },
                header,
                buttons: buttons.collect(),
            },
            language: &template.language,
        }
    }
}

/// The file name of a document: the end of its URL.
fn filename(url: &str) -> String {
    let path = url.split(['?', '#']).next().unwrap_or_default();
    let path = path.split_once("://").map_or(path, |(_, rest)| rest);
    let name = path.rsplit_once('/').map_or("", |(_, name)| name);
    match name {
        "" => DOCUMENT.to_owned(),
        name => name.chars().take(FILENAME_CHARACTERS).collect(),
    }
}

/// The response to free text or to a list of templates. Other fields are not used.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Submitted {
    messages: Vec<Taken>,
    message_id: Option<String>,
    status: Option<Status>,
}

impl Submitted {
    fn taken(self) -> Option<Taken> {
        let alone = self.status.map(|status| Taken {
            message_id: self.message_id,
            status,
        });
        self.messages.into_iter().next().or(alone)
    }
}

impl InfobipWhatsApp<'_> {
    fn outgoing<'m, C>(&'m self, message: &WhatsApp<'m>, content: C) -> Outgoing<'m, C> {
        let reference = message.reference.delivery();
        Outgoing {
            from: digits(self.sender),
            to: digits(message.to.expose()),
            content,
            callback_data: self.callback_url.map(|_| reference.to_string()),
            notify_url: self
                .callback_url
                .map(|url| format!("{url}?{DELIVERY}={reference}")),
        }
    }
}

/// The reason, with our common code if the 24-hour window had closed. Reports call that `EC_NO_SESSION` (7010);
/// elsewhere it is recognized by WhatsApp's wording.
fn named(reason: Reason) -> Reason {
    const WORDS: [&str; 7] = [
        "ec no session",
        "24 hours have passed",
        "24-hour window",
        "care window",
        "service window",
        "re-engagement",
        "reengagement",
    ];
    let said = format!("{} {}", reason.code, reason.text).to_lowercase();
    let said = said.replace('_', " ");
    match WORDS.iter().any(|words| said.contains(words)) {
        true => Reason::new(OUTSIDE_WINDOW, reason.text),
        false => reason,
    }
}

impl Adapter<WhatsApp<'_>> for InfobipWhatsApp<'_> {
    fn request(&self, message: &WhatsApp<'_>) -> Result<Request<Vec<u8>>, BadRequest> {
        match message.body {
            Body::Text(text) => {
                let outgoing = self.outgoing(message, Text { text });
                self.access
                    .submission("/whatsapp/1/message/text", &outgoing)
            }
            Body::Template(template) => {
                let outgoing = Templates {
                    messages: [self.outgoing(message, Template::of(template))],
                };
                self.access
                    .submission("/whatsapp/1/message/template", &outgoing)
            }
        }
    }

    fn outcome(&self, _: &WhatsApp<'_>, answer: &Response<Vec<u8>>) -> Outcome {
        if !answer.status().is_success() {
            let after = retry_after(answer.headers());
            return by_status(answer.status().as_u16(), after, named(problem(answer)));
        }
        let submitted: Submitted = serde_json::from_slice(answer.body()).unwrap_or_default();
        submitted
            .taken()
            .and_then(|taken| {
                let reason = named(taken.status.reason());
                judge(Vendor::InfobipWhatsApp, taken, reason)
            })
            .unwrap_or_else(|| Outcome::Unknown(unreadable()))
    }
}

#[cfg(test)]
mod tests;
