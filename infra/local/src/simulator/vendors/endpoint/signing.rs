//! Signatures over id, time and body.

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use uuid::Uuid;

use super::refused;
use crate::simulator::refusal::Refusal;
use crate::simulator::vendors::Submitted;

/// The signing key of every account and its callbacks.
pub const ENDPOINT_SIGNING_KEY: &str = "whsec_Y2FyaWxsb24tc2ltdWxhdGVkLWVuZHBvaW50LWtleSE=";

const ID: &str = "webhook-id";
const TIMESTAMP: &str = "webhook-timestamp";
const SIGNATURE: &str = "webhook-signature";

/// Tolerance for a signature's timestamp.
const TOLERANCE_SECONDS: u64 = 300;

/// Rejects requests without a valid, recent signature.
pub(super) fn verify(request: &Submitted, now: Timestamp) -> Result<(), Refusal> {
    let header = |name| request.header(name).ok_or_else(|| refused("unsigned"));
    let (id, timestamp, signatures) = (header(ID)?, header(TIMESTAMP)?, header(SIGNATURE)?);
    let content = content(id, timestamp, &request.body);
    let key = key().ok_or_else(|| refused("forged"))?;
    let is_right = |signature: &str| {
        let bytes = signature.strip_prefix("v1,");
        let bytes = bytes.and_then(|text| STANDARD.decode(text).ok());
        bytes.is_some_and(|bytes| hmac::verify(&key, &content, &bytes).is_ok())
    };
    if id.contains('.') || !signatures.split(' ').any(is_right) {
        return Err(refused("forged"));
    }
    let signed_at: i64 = timestamp.parse().map_err(|_| refused("stale"))?;
    if now.as_second().abs_diff(signed_at) > TOLERANCE_SECONDS {
        return Err(refused("stale"));
    }
    Ok(())
}

/// The signature headers of a callback.
pub(super) fn headers(body: &[u8], at: Timestamp) -> Option<[(&'static str, String); 3]> {
    let id = format!("msg_{}", Uuid::new_v4().simple());
    let timestamp = at.as_second().to_string();
    let signature = hmac::sign(&key()?, &content(&id, &timestamp, body));
    let signature = format!("v1,{}", STANDARD.encode(signature));
    Some([(ID, id), (TIMESTAMP, timestamp), (SIGNATURE, signature)])
}

fn key() -> Option<hmac::Key> {
    let bytes = STANDARD.decode(ENDPOINT_SIGNING_KEY.strip_prefix("whsec_")?);
    Some(hmac::Key::new(hmac::HMAC_SHA256, &bytes.ok()?))
}

fn content(id: &str, timestamp: &str, body: &[u8]) -> Vec<u8> {
    [id.as_bytes(), b".", timestamp.as_bytes(), b".", body].concat()
}
