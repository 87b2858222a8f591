//! AWS End User Messaging, SMS:
//! <https://docs.aws.amazon.com/pinpoint/latest/apireference_smsvoicev2/API_SendTextMessage.html>.
//!
//! It has senders, sender pools, registrations and opt-out lists, and reports delivery statuses; SNS has none of that.
//! It does not deduplicate, so a lost response leaves the delivery unknown.

use aws_config::SdkConfig;
use aws_sdk_pinpointsmsvoicev2::{
    Client,
    error::ProvideErrorMetadata,
    operation::send_text_message::SendTextMessageError,
    types::{
        AccessDeniedExceptionReason, ConflictExceptionReason, MessageType,
        ServiceQuotaExceededExceptionReason, ValidationExceptionReason,
    },
};
use carillon_aws::OnDemand;
/// The name of the setting with the origination identity, if it is not a sender id: a pool, an id or an ARN.
pub use carillon_domain::transports::identity::ORIGINATION_IDENTITY;
use carillon_domain::{
    delivery::{Outcome, cause::Cause},
    reason::Reason,
    transports::{Transport, Vendor},
};

use super::{Sms, international};
use crate::{
    answer::NO_REASON,
    aws, codes,
    setup::{Choice, Field, Setup, Values},
    topic_messages,
};

/// The name of the setting with the message type.
pub const MESSAGE_TYPE: &str = "message_type";
/// The name of the setting with the configuration set, through which events are published.
pub use carillon_domain::transports::identity::CONFIGURATION_SET;
/// The name of the setting with the maximum price of a message.
pub const MAX_PRICE: &str = "max_price";
/// The name of the setting with how long delivery is attempted.
pub const TIME_TO_LIVE: &str = "time_to_live";

/// What an End User Messaging transport needs. The limits are those of SendTextMessage (API reference).
pub static SETUP: Setup = Setup {
    name: "AWS End User Messaging",
    sender: &[Field::sender_id(
        "What phones show, where the country allows it. The platform operator has to grant it.",
    )],
    settings: &[
        topic_messages::FIELD,
        Field {
            help: "The number or pool that sends, instead of a sender ID. The platform operator has to grant it.",
            example: "pool-0123456789abcdef0123456789abcdef",
            values: Values::Text(|text| {
                (1..=256).contains(&text.len())
                    && text.bytes().all(|byte| {
                        byte.is_ascii_alphanumeric()
                            || matches!(byte, b'_' | b':' | b'/' | b'+' | b'-')
                    })
            }),
            expected: "a phone number, a sender id, or the id or ARN of a sender or a pool (1 to 256 letters, digits, _ : / + -)",
            ..Field::setting(ORIGINATION_IDENTITY, "Origination identity").optional()
        },
        Field {
            help: "Without it, transactional.",
            example: "TRANSACTIONAL",
            values: Values::Choice(&[
                Choice {
                    value: "TRANSACTIONAL",
                    label: "Transactional",
                },
                Choice {
                    value: "PROMOTIONAL",
                    label: "Promotional",
                },
            ]),
            expected: "TRANSACTIONAL or PROMOTIONAL",
            ..Field::setting(MESSAGE_TYPE, "Message type").optional()
        },
        Field {
            help: "The configuration set that publishes events. Without it, deliveries stay \"sent\". The platform operator has to grant it.",
            example: "carillon",
            values: Values::Text(|text| {
                (1..=256).contains(&text.len())
                    && text.bytes().all(|byte| {
                        byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b':' | b'/' | b'-')
                    })
            }),
            expected: "the name or ARN of an End User Messaging configuration set (1 to 256 letters, digits, _ : / -)",
            ..Field::setting(CONFIGURATION_SET, "Configuration set").optional()
        },
        Field {
            help: "The most that a part of a message may cost, in US dollars; AWS does not send what costs more.",
            example: "0.05",
            values: Values::Text(is_price),
            expected: "US dollars as in 0.05: up to two digits, a point, and one to five digits",
            ..Field::setting(MAX_PRICE, "Maximum price").optional()
        },
        Field {
            help: "For how many seconds delivery is attempted.",
            example: "259200",
            values: Values::Text(|text| {
                text.parse()
                    .is_ok_and(|seconds: u32| (5..=259_200).contains(&seconds))
            }),
            expected: "seconds, 5 to 259200",
            ..Field::setting(TIME_TO_LIVE, "Time to live").optional()
        },
    ],
    credentials: &[],
    combinations: &[],
    callbacks: topic_messages::CALLBACKS,
};

/// Whether a text is a price in SendTextMessage's format: `[0-9]{0,2}\.[0-9]{1,5}`.
fn is_price(text: &str) -> bool {
    let are_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    text.split_once('.').is_some_and(|(dollars, parts)| {
        dollars.len() <= 2
            && (1..=5).contains(&parts.len())
            && are_digits(dollars)
            && are_digits(parts)
    })
}

/// Sends through AWS End User Messaging.
#[derive(Debug, Clone)]
pub struct EndUserMessaging {
    client: OnDemand<Client>,
}

impl EndUserMessaging {
    /// With a client that makes one attempt per call.
    pub fn new(config: &SdkConfig) -> Self {
        let config = aws::sending(config);
        Self {
            client: OnDemand::new(move || Client::new(&config)),
        }
    }
}

impl EndUserMessaging {
    /// Submits a text message and returns the outcome.
    pub async fn send(&self, transport: &Transport, sms: &Sms<'_>) -> Outcome {
        let setting = |name: &str| transport.settings.get(name).map(String::as_str);
        let sender_id = transport.sender_id.as_ref();
        let sender_id = sender_id.map(|sender_id| international(sender_id.as_str()));
        let identity = setting(ORIGINATION_IDENTITY).map(str::to_owned);
        let message_type =
            setting(MESSAGE_TYPE).map_or(MessageType::Transactional, MessageType::from);
        let reference = sms.reference;
        // Its events return the context ([`super::end_user_messaging_events`]).
        let result = self
            .client
            .get()
            .send_text_message()
            .destination_phone_number(sms.to.expose())
            .set_origination_identity(identity.or(sender_id))
            .message_body(sms.text)
            .message_type(message_type)
            .set_configuration_set_name(setting(CONFIGURATION_SET).map(str::to_owned))
            .set_max_price(setting(MAX_PRICE).map(str::to_owned))
            .set_time_to_live(setting(TIME_TO_LIVE).and_then(|seconds| seconds.parse().ok()))
            .context("tenant", reference.tenant.to_string())
            .context("campaign", reference.campaign.to_string())
            .context("receiver", reference.receiver.to_string())
            .send()
            .await;
        match result {
            Ok(answer) => Outcome::Accepted {
                provider_id: answer.message_id.unwrap_or_default(),
            },
            Err(error) => aws::classify(&error, judge),
        }
    }
}

/// What the documented errors mean for the message, by their reasons, or else by their names. Almost all have status
/// 400, so the status says nothing.
fn judge(error: &SendTextMessageError) -> Option<(Cause, Reason)> {
    use SendTextMessageError as Error;

    let why = match error {
        Error::ConflictException(conflict) => {
            conflict.reason().map(ConflictExceptionReason::as_str)
        }
        Error::ValidationException(validation) => {
            validation.reason().map(ValidationExceptionReason::as_str)
        }
        Error::AccessDeniedException(denied) => {
            denied.reason().map(AccessDeniedExceptionReason::as_str)
        }
        Error::ServiceQuotaExceededException(exceeded) => exceeded
            .reason()
            .map(ServiceQuotaExceededExceptionReason::as_str),
        _ => None,
    };
    let look_up = |code: &str| codes::cause(Vendor::EndUserMessaging, code);
    let cause = why.and_then(look_up).or_else(|| look_up(error.code()?))?;
    let code = why.or_else(|| error.code()).unwrap_or("unknown_error");
    Some((
        cause,
        Reason::new(code, error.message().unwrap_or(NO_REASON)),
    ))
}

#[cfg(test)]
mod tests;
