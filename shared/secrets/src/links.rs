//! Signed links: they prove that whoever follows one received it.

use aws_config::SdkConfig;
use aws_lc_rs::hmac;
use carillon_domain::{
    id::{CampaignId, ReceiverId, TenantId},
    reason::Reason,
};

use crate::{Secret, Secrets};

/// Characters of the signature in a link: 128 bits, which cannot be guessed.
const DIGITS: usize = 32;
/// The prefix of the signed text names the link's purpose, so that a link cannot be used for another one.
const UNSUBSCRIBE: &str = "unsubscribe";

/// Creates and verifies links.
#[derive(Debug)]
pub struct Links {
    secrets: Secrets,
    key_id: String,
    /// The base URL, without a trailing slash.
    public_url: String,
}

/// Whom a link was sent to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// The tenant.
    pub tenant: TenantId,
    /// The campaign.
    pub campaign: CampaignId,
    /// The receiver.
    pub receiver: ReceiverId,
    /// How often the mail had been resent: the receiver's address may have been corrected in between.
    pub resend: u32,
}

/// A path without a valid link.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidLink {
    /// We did not issue it.
    #[error("not one of our links")]
    Foreign,
    /// It cannot be verified at the moment.
    #[error("links cannot be verified at the moment: {0}")]
    Unknown(String),
}

impl Links {
    /// Links below a base URL, signed with the secret that has this ARN.
    pub fn new(config: &SdkConfig, key_id: String, public_url: String) -> Self {
        Self {
            // Any prefix will do: a secret given by ARN is not looked up below it.
            secrets: Secrets::new(config, String::new()),
            key_id,
            public_url,
        }
    }

    /// Reads the key ahead of time, so that nothing has to wait for it later.
    pub async fn prepare(&self) {
        self.secrets.prepare_id(self.key_id.clone()).await;
    }

    /// The unsubscribe link of a receiver of a campaign, in a mail that had been resent this many times.
    ///
    /// # Errors
    /// If the key was not prepared or cannot be read.
    pub fn unsubscribe_url(
        &self,
        tenant: &TenantId,
        campaign: &CampaignId,
        receiver: &ReceiverId,
        resend: u32,
    ) -> Result<String, Reason> {
        let key = self.secrets.get_id(&self.key_id)?;
        let place = match resend {
            0 => format!("{tenant}/{campaign}/{receiver}"),
            resend => format!("{tenant}/{campaign}/{receiver}.{resend}"),
        };
        let signature = sign(&key, &place);
        Ok(format!(
            "{}/{UNSUBSCRIBE}/{place}/{signature}",
            self.public_url
        ))
    }

    /// Whom the link with this path was sent to.
    ///
    /// # Errors
    /// If we did not issue it, or it cannot be verified.
    pub async fn check(&self, path: &str) -> Result<Link, InvalidLink> {
        let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
        let [UNSUBSCRIBE, tenant, campaign, receiver, signature] = parts[..] else {
            return Err(InvalidLink::Foreign);
        };
        let (id, resend) = match receiver.split_once('.') {
            Some((id, resend)) => (id, resend.parse().map_err(|_| InvalidLink::Foreign)?),
            None => (receiver, 0),
        };
        let link = Link {
            tenant: tenant.parse().map_err(|_| InvalidLink::Foreign)?,
            campaign: campaign.parse().map_err(|_| InvalidLink::Foreign)?,
            receiver: id.parse().map_err(|_| InvalidLink::Foreign)?,
            resend,
        };
        self.prepare().await;
        let key = self.secrets.get_id(&self.key_id);
        let key = key.map_err(|reason| InvalidLink::Unknown(reason.code))?;
        let right = sign(&key, &format!("{tenant}/{campaign}/{receiver}"));
        is_same(&right, signature)
            .then_some(link)
            .ok_or(InvalidLink::Foreign)
    }
}

fn sign(key: &Secret, place: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key.expose().as_bytes());
    let signature = hmac::sign(&key, format!("{UNSUBSCRIBE}/{place}").as_bytes());
    let mut digits = hex::encode(signature);
    digits.truncate(DIGITS);
    digits
}

/// Constant-time comparison.
fn is_same(right: &str, given: &str) -> bool {
    subtle::ConstantTimeEq::ct_eq(right.as_bytes(), given.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_belongs_to_one_receiver_and_one_key() {
        let key = Secret("a key".to_owned());
        let signature = sign(&key, "demo/c/r");
        assert_eq!(signature.len(), DIGITS);
        assert_eq!(sign(&key, "demo/c/r"), signature);
        assert_ne!(sign(&key, "demo/c/q"), signature);
        assert_ne!(sign(&Secret("another".to_owned()), "demo/c/r"), signature);
        assert!(is_same(&signature, &signature));
        for wrong in ["", &signature[1..], &signature.to_uppercase()] {
            assert!(!is_same(&signature, wrong), "{wrong}");
        }
    }
}
