//! Amazon SNS, text messages: <https://docs.aws.amazon.com/sns/latest/api/API_Publish.html>.
//!
//! SNS refuses no text message twice (PROVIDERS), so an answer that is lost leaves the delivery unknown.

use aws_config::SdkConfig;
use aws_sdk_sns::{Client, types::MessageAttributeValue};
use carillon_aws::OnDemand;
use carillon_domain::{
    delivery::{Outcome, Reason},
    transport::Transport,
};

use super::Sms;
use crate::aws;

/// Sends through Amazon SNS.
#[derive(Debug, Clone)]
pub struct Sns {
    client: OnDemand<Client>,
}

impl Sns {
    /// With a client that makes one attempt at each call.
    pub fn new(config: &SdkConfig) -> Self {
        let config = aws::sending(config);
        Self {
            client: OnDemand::new(move || Client::new(&config)),
        }
    }
}

impl Sns {
    /// Hands a text message over, and says what came of it.
    pub async fn send(&self, transport: &Transport, sms: &Sms<'_>) -> Outcome {
        let attribute = |value: &str| {
            MessageAttributeValue::builder()
                .data_type("String")
                .string_value(value)
                .build()
        };
        let mut call = self
            .client
            .get()
            .publish()
            .phone_number(sms.to.expose())
            .message(sms.text);
        let mut attributes = vec![("AWS.SNS.SMS.SMSType", "Transactional")];
        if let Some(sender_id) = &transport.sender_id {
            attributes.push(("AWS.SNS.SMS.SenderID", sender_id.as_str()));
        }
        for (name, value) in attributes {
            match attribute(value) {
                Ok(value) => call = call.message_attributes(name, value),
                Err(error) => {
                    return Outcome::Rejected(Reason::new("invalid_message", error.to_string()));
                }
            }
        }
        match call.send().await {
            Ok(answer) => Outcome::Accepted {
                provider_id: answer.message_id.unwrap_or_default(),
            },
            Err(error) => aws::classify(&error, |_| None),
        }
    }
}
