//! Amazon SNS, notifications to the endpoints of platform applications:
//! <https://docs.aws.amazon.com/sns/latest/dg/mobile-push-send.html>.
//!
//! SNS does not deduplicate, so a lost response leaves the delivery unknown. It passes an accepted notification to the
//! device's push service later: a token that is no longer valid disables the endpoint, and the next notification is
//! refused.

use aws_config::SdkConfig;
use aws_sdk_sns::{
    Client,
    error::{BuildError, ProvideErrorMetadata},
    types::MessageAttributeValue,
};
use carillon_aws::OnDemand;
use carillon_domain::{
    delivery::{Outcome, cause::Cause},
    push_address::PushAddress,
    reason::Reason,
    transports::Vendor,
};
use serde::Serialize;

use super::{KEPT_SECONDS, Push, apns::Payload, fcm::Message, wrong_device};
use crate::{
    answer::{NO_REASON, short},
    aws, codes,
    setup::{Callbacks, Setup},
};

/// What a transport to SNS endpoints needs: nothing.
pub static SETUP: Setup = Setup {
    name: "Amazon SNS (mobile push)",
    sender: &[],
    settings: &[],
    credentials: &[],
    combinations: &[],
    callbacks: Callbacks::None,
};

/// Sends through Amazon SNS.
#[derive(Debug, Clone)]
pub struct SnsPush {
    client: OnDemand<Client>,
}

impl SnsPush {
    /// With a client that makes one attempt per call.
    pub fn new(config: &SdkConfig) -> Self {
        let config = aws::sending(config);
        Self {
            client: OnDemand::new(move || Client::new(&config)),
        }
    }

    /// Submits a notification and returns the outcome.
    pub async fn send(&self, push: &Push<'_>) -> Outcome {
        let PushAddress::Sns(endpoint) = push.to else {
            return wrong_device().into();
        };
        let endpoint = endpoint.expose();
        let platform = Platform::of(endpoint);
        let invalid = |text: String| Outcome::Rejected(Reason::new("invalid_message", text));
        let message = match platform.message(push) {
            Ok(message) => message,
            Err(error) => return invalid(error.to_string()),
        };
        let mut call = self
            .client
            .get()
            .publish()
            .target_arn(endpoint)
            .message(message)
            .message_structure("json");
        for (name, value) in platform.attributes(push) {
            match attribute(value) {
                Ok(value) => call = call.message_attributes(name, value),
                Err(error) => return invalid(error.to_string()),
            }
        }
        match call.send().await {
            Ok(answer) => Outcome::Accepted {
                provider_id: answer.message_id.unwrap_or_default(),
            },
            Err(error) => aws::classify(&error, known),
        }
    }
}

fn attribute(value: String) -> Result<MessageAttributeValue, BuildError> {
    MessageAttributeValue::builder()
        .data_type("String")
        .string_value(value)
        .build()
}

/// The push service behind an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Platform {
    /// Firebase Cloud Messaging, for which SNS still uses the old name.
    Fcm,
    /// The Apple Push Notification service.
    Apns,
    /// The same, for apps in development.
    ApnsSandbox,
    /// Any other, which gets only the text.
    Other,
}

/// The payload for each push service, in its own format:
/// <https://docs.aws.amazon.com/sns/latest/dg/sns-send-custom-platform-specific-payloads-mobile-devices.html>.
#[derive(Serialize)]
struct Messages<'a> {
    /// SNS rejects messages without it.
    default: &'a str,
    #[serde(rename = "GCM", skip_serializing_if = "Option::is_none")]
    fcm: Option<String>,
    #[serde(rename = "APNS", skip_serializing_if = "Option::is_none")]
    apns: Option<String>,
    #[serde(rename = "APNS_SANDBOX", skip_serializing_if = "Option::is_none")]
    apns_sandbox: Option<String>,
}

#[derive(Serialize)]
struct Fcm<'a> {
    #[serde(rename = "fcmV1Message")]
    submission: Submission<'a>,
}

#[derive(Serialize)]
struct Submission<'a> {
    message: Message<'a>,
}

impl Platform {
    /// The platform in an ARN: `arn:aws:sns:{region}:{account}:endpoint/{platform}/{application}/{id}`.
    fn of(endpoint: &str) -> Self {
        match endpoint.split('/').nth(1) {
            Some("GCM") => Self::Fcm,
            Some("APNS") => Self::Apns,
            Some("APNS_SANDBOX") => Self::ApnsSandbox,
            _ => Self::Other,
        }
    }

    /// The message, which contains the push service's payload as a JSON string.
    fn message(self, push: &Push<'_>) -> Result<String, serde_json::Error> {
        let mut messages = Messages {
            default: push.body,
            fcm: None,
            apns: None,
            apns_sandbox: None,
        };
        match self {
            Self::Fcm => {
                let submission = Submission {
                    message: Message::new(push, None),
                };
                messages.fcm = Some(serde_json::to_string(&Fcm { submission })?);
            }
            Self::Apns => messages.apns = Some(serde_json::to_string(&Payload::new(push))?),
            Self::ApnsSandbox => {
                messages.apns_sandbox = Some(serde_json::to_string(&Payload::new(push))?);
            }
            Self::Other => {}
        }
        serde_json::to_string(&messages)
    }

    /// Attributes that become headers of the call to Apple. For FCM the message itself contains the equivalent.
    /// <https://docs.aws.amazon.com/sns/latest/dg/sns-message-attributes.html#sns-attrib-mobile-reserved>.
    fn attributes(self, push: &Push<'_>) -> Vec<(&'static str, String)> {
        let kept_for = match self {
            Self::Apns => "AWS.SNS.MOBILE.APNS.TTL",
            Self::ApnsSandbox => "AWS.SNS.MOBILE.APNS_SANDBOX.TTL",
            Self::Fcm | Self::Other => return Vec::new(),
        };
        vec![
            ("AWS.SNS.MOBILE.APNS.PUSH_TYPE", "alert".to_owned()),
            ("AWS.SNS.MOBILE.APNS.COLLAPSE_ID", push.reference.key()),
            (kept_for, KEPT_SECONDS.to_string()),
        ]
    }
}

/// What errors about endpoints mean: <https://docs.aws.amazon.com/sns/latest/api/API_Publish.html>.
fn known(error: &impl ProvideErrorMetadata) -> Option<(Cause, Reason)> {
    let code = error.code()?;
    let text = error.message().unwrap_or(NO_REASON);
    let known_as = match code {
        "InvalidParameter" if text.contains(NO_ENDPOINT) => "InvalidParameter, no endpoint",
        code => code,
    };
    let cause = codes::cause(Vendor::SnsPush, known_as)?;
    Some((cause, Reason::new(short(code), text)))
}

/// SNS's wording for a missing endpoint.
const NO_ENDPOINT: &str = "No endpoint found";

#[cfg(test)]
mod tests;
