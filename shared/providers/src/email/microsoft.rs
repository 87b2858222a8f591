//! Microsoft, mail submitted to Microsoft Graph as MIME:
//! <https://learn.microsoft.com/en-us/graph/api/user-sendmail>.
//!
//! Graph does not deduplicate and has no callbacks, so a lost response leaves the delivery unknown. An accepted message
//! is placed in the drafts of the sender's mailbox and sent afterwards; undeliverable mail is returned to that mailbox:
//! <https://learn.microsoft.com/en-us/graph/outlook-things-to-know-about-send-mail>.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use carillon_domain::{
    delivery::{Outcome, cause::Cause},
    reason::Reason,
    transports::{EmailSender, Vendor},
};
use http::{HeaderValue, Request, Response, header};
use serde::Deserialize;

use super::{Email, is_domain};
use crate::{
    answer::NO_REASON,
    codes,
    http::{BadRequest, by_status, retry_after},
    oauth,
    setup::{Callbacks, Field, Setup, Values},
    vendor::{AccessToken, Account, Adapter, SignIn, Unusable},
};

/// What a Microsoft transport needs.
pub static SETUP: Setup = Setup {
    name: "Microsoft 365",
    sender: super::SENDER,
    settings: &[Field {
        help: "Microsoft Entra admin center, App registrations, the application's Overview.",
        example: "01234567-89ab-cdef-0123-456789abcdef",
        values: Values::Text(is_directory),
        expected: DIRECTORY,
        ..Field::setting("directory", "Directory (tenant) ID")
    }],
    credentials: &[
        Field {
            help: "On the same page. The application needs the application permission Mail.Send of Microsoft Graph, with admin consent.",
            example: "01234567-89ab-cdef-0123-456789abcdef",
            ..Field::credential("client_id", "Application (client) ID")
        },
        Field {
            help: "Certificates & secrets, Client secrets: the value, not the secret's ID. It expires.",
            example: "0123456789abcdef",
            ..Field::secret("client_secret", "Client secret")
        },
    ],
    combinations: &[],
    callbacks: Callbacks::None,
};

const DIRECTORY: &str = "the directory (tenant): its id, or a domain verified in Microsoft Entra";

/// Everything the application was granted, which should be `Mail.Send`.
const SCOPE: &str = "https://graph.microsoft.com/.default";

/// A Microsoft application that may send mail for a mailbox: that of the sender address.
#[derive(Debug, Clone)]
pub struct Microsoft<'a> {
    from: &'a EmailSender,
    directory: &'a str,
    secret: Secret,
    /// Marked as sensitive, so that it is not printed.
    authorization: Option<HeaderValue>,
}

/// The credentials for requesting a token. They cannot be printed.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Secret {
    client_id: String,
    client_secret: String,
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret(…)")
    }
}

impl<'a> Microsoft<'a> {
    /// An account with the credentials from the secret, signed in or not.
    ///
    /// # Errors
    /// If the secret is malformed, or the directory or the sender address is missing.
    pub fn new(account: &Account<'a>) -> Result<Self, Unusable> {
        let secret: Secret = account.read_secret(&SETUP)?;
        if secret.client_id.is_empty() || secret.client_secret.is_empty() {
            return Err(Unusable::Secret { needs: &SETUP });
        }
        Ok(Self {
            from: account.from.ok_or(Unusable::Setting {
                expected: "a sender address",
            })?,
            directory: account
                .setting("directory")
                .filter(|directory| is_directory(directory))
                .ok_or(Unusable::Setting {
                    expected: DIRECTORY,
                })?,
            secret,
            authorization: account.access_token.and_then(oauth::bearer),
        })
    }
}

/// A UUID or a domain. It becomes part of a URL, so nothing else is allowed; names that stand for several directories
/// (`common`) issue no tokens to applications.
fn is_directory(text: &str) -> bool {
    is_uuid(text) || is_domain(text)
}

fn is_uuid(text: &str) -> bool {
    let is_part = |part: &str| part.bytes().all(|byte| byte.is_ascii_hexdigit());
    text.split('-').all(is_part) && text.split('-').map(str::len).eq([8, 4, 4, 4, 12])
}

/// What an operator can do if no token is issued:
/// <https://learn.microsoft.com/en-us/entra/identity-platform/reference-error-codes>.
fn advise(code: &str) -> Option<&'static str> {
    Some(match code {
        "invalid_client" => {
            "Check the client id and the client secret (its value, not its id); it may have expired."
        }
        "unauthorized_client" => {
            "The client is unknown in the directory: check both, and have its administrator consent."
        }
        "invalid_request" | "invalid_grant" => "Check the directory and the client id.",
        "invalid_scope" | "invalid_resource" => {
            "Grant the application the Microsoft Graph permission Mail.Send (application), with consent."
        }
        "interaction_required" => {
            "A directory policy blocks the application: exempt it from conditional access."
        }
        "temporarily_unavailable" => {
            "The provider's sign-in is unavailable; no action is needed unless this persists."
        }
        _ => return None,
    })
}

impl SignIn for Microsoft<'_> {
    fn token_request(&self) -> Result<Request<Vec<u8>>, BadRequest> {
        let url = format!(
            "https://login.microsoftonline.com/{}/oauth2/v2.0/token",
            self.directory
        );
        oauth::token_request(
            &url,
            &[
                ("client_id", self.secret.client_id.as_str()),
                ("scope", SCOPE),
                ("client_secret", self.secret.client_secret.as_str()),
                ("grant_type", "client_credentials"),
            ],
        )
    }

    fn token(&self, answer: &Response<Vec<u8>>) -> Result<AccessToken, Reason> {
        oauth::read_token(answer, advise)
    }
}

impl Adapter<Email<'_>> for Microsoft<'_> {
    fn request(&self, email: &Email<'_>) -> Result<Request<Vec<u8>>, BadRequest> {
        let authorization = self.authorization.clone().ok_or(BadRequest::NotSignedIn)?;
        let message = email
            .write(self.from)
            .map_err(<serde_json::Error as serde::ser::Error>::custom)?;
        let mailbox: String =
            form_urlencoded::byte_serialize(self.from.address.expose().as_bytes()).collect();
        let url = format!("https://graph.microsoft.com/v1.0/users/{mailbox}/sendMail");
        Ok(Request::post(url)
            .header(header::AUTHORIZATION, authorization)
            .header(header::ACCEPT, "application/json")
            .header(header::CONTENT_TYPE, "text/plain")
            .body(STANDARD.encode(message).into_bytes())?)
    }

    fn outcome(&self, email: &Email<'_>, answer: &Response<Vec<u8>>) -> Outcome {
        let status = answer.status().as_u16();
        if status == 202 {
            return self.accepted(email, answer);
        }
        let Refusal { error } = serde_json::from_slice(answer.body()).unwrap_or_default();
        let after = retry_after(answer.headers());
        let reason = error.reason(status);
        match status {
            400..=499 if codes::cause(Vendor::Microsoft, &error.code).is_some() => {
                let cause = codes::cause(Vendor::Microsoft, &error.code);
                cause.unwrap_or(Cause::Account).outcome(after, reason)
            }
            // No such mailbox, a locked one, a full one, or a message that is too large.
            404 | 423 | 507 | 509 => Outcome::Throttled { after, reason },
            // Graph documents that the request may be retried, but not that nothing was sent.
            503 => Outcome::Unknown(reason),
            _ => by_status(status, after, reason),
        }
    }
}

impl Microsoft<'_> {
    /// Graph returns no message id. The response has the request id, by which Microsoft finds the request; the mail can
    /// be found by its Message-ID.
    fn accepted(&self, email: &Email<'_>, answer: &Response<Vec<u8>>) -> Outcome {
        let id = |name: &str| answer.headers().get(name)?.to_str().ok();
        let id = id("request-id").or_else(|| id("client-request-id"));
        Outcome::Accepted {
            provider_id: match id {
                Some(id) if !id.is_empty() => id.to_owned(),
                _ => email.message_id(self.from),
            },
        }
    }
}

#[derive(Default, Deserialize)]
struct Refusal {
    #[serde(default)]
    error: Problem,
}

/// The error body of Graph: <https://learn.microsoft.com/en-us/graph/errors>.
#[derive(Default, Deserialize)]
struct Problem {
    #[serde(default)]
    code: String,
    #[serde(default)]
    message: String,
}

impl Problem {
    fn reason(&self, status: u16) -> Reason {
        let text = match self.message.trim() {
            "" => NO_REASON,
            message => message,
        };
        match self.code.as_str() {
            "" => Reason::new(format!("http_{status}"), text),
            code => Reason::new(code, text),
        }
    }
}

#[cfg(test)]
mod tests;
