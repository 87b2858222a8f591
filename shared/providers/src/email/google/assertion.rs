//! What a service account shows to get a token: a JSON Web Token that it signs itself (RFC 7523, 2.1),
//! <https://developers.google.com/identity/protocols/oauth2/service-account#authorizingrequests>.

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{RSA_PKCS1_SHA256, RsaKeyPair},
};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use jiff::Timestamp;
use serde::Serialize;

use crate::http::BadRequest;

/// Sending mail and nothing else.
const SCOPE: &str = "https://www.googleapis.com/auth/gmail.send";

/// The longest that Google takes.
const LIFETIME_SECONDS: i64 = 3600;

/// A service account, and whom of its Workspace it acts for.
pub(super) struct ServiceAccount {
    email: String,
    subject: String,
    key: RsaKeyPair,
}

#[derive(Serialize)]
struct Header {
    alg: &'static str,
    typ: &'static str,
}

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    sub: &'a str,
    scope: &'static str,
    aud: &'a str,
    exp: i64,
    iat: i64,
}

impl ServiceAccount {
    /// The key is as Google gives it out: PKCS #8 in PEM. None if it is none.
    pub(super) fn new(email: String, subject: String, private_key: &str) -> Option<Self> {
        Some(Self {
            email,
            subject,
            key: read_private_key(private_key)?,
        })
    }

    /// What the service account asks for, signed.
    pub(super) fn assertion(&self, audience: &str, now: Timestamp) -> Result<String, BadRequest> {
        let issued_at = now.as_second();
        let header = part(&Header {
            alg: "RS256",
            typ: "JWT",
        })?;
        let claims = part(&Claims {
            iss: &self.email,
            sub: &self.subject,
            scope: SCOPE,
            aud: audience,
            exp: issued_at.saturating_add(LIFETIME_SECONDS),
            iat: issued_at,
        })?;
        let signed = format!("{header}.{claims}");
        let mut signature = vec![0; self.key.public_modulus_len()];
        self.key
            .sign(
                &RSA_PKCS1_SHA256,
                &SystemRandom::new(),
                signed.as_bytes(),
                &mut signature,
            )
            .map_err(<serde_json::Error as serde::ser::Error>::custom)?;
        Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }
}

fn part(value: &impl Serialize) -> Result<String, BadRequest> {
    Ok(URL_SAFE_NO_PAD.encode(serde_json::to_vec(value)?))
}

fn read_private_key(pem: &str) -> Option<RsaKeyPair> {
    let inside = pem
        .trim()
        .strip_prefix("-----BEGIN PRIVATE KEY-----")?
        .strip_suffix("-----END PRIVATE KEY-----")?;
    let text: String = inside.split_ascii_whitespace().collect();
    RsaKeyPair::from_pkcs8(&STANDARD.decode(text).ok()?).ok()
}
