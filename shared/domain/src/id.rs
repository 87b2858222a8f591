//! Identifiers. Each kind has its own type, so that a campaign can never be passed for a tenant.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::{
    address::{EmailAddress, PhoneNumber},
    channel::Channel,
    channel_address::ChannelAddress,
    directory::Kind,
    push_address::PushAddress,
};

/// Not an identifier of the expected kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not {expected}")]
pub struct InvalidId {
    expected: &'static str,
}

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident, $expected:literal, $valid:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The identifier as used in keys, routes and messages.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                let valid: fn(&str) -> bool = $valid;
                if valid(text) {
                    Ok(Self(text.to_owned()))
                } else {
                    Err(InvalidId { expected: $expected })
                }
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidId;

            fn try_from(text: String) -> Result<Self, InvalidId> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(&self.0)
            }
        }
    };
}

fn is_slug(text: &str) -> bool {
    (1..=32).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

fn is_hex_of(length: usize, text: &str) -> bool {
    text.len() == length
        && text
            .bytes()
            .all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

fn is_message_id(text: &str) -> bool {
    (1..=100).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.'))
}

/// Only the canonical form is accepted, so that no campaign has two spellings.
fn is_canonical_uuid(text: &str) -> bool {
    Uuid::try_parse(text).is_ok_and(|uuid| uuid.hyphenated().to_string() == text)
}

text_id! {
    /// An organisation whose data is isolated from all others: 1 to 32 of `a-z`, `0-9` and `-`.
    TenantId, "a tenant id (1 to 32 of a-z, 0-9 and -)", is_slug
}
text_id! {
    /// A campaign: a version 7 UUID, so that campaigns sort by creation time.
    CampaignId, "a campaign id (a UUID)", is_canonical_uuid
}
text_id! {
    /// An uploaded file of receivers: a version 7 UUID.
    ImportId, "an import id (a UUID)", is_canonical_uuid
}
text_id! {
    /// A job: a version 7 UUID.
    JobId, "a job id (a UUID)", is_canonical_uuid
}
text_id! {
    /// A document that admins edit, such as a template, a wrapper or a preset: a version 7 UUID.
    DocumentId, "a document id (a UUID)", is_canonical_uuid
}
text_id! {
    /// The public half of an API key: 16 hexadecimal digits.
    KeyId, "an API key id (16 hexadecimal digits)", |text| is_hex_of(16, text)
}
text_id! {
    /// A receiver of one campaign: 128 bits in hexadecimal, a hash of the receiver's identifying address.
    ///
    /// The campaign is part of the hash, so the same address has a different id in each campaign, and an id
    /// in a log or a route cannot be looked up in a table of hashed addresses.
    ReceiverId, "a receiver id (32 hexadecimal digits)", |text| is_hex_of(32, text)
}

text_id! {
    /// Stands in for an address on a channel where the address itself must not appear: 96 bits of a hash, in
    /// hexadecimal.
    ///
    /// The tenant is part of the hash, so the same address has a different one at each tenant.
    AddressHash, "the hash of an address (24 hexadecimal digits)", |text| is_hex_of(24, text)
}

text_id! {
    /// A dead letter: its SQS message id, with a numeric suffix where one message became several tasks.
    DeadLetterId, "a dead letter's id (1 to 100 of a-z, A-Z, 0-9, - and .)", is_message_id
}

text_id! {
    /// The name of a tenant's secret, such as the credentials of a provider account: 1 to 32 of `a-z`, `0-9`
    /// and `-`. The location of the tenant's secrets is not part of it.
    SecretName, "the name of a secret (1 to 32 of a-z, 0-9 and -)", is_slug
}

text_id! {
    /// A transport of a tenant, named by an admin: 1 to 32 of `a-z`, `0-9` and `-`.
    TransportId, "a transport's id (1 to 32 of a-z, 0-9 and -)", is_slug
}

text_id! {
    /// A person or thing of the directory: 128 bits in hexadecimal.
    ///
    /// One with an external id has a hash of it, so that whoever knows the external id need not look it up.
    EntityId, "an id of the directory (32 hexadecimal digits)", |text| is_hex_of(32, text)
}

impl EntityId {
    /// The id of the entity with this external id, within its tenant.
    pub fn of_external(external: &str, kind: Kind) -> Self {
        let digest = Sha256::new()
            .chain_update(kind.as_str())
            .chain_update([0])
            .chain_update(external)
            .finalize();
        Self(hex::encode(&digest[..16]))
    }

    /// The id of an entity without an external id, from a random UUID.
    pub fn new(uuid: Uuid) -> Self {
        let digest = Sha256::digest(uuid.as_bytes());
        Self(hex::encode(&digest[..16]))
    }

    /// The part of the directory that it is in: the first digit, which is evenly spread.
    pub fn part(&self) -> &str {
        &self.0[..1]
    }
}

impl TransportId {
    /// The id of a channel's only transport: the name of the channel.
    pub fn of_channel(channel: Channel) -> Self {
        Self(channel.as_str().to_owned())
    }
}

impl CampaignId {
    /// The id of a new campaign.
    pub fn new(uuid: Uuid) -> Self {
        Self(uuid.hyphenated().to_string())
    }
}

impl ImportId {
    /// The id of a new import.
    pub fn new(uuid: Uuid) -> Self {
        Self(uuid.hyphenated().to_string())
    }
}

impl JobId {
    /// The id of a new job.
    pub fn new(uuid: Uuid) -> Self {
        Self(uuid.hyphenated().to_string())
    }
}

impl From<&ImportId> for JobId {
    fn from(import: &ImportId) -> Self {
        Self(import.0.clone())
    }
}

/// The purge of a deleted campaign.
impl From<&CampaignId> for JobId {
    fn from(campaign: &CampaignId) -> Self {
        Self(campaign.0.clone())
    }
}

impl DocumentId {
    /// The id of a new document.
    pub fn new(uuid: Uuid) -> Self {
        Self(uuid.hyphenated().to_string())
    }
}

impl KeyId {
    /// An id from eight random bytes.
    pub fn from_bytes(bytes: [u8; 8]) -> Self {
        Self(hex::encode(bytes))
    }
}

impl ReceiverId {
    /// The id of a receiver identified by email address.
    pub fn of_email(campaign: &CampaignId, address: &EmailAddress) -> Self {
        Self::of(campaign, "email", address.expose())
    }

    /// The id of a receiver identified by phone number.
    pub fn of_mobile(campaign: &CampaignId, number: &PhoneNumber) -> Self {
        Self::of(campaign, "mobile", number.expose())
    }

    /// The id of a receiver identified by push address.
    pub fn of_push(campaign: &CampaignId, address: &PushAddress) -> Self {
        Self::of(campaign, "push", address.expose())
    }

    fn of(campaign: &CampaignId, kind: &str, identity: &str) -> Self {
        let digest = Sha256::new()
            .chain_update(campaign.as_str())
            .chain_update([0])
            .chain_update(kind)
            .chain_update([0])
            .chain_update(identity)
            .finalize();
        Self(hex::encode(&digest[..16]))
    }

    /// The ledger shard of this receiver, from 0 to `shards` − 1.
    pub fn shard(&self, shards: u16) -> u16 {
        let head = u32::from_str_radix(&self.0[..8], 16).unwrap_or_default();
        u16::try_from(head % u32::from(shards.max(1))).unwrap_or_default()
    }
}

impl AddressHash {
    /// The hash of an address at a tenant.
    pub fn of(tenant: &TenantId, address: &ChannelAddress) -> Self {
        let digest = Sha256::new()
            .chain_update(tenant.as_str())
            .chain_update([0])
            .chain_update(address.channel().as_str())
            .chain_update([0])
            .chain_update(address.expose())
            .finalize();
        Self(hex::encode(&digest[..12]))
    }
}

/// The SQS message deduplication id of one delivery: SHA-256, in hexadecimal, of the delivery's identity.
///
/// The generation rises when a campaign is resumed, because FIFO queues would drop the same id for five
/// minutes.
pub fn deduplication_id(
    tenant: &TenantId,
    campaign: &CampaignId,
    receiver: &ReceiverId,
    channel: Channel,
    generation: u32,
    resend: u32,
) -> String {
    let digest = Sha256::digest(format!(
        "{tenant}#{campaign}#{receiver}#{channel}#{generation}#{resend}"
    ));
    hex::encode(digest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_accept_only_their_own_form() {
        assert!("demo-1".parse::<TenantId>().is_ok());
        for bad in ["", "Demo", "a#b", "KEY#1", &"a".repeat(33), "é"] {
            assert!(bad.parse::<TenantId>().is_err(), "{bad}");
        }
        let uuid = "019a0000-0000-7000-8000-000000000000";
        assert!(uuid.parse::<CampaignId>().is_ok());
        for bad in [
            "019A0000-0000-7000-8000-000000000000",
            "019a0000000070008000000000000000",
            "x",
        ] {
            assert!(bad.parse::<CampaignId>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_receiver_has_one_id_in_a_campaign_and_another_in_the_next() {
        let first: CampaignId = "019a0000-0000-7000-8000-000000000000".parse().unwrap();
        let second: CampaignId = "019a0000-0000-7000-8000-000000000001".parse().unwrap();
        let address = EmailAddress::parse("Ann@Example.COM").unwrap();
        let again = EmailAddress::parse("ann@example.com").unwrap();
        assert_eq!(
            ReceiverId::of_email(&first, &address),
            ReceiverId::of_email(&first, &again)
        );
        assert_ne!(
            ReceiverId::of_email(&first, &address),
            ReceiverId::of_email(&second, &address)
        );
    }

    #[test]
    fn receivers_spread_evenly_over_the_shards() {
        let campaign: CampaignId = "019a0000-0000-7000-8000-000000000000".parse().unwrap();
        let mut counts = [0_u32; 16];
        for number in 0..16_000 {
            let address = EmailAddress::parse(&format!("person{number}@example.com")).unwrap();
            counts[usize::from(ReceiverId::of_email(&campaign, &address).shard(16))] += 1;
        }
        assert!(
            counts.iter().all(|count| (850..1150).contains(count)),
            "{counts:?}"
        );
    }
}
