//! The bodies of queue messages. They carry identifiers only: no personal data, at most 512 bytes.

use serde::{Deserialize, Serialize};

use crate::{
    campaigns::Campaign,
    channel::Channel,
    id::{AddressHash, CampaignId, ReceiverId, TenantId},
};

/// The most bytes of a queue message's body.
pub const BODY_BYTES: usize = 512;

/// Deliver to one receiver on one channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeliveryTask {
    /// The tenant.
    pub tenant: TenantId,
    /// The campaign.
    pub campaign: CampaignId,
    /// The campaign's generation when the task was created.
    pub generation: u32,
    /// The ledger shard of the receiver.
    pub shard: u16,
    /// The receiver.
    pub receiver: ReceiverId,
    /// The channel.
    pub channel: Channel,
    /// The number of manual resends.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub resend: u32,
    /// The hash of the receiver's address, so that its suppression is read together with the rest. It
    /// is only a hint; the receiver's row has the address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<AddressHash>,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// Continue the fan-out of one ledger shard; the cursor is in the catalog.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FanoutTask {
    /// The tenant.
    pub tenant: TenantId,
    /// The campaign.
    pub campaign: CampaignId,
    /// The campaign's generation.
    pub generation: u32,
    /// The ledger shard.
    pub shard: u16,
}

impl FanoutTask {
    /// The fan-out tasks of a campaign, one for each ledger shard.
    pub fn for_campaign(campaign: &Campaign) -> impl Iterator<Item = Self> {
        (0..campaign.shards).map(|shard| Self {
            tenant: campaign.tenant.clone(),
            campaign: campaign.id.clone(),
            generation: campaign.generation,
            shard,
        })
    }
}

/// Record a provider event about a delivery. The message itself is the provider's; this task
/// identifies it without its content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReceiptTask {
    /// The tenant.
    pub tenant: TenantId,
    /// The campaign.
    pub campaign: CampaignId,
    /// The receiver.
    pub receiver: ReceiverId,
    /// The channel.
    pub channel: Channel,
}

/// Work done for a tenant. Standard queues use it for fairness between tenants.
pub trait ForTenant {
    /// The tenant.
    fn tenant(&self) -> &TenantId;
}

impl ForTenant for FanoutTask {
    fn tenant(&self) -> &TenantId {
        &self.tenant
    }
}

/// The input that EventBridge Scheduler sends to the release function.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum ReleaseTask {
    /// Publish a scheduled campaign.
    Release {
        /// The tenant.
        tenant: TenantId,
        /// The campaign.
        campaign: CampaignId,
        /// The version of the schedule; an older schedule that fires late is ignored.
        version: u64,
    },
    /// Find stalled work.
    Sweep {},
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_body_is_small() {
        let task = DeliveryTask {
            tenant: "t".repeat(32).parse().unwrap(),
            campaign: "019a0000-0000-7000-8000-000000000000".parse().unwrap(),
            generation: u32::MAX,
            shard: u16::MAX,
            receiver: "0".repeat(32).parse().unwrap(),
            channel: Channel::Email,
            resend: u32::MAX,
            address: Some("0".repeat(24).parse().unwrap()),
        };
        assert!(serde_json::to_string(&task).unwrap().len() <= BODY_BYTES);
    }

    #[test]
    fn scheduler_input_survives_a_round_trip() {
        let sweep: ReleaseTask = serde_json::from_str(r#"{"kind":"sweep"}"#).unwrap();
        assert_eq!(sweep, ReleaseTask::Sweep {});
        assert!(serde_json::from_str::<ReleaseTask>(r#"{"kind":"release","tenant":"a"}"#).is_err());
    }
}
