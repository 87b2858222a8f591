//! Google, mail submitted to the Gmail API as MIME:
//! <https://developers.google.com/workspace/gmail/api/reference/rest/v1/users.messages/send>, as a simple upload
//! (<https://developers.google.com/workspace/gmail/api/guides/uploads>).
//!
//! Gmail does not deduplicate and has no callbacks, so a lost response leaves the delivery unknown. According to its
//! documentation, an accepted message may still not be sent if the account has reached its limit:
//! <https://developers.google.com/workspace/gmail/api/guides/handle-errors>. Undeliverable mail is returned to the
//! account's mailbox.

use std::{fmt, time::Duration};

use carillon_domain::{
    delivery::Outcome,
    reason::Reason,
    transports::{EmailSender, Vendor},
};
use http::{HeaderValue, Request, Response, header};
use jiff::{Timestamp, fmt::rfc2822};
use serde::Deserialize;

use super::Email;
use crate::{
    answer::{NO_REASON, unreadable},
    codes,
    http::{BadRequest, by_status, retry_after},
    oauth,
    service_account::{self, ServiceAccount, TOKEN_URL},
    setup::{Callbacks, Combination, Field, Input, Setup, Values},
    vendor::{AccessToken, Account, Adapter, SignIn, Unusable},
};

/// What a Google transport needs.
pub static SETUP: Setup = Setup {
    name: "Google",
    sender: super::SENDER,
    settings: &[],
    credentials: &[
        Field {
            help: "Of an OAuth client to which the mailbox's owner has consented: Google Cloud console, Google Auth Platform, Clients.",
            example: "123456789012-abcdef.apps.googleusercontent.com",
            ..Field::credential("client_id", "Client ID").optional()
        },
        Field {
            help: "The secret of that OAuth client.",
            example: "GOCSPX-0123456789abcdef",
            ..Field::secret("client_secret", "Client secret").optional()
        },
        Field {
            help: "The refresh token from the consent, with the scope https://www.googleapis.com/auth/gmail.send.",
            example: "1//0123456789abcdef",
            ..Field::secret("refresh_token", "Refresh token").optional()
        },
        Field {
            help: "Instead of an OAuth client, a service account with domain-wide delegation: client_email in its key file.",
            example: "carillon@my-project.iam.gserviceaccount.com",
            ..Field::credential("client_email", "Service account").optional()
        },
        Field {
            help: "private_key in the service account's key file, with its line breaks.",
            example: "-----BEGIN PRIVATE KEY-----",
            input: Input::SecretLines,
            values: Values::Text(service_account::is_key),
            expected: "an RSA key in PEM (PKCS #8), as in the key file",
            ..Field::secret("private_key", "Private key").optional()
        },
        Field {
            help: "The address of the mailbox that the service account sends from.",
            example: "news@example.org",
            ..Field::credential("subject", "Mailbox").optional()
        },
    ],
    combinations: &[Combination {
        groups: &[
            &[
                "credentials.client_id",
                "credentials.client_secret",
                "credentials.refresh_token",
            ],
            &[
                "credentials.client_email",
                "credentials.private_key",
                "credentials.subject",
            ],
        ],
        is_required: true,
        is_exclusive: true,
    }],
    callbacks: Callbacks::None,
};

/// Allows sending mail, nothing else.
const SCOPE: &str = "https://www.googleapis.com/auth/gmail.send";

const SEND_URL: &str =
    "https://gmail.googleapis.com/upload/gmail/v1/users/me/messages/send?uploadType=media";

/// A Google account: the mailbox of a user who consented, or one that a service account may act for.
#[derive(Debug)]
pub struct Google<'a> {
    from: &'a EmailSender,
    credentials: Credentials,
    /// Marked as sensitive, so that it is not printed.
    authorization: Option<HeaderValue>,
    now: Timestamp,
}

/// The credentials for requesting a token. They cannot be printed.
enum Credentials {
    /// A user consented once: <https://developers.google.com/identity/protocols/oauth2/web-server#offline>.
    Consent(ConsentSecret),
    /// A service account acts for a user of its Workspace:
    /// <https://developers.google.com/identity/protocols/oauth2/service-account>.
    Delegation(ServiceAccount),
}

impl fmt::Debug for Credentials {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Credentials(…)")
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Secret {
    Consent(ConsentSecret),
    Delegation(DelegationSecret),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ConsentSecret {
    client_id: String,
    client_secret: String,
    refresh_token: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DelegationSecret {
    client_email: String,
    private_key: String,
    subject: String,
}

impl Secret {
    /// `None` if a value is empty or the key cannot be parsed.
    fn credentials(self) -> Option<Credentials> {
        Some(match self {
            Secret::Consent(consent) => {
                let all = [
                    &consent.client_id,
                    &consent.client_secret,
                    &consent.refresh_token,
                ];
                if all.into_iter().any(String::is_empty) {
                    return None;
                }
                Credentials::Consent(consent)
            }
            Secret::Delegation(delegation) => {
                if delegation.client_email.is_empty() || delegation.subject.is_empty() {
                    return None;
                }
                Credentials::Delegation(ServiceAccount::new(
                    delegation.client_email,
                    Some(delegation.subject),
                    SCOPE,
                    &delegation.private_key,
                )?)
            }
        })
    }
}

impl<'a> Google<'a> {
    /// An account with the credentials from the secret, signed in or not.
    ///
    /// # Errors
    /// If the secret is malformed or the sender address is missing.
    pub fn new(account: &Account<'a>) -> Result<Self, Unusable> {
        let secret: Secret = account.read_secret(&SETUP)?;
        Ok(Self {
            from: account.from.ok_or(Unusable::Setting {
                expected: "a sender address",
            })?,
            credentials: secret
                .credentials()
                .ok_or(Unusable::Secret { needs: &SETUP })?,
            authorization: account.access_token.and_then(oauth::bearer),
            now: account.now,
        })
    }

    /// What an operator can do if no token is issued. The codes are those of RFC 6749 and some of Google's own:
    /// <https://developers.google.com/identity/protocols/oauth2/service-account#jwt-error-codes>.
    fn advise(&self, code: &str) -> Option<&'static str> {
        use Credentials::{Consent, Delegation};

        Some(match (code, &self.credentials) {
            ("invalid_grant", Consent(_)) => {
                "The refresh token was revoked or has expired: consent again and store the new one."
            }
            ("invalid_grant", Delegation(_)) => {
                "Check the service account's private key and the subject, which must be a mailbox."
            }
            ("invalid_client" | "deleted_client" | "disabled_client", _) => {
                "Google does not know these credentials: check the client in the Google Cloud console."
            }
            ("unauthorized_client", Consent(_)) => {
                "The refresh token belongs to another client: store the client it was issued to."
            }
            ("unauthorized_client" | "access_denied", Delegation(_)) => {
                "Give the service account the scope gmail.send in the Admin console (domain-wide delegation)."
            }
            ("admin_policy_enforced", _) => {
                "The Workspace administrator must allow the scope gmail.send."
            }
            ("org_internal", _) => "The client accepts only accounts of its own organization.",
            ("invalid_scope", _) => "The account may not request the scope gmail.send.",
            _ => return None,
        })
    }
}

impl SignIn for Google<'_> {
    fn token_request(&self) -> Result<Request<Vec<u8>>, BadRequest> {
        match &self.credentials {
            Credentials::Consent(consent) => oauth::token_request(
                TOKEN_URL,
                &[
                    ("client_id", consent.client_id.as_str()),
                    ("client_secret", consent.client_secret.as_str()),
                    ("refresh_token", consent.refresh_token.as_str()),
                    ("grant_type", "refresh_token"),
                ],
            ),
            Credentials::Delegation(service_account) => service_account.token_request(self.now),
        }
    }

    fn token(&self, answer: &Response<Vec<u8>>) -> Result<AccessToken, Reason> {
        oauth::read_token(answer, |code| self.advise(code))
    }
}

impl Adapter<Email<'_>> for Google<'_> {
    fn request(&self, email: &Email<'_>) -> Result<Request<Vec<u8>>, BadRequest> {
        let authorization = self.authorization.clone().ok_or(BadRequest::NotSignedIn)?;
        let message = email
            .write(self.from)
            .map_err(<serde_json::Error as serde::ser::Error>::custom)?;
        Ok(Request::post(SEND_URL)
            .header(header::AUTHORIZATION, authorization)
            .header(header::ACCEPT, "application/json")
            .header(header::CONTENT_TYPE, "message/rfc822")
            .body(message)?)
    }

    fn outcome(&self, _: &Email<'_>, answer: &Response<Vec<u8>>) -> Outcome {
        if answer.status().is_success() {
            return accepted(answer.body());
        }
        let status = answer.status().as_u16();
        let Refusal { error } = serde_json::from_slice(answer.body()).unwrap_or_default();
        let after = pause(answer, &error.message);
        let reason = error.reason(status);
        if let Some(cause) = error
            .code()
            .and_then(|code| codes::cause(Vendor::Google, code))
        {
            return cause.outcome(after, reason);
        }
        match status {
            // The mailbox does not exist.
            404 => Outcome::Throttled { after, reason },
            // Google documents it as an error during processing, like 500.
            503 => Outcome::Unknown(reason),
            _ => by_status(status, after, reason),
        }
    }
}

#[derive(Default, Deserialize)]
struct Taken {
    #[serde(default)]
    id: String,
}

fn accepted(body: &[u8]) -> Outcome {
    let Taken { id } = serde_json::from_slice(body).unwrap_or_default();
    if id.is_empty() {
        return Outcome::Unknown(unreadable());
    }
    Outcome::Accepted { provider_id: id }
}

/// How long to wait. At a mailbox's limit Gmail gives a time ("Retry after 2015-10-22T17:37:51.123Z"), which is
/// compared with the response's own time.
fn pause(answer: &Response<Vec<u8>>, message: &str) -> Option<Duration> {
    let headers = answer.headers();
    let until_then = || {
        let (_, then) = message.split_once("Retry after ")?;
        let then: Timestamp = then.split_whitespace().next()?.parse().ok()?;
        let answered = rfc2822::parse(headers.get(header::DATE)?.to_str().ok()?).ok()?;
        let pause = then.duration_since(answered.timestamp());
        Some(pause.try_into().unwrap_or_default())
    };
    retry_after(headers).or_else(until_then)
}

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
    errors: Vec<Detail>,
}

#[derive(Deserialize)]
struct Detail {
    #[serde(default)]
    reason: String,
}

impl Problem {
    /// Google's own code.
    fn code(&self) -> Option<&str> {
        let code = self.errors.first()?.reason.as_str();
        (!code.is_empty()).then_some(code)
    }

    fn reason(&self, status: u16) -> Reason {
        let text = match self.message.trim() {
            "" => NO_REASON,
            message => message,
        };
        match self.code() {
            Some(code) => Reason::new(code, text),
            None => Reason::new(format!("http_{status}"), text),
        }
    }
}

#[cfg(test)]
mod tests;
