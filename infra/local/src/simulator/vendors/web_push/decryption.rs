//! Decrypts a message like a browser (RFC 8291).

use aws_lc_rs::aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::agreement::{self, ECDH_P256, PrivateKey, UnparsedPublicKey};
use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Salt};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// The length of an uncompressed point.
const KEY_BYTES: u8 = 65;
/// Delimiter of the last record, followed by padding.
const LAST: u8 = 2;

struct Length(usize);

impl KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

fn derive<const LENGTH: usize>(salt: &[u8], secret: &[u8], info: &[&[u8]]) -> Option<[u8; LENGTH]> {
    let key = Salt::new(HKDF_SHA256, salt).extract(secret);
    let mut derived = [0; LENGTH];
    let expanded = key.expand(info, Length(LENGTH)).ok()?;
    expanded.fill(&mut derived).ok()?;
    Some(derived)
}

/// The message in a body of one record; `None` if it was not encrypted for this browser.
pub(super) fn decrypt(
    body: &[u8],
    private_key: &str,
    public_key: &str,
    secret: &[u8],
) -> Option<Vec<u8>> {
    let private_key = URL_SAFE_NO_PAD.decode(private_key).ok()?;
    let private_key = PrivateKey::from_private_key(&ECDH_P256, &private_key).ok()?;
    let public_key = URL_SAFE_NO_PAD.decode(public_key).ok()?;

    let (salt, rest) = body.split_at_checked(16)?;
    let (record_size, rest) = rest.split_at_checked(4)?;
    let (key_length, rest) = rest.split_first()?;
    if *key_length != KEY_BYTES {
        return None;
    }
    let (sender, record) = rest.split_at_checked(usize::from(KEY_BYTES))?;
    let record_size = u32::from_be_bytes(record_size.try_into().ok()?);
    if record.len() > usize::try_from(record_size).ok()? {
        return None;
    }

    let info: [&[u8]; 3] = [b"WebPush: info\0", &public_key, sender];
    let peer = UnparsedPublicKey::new(&ECDH_P256, sender);
    let shared = agreement::agree(&private_key, peer, (), |shared| {
        derive::<32>(secret, shared, &info).ok_or(())
    });
    let shared = shared.ok()?;
    let key_info: [&[u8]; 1] = [b"Content-Encoding: aes128gcm\0"];
    let key: [u8; 16] = derive(salt, &shared, &key_info)?;
    let nonce_info: [&[u8]; 1] = [b"Content-Encoding: nonce\0"];
    let nonce: [u8; 12] = derive(salt, &shared, &nonce_info)?;

    let mut record = record.to_vec();
    let key = LessSafeKey::new(UnboundKey::new(&AES_128_GCM, &key).ok()?);
    let nonce = Nonce::assume_unique_for_key(nonce);
    let plain = key.open_in_place(nonce, Aad::empty(), &mut record).ok()?;
    let end = plain.iter().rposition(|byte| *byte != 0)?;
    let (message, padding) = plain.split_at_checked(end)?;
    (padding.first() == Some(&LAST)).then(|| message.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of RFC 8291, appendix A.
    const BODY: &str = concat!(
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27ml",
        "mlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPT",
        "pK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN",
    );
    const PRIVATE_KEY: &str = "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94";
    const PUBLIC_KEY: &str =
        "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";

    #[test]
    fn the_example_of_the_standard_is_decrypted() {
        let body = URL_SAFE_NO_PAD.decode(BODY).unwrap();
        let secret = URL_SAFE_NO_PAD.decode("BTBZMqHH6r4Tts7J_aSIgg").unwrap();
        let decrypt = |body: &[u8], secret: &[u8]| decrypt(body, PRIVATE_KEY, PUBLIC_KEY, secret);
        assert_eq!(
            decrypt(&body, &secret).as_deref(),
            Some(&b"When I grow up, I want to be a watermelon"[..])
        );
        assert_eq!(decrypt(&body, &[0; 16]), None);
        assert_eq!(decrypt(&body[..90], &secret), None);
        assert_eq!(decrypt(&body[..10], &secret), None);
        let mut changed = body.clone();
        changed[100] ^= 1;
        assert_eq!(decrypt(&changed, &secret), None);
    }
}
