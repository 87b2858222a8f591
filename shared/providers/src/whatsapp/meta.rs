//! Meta's WhatsApp Cloud API:
//! <https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/send-messages>, templates:
//! <https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/overview>.
//!
//! Meta does not deduplicate. It returns a message's `biz_opaque_callback_data` with every status it reports.

mod callbacks;

use std::fmt;

use carillon_domain::{
    content::{TemplateHeader, WhatsAppTemplate},
    delivery::{Outcome, cause::Cause},
    reason::Reason,
    transports::Vendor,
};
use http::{HeaderValue, Request, Response, header};
use serde::{Deserialize, Serialize};

use super::{Body, Button, OUTSIDE_WINDOW, WhatsApp, buttons};
use crate::{
    answer::{NO_REASON, unreadable},
    codes,
    http::{BadRequest, by_status, retry_after},
    setup::{Callbacks, Field, Setup, Values, is_token},
    vendor::{Account, Adapter, Unusable},
};

/// What a Meta transport needs.
pub static SETUP: Setup = Setup {
    name: "Meta (WhatsApp Cloud API)",
    sender: &[],
    settings: &[Field {
        help: "WhatsApp, API Setup, below the number. It is not the number itself.",
        example: "106540352242922",
        values: Values::Text(is_phone_number_id),
        expected: PHONE_NUMBER_ID_EXPECTED,
        ..Field::setting(PHONE_NUMBER_ID, "Phone number ID")
    }],
    credentials: &[
        Field {
            help: "Of a system user, never expiring, with the permission whatsapp_business_messaging: Business settings, System users.",
            example: "EAAJB0123456789abcdef",
            values: Values::Text(is_token),
            expected: "the token in ASCII without spaces",
            ..Field::secret("access_token", "Access token")
        },
        Field {
            help: "App settings, Basic. It verifies callbacks.",
            example: "0123456789abcdef0123456789abcdef",
            values: Values::Text(is_token),
            expected: "the secret in ASCII without spaces",
            ..Field::secret("app_secret", "App secret")
        },
        Field {
            help: "A text of your own, which you enter at Meta together with the callback address.",
            example: "0123456789abcdef",
            values: Values::Text(is_token),
            expected: "ASCII without spaces",
            ..Field::secret("verify_token", "Verify token")
        },
    ],
    combinations: &[],
    callbacks: Callbacks::Always(
        "WhatsApp, Configuration: enter this address as the callback URL, and the verify token; subscribe to the field messages; subscribe the account to the app (POST /{waba-id}/subscribed_apps).",
    ),
};

const PHONE_NUMBER_ID: &str = "phone_number_id";
const PHONE_NUMBER_ID_EXPECTED: &str =
    "Meta's id of the business phone number (digits), which is not the number itself";

/// The version of the API. Meta supports each for at least two years:
/// <https://developers.facebook.com/docs/graph-api/changelog/versions>.
const VERSION: &str = "v23.0";

/// More than 24 hours have passed since the receiver last wrote.
const RE_ENGAGEMENT: i64 = 131_047;

/// A business phone number at Meta.
#[derive(Clone)]
pub struct Meta<'a> {
    phone_number_id: &'a str,
    credentials: Credentials,
}

/// The access token, the key of callback signatures, and the token of the handshake.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Credentials {
    access_token: String,
    app_secret: String,
    verify_token: String,
}

impl Credentials {
    fn are_complete(&self) -> bool {
        let all = [&self.access_token, &self.app_secret, &self.verify_token];
        all.into_iter().all(|text| is_token(text))
    }
}

impl fmt::Debug for Meta<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Meta")
            .field("phone_number_id", &self.phone_number_id)
            .finish_non_exhaustive()
    }
}

impl<'a> Meta<'a> {
    /// A business phone number with the credentials from the secret.
    ///
    /// # Errors
    /// If the secret is malformed or the id of the number is missing.
    pub fn new(account: &Account<'a>) -> Result<Self, Unusable> {
        let credentials: Credentials = account.read_secret(&SETUP)?;
        if !credentials.are_complete() {
            return Err(Unusable::Secret { needs: &SETUP });
        }
        let phone_number_id = account
            .setting(PHONE_NUMBER_ID)
            .filter(|text| is_phone_number_id(text))
            .ok_or(Unusable::Setting {
                expected: PHONE_NUMBER_ID_EXPECTED,
            })?;
        Ok(Self {
            phone_number_id,
            credentials,
        })
    }
}

/// It becomes part of a URL, so nothing else is allowed.
fn is_phone_number_id(text: &str) -> bool {
    (5..=32).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[derive(Serialize)]
struct Submission<'a> {
    messaging_product: &'static str,
    recipient_type: &'static str,
    to: &'a str,
    #[serde(flatten)]
    content: Content<'a>,
    /// Up to 512 characters.
    biz_opaque_callback_data: String,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
enum Content<'a> {
    Text { text: Text<'a> },
    Template { template: Template<'a> },
}

#[derive(Serialize)]
struct Text<'a> {
    body: &'a str,
}

#[derive(Serialize)]
struct Template<'a> {
    name: &'a str,
    language: Language<'a>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    components: Vec<Component<'a>>,
}

#[derive(Serialize)]
struct Language<'a> {
    code: &'a str,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
enum Component<'a> {
    Header {
        parameters: Vec<Parameter<'a>>,
    },
    Body {
        parameters: Vec<Parameter<'a>>,
    },
    Button {
        sub_type: &'static str,
        index: String,
        parameters: Vec<Parameter<'a>>,
    },
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
enum Parameter<'a> {
    Text { text: &'a str },
    Payload { payload: &'a str },
    Image { image: Media<'a> },
    Video { video: Media<'a> },
    Document { document: Media<'a> },
}

#[derive(Serialize)]
struct Media<'a> {
    link: &'a str,
}

impl<'a> Template<'a> {
    fn of(template: &'a WhatsAppTemplate) -> Self {
        let header = template.header.as_ref().map(|header| match header {
            TemplateHeader::Text(text) => Parameter::Text { text },
            TemplateHeader::Image(link) => Parameter::Image {
                image: Media { link },
            },
            TemplateHeader::Video(link) => Parameter::Video {
                video: Media { link },
            },
            TemplateHeader::Document(link) => Parameter::Document {
                document: Media { link },
            },
        });
        let header = header.map(|parameter| Component::Header {
            parameters: vec![parameter],
        });
        let body: Vec<Parameter<'_>> = template
            .body
            .iter()
            .map(|text| Parameter::Text { text })
            .collect();
        let body = (!body.is_empty()).then_some(Component::Body { parameters: body });
        let buttons = buttons(template).map(|(place, button)| {
            let (sub_type, parameter) = match button {
                Button::Url(text) => ("url", Parameter::Text { text }),
                Button::Reply(payload) => ("quick_reply", Parameter::Payload { payload }),
            };
            Component::Button {
                sub_type,
                index: place.to_string(),
                parameters: vec![parameter],
            }
        });
        Self {
            name: &template.name,
            language: Language {
                code: &template.language,
            },
            components: header.into_iter().chain(body).chain(buttons).collect(),
        }
    }
}

/// The response to an accepted message. Other fields are not used.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Submitted {
    messages: Vec<Taken>,
}

#[derive(Deserialize)]
struct Taken {
    id: String,
}

/// The body of a refusal.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Refused {
    error: Problem,
}

/// An error, in responses and callbacks
/// (<https://developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes>).
#[derive(Default, Deserialize)]
#[serde(default)]
struct Problem {
    code: Option<i64>,
    error_subcode: Option<i64>,
    message: Option<String>,
    title: Option<String>,
    /// An object with `details`; other calls of the Graph API return a text.
    error_data: serde_json::Value,
}

impl Problem {
    /// Its cause, if the table lists the code. 100 is ambiguous without its subcode.
    fn cause(&self) -> Option<Cause> {
        let code = self.code?;
        let precise = self
            .error_subcode
            .map(|subcode| format!("{code}/{subcode}"));
        let precise = precise.and_then(|code| codes::cause(Vendor::Meta, &code));
        precise.or_else(|| codes::cause(Vendor::Meta, &code.to_string()))
    }

    /// Meta's code and text, the most precise first. Without a code, `otherwise` gives one.
    fn reason(&self, otherwise: impl FnOnce() -> String) -> Reason {
        let details = self.error_data.get("details");
        let details = details.and_then(serde_json::Value::as_str);
        let words = [details, self.message.as_deref(), self.title.as_deref()];
        let text = words
            .into_iter()
            .flatten()
            .map(str::trim)
            .find(|text| !text.is_empty())
            .unwrap_or(NO_REASON);
        match self.code {
            Some(RE_ENGAGEMENT) => Reason::new(OUTSIDE_WINDOW, text),
            Some(code) => Reason::new(code.to_string(), text),
            None => Reason::new(otherwise(), text),
        }
    }
}

impl Adapter<WhatsApp<'_>> for Meta<'_> {
    fn request(&self, message: &WhatsApp<'_>) -> Result<Request<Vec<u8>>, BadRequest> {
        let content = match message.body {
            Body::Text(body) => Content::Text {
                text: Text { body },
            },
            Body::Template(template) => Content::Template {
                template: Template::of(template),
            },
        };
        let body = serde_json::to_vec(&Submission {
            messaging_product: "whatsapp",
            recipient_type: "individual",
            to: message.to.expose(),
            content,
            biz_opaque_callback_data: message.reference.delivery().to_string(),
        })?;
        let mut authorization =
            HeaderValue::try_from(format!("Bearer {}", self.credentials.access_token))
                .map_err(http::Error::from)?;
        authorization.set_sensitive(true);
        let url = format!(
            "https://graph.facebook.com/{VERSION}/{}/messages",
            self.phone_number_id
        );
        Ok(Request::post(url)
            .header(header::AUTHORIZATION, authorization)
            .header(header::CONTENT_TYPE, "application/json")
            .body(body)?)
    }

    fn outcome(&self, _: &WhatsApp<'_>, answer: &Response<Vec<u8>>) -> Outcome {
        if !answer.status().is_success() {
            let refused: Refused = serde_json::from_slice(answer.body()).unwrap_or_default();
            return judge(&refused.error, answer);
        }
        let submitted: Submitted = serde_json::from_slice(answer.body()).unwrap_or_default();
        match submitted.messages.into_iter().next() {
            Some(Taken { id }) if !id.is_empty() => Outcome::Accepted { provider_id: id },
            _ => Outcome::Unknown(unreadable()),
        }
    }
}

/// What a refusal means for the message. According to Meta, the code counts and not the status
/// (<https://developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes>).
fn judge(problem: &Problem, answer: &Response<Vec<u8>>) -> Outcome {
    let status = answer.status().as_u16();
    let after = retry_after(answer.headers());
    let reason = problem.reason(|| format!("http_{status}"));
    match problem.cause() {
        Some(cause) => cause.outcome(after, reason),
        None => by_status(status, after, reason),
    }
}

#[cfg(test)]
mod tests;
