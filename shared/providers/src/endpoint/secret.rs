//! The secret of an endpoint transport: the signing key, and headers.

use std::collections::BTreeMap;

use http::{HeaderMap, HeaderName, HeaderValue};

use super::signing::SigningKey;
use crate::vendor::{Account, Unusable};

const EXPECTED: &str = r#"{"signing_key": "whsec_…" (base64 of 24 to 64 random bytes)}, and a header to send as "header_authorization": "Bearer …""#;

const SIGNING_KEY: &str = "signing_key";
/// The prefix of entries that are headers.
const HEADER: &str = "header_";

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
    pub(super) fn read(account: &Account<'_>) -> Result<Self, Unusable> {
        let unusable = || Unusable::Secret { expected: EXPECTED };
        let mut entries: BTreeMap<String, String> = account.read_secret(EXPECTED)?;
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
