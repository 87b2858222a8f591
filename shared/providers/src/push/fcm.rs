//! Firebase Cloud Messaging, its HTTP v1 API:
//! <https://firebase.google.com/docs/reference/fcm/rest/v1/projects.messages/send>.
//!
//! FCM does not deduplicate and has no callbacks, so a lost response leaves the delivery unknown. A duplicate replaces
//! the first notification on the device, because both have the same tag.

use std::{fmt, time::Duration};

use carillon_domain::{
    delivery::Outcome, push_address::PushAddress, reason::Reason, transports::Vendor,
};
use http::{HeaderValue, Request, Response, header};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{KEPT_SECONDS, Push, wrong_device};
use crate::{
    answer::{NO_REASON, short, unreadable},
    codes,
    http::{BadRequest, by_status, retry_after},
    oauth,
    service_account::{self, ServiceAccount},
    setup::{Callbacks, Field, Input, Setup, Values},
    vendor::{AccessToken, Account, Adapter, SignIn, Unusable},
};

/// What an FCM transport needs.
pub static SETUP: Setup = Setup {
    name: "Firebase Cloud Messaging",
    sender: &[],
    settings: &[Field {
        help: "Firebase console, Project settings, General.",
        example: "my-app-1a2b3",
        values: Values::Text(is_project),
        expected: PROJECT_EXPECTED,
        ..Field::setting(PROJECT, "Project ID")
    }],
    credentials: &[
        Field {
            help: "client_email in the key file: Project settings, Service accounts, Generate new private key. It needs the role Firebase Cloud Messaging API Admin.",
            example: "firebase-adminsdk@my-app-1a2b3.iam.gserviceaccount.com",
            ..Field::credential("client_email", "Service account")
        },
        Field {
            help: "private_key in the key file, with its line breaks.",
            example: "-----BEGIN PRIVATE KEY-----",
            input: Input::SecretLines,
            values: Values::Text(service_account::is_key),
            expected: "an RSA key in PEM (PKCS #8), as in the key file",
            ..Field::secret("private_key", "Private key")
        },
    ],
    combinations: &[],
    callbacks: Callbacks::None,
};

const PROJECT: &str = "project";
const PROJECT_EXPECTED: &str = "the id of the Firebase project, as in my-app-1a2b3";

/// Allows messaging, nothing else.
const SCOPE: &str = "https://www.googleapis.com/auth/firebase.messaging";

/// How long FCM asks to wait if it does not say:
/// <https://firebase.google.com/docs/cloud-messaging/scale-fcm>.
const PAUSE: Duration = Duration::from_secs(60);

/// A Firebase project.
pub struct Fcm<'a> {
    project: &'a str,
    service_account: ServiceAccount,
    /// Marked as sensitive, so that it is not printed.
    authorization: Option<HeaderValue>,
    now: Timestamp,
}

impl fmt::Debug for Fcm<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Fcm")
            .field("project", &self.project)
            .finish_non_exhaustive()
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Secret {
    client_email: String,
    private_key: String,
}

impl Secret {
    fn service_account(self) -> Option<ServiceAccount> {
        if self.client_email.is_empty() {
            return None;
        }
        ServiceAccount::new(self.client_email, None, SCOPE, &self.private_key)
    }
}

impl<'a> Fcm<'a> {
    /// A project with the service account from the secret, signed in or not.
    ///
    /// # Errors
    /// If the secret is malformed or the project is not set.
    pub fn new(account: &Account<'a>) -> Result<Self, Unusable> {
        let secret: Secret = account.read_secret(&SETUP)?;
        let service_account = secret.service_account();
        Ok(Self {
            project: account
                .setting(PROJECT)
                .filter(|project| is_project(project))
                .ok_or(Unusable::Setting {
                    expected: PROJECT_EXPECTED,
                })?,
            service_account: service_account.ok_or(Unusable::Secret { needs: &SETUP })?,
            authorization: account.access_token.and_then(oauth::bearer),
            now: account.now,
        })
    }
}

/// It becomes part of a URL, so nothing else is allowed:
/// <https://cloud.google.com/resource-manager/docs/creating-managing-projects>.
fn is_project(text: &str) -> bool {
    let is_of_project =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (4..=63).contains(&text.len()) && text.bytes().all(is_of_project)
}

/// What an operator can do if no token is issued:
/// <https://developers.google.com/identity/protocols/oauth2/service-account#jwt-error-codes>.
fn advise(code: &str) -> Option<&'static str> {
    Some(match code {
        "invalid_grant" => "Check the service account's address and its private key.",
        "unauthorized_client" | "access_denied" => {
            "Grant the service account the role Firebase Cloud Messaging API Admin."
        }
        "invalid_client" | "deleted_client" | "disabled_client" => {
            "Google does not know this service account: check it in the Google Cloud console."
        }
        "invalid_scope" => "The service account may not request the scope firebase.messaging.",
        _ => return None,
    })
}

impl SignIn for Fcm<'_> {
    fn token_request(&self) -> Result<Request<Vec<u8>>, BadRequest> {
        self.service_account.token_request(self.now)
    }

    fn token(&self, answer: &Response<Vec<u8>>) -> Result<AccessToken, Reason> {
        oauth::read_token(answer, advise)
    }
}

#[derive(Serialize)]
struct Submission<'a> {
    message: Message<'a>,
}

/// A message: <https://firebase.google.com/docs/reference/fcm/rest/v1/projects.messages>. Amazon SNS takes the same,
/// but adds the token itself.
#[derive(Serialize)]
pub(super) struct Message<'a> {
    /// For an app that registers with its Firebase installation id.
    #[serde(skip_serializing_if = "Option::is_none")]
    fid: Option<&'a str>,
    /// For an app that uses registration tokens. FCM calls the field deprecated but accepts registration tokens in no
    /// other field.
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<&'a str>,
    notification: Notification<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<Data<'a>>,
    android: Android,
    #[serde(skip_serializing_if = "Option::is_none")]
    webpush: Option<InBrowser<'a>>,
}

#[derive(Serialize)]
struct Notification<'a> {
    title: &'a str,
    body: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    image: Option<&'a str>,
}

/// The data that the app receives on a tap.
#[derive(Serialize)]
struct Data<'a> {
    url: &'a str,
}

#[derive(Serialize)]
struct Android {
    priority: &'static str,
    ttl: String,
    notification: Tagged,
}

/// A notification replaces one with the same tag.
#[derive(Serialize)]
struct Tagged {
    tag: String,
}

#[derive(Serialize)]
struct InBrowser<'a> {
    fcm_options: Link<'a>,
}

#[derive(Serialize)]
struct Link<'a> {
    link: &'a str,
}

/// Whether a registration is a Firebase installation id: 22 digits of base64url, while a registration token has a colon
/// and more than a hundred characters (<https://firebase.google.com/docs/reference/fcm/rest/v1/projects.messages>,
/// <https://firebase.google.com/docs/projects/manage-installations>).
fn is_installation_id(registration: &str) -> bool {
    registration.len() == 22
        && registration
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

impl<'a> Message<'a> {
    pub(super) fn new(push: &Push<'a>, registration: Option<&'a str>) -> Self {
        let (fid, token) = match registration {
            Some(registration) if is_installation_id(registration) => (Some(registration), None),
            token => (None, token),
        };
        // FCM rejects a message with any other kind of link.
        let link = push.url.filter(|url| url.starts_with("https://"));
        Self {
            fid,
            token,
            notification: Notification {
                title: push.title,
                body: push.body,
                image: push.icon,
            },
            data: push.url.map(|url| Data { url }),
            android: Android {
                priority: "HIGH",
                ttl: format!("{KEPT_SECONDS}s"),
                notification: Tagged {
                    tag: push.reference.key(),
                },
            },
            webpush: link.map(|link| InBrowser {
                fcm_options: Link { link },
            }),
        }
    }
}

impl Adapter<Push<'_>> for Fcm<'_> {
    fn request(&self, push: &Push<'_>) -> Result<Request<Vec<u8>>, BadRequest> {
        let PushAddress::Fcm(token) = push.to else {
            return Err(wrong_device());
        };
        let authorization = self.authorization.clone().ok_or(BadRequest::NotSignedIn)?;
        let submission = Submission {
            message: Message::new(push, Some(token.expose())),
        };
        let url = format!(
            "https://fcm.googleapis.com/v1/projects/{}/messages:send",
            self.project
        );
        Ok(Request::post(url)
            .header(header::AUTHORIZATION, authorization)
            .header(header::ACCEPT, "application/json")
            .header(header::CONTENT_TYPE, "application/json")
            .body(serde_json::to_vec(&submission)?)?)
    }

    fn outcome(&self, _: &Push<'_>, answer: &Response<Vec<u8>>) -> Outcome {
        if answer.status().is_success() {
            return accepted(answer.body());
        }
        let status = answer.status().as_u16();
        let Refusal { error } = serde_json::from_slice(answer.body()).unwrap_or_default();
        let after = retry_after(answer.headers());
        let reason = error.reason(status);
        let after = match status {
            429 => after.or(Some(PAUSE)),
            _ => after,
        };
        let known_as = match error.wrong_registration() {
            Some(field) if status == 400 => format!("INVALID_ARGUMENT, {field}"),
            _ => error.code().unwrap_or_default().to_owned(),
        };
        if let Some(cause) = codes::cause(Vendor::Fcm, &known_as) {
            return cause.outcome(after, reason);
        }
        match (status, error.code()) {
            // Not from FCM: for an unknown registration it gives an error code.
            (404, _) => Outcome::Throttled { after, reason },
            // "The server couldn't process the request in time" may concern one that was already started.
            (503, _) if after.is_none() => Outcome::Unknown(reason),
            _ => by_status(status, after, reason),
        }
    }
}

/// The name of a message: `projects/{project}/messages/{id}`.
#[derive(Default, Deserialize)]
struct Taken {
    #[serde(default)]
    name: String,
}

fn accepted(body: &[u8]) -> Outcome {
    let Taken { name } = serde_json::from_slice(body).unwrap_or_default();
    match name.split_once("/messages/") {
        Some((_, id)) if !id.is_empty() => Outcome::Accepted {
            provider_id: id.to_owned(),
        },
        _ => Outcome::Unknown(unreadable()),
    }
}

/// The body of a refusal: <https://firebase.google.com/docs/cloud-messaging/error-codes>.
#[derive(Default, Deserialize)]
struct Refusal {
    #[serde(default)]
    error: Problem,
}

#[derive(Default, Deserialize)]
struct Problem {
    #[serde(default)]
    message: String,
    #[serde(default)]
    status: String,
    #[serde(default)]
    details: Vec<Detail>,
}

/// Contains either FCM's error code or the invalid fields; other types contain neither.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Detail {
    #[serde(default)]
    error_code: String,
    #[serde(default)]
    field_violations: Vec<Violation>,
}

#[derive(Deserialize)]
struct Violation {
    #[serde(default)]
    field: String,
}

impl Problem {
    /// FCM's error code, or else the general Google one.
    fn code(&self) -> Option<&str> {
        let mut codes = self.details.iter().map(|detail| detail.error_code.as_str());
        let code = codes.find(|code| !code.is_empty());
        code.or_else(|| (!self.status.is_empty()).then_some(self.status.as_str()))
    }

    /// The field that identifies the device, if that is what was rejected. FCM reports it in either of these ways.
    fn wrong_registration(&self) -> Option<&'static str> {
        let violations = self.details.iter().flat_map(|it| &it.field_violations);
        let mut fields = violations.filter_map(|violation| match violation.field.as_str() {
            "message.token" => Some("token"),
            "message.fid" => Some("fid"),
            _ => None,
        });
        let by_words = || {
            let is_token = self
                .message
                .starts_with("The registration token is not a valid");
            is_token.then_some("token")
        };
        fields.next().or_else(by_words)
    }

    fn reason(&self, status: u16) -> Reason {
        let text = match self.message.trim() {
            "" => NO_REASON,
            message => message,
        };
        match self.code() {
            Some(code) => Reason::new(short(code), text),
            None => Reason::new(format!("http_{status}"), text),
        }
    }
}

#[cfg(test)]
mod tests;
