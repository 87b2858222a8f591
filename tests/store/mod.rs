//! The store against a real table. Operations are done twice, to prove that repeating them changes nothing.

pub(crate) mod campaigns;
mod delivery;
mod directory;
mod model;
mod operations;
mod receivers;
mod suppressions;

use std::collections::BTreeSet;

use carillon_domain::{
    campaigns::{Campaign, OnUnknown, SHARDS, Status},
    channel::{Channel, Priority},
    content::{Content, EmailContent, LocalizedContent, SmsContent},
    delivery::task::DeliveryTask,
    id::CampaignId,
    receivers::{NewReceiver, Receiver, Source},
};
use jiff::Timestamp;
use uuid::Uuid;

use crate::support::World;

/// A draft of a tenant, in the catalog.
pub(crate) async fn draft(world: &World) -> Campaign {
    let campaign = with_status(world, Status::Draft);
    world
        .store
        .create_campaign(&world.context, &campaign, &content())
        .await
        .unwrap();
    campaign
}

/// A published campaign that was not fanned out.
pub(crate) async fn published(world: &World) -> Campaign {
    let campaign = with_status(world, Status::Published);
    world
        .store
        .create_campaign(&world.context, &campaign, &content())
        .await
        .unwrap();
    campaign
}

pub(crate) fn with_status(world: &World, status: Status) -> Campaign {
    let now = Timestamp::now();
    Campaign {
        tenant: world.tenant.clone(),
        id: CampaignId::new(Uuid::now_v7()),
        name: "Spring".to_owned(),
        status,
        channels: BTreeSet::from([Channel::Email]),
        priority: Priority::Normal,
        default_region: None,
        version: 1,
        content_version: 1,
        generation: u32::from(status == Status::Published),
        shards: SHARDS,
        created_by: "tests".to_owned(),
        created_at: now,
        updated_at: now,
        published_at: None,
        completed_at: None,
        schedule: None,
        holds: BTreeSet::new(),
        imports: BTreeSet::new(),
        on_unknown: OnUnknown::Hold,
        failover: None,
        via: None,
        test_of: None,
        composed: None,
        stopped: None,
        schedule_changes: Vec::new(),
        stalled: None,
    }
}

pub(crate) fn content() -> Content {
    Content {
        default: LocalizedContent {
            email: Some(EmailContent::new(
                "Hello".to_owned(),
                "<p>Hello</p>".to_owned(),
                None,
            )),
            sms: Some(SmsContent::new("Hello".to_owned())),
            ..LocalizedContent::default()
        },
        ..Content::default()
    }
}

pub(crate) fn person(email: &str, mobile: &str) -> Receiver {
    NewReceiver {
        email: Some(email.to_owned()),
        mobile: Some(mobile.to_owned()),
        ..NewReceiver::default()
    }
    .parse(None, Source::Manual)
    .unwrap()
}

/// The task of a receiver on a channel.
pub(crate) fn task(campaign: &Campaign, receiver: &Receiver, channel: Channel) -> DeliveryTask {
    let id = receiver.id(&campaign.id).unwrap();
    DeliveryTask {
        tenant: campaign.tenant.clone(),
        campaign: campaign.id.clone(),
        generation: campaign.generation,
        shard: id.shard(campaign.shards),
        receiver: id,
        channel,
        resend: 0,
        address: receiver.address_hash(&campaign.tenant, channel),
    }
}
