//! Trying a transport with a message to oneself.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};

use axum::{Json, extract::State};
use carillon_domain::{
    campaign::{Campaign, OnUnknown, Status},
    channel::{Channel, Lane, Priority},
    content::{Content, EmailContent, LocalizedContent, PushContent, SmsContent, WhatsAppContent},
    id::{CampaignId, TransportId},
    receiver::{Receiver, Source},
    suppression::ChannelAddress,
    task::DeliveryTask,
};
use carillon_store::{AddOutcome, DeliveryRow};
use serde::Deserialize;
use serde_json::Map;
use utoipa::ToSchema;

use crate::{
    authentication::Caller, body, body::Object, campaigns::ContentBody, deliveries::DeliveryBody,
    failure::Failure, findings::Findings, idempotency::FreshId, path::TransportPath,
    state::AppState,
};

/// So long the answer waits for the provider. Whoever calls through API Gateway waits for 30 seconds at most.
const PATIENCE: Duration = Duration::from_secs(20);
/// How often it is looked.
const PAUSE: Duration = Duration::from_millis(250);

/// Whom to send a test to.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TestTransport {
    /// An address of your own on the transport's channel: an email address, a phone number with its country code, or a device.
    #[schema(examples("+442079460000"))]
    to: String,
    /// What to say; a line about the test unless it is given. On WhatsApp that is free text, which reaches only those who wrote
    /// to the sender within a day: give a template to reach others.
    #[serde(default)]
    #[schema(value_type = ContentBody, required = false)]
    content: Option<Object<ContentBody>>,
}

/// Test a transport
///
/// Sends one message to an address of your own, through the very function and account that campaigns use, and answers with what came of it: the
/// provider's answer stands in `state`, `provider_id` and `reason`. It is tried once, whether or not the transport is switched on or its
/// breaker is open; if it gets through, the breaker closes. If the state is `pending` or `claimed`, the provider has not answered yet; the
/// delivery is listed at `/v1/campaigns/{campaign}/deliveries`, and what becomes of the message shows there too. Tests are not listed among
/// the campaigns.
#[utoipa::path(
    post,
    path = "/v1/transports/{transport}/test",
    operation_id = "test_transport",
    tag = "transports",
    params(TransportPath),
    request_body = TestTransport,
    responses((status = OK, description = "What came of it.", body = TestedTransport)),
)]
pub(crate) async fn test(
    State(state): State<AppState>,
    caller: Caller,
    TransportPath { transport: id }: TransportPath,
    FreshId(fresh): FreshId,
    body::Json(body): body::Json<TestTransport>,
) -> Result<Json<TestedTransport>, Failure> {
    let tenant = &caller.tenant;
    let transport = state.store.transport_now(tenant, &id).await?;
    let transport = transport.ok_or_else(Failure::not_found)?;
    let channel = transport.channel();
    let (receiver, content) = body.read(channel, &id)?;
    let now = state.clock.now();
    let campaign = Campaign {
        tenant: tenant.clone(),
        id: CampaignId::new(fresh),
        name: format!("Test of {id}"),
        status: Status::Published,
        channels: BTreeSet::from([channel]),
        priority: Priority::Urgent,
        default_region: None,
        version: 1,
        content_version: 1,
        generation: 1,
        shards: 1,
        created_by: caller.key_id.to_string(),
        created_at: now,
        updated_at: now,
        published_at: Some(now),
        completed_at: None,
        schedule: None,
        holds: BTreeSet::new(),
        imports: BTreeSet::new(),
        on_unknown: OnUnknown::Hold,
        failover: None,
        via: Some(id),
        stopped: None,
        stalled: None,
    };
    state.store.create_campaign(&campaign, &content).await?;
    let people = std::slice::from_ref(&receiver);
    let added = state.store.add_receivers(&campaign, people, now).await?;
    let Some(AddOutcome::Added(receiver_id) | AddOutcome::Duplicate(receiver_id)) =
        added.into_iter().next()
    else {
        return Err(Failure::internal("nobody was added to a test"));
    };
    let task = DeliveryTask {
        tenant: tenant.clone(),
        campaign: campaign.id.clone(),
        generation: campaign.generation,
        shard: 0,
        receiver: receiver_id.clone(),
        channel,
        resend: 0,
        address: receiver.address_hash(tenant, channel),
    };
    let sent = state
        .deliveries
        .send(channel, Lane::Urgent, std::slice::from_ref(&task));
    sent.await.map_err(Failure::internal)?;
    let begun = Instant::now();
    loop {
        let row = state
            .store
            .delivery(tenant, &campaign.id, 0, &receiver_id, channel)
            .await?;
        let is_final = row.as_ref().is_some_and(|row| row.state.is_final());
        if is_final || begun.elapsed() > PATIENCE {
            let id = receiver_id.clone();
            let row = DeliveryRow::new(&campaign, id, receiver, channel, row);
            return Ok(Json(TestedTransport {
                campaign: campaign.id.to_string(),
                delivery: DeliveryBody::new(row),
            }));
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// What came of a test.
#[derive(serde::Serialize, ToSchema)]
pub(super) struct TestedTransport {
    /// The campaign that the test is.
    #[schema(format = "uuid")]
    campaign: String,
    /// Its one delivery.
    delivery: DeliveryBody,
}

impl TestTransport {
    fn read(self, channel: Channel, id: &TransportId) -> Result<(Receiver, Content), Failure> {
        let mut findings = Findings::default();
        let parsed = ChannelAddress::parse(channel, &self.to);
        let address = findings.keep("to", "invalid_address", parsed);
        let content = match self.content {
            Some(Object(content)) => content.read(&mut findings),
            None => usual(channel, id),
        };
        if !content.has(channel) && findings.is_empty() {
            let detail = format!("something for {channel}");
            findings.add(format!("content.{channel}"), "missing", detail);
        }
        let Some(address) = address.filter(|_| findings.is_empty()) else {
            return Err(findings.into());
        };
        let mut receiver = Receiver {
            first_name: None,
            last_name: None,
            email: None,
            mobile: None,
            push: None,
            language: None,
            variables: Map::new(),
            source: Source::Hand,
            off: BTreeMap::new(),
        };
        match address {
            ChannelAddress::Email(address) => receiver.email = Some(address),
            ChannelAddress::Sms(number) | ChannelAddress::WhatsApp(number) => {
                receiver.mobile = Some(number);
            }
            ChannelAddress::Push(address) => receiver.push = Some(address),
        }
        Ok((receiver, content))
    }
}

/// What a test says unless it is told.
fn usual(channel: Channel, id: &TransportId) -> Content {
    let title = format!("Test of {id}");
    let text = format!("This is a test of the transport {id}. It has arrived.");
    let mut default = LocalizedContent::default();
    match channel {
        Channel::Email => {
            let html = format!("<p>{text}</p>");
            default.email = Some(EmailContent::new(title, html, Some(text)));
        }
        Channel::Sms => default.sms = Some(SmsContent { text }),
        Channel::WhatsApp => {
            default.whatsapp = Some(WhatsAppContent {
                text: Some(text),
                template: None,
            });
        }
        Channel::Push => {
            default.push = Some(PushContent {
                title,
                body: text,
                icon: None,
                url: None,
            });
        }
    }
    Content {
        default,
        ..Content::default()
    }
}
