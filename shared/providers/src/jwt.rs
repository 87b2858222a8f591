//! JSON Web Tokens (RFC 7519) that we sign, and their keys.

use aws_lc_rs::{
    error::Unspecified,
    rand::SystemRandom,
    signature::{EcdsaKeyPair, RSA_PKCS1_SHA256, RsaKeyPair},
};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use serde::Serialize;

use crate::http::BadRequest;

/// The header of a token signed with an RSA key (RFC 7518, 3.3).
#[derive(Serialize)]
struct Rs256 {
    alg: &'static str,
    typ: &'static str,
}

/// A token signed with an RSA key.
pub(crate) fn rs256(claims: &impl Serialize, key: &RsaKeyPair) -> Result<String, BadRequest> {
    let header = Rs256 {
        alg: "RS256",
        typ: "JWT",
    };
    write(&header, claims, |signed| {
        let mut signature = vec![0; key.public_modulus_len()];
        key.sign(
            &RSA_PKCS1_SHA256,
            &SystemRandom::new(),
            signed,
            &mut signature,
        )?;
        Ok(signature)
    })
}

/// A token signed with a P-256 key; the key must produce fixed-length signatures (RFC 7518, 3.4). The header contains
/// `ES256` and whatever else the vendor requires.
pub(crate) fn es256(
    header: &impl Serialize,
    claims: &impl Serialize,
    key: &EcdsaKeyPair,
) -> Result<String, BadRequest> {
    write(header, claims, |signed| {
        Ok(key.sign(&SystemRandom::new(), signed)?.as_ref().to_vec())
    })
}

fn write(
    header: &impl Serialize,
    claims: &impl Serialize,
    sign: impl FnOnce(&[u8]) -> Result<Vec<u8>, Unspecified>,
) -> Result<String, BadRequest> {
    let signed = format!("{}.{}", part(header)?, part(claims)?);
    let signature =
        sign(signed.as_bytes()).map_err(<serde_json::Error as serde::ser::Error>::custom)?;
    Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
}

fn part(value: &impl Serialize) -> Result<String, BadRequest> {
    Ok(URL_SAFE_NO_PAD.encode(serde_json::to_vec(value)?))
}

/// The content of a private key in PEM (PKCS #8; RFC 7468, 10); `None` for anything else.
pub(crate) fn pkcs8(pem: &str) -> Option<Vec<u8>> {
    let inside = pem
        .trim()
        .strip_prefix("-----BEGIN PRIVATE KEY-----")?
        .strip_suffix("-----END PRIVATE KEY-----")?;
    let text: String = inside.split_ascii_whitespace().collect();
    STANDARD.decode(text).ok()
}
