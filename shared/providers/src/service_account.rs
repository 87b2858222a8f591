//! Tokens for a Google service account: it presents a JSON Web Token that it signs itself (RFC 7523, 2.1),
//! <https://developers.google.com/identity/protocols/oauth2/service-account#authorizingrequests>.

use aws_lc_rs::signature::RsaKeyPair;
use http::Request;
use jiff::Timestamp;
use serde::Serialize;

use crate::{http::BadRequest, jwt, oauth};

/// Google's token endpoint.
pub(crate) const TOKEN_URL: &str = "https://oauth2.googleapis.com/token";

/// The longest lifetime that Google accepts.
const LIFETIME_SECONDS: i64 = 3600;

/// Whether this is a key in the format that Google issues.
pub(crate) fn is_key(text: &str) -> bool {
    read_key(text).is_some()
}

/// PKCS #8 in PEM.
fn read_key(text: &str) -> Option<RsaKeyPair> {
    RsaKeyPair::from_pkcs8(&jwt::pkcs8(text)?).ok()
}

/// A service account, its scope, and the Workspace user that it acts for, if any.
pub(crate) struct ServiceAccount {
    email: String,
    subject: Option<String>,
    scope: &'static str,
    key: RsaKeyPair,
}

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    sub: Option<&'a str>,
    scope: &'static str,
    aud: &'a str,
    exp: i64,
    iat: i64,
}

impl ServiceAccount {
    /// The key is in the format that Google issues: PKCS #8 in PEM. `None` for anything else.
    pub(crate) fn new(
        email: String,
        subject: Option<String>,
        scope: &'static str,
        private_key: &str,
    ) -> Option<Self> {
        Some(Self {
            email,
            subject,
            scope,
            key: read_key(private_key)?,
        })
    }

    /// The request for a token. Its body grants access for an hour.
    pub(crate) fn token_request(&self, now: Timestamp) -> Result<Request<Vec<u8>>, BadRequest> {
        let assertion = self.assertion(TOKEN_URL, now)?;
        oauth::token_request(
            TOKEN_URL,
            &[
                ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"),
                ("assertion", assertion.as_str()),
            ],
        )
    }

    /// The signed assertion.
    pub(crate) fn assertion(&self, audience: &str, now: Timestamp) -> Result<String, BadRequest> {
        let issued_at = now.as_second();
        let claims = Claims {
            iss: &self.email,
            sub: self.subject.as_deref(),
            scope: self.scope,
            aud: audience,
            exp: issued_at.saturating_add(LIFETIME_SECONDS),
            iat: issued_at,
        };
        jwt::rs256(&claims, &self.key)
    }
}
