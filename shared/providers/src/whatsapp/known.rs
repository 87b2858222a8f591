//! Fixtures shared by the tests of all vendors.

use std::{collections::BTreeMap, fmt::Write as _, time::Duration};

use carillon_domain::{
    address::PhoneNumber,
    channel::Channel,
    content::{TemplateHeader, WhatsAppTemplate},
    delivery::Outcome,
    id::{CampaignId, ReceiverId, TenantId},
    reason::Reason,
};
use http::{Request, Response, StatusCode, header};

use super::{Body, WhatsApp};
use crate::{
    Reference,
    vendor::{Account, DeliveryReference},
};

/// The callback URL.
pub(super) const CALLBACK_URL: &str = "https://example.com/callbacks/demo/whatsapp/t0ken";
/// Our reference of the delivery.
pub(super) const REFERENCE: &str =
    "019a0000-0000-7000-8000-000000000000.0123456789abcdef0123456789abcdef";

/// An account and a receiver.
pub(super) struct Known {
    tenant: TenantId,
    campaign: CampaignId,
    receiver: ReceiverId,
    to: PhoneNumber,
    pub(super) settings: BTreeMap<String, String>,
    pub(super) secret: String,
    pub(super) callback_url: Option<&'static str>,
}

impl Known {
    pub(super) fn new(settings: &[(&str, &str)], secret: &str) -> Self {
        let settings = settings.iter();
        Self {
            tenant: "demo".parse().unwrap(),
            campaign: "019a0000-0000-7000-8000-000000000000".parse().unwrap(),
            receiver: "0123456789abcdef0123456789abcdef".parse().unwrap(),
            to: PhoneNumber::parse("+14155552345", None).unwrap(),
            settings: settings
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
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
            reference: Reference {
                tenant: &self.tenant,
                campaign: &self.campaign,
                receiver: &self.receiver,
                channel: Channel::WhatsApp,
                resend: 0,
                number: None,
            },
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

/// A request as sent.
pub(super) fn written(request: &Request<Vec<u8>>) -> String {
    let mut text = format!("{} {}\n", request.method(), request.uri());
    for (name, value) in request.headers() {
        writeln!(text, "{name}: {}", value.to_str().unwrap()).unwrap();
    }
    match serde_json::from_slice::<serde_json::Value>(request.body()) {
        Ok(body) => write!(text, "\n{body:#}").unwrap(),
        Err(_) => {
            let body = std::str::from_utf8(request.body()).unwrap();
            write!(text, "\n{}", body.replace('&', "\n&")).unwrap();
        }
    }
    text
}

pub(super) fn answer(status: u16, retry_after: Option<&str>, body: &str) -> Response<Vec<u8>> {
    let mut answer = Response::new(body.as_bytes().to_vec());
    *answer.status_mut() = StatusCode::from_u16(status).unwrap();
    if let Some(value) = retry_after {
        let headers = answer.headers_mut();
        headers.insert(header::RETRY_AFTER, value.parse().unwrap());
    }
    answer
}

pub(super) fn rejected(code: &str, text: &str) -> Outcome {
    Outcome::Rejected(Reason::new(code, text))
}

pub(super) fn throttled(seconds: Option<u64>, code: &str, text: &str) -> Outcome {
    Outcome::Throttled {
        after: seconds.map(Duration::from_secs),
        reason: Reason::new(code, text),
    }
}

pub(super) fn unknown(code: &str, text: &str) -> Outcome {
    Outcome::Unknown(Reason::new(code, text))
}

pub(super) fn unreadable() -> Outcome {
    unknown(
        "unreadable_answer",
        "The provider's response could not be parsed.",
    )
}
