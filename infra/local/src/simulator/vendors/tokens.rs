//! JSON Web Tokens signed with P-256 keys (RFC 7518, 3.4), as verified by push services.

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::DeserializeOwned;

/// A verified token.
pub(super) struct Token<H, C> {
    pub(super) header: H,
    pub(super) claims: C,
}

/// Reads a token and verifies its signature. The key is an uncompressed point.
pub(super) fn read<H: DeserializeOwned, C: DeserializeOwned>(
    text: &str,
    public_key: &[u8],
) -> Option<Token<H, C>> {
    let (signed, signature) = text.rsplit_once('.')?;
    let (header, claims) = signed.split_once('.')?;
    let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
    UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, public_key)
        .verify(signed.as_bytes(), &signature)
        .ok()?;
    Some(Token {
        header: part(header)?,
        claims: part(claims)?,
    })
}

fn part<T: DeserializeOwned>(text: &str) -> Option<T> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok()
}
