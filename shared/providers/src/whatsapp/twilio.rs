//! Twilio, WhatsApp through Programmable Messaging (<https://www.twilio.com/docs/whatsapp/api>). What it shares with
//! SMS is in `crate::twilio`; WhatsApp numbers are distinguished from phone numbers by a prefix.
//!
//! A template is one of Twilio's own
//! (<https://www.twilio.com/docs/content/send-templates-created-with-the-content-template-builder>): its name is its
//! `ContentSid`, it has one language, and its placeholders are numbered consecutively across header, body and buttons.

use std::{collections::BTreeMap, fmt};

use carillon_domain::{
    content::{TemplateHeader, WhatsAppTemplate},
    delivery::Outcome,
};
use http::{Request, Response};

use super::{Body, Button, SENDER_SETTING, WhatsApp, buttons, sender};
use crate::{
    http::BadRequest,
    setup::{self, Setup},
    twilio::{CREDENTIALS, Credentials, SIGN_IN, outcome, status_callback},
    vendor::{Account, Adapter, BadCallback, Callback, Callbacks, ProviderEvent, Unusable},
};

/// What a Twilio transport needs.
pub static SETUP: Setup = Setup {
    name: "Twilio (WhatsApp)",
    sender: &[],
    settings: &[SENDER_SETTING],
    credentials: CREDENTIALS,
    combinations: &[SIGN_IN],
    callbacks: setup::Callbacks::Always(
        "Nothing to do for delivery statuses. For replies, enter this address at the WhatsApp sender as \"Webhook URL for incoming messages\" (HTTP POST).",
    ),
};

/// The prefix of WhatsApp numbers.
const PREFIX: &str = "whatsapp:";

/// A Twilio account with a WhatsApp sender.
#[derive(Clone)]
pub struct TwilioWhatsApp<'a> {
    credentials: Credentials,
    sender: &'a str,
    callback_url: Option<&'a str>,
}

// The callback URL contains a token.
impl fmt::Debug for TwilioWhatsApp<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("TwilioWhatsApp")
            .field("sender", &self.sender)
            .finish_non_exhaustive()
    }
}

impl<'a> TwilioWhatsApp<'a> {
    /// An account with the credentials from the secret.
    ///
    /// # Errors
    /// If the secret is malformed or the sender is missing.
    pub fn new(account: &Account<'a>) -> Result<Self, Unusable> {
        Ok(Self {
            credentials: Credentials::of(account, &SETUP)?,
            sender: sender(account)?,
            callback_url: account.callback_url,
        })
    }
}

/// The values of a template by the numbers of its placeholders.
fn variables(template: &WhatsAppTemplate) -> BTreeMap<usize, &str> {
    let header = template.header.as_ref().map(|header| match header {
        TemplateHeader::Text(value)
        | TemplateHeader::Image(value)
        | TemplateHeader::Video(value)
        | TemplateHeader::Document(value) => value.as_str(),
    });
    let buttons = buttons(template).map(|(_, button)| match button {
        Button::Url(value) | Button::Reply(value) => value,
    });
    let values = header
        .into_iter()
        .chain(template.body.iter().map(String::as_str))
        .chain(buttons);
    (1..).zip(values).collect()
}

impl Adapter<WhatsApp<'_>> for TwilioWhatsApp<'_> {
    fn request(&self, message: &WhatsApp<'_>) -> Result<Request<Vec<u8>>, BadRequest> {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("To", &format!("{PREFIX}{}", message.to.expose()));
        form.append_pair("From", &format!("{PREFIX}{}", self.sender));
        match message.body {
            Body::Text(text) => {
                form.append_pair("Body", text);
            }
            Body::Template(template) => {
                form.append_pair("ContentSid", &template.name);
                let variables = variables(template);
                if !variables.is_empty() {
                    form.append_pair("ContentVariables", &serde_json::to_string(&variables)?);
                }
            }
        }
        if let Some(url) = self.callback_url {
            let told_at = status_callback(url, &message.reference.delivery());
            form.append_pair("StatusCallback", &told_at);
        }
        self.credentials.submission(form.finish())
    }

    fn outcome(&self, _: &WhatsApp<'_>, answer: &Response<Vec<u8>>) -> Outcome {
        outcome(answer)
    }
}

impl Callbacks for TwilioWhatsApp<'_> {
    fn events(&self, callback: &Callback<'_>) -> Result<Vec<ProviderEvent>, BadCallback> {
        self.credentials.events(callback, PREFIX)
    }
}

#[cfg(test)]
mod tests;
