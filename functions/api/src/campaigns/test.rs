//! Sending a campaign to one's own addresses before it is published.

use std::collections::{BTreeMap, BTreeSet};

use axum::{Json, extract::State};
use carillon_domain::{
    access::{Context, permission::require},
    channel::Channel,
    channel_address::ChannelAddress,
    content::{Content, LocalizedContent},
    id::ReceiverId,
    language::{LanguageTag, best_match},
    receivers::{OffReason, Receiver, Source},
};
use carillon_http::{
    authentication::Allowed, body, failure::Failure, findings::Findings, idempotency::FreshId,
    names::ChannelName,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::{
    campaigns::named_receiver,
    content::{
        composing::{as_written, composed},
        preview::{sample_receiver, sampled, with_values},
    },
    delivery::DeliveryBody,
    found::find,
    path::CampaignPath,
    state::AppState,
    test_message::TestMessage,
};

/// Maximum addresses per test.
const ADDRESSES: usize = 10;
/// Prefix of subjects, titles and texts.
const MARK: &str = "[Test] ";

/// Who gets the test message.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TestCampaign {
    /// Your own addresses: 1 to 10.
    #[schema(max_items = 10)]
    to: Vec<TestAddress>,
    /// The language of the message. Default: the language of the default version.
    #[serde(default)]
    language: Option<String>,
    /// A receiver of the campaign whose name, language and values are used.
    #[serde(default)]
    #[schema(pattern = "^[0-9a-f]{32}$")]
    receiver: Option<String>,
    /// Placeholder values. They take precedence over the values of the campaign and replace those of the receiver.
    #[serde(default)]
    #[schema(value_type = Object)]
    values: Map<String, Value>,
}

/// An address on a channel.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TestAddress {
    /// The channel.
    #[schema(value_type = ChannelName)]
    channel: String,
    /// An email address, a phone number with its country code, or a device.
    #[schema(examples("me@example.org"))]
    address: String,
}

/// The result of a test.
#[derive(Serialize, ToSchema)]
pub(super) struct TestedCampaign {
    /// The id of the test campaign. It is not listed, and is counted only in its own totals.
    #[schema(format = "uuid")]
    test: String,
    /// The deliveries of the test messages.
    deliveries: Vec<DeliveryBody>,
    /// Placeholders that were filled with samples because they have no value. Real receivers get their own values, or
    /// no message.
    #[schema(examples(json!(["member.first_name"])))]
    samples: Vec<String>,
}

/// Test a campaign
///
/// Sends the campaign to your own addresses as it would be sent now: in its wrapper and through its transports. It uses
/// the values of the campaign, with samples where it has none, or the values of a receiver. Subjects, titles and texts
/// begin with `[Test]`. Each message is attempted like any other; the response waits up to 20 seconds for the result.
#[utoipa::path(
    post,
    path = "/v1/campaigns/{campaign}/test",
    operation_id = "test_campaign",
    tag = "campaigns",
    params(CampaignPath),
    request_body = TestCampaign,
    responses((status = OK, description = "The result.", body = TestedCampaign)),
    extensions(("x-problems" = json!(["no-transport"]))),
)]
pub(crate) async fn test(
    State(state): State<AppState>,
    Allowed(context, _): Allowed<require::SendCampaigns>,
    path: CampaignPath,
    FreshId(fresh): FreshId,
    body::Json(body): body::Json<TestCampaign>,
) -> Result<Json<TestedCampaign>, Failure> {
    let campaign = find(&state, &context, &path).await?;
    let asked = body.read()?;
    let written = as_written(&state, &context, &campaign).await?;
    asked.require_content(&written)?;
    asked.require_transports(&state, &context).await?;
    let samples = match asked.receiver {
        None => asked.samples(&written),
        Some(_) => BTreeSet::new(),
    };
    let (person, written) = match &asked.receiver {
        None => {
            let (language, values) = (asked.language.as_ref(), asked.values.clone());
            let person = sample_receiver(&written, language, values);
            (person, written.with_samples())
        }
        Some(id) => {
            let receiver = named_receiver(&state, &campaign, id).await?;
            let person = Receiver {
                language: asked.language.clone().or_else(|| receiver.language.clone()),
                ..with_values(receiver, asked.values.clone())
            };
            (person, written)
        }
    };
    let receivers = people(&person, &asked.addresses);
    let trial = TestMessage {
        name: campaign.name.clone(),
        via: None,
        test_of: Some(campaign.id.clone()),
        receivers,
        content: composed(&state, &context, &context.tenant, &marked(written)).await?,
    };
    let (test, deliveries) = trial.send(&state, &context, fresh).await?;
    Ok(Json(TestedCampaign {
        test: test.to_string(),
        deliveries,
        samples: samples.into_iter().collect(),
    }))
}

struct Asked {
    addresses: Vec<ChannelAddress>,
    language: Option<LanguageTag>,
    receiver: Option<ReceiverId>,
    values: Map<String, Value>,
}

impl TestCampaign {
    fn read(self) -> Result<Asked, Failure> {
        let mut findings = Findings::default();
        if !(1..=ADDRESSES).contains(&self.to.len()) {
            findings.add("to", "out_of_range", format!("1 to {ADDRESSES} addresses"));
        }
        let mut addresses = Vec::new();
        for (place, to) in self.to.iter().take(ADDRESSES).enumerate() {
            let field = format!("to[{place}]");
            let channel = findings.keep::<Channel, _>(
                &format!("{field}.channel"),
                "unknown_channel",
                to.channel.parse(),
            );
            let address = channel.and_then(|channel| {
                let parsed = ChannelAddress::parse(channel, &to.address);
                findings.keep(&format!("{field}.address"), "invalid_address", parsed)
            });
            addresses.extend(address);
        }
        let language = self
            .language
            .and_then(|tag| findings.keep("language", "invalid_language", tag.parse()));
        let receiver = self
            .receiver
            .and_then(|id| findings.keep("receiver", "invalid_id", id.parse()));
        findings.finish()?;
        Ok(Asked {
            addresses,
            language,
            receiver,
            values: self.values,
        })
    }
}

impl Asked {
    /// The placeholders filled with samples on the requested channels.
    fn samples(&self, content: &Content) -> BTreeSet<String> {
        let channels: BTreeSet<Channel> =
            self.addresses.iter().map(ChannelAddress::channel).collect();
        let on = |channel| {
            let written = content.languages.iter();
            let written = written.filter(|(_, version)| version.has(channel));
            let language = self
                .language
                .as_ref()
                .and_then(|wanted| best_match(wanted, written.map(|(tag, _)| tag)));
            let texts = content.version(language).templates_of(channel);
            sampled(content, language, &self.values, texts)
        };
        channels.into_iter().flat_map(on).collect()
    }

    fn require_content(&self, content: &Content) -> Result<(), Failure> {
        let mut findings = Findings::default();
        for (place, address) in self.addresses.iter().enumerate() {
            if !content.has(address.channel()) {
                let detail = format!("the campaign has no content for {}", address.channel());
                findings.add(format!("to[{place}].channel"), "no_content", detail);
            }
        }
        findings.finish()
    }

    async fn require_transports(&self, state: &AppState, context: &Context) -> Result<(), Failure> {
        let setup = state.store.setup(context).await?;
        let missing: Vec<Channel> = self
            .addresses
            .iter()
            .map(ChannelAddress::channel)
            .filter(|channel| !setup.serves(*channel))
            .collect();
        if missing.is_empty() {
            return Ok(());
        }
        Err(crate::campaigns::readiness::no_transport(missing))
    }
}

/// One receiver per address, with only the requested channels switched on.
fn people(person: &Receiver, addresses: &[ChannelAddress]) -> Vec<(BTreeSet<Channel>, Receiver)> {
    let mut people: Vec<(BTreeSet<Channel>, Receiver)> = Vec::new();
    for address in addresses {
        let channel = address.channel();
        // A phone number is one receiver, on however many channels.
        let same = people
            .iter_mut()
            .find(|(_, receiver)| receiver.address(channel).as_ref() == Some(address));
        match same {
            Some((channels, _)) => {
                channels.insert(channel);
            }
            None => people.push((BTreeSet::from([channel]), at(person, address.clone()))),
        }
    }
    for (channels, receiver) in &mut people {
        let off = Channel::ALL
            .into_iter()
            .filter(|channel| !channels.contains(channel));
        receiver.off = off
            .map(|channel| (channel, OffReason::SwitchedOff))
            .collect();
    }
    people
}

/// The receiver with only this address.
fn at(person: &Receiver, address: ChannelAddress) -> Receiver {
    let mut receiver = Receiver {
        email: None,
        mobile: None,
        push: None,
        source: Source::Manual,
        off: BTreeMap::new(),
        corrections: Vec::new(),
        ..person.clone()
    };
    receiver.set_address(address.into());
    receiver
}

/// Marks the content as a test. An approved WhatsApp template cannot be changed.
fn marked(mut content: Content) -> Content {
    for (_, version) in content.versions_mut() {
        mark(version);
    }
    content
}

fn mark(version: &mut LocalizedContent) {
    if let Some(email) = &mut version.email {
        email.subject.insert_str(0, MARK);
    }
    if let Some(sms) = &mut version.sms {
        sms.text.insert_str(0, MARK);
    }
    if let Some(text) = version
        .whatsapp
        .as_mut()
        .and_then(|whatsapp| whatsapp.text.as_mut())
    {
        text.insert_str(0, MARK);
    }
    if let Some(push) = &mut version.push {
        push.title.insert_str(0, MARK);
    }
}
