//! Twilio, SMS through Programmable Messaging. What it shares with WhatsApp is in `crate::twilio`.

use std::fmt;

use carillon_domain::{
    delivery::Outcome,
    transports::sender::{SenderId, SenderKind},
};
use http::{Request, Response};

use super::Sms;
use crate::{
    http::BadRequest,
    setup::{self, Combination, Field, Setup, Values},
    twilio::{CREDENTIALS, Credentials, SIGN_IN, is_sid, outcome, status_callback},
    vendor::{Account, Adapter, BadCallback, Callback, Callbacks, ProviderEvent, Unusable},
};

/// What a Twilio transport needs.
pub static SETUP: Setup = Setup {
    name: "Twilio",
    sender: &[Field::sender_id(
        "A number or short code of the account, or an alphanumeric sender ID. Required without a messaging service; with one, it has to be in its sender pool.",
    )],
    settings: &[Field {
        help: "Messaging, Services. Twilio then chooses a sender from the service's pool.",
        example: "MG0123456789abcdef0123456789abcdef",
        values: Values::Text(|text| is_sid("MG", text)),
        expected: SERVICE_EXPECTED,
        ..Field::setting(MESSAGING_SERVICE, "Messaging Service SID").optional()
    }],
    credentials: CREDENTIALS,
    combinations: &[
        SIGN_IN,
        Combination {
            groups: &[&["sender_id"], &["settings.messaging_service"]],
            is_required: true,
            is_exclusive: false,
        },
    ],
    callbacks: setup::Callbacks::Always(
        "Nothing to do for delivery statuses. For replies, enter this address at the number under \"A message comes in\" (Webhook, HTTP POST), or at the messaging service under Integration, \"Send a webhook\".",
    ),
};

const MESSAGING_SERVICE: &str = "messaging_service";
const SERVICE_EXPECTED: &str =
    "the SID of a messaging service of the account: MG and 32 hexadecimal digits";

/// A Twilio account.
#[derive(Clone)]
pub struct Twilio<'a> {
    credentials: Credentials,
    sender_id: Option<&'a SenderId>,
    messaging_service: Option<&'a str>,
    callback_url: Option<&'a str>,
}

// The callback URL contains a token.
impl fmt::Debug for Twilio<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Twilio")
            .field("sender_id", &self.sender_id)
            .field("messaging_service", &self.messaging_service)
            .finish_non_exhaustive()
    }
}

impl<'a> Twilio<'a> {
    /// An account with the credentials from the secret. Phones show the sender id, or a sender that the messaging
    /// service chooses.
    ///
    /// # Errors
    /// If the secret is malformed or there is no sender.
    pub fn new(account: &Account<'a>) -> Result<Self, Unusable> {
        let credentials = Credentials::of(account, &SETUP)?;
        let messaging_service = account.setting(MESSAGING_SERVICE);
        if messaging_service.is_some_and(|sid| !is_sid("MG", sid)) {
            return Err(Unusable::Setting {
                expected: SERVICE_EXPECTED,
            });
        }
        if account.sender_id.is_none() && messaging_service.is_none() {
            return Err(Unusable::Setting {
                expected: "a sender id or a messaging service",
            });
        }
        Ok(Self {
            credentials,
            sender_id: account.sender_id,
            messaging_service,
            callback_url: account.callback_url,
        })
    }
}

/// A sender in Twilio's format: a phone number has its plus sign.
fn sender_address(sender: &SenderId) -> String {
    match sender.kind() {
        SenderKind::Number => format!("+{sender}"),
        SenderKind::Name | SenderKind::ShortCode => sender.to_string(),
    }
}

impl Adapter<Sms<'_>> for Twilio<'_> {
    fn request(&self, sms: &Sms<'_>) -> Result<Request<Vec<u8>>, BadRequest> {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("To", sms.to.expose());
        if let Some(sender) = self.sender_id {
            form.append_pair("From", &sender_address(sender));
        }
        if let Some(service) = self.messaging_service {
            form.append_pair("MessagingServiceSid", service);
        }
        form.append_pair("Body", sms.text);
        if let Some(url) = self.callback_url {
            let told_at = status_callback(url, &sms.reference.delivery());
            form.append_pair("StatusCallback", &told_at);
        }
        self.credentials.submission(form.finish())
    }

    fn outcome(&self, _: &Sms<'_>, answer: &Response<Vec<u8>>) -> Outcome {
        outcome(answer)
    }
}

impl Callbacks for Twilio<'_> {
    fn events(&self, callback: &Callback<'_>) -> Result<Vec<ProviderEvent>, BadCallback> {
        self.credentials.events(callback, "")
    }
}

#[cfg(test)]
mod tests;
