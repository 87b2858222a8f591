//! The secret of an endpoint transport: the signing key, and headers.

use std::collections::BTreeMap;

use http::{HeaderMap, HeaderName, HeaderValue};

use super::signing::SigningKey;
use crate::{
    setup::{Field, Input, Setup, Values},
    vendor::{Account, Unusable},
};

const SIGNING_KEY: &str = "signing_key";
/// The prefix of entries that are headers.
const HEADER: &str = "header_";

/// The credentials of an endpoint transport.
pub(super) const FIELDS: &[Field] = &[
    Field {
        help: "Signs requests and callbacks. Make one with: echo \"whsec_$(openssl rand -base64 32)\"",
        // The example of Standard Webhooks 1.0.0, "Signature scheme".
        example: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        values: Values::Text(|text| SigningKey::parse(text).is_some()),
        expected: "whsec_ and the base64 of 24 to 64 random bytes",
        ..Field::secret(SIGNING_KEY, "Signing key")
    },
    Field {
        help: "A header of each request: header_authorization is sent as Authorization.",
        example: "Bearer 0123456789abcdef",
        input: Input::Named,
        values: Values::Text(|text| {
            !text.is_empty() && HeaderValue::from_str(text).is_ok() && text.is_ascii()
        }),
        expected: "the value of a header, in ASCII",
        ..Field::secret(HEADER, "Header").optional()
    },
];

/// Headers that we set ourselves, or that control the connection or the encoding of the body.
const RESERVED: [&str; 14] = [
    "accept-encoding",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "expect",
    "host",
    "idempotency-key",
    "keep-alive",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
];

pub(super) struct Secret {
    pub(super) key: SigningKey,
    pub(super) headers: HeaderMap,
}

impl Secret {
    pub(super) fn read(account: &Account<'_>, needs: &'static Setup) -> Result<Self, Unusable> {
        let unusable = || Unusable::Secret { needs };
        let mut entries: BTreeMap<String, String> = account.read_secret(needs)?;
        let key = entries.remove(SIGNING_KEY);
        let key = key.and_then(|text| SigningKey::parse(&text));
        let headers = entries
            .iter()
            .map(|(entry, value)| sensitive(entry, value))
            .collect::<Option<HeaderMap>>();
        Ok(Self {
            key: key.ok_or_else(unusable)?,
            headers: headers.ok_or_else(unusable)?,
        })
    }
}

/// A sensitive header; `None` if the entry is not a header that may be sent.
fn sensitive(entry: &str, value: &str) -> Option<(HeaderName, HeaderValue)> {
    let name = entry.strip_prefix(HEADER)?;
    let is_reserved =
        RESERVED.contains(&name) || name.starts_with("webhook-") || name.starts_with("proxy-");
    if is_reserved || value.is_empty() || !value.is_ascii() {
        return None;
    }
    let name = HeaderName::from_lowercase(name.as_bytes()).ok()?;
    let mut value = HeaderValue::from_str(value).ok()?;
    value.set_sensitive(true);
    Some((name, value))
}
