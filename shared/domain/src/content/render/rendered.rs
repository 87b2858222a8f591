//! Rendered messages.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

use super::RenderError;
use crate::{address::EmailAddress, content::WhatsAppTemplate};

/// A message as one receiver gets it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rendered {
    /// An email.
    Email {
        /// One line.
        subject: String,
        /// The HTML part.
        html: String,
        /// The plain-text part.
        text: String,
        /// The Reply-To address, if it is not the sender address.
        reply_to: Option<EmailAddress>,
    },
    /// A text message.
    Sms {
        /// The text.
        text: String,
    },
    /// A WhatsApp message.
    WhatsApp {
        /// The text for a receiver who wrote within the last day.
        text: Option<String>,
        /// The template for all others, with its placeholders filled in.
        template: Option<WhatsAppTemplate>,
    },
    /// A push notification.
    Push {
        /// One line.
        title: String,
        /// The text.
        body: String,
        /// The URL of a picture.
        icon: Option<String>,
        /// The URL that opens on tap.
        url: Option<String>,
    },
}

impl Rendered {
    /// A fingerprint of the message, stored with its delivery: 128 bits of SHA-256 over the parts, in base64url.
    pub fn digest(&self) -> String {
        let mut hasher = Sha256::new();
        let json;
        let parts: &[&str] = match self {
            Rendered::Email {
                subject,
                html,
                text,
                reply_to: None,
            } => &[subject, html, text],
            Rendered::Email {
                subject,
                html,
                text,
                reply_to: Some(reply_to),
            } => &[subject, html, text, reply_to.expose()],
            Rendered::Sms { text } => &[text],
            Rendered::WhatsApp { text, template } => {
                json = serde_json::to_string(template).unwrap_or_default();
                &[text.as_deref().unwrap_or_default(), &json]
            }
            Rendered::Push {
                title,
                body,
                icon,
                url,
            } => &[
                title,
                body,
                icon.as_deref().unwrap_or_default(),
                url.as_deref().unwrap_or_default(),
            ],
        };
        for part in parts {
            hasher.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            hasher.update(part);
        }
        BASE64_URL_SAFE_NO_PAD.encode(&hasher.finalize()[..16])
    }
}

impl Rendered {
    /// The parts allowed on WhatsApp: the text for a receiver who wrote within the last day, only the template for all others.
    /// Other messages stay unchanged.
    ///
    /// # Errors
    /// If nothing may be sent.
    pub fn within_window(self, is_open: bool) -> Result<Self, RenderError> {
        match self {
            Rendered::WhatsApp {
                text: Some(text), ..
            } if is_open => Ok(Rendered::WhatsApp {
                text: Some(text),
                template: None,
            }),
            Rendered::WhatsApp { template: None, .. } => Err(RenderError::OutsideWindow),
            Rendered::WhatsApp { template, .. } => Ok(Rendered::WhatsApp {
                text: None,
                template,
            }),
            other => Ok(other),
        }
    }
}
