//! Signatures of Standard Webhooks 1.0.0: HMAC-SHA256 over id, timestamp and body
//! (<https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>).

use std::ops::RangeInclusive;

use aws_lc_rs::hmac;
use base64::{Engine as _, engine::general_purpose::STANDARD};

use crate::{
    signature::is_hmac_sha256,
    vendor::{BadCallback, Callback, SIGNATURE_SECONDS},
};

pub(super) const ID: &str = "webhook-id";
pub(super) const TIMESTAMP: &str = "webhook-timestamp";
pub(super) const SIGNATURE: &str = "webhook-signature";

/// The prefix of a serialized key.
const PREFIX: &str = "whsec_";
const KEY_BYTES: RangeInclusive<usize> = 24..=64;
/// The prefix of a symmetric signature. Other kinds are ignored.
const VERSION: &str = "v1,";
/// There are two during key rotation; each costs a pass over the whole body.
const MAXIMUM_SIGNATURES: usize = 8;

/// The shared key.
#[derive(Clone)]
pub(super) struct SigningKey(Vec<u8>);

impl SigningKey {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let key = STANDARD.decode(text.strip_prefix(PREFIX)?).ok()?;
        KEY_BYTES.contains(&key.len()).then_some(Self(key))
    }

    /// The value of the signature header.
    pub(super) fn sign(&self, id: &str, timestamp: i64, body: &[u8]) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &self.0);
        let signature = hmac::sign(&key, &content(id, &timestamp.to_string(), body));
        format!("{VERSION}{}", STANDARD.encode(signature))
    }

    /// Whether a callback was recently signed with this key.
    pub(super) fn verify(&self, callback: &Callback<'_>) -> Result<(), BadCallback> {
        let (Some(id), Some(timestamp), Some(signatures)) = (
            callback.header(ID),
            callback.header(TIMESTAMP),
            callback.header(SIGNATURE),
        ) else {
            return Err(BadCallback::Unsigned);
        };
        // A dot in the id would give another id and another body the same signature.
        if id.contains('.') {
            return Err(BadCallback::Forged);
        }
        let content = content(id, timestamp, callback.body);
        let is_right = |signature: &str| {
            let bytes = signature.strip_prefix(VERSION);
            let bytes = bytes.and_then(|text| STANDARD.decode(text).ok());
            bytes.is_some_and(|bytes| is_hmac_sha256(&self.0, &content, &bytes))
        };
        let mut signatures = signatures.split(' ').take(MAXIMUM_SIGNATURES);
        if !signatures.any(is_right) {
            return Err(BadCallback::Forged);
        }
        let signed_at: i64 = timestamp.parse().map_err(|_| BadCallback::Unreadable)?;
        let age = callback.now.as_second().abs_diff(signed_at);
        if age > SIGNATURE_SECONDS.unsigned_abs() {
            return Err(BadCallback::Stale);
        }
        Ok(())
    }
}

/// The signed content.
fn content(id: &str, timestamp: &str, body: &[u8]) -> Vec<u8> {
    [id.as_bytes(), b".", timestamp.as_bytes(), b".", body].concat()
}
