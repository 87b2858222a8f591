//! Testing a transport with a message to oneself.

use std::collections::{BTreeMap, BTreeSet};

use axum::{Json, extract::State};
use carillon_domain::{
    access::permission::require,
    channel::Channel,
    channel_address::ChannelAddress,
    content::{Content, EmailContent, LocalizedContent, PushContent, SmsContent, WhatsAppContent},
    id::TransportId,
    receivers::{Receiver, Source},
};
use carillon_http::{
    authentication::Allowed, body, body::Object, failure::Failure, findings::Findings,
    idempotency::FreshId,
};
use serde::Deserialize;
use serde_json::Map;
use utoipa::ToSchema;

use crate::{
    content::body::ContentBody, delivery::DeliveryBody, path::TransportPath, state::AppState,
    test_message::TestMessage,
};

/// Who gets the test message.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TestTransport {
    /// Your own address on the channel of the transport: an email address, a phone number with its country code, or a
    /// device.
    #[schema(examples("+442079460000"))]
    to: String,
    /// The content. Default: one line about the test. On WhatsApp the default is free text, which reaches only people
    /// who wrote to the sender within the last day: set a template to reach others.
    #[serde(default)]
    #[schema(value_type = ContentBody, required = false)]
    content: Option<Object<ContentBody>>,
}

/// Test a transport
///
/// Sends one message to your own address, through the same function and account that campaigns use, and returns the
/// result: the response of the provider is in `state`, `provider_id` and `reason`. There is one attempt, even if the
/// transport is switched off or its breaker is open; if it succeeds, the breaker closes. If the state is `pending` or
/// `claimed`, the provider has not responded yet. The delivery, and later its delivery status, are listed at
/// `/v1/campaigns/{campaign}/deliveries`. Tests are not listed among the campaigns.
#[utoipa::path(
    post,
    path = "/v1/transports/{transport}/test",
    operation_id = "test_transport",
    tag = "transports",
    params(TransportPath),
    request_body = TestTransport,
    responses((status = OK, description = "The result.", body = TestedTransport)),
)]
pub(crate) async fn test(
    State(state): State<AppState>,
    Allowed(context, _): Allowed<require::WriteChannels>,
    TransportPath { transport: id }: TransportPath,
    FreshId(fresh): FreshId,
    body::Json(body): body::Json<TestTransport>,
) -> Result<Json<TestedTransport>, Failure> {
    let transport = state.store.transport_now(&context, &id).await?;
    let transport = transport.ok_or_else(Failure::not_found)?;
    let channel = transport.channel();
    let (receiver, content) = body.read(channel, &id)?;
    let trial = TestMessage {
        name: format!("Test of {id}"),
        via: Some(id),
        test_of: None,
        content,
        receivers: vec![(BTreeSet::from([channel]), receiver)],
    };
    let (campaign, deliveries) = trial.send(&state, &context, fresh).await?;
    let delivery = deliveries.into_iter().next();
    Ok(Json(TestedTransport {
        campaign: campaign.to_string(),
        delivery: delivery.ok_or_else(|| Failure::internal("a test has no delivery"))?,
    }))
}

/// The result of a test.
#[derive(serde::Serialize, ToSchema)]
pub(super) struct TestedTransport {
    /// The id of the test campaign.
    #[schema(format = "uuid")]
    campaign: String,
    /// Its only delivery.
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
            let detail = format!("content for {}", channel.in_words());
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
            source: Source::Manual,
            off: BTreeMap::new(),
            corrections: Vec::new(),
        };
        receiver.set_address(address.into());
        Ok((receiver, content))
    }
}

/// The default content of a test message.
fn usual(channel: Channel, id: &TransportId) -> Content {
    let title = format!("Test of {id}");
    let text = format!("This is a test of the transport {id}. It has arrived.");
    let mut default = LocalizedContent::default();
    match channel {
        Channel::Email => {
            let html = format!("<p>{text}</p>");
            default.email = Some(EmailContent::new(title, html, Some(text)));
        }
        Channel::Sms => default.sms = Some(SmsContent::new(text)),
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
