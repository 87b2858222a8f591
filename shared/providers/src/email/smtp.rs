//! A relay that accepts mail over SMTP: somebody's own mail server, or a provider's. RFC 5321 is the protocol, RFC 6409
//! is message submission, RFC 8314 and RFC 3207 are its encryption, RFC 4954 is authentication.
//!
//! Here are the account and the meaning of replies (`judging.rs`); [`crate::smtp`] has the session. A relay does not
//! deduplicate, so a lost reply leaves the delivery unknown. It has no callbacks: undeliverable mail is returned to the
//! sender's mailbox (RFC 5321, 6.1).

pub(crate) mod replies;

use std::fmt;

use carillon_domain::transports::EmailSender;
pub use replies::NOT_SIGNED_IN;
use serde::Deserialize;

use crate::{
    http::is_public_name,
    setup::{Callbacks, Choice, Field, Setup, Values},
    vendor::{Account, Unusable},
};

/// The name of the setting with the relay's host. Whoever changes it decides where the credentials are sent.
pub const HOST: &str = "host";
/// The name of the setting with the port.
pub const PORT: &str = "port";
/// The name of the setting with the kind of encryption.
pub const SECURITY: &str = "security";

/// What a relay transport needs.
pub static SETUP: Setup = Setup {
    name: "SMTP",
    sender: super::SENDER,
    settings: &[
        Field {
            help: "The relay's host name. Its certificate has to be valid for it.",
            example: "smtp.example.org",
            values: Values::Text(is_public_name),
            expected: HOST_EXPECTED,
            ..Field::setting(HOST, "Server")
        },
        Field {
            help: "Without it, 587.",
            example: "587",
            values: Values::Text(|text| port(text).is_some()),
            expected: PORT_EXPECTED,
            ..Field::setting(PORT, "Port").optional()
        },
        Field {
            help: "Without it, TLS on the ports 465 and 2465, and STARTTLS on all others.",
            example: "starttls",
            values: Values::Choice(&[
                Choice {
                    value: "starttls",
                    label: "STARTTLS",
                },
                Choice {
                    value: "tls",
                    label: "TLS from the start",
                },
            ]),
            expected: SECURITY_EXPECTED,
            ..Field::setting(SECURITY, "Encryption").optional()
        },
    ],
    credentials: &[
        Field {
            help: "The user at the relay.",
            example: "news@example.org",
            values: Values::Text(is_usable),
            ..Field::credential("username", "Username")
        },
        Field {
            help: "The user's password, often one for applications only.",
            example: "0123456789abcdef",
            values: Values::Text(is_usable),
            ..Field::secret("password", "Password")
        },
    ],
    combinations: &[],
    callbacks: Callbacks::None,
};

/// AUTH PLAIN separates the user and the password with a zero byte (RFC 4616, 2).
fn is_usable(text: &str) -> bool {
    !text.is_empty() && !text.contains('\0')
}

const HOST_EXPECTED: &str = "the public host name of the relay, as in its certificate";
const PORT_EXPECTED: &str = "a port from 1 to 65535";
const SECURITY_EXPECTED: &str = "starttls, or tls for a port that is encrypted from the start";

/// The submission port (RFC 6409, 3.1).
const SUBMISSION: u16 = 587;
/// Ports that are encrypted from the start: that of RFC 8314, 3.3, and an additional one of Amazon SES
/// (<https://docs.aws.amazon.com/ses/latest/dg/smtp-connect.html>).
const ENCRYPTED: [u16; 2] = [465, 2465];

/// How a connection is encrypted. Unencrypted connections are not supported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Security {
    /// STARTTLS after a plain-text greeting (RFC 3207).
    StartTls,
    /// From the start (RFC 8314, 3.3).
    Tls,
}

/// An account at a relay.
#[derive(Clone)]
pub struct Smtp<'a> {
    pub(crate) from: &'a EmailSender,
    pub(crate) host: &'a str,
    pub(crate) port: u16,
    pub(crate) security: Security,
    pub(crate) username: String,
    pub(crate) password: String,
}

impl fmt::Debug for Smtp<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Smtp")
            .field("host", &self.host)
            .field("port", &self.port)
            .field("security", &self.security)
            .finish_non_exhaustive()
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Secret {
    username: String,
    password: String,
}

impl<'a> Smtp<'a> {
    /// An account with the credentials from the secret.
    ///
    /// # Errors
    /// If the secret is malformed, or a setting is missing or invalid.
    pub fn new(account: &Account<'a>) -> Result<Self, Unusable> {
        let Secret { username, password } = account.read_secret(&SETUP)?;
        if !is_usable(&username) || !is_usable(&password) {
            return Err(Unusable::Secret { needs: &SETUP });
        }
        let wrong = |expected| Unusable::Setting { expected };
        let port = match account.setting(PORT) {
            None => SUBMISSION,
            Some(text) => port(text).ok_or(wrong(PORT_EXPECTED))?,
        };
        let security = match account.setting(SECURITY) {
            None if ENCRYPTED.contains(&port) => Security::Tls,
            None => Security::StartTls,
            Some(text) => security(text).ok_or(wrong(SECURITY_EXPECTED))?,
        };
        // A name, not an IP address: certificates are issued to names.
        let host = account.setting(HOST).filter(|host| is_public_name(host));
        Ok(Self {
            from: account.from.ok_or(wrong("a sender address"))?,
            host: host.ok_or(wrong(HOST_EXPECTED))?,
            port,
            security,
            username,
            password,
        })
    }
}

fn port(text: &str) -> Option<u16> {
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|port| is_number && *port > 0)
}

fn security(text: &str) -> Option<Security> {
    match text {
        "starttls" => Some(Security::StartTls),
        "tls" => Some(Security::Tls),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
