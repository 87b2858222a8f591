//! `Publish` to the endpoint of a platform application, as in
//! <https://docs.aws.amazon.com/sns/latest/dg/sns-send-custom-platform-specific-payloads-mobile-devices.html>.
//!
//! An endpoint whose id begins with `dead` is disabled, and one whose id begins with `gone` was deleted.

use carillon_domain::push_address::PushAddress;
use serde_json::Value;

use crate::simulator::calls::{Message, Provider, PushMessage};
use crate::simulator::refusal::Refusal;
use crate::simulator::state::{Draft, Named};

/// The id prefix of disabled endpoints, whose app was uninstalled.
const DEAD: &str = "dead";
/// The id prefix of deleted endpoints.
const GONE: &str = "gone";
/// Limit for the whole message.
const MAXIMUM_BYTES: usize = 256 * 1024;
/// Limit for Apple and Google payloads.
const MAXIMUM_PAYLOAD_BYTES: usize = 4_096;

/// Reads a notification, validating like SNS.
pub(super) fn read(
    arn: &str,
    fields: &Named,
    attributes: Named,
    draft: &mut Draft,
) -> Result<(), Refusal> {
    draft.provider = Provider::SnsPush;
    let field = |name: &str| fields.get(name).map_or("", String::as_str);
    let address = PushAddress::parse(&format!("sns:{arn}")).map_err(|_| {
        Refusal::invalid_parameter(format_args!("TargetArn Reason: {arn} is not an endpoint"))
    })?;
    draft.recipients = vec![address.expose().to_owned()];
    let text = field("Message");
    let (platform, id) = parts(arn);
    let mut message = match field("MessageStructure") {
        "json" => of_platform(text, platform)?,
        _ => PushMessage {
            body: text.to_owned(),
            ..PushMessage::default()
        },
    };
    message.attributes = attributes;
    let is_empty = message.title.is_empty() && message.body.is_empty();
    draft.message = Some(Message::Push(message));
    if is_empty {
        return Err(Refusal::invalid_parameter("Empty message"));
    }
    if text.len() > MAXIMUM_BYTES {
        return Err(Refusal::invalid_parameter("Message too long"));
    }
    if id.starts_with(GONE) {
        return Err(Refusal::invalid_parameter(
            "TargetArn Reason: No endpoint found for the target arn specified",
        ));
    }
    if id.starts_with(DEAD) {
        return Err(Refusal::new(
            400,
            "EndpointDisabled",
            "Endpoint is disabled",
        ));
    }
    Ok(())
}

/// The platform and the id of an endpoint: `arn:…:endpoint/{platform}/{application}/{id}`.
fn parts(arn: &str) -> (&str, &str) {
    let mut parts = arn.split('/').skip(1);
    let platform = parts.next().unwrap_or_default();
    (platform, parts.nth(1).unwrap_or_default())
}

/// The payload for this platform's push service, from a message for several platforms.
fn of_platform(text: &str, platform: &str) -> Result<PushMessage, Refusal> {
    let messages: Value = serde_json::from_str(text).map_err(|_| {
        Refusal::invalid_parameter("Message Structure - JSON message body failed to parse")
    })?;
    let text_for = |name: &str| messages.get(name).and_then(Value::as_str);
    let default = text_for("default").ok_or_else(|| {
        Refusal::invalid_parameter("Message Structure - No default entry in JSON message body")
    })?;
    let Some(payload) = text_for(platform) else {
        return Ok(PushMessage {
            body: default.to_owned(),
            ..PushMessage::default()
        });
    };
    if payload.len() > MAXIMUM_PAYLOAD_BYTES {
        return Err(Refusal::invalid_parameter("Message too long"));
    }
    let payload: Value = serde_json::from_str(payload).map_err(|_| {
        Refusal::invalid_parameter(format_args!(
            "Message Structure - {platform} notification is not valid JSON"
        ))
    })?;
    let places = if platform == "GCM" {
        [
            "/fcmV1Message/message/notification/title",
            "/fcmV1Message/message/notification/body",
            "/fcmV1Message/message/notification/image",
            "/fcmV1Message/message/data/url",
        ]
    } else {
        ["/aps/alert/title", "/aps/alert/body", "/icon", "/url"]
    };
    let [title, body, icon, url] =
        places.map(|place| Some(payload.pointer(place)?.as_str()?.to_owned()));
    Ok(PushMessage {
        title: title.unwrap_or_default(),
        body: body.unwrap_or_default(),
        icon,
        url,
        attributes: Named::new(),
    })
}
