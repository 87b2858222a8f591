//! Encrypts a message for one browser, so that the push service cannot read it (RFC 8291), in the format of RFC 8188.

use aws_lc_rs::{
    aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey},
    agreement::{self, ECDH_P256, PrivateKey, UnparsedPublicKey},
    error::Unspecified,
    hkdf::{HKDF_SHA256, KeyType, Salt},
    rand,
};
use carillon_domain::push_address::WebSubscription;

/// The longest body that every push service accepts (RFC 8030, 7.2), as a single record.
const RECORD_BYTES: u16 = 4_096;
/// The header before the record: the salt, the record size, and our public key with its length (RFC 8188, 2.1).
const HEADER_BYTES: usize = 16 + 4 + 1 + 65;
/// The longest message that fits: the record ends with a delimiter byte and a tag (RFC 8291, 4).
pub(super) const MOST_BYTES: usize = RECORD_BYTES as usize - HEADER_BYTES - 1 - 16;

/// Domain separation of the derived values (RFC 8291, 3.3; RFC 8188, 2.2 and 2.3).
const SECRET_INFO: &[u8] = b"WebPush: info\0";
const KEY_INFO: &[u8] = b"Content-Encoding: aes128gcm\0";
const NONCE_INFO: &[u8] = b"Content-Encoding: nonce\0";

/// Marks the last record (RFC 8188, 2).
const LAST: u8 = 2;

/// Keys for a single message.
pub(super) struct Sender {
    key: PrivateKey,
    salt: [u8; 16],
}

impl Sender {
    /// A fresh key pair and salt.
    pub(super) fn generate() -> Result<Self, Unspecified> {
        let mut salt = [0; 16];
        rand::fill(&mut salt)?;
        Ok(Self {
            key: PrivateKey::generate(&ECDH_P256)?,
            salt,
        })
    }

    /// Those of an example.
    #[cfg(test)]
    pub(super) fn known(key: PrivateKey, salt: [u8; 16]) -> Self {
        Self { key, salt }
    }
}

/// The length of a derived value.
struct Length(usize);

impl KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

/// HKDF with SHA-256 (RFC 5869).
fn derive<const LENGTH: usize>(
    salt: &[u8],
    secret: &[u8],
    info: &[&[u8]],
) -> Result<[u8; LENGTH], Unspecified> {
    let key = Salt::new(HKDF_SHA256, salt).extract(secret);
    let mut derived = [0; LENGTH];
    key.expand(info, Length(LENGTH))?.fill(&mut derived)?;
    Ok(derived)
}

/// The body of the request. Fails if the browser's public key is not a point on the curve, or the message is too long.
pub(super) fn encrypt(
    message: &[u8],
    browser: &WebSubscription,
    sender: &Sender,
) -> Result<Vec<u8>, Unspecified> {
    if message.len() > MOST_BYTES {
        return Err(Unspecified);
    }
    let public_key = sender.key.compute_public_key()?;
    let public_key: &[u8] = public_key.as_ref();
    let peer = UnparsedPublicKey::new(&ECDH_P256, browser.public_key());
    let info: [&[u8]; 3] = [SECRET_INFO, browser.public_key(), public_key];
    let secret: [u8; 32] = agreement::agree(&sender.key, peer, Unspecified, |shared| {
        derive(browser.secret(), shared, &info)
    })?;
    let key: [u8; 16] = derive(&sender.salt, &secret, &[KEY_INFO])?;
    let nonce: [u8; 12] = derive(&sender.salt, &secret, &[NONCE_INFO])?;

    let mut record = message.to_vec();
    record.push(LAST);
    let key = LessSafeKey::new(UnboundKey::new(&AES_128_GCM, &key)?);
    // The key is unique to this message, so the nonce is never reused with it.
    let nonce = Nonce::assume_unique_for_key(nonce);
    key.seal_in_place_append_tag(nonce, Aad::empty(), &mut record)?;

    let key_length = u8::try_from(public_key.len()).map_err(|_| Unspecified)?;
    let mut body = Vec::with_capacity(HEADER_BYTES + record.len());
    body.extend(sender.salt);
    body.extend(u32::from(RECORD_BYTES).to_be_bytes());
    body.push(key_length);
    body.extend(public_key);
    body.append(&mut record);
    Ok(body)
}
