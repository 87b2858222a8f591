//! Fixtures shared by the tests of all vendors.

use std::collections::BTreeMap;

use carillon_domain::{
    address::PhoneNumber,
    channel::Channel,
    content::{TemplateHeader, WhatsAppTemplate},
};

use super::{Body, WhatsApp};
pub(super) use crate::known::{
    REFERENCE, answer_after as answer, rejected, throttled, unknown, unreadable, written,
};
use crate::{
    known::{named, reference},
    vendor::{Account, DeliveryReference},
};

/// The callback URL.
pub(super) const CALLBACK_URL: &str = "https://example.com/callbacks/demo/whatsapp/t0ken";

/// An account and a receiver.
pub(super) struct Known {
    to: PhoneNumber,
    pub(super) settings: BTreeMap<String, String>,
    pub(super) secret: String,
    pub(super) callback_url: Option<&'static str>,
}

impl Known {
    pub(super) fn new(settings: &[(&str, &str)], secret: &str) -> Self {
        Self {
            to: PhoneNumber::parse("+14155552345", None).unwrap(),
            settings: named(settings),
            secret: secret.to_owned(),
            callback_url: Some(CALLBACK_URL),
        }
    }

    pub(super) fn account(&self) -> Account<'_> {
        Account {
            from: None,
            sender_id: None,
            settings: &self.settings,
            secret: &self.secret,
            callback_url: self.callback_url,
            access_token: None,
            now: jiff::Timestamp::UNIX_EPOCH,
        }
    }

    pub(super) fn message<'a>(&'a self, body: Body<'a>) -> WhatsApp<'a> {
        WhatsApp {
            to: &self.to,
            body,
            reference: reference(Channel::WhatsApp),
        }
    }

    pub(super) fn text(&self) -> WhatsApp<'_> {
        self.message(Body::Text("Γεια σου, Zoë 🔔"))
    }
}

/// A template with every part that a template may have.
pub(super) fn template(name: &str) -> WhatsAppTemplate {
    WhatsAppTemplate {
        name: name.to_owned(),
        language: "en_US".to_owned(),
        header: Some(TemplateHeader::Document(
            "https://example.com/files/timetable.pdf?v=2".to_owned(),
        )),
        body: vec!["Zoë".to_owned(), "7:30 \"sharp\"".to_owned()],
        buttons: vec![
            "timetable/42".to_owned(),
            String::new(),
            "payload:I am OK".to_owned(),
        ],
    }
}

pub(super) fn delivery() -> DeliveryReference {
    REFERENCE.parse().unwrap()
}
