//! Verifying signatures of callbacks in constant time.

use aws_lc_rs::{
    constant_time::verify_slices_are_equal,
    hmac,
    signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey},
};

/// Whether this is the HMAC-SHA1 of a message (RFC 2104), which older vendor APIs still use.
pub(crate) fn is_hmac_sha1(key: &[u8], message: &[u8], signature: &[u8]) -> bool {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, key);
    hmac::verify(&key, message, signature).is_ok()
}

/// Whether this is the HMAC-SHA256 of a message (RFC 2104).
pub(crate) fn is_hmac_sha256(key: &[u8], message: &[u8], signature: &[u8]) -> bool {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key);
    hmac::verify(&key, message, signature).is_ok()
}

/// Whether this is an ECDSA signature over P-256 and SHA-256, in ASN.1 (RFC 3279, 2.2.3). The public key is a
/// SubjectPublicKeyInfo or an uncompressed point.
pub(crate) fn is_ecdsa_p256(public_key: &[u8], message: &[u8], signature: &[u8]) -> bool {
    let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, public_key);
    key.verify(message, signature).is_ok()
}

/// Whether two secrets are equal.
pub(crate) fn is_same(left: &[u8], right: &[u8]) -> bool {
    verify_slices_are_equal(left, right).is_ok()
}
