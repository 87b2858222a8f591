//! Amazon SNS, SMS: <https://docs.aws.amazon.com/sns/latest/api/API_Publish.html>.
//!
//! SNS does not deduplicate text messages, so a lost response leaves the delivery unknown.

use aws_config::SdkConfig;
use aws_sdk_sns::{Client, error::ProvideErrorMetadata, types::MessageAttributeValue};
use carillon_aws::OnDemand;
use carillon_domain::{
    delivery::{Outcome, cause::Cause},
    reason::Reason,
    transports::{Transport, Vendor},
};

use super::Sms;
use crate::{
    answer::NO_REASON,
    aws, codes,
    setup::{Callbacks, Field, Setup},
};

/// What an SNS transport needs.
pub static SETUP: Setup = Setup {
    name: "Amazon SNS (SMS)",
    sender: &[Field::sender_id(
        "What phones show, where the country allows it. The platform operator has to grant it.",
    )],
    settings: &[],
    credentials: &[],
    combinations: &[],
    callbacks: Callbacks::None,
};

/// Sends through Amazon SNS.
#[derive(Debug, Clone)]
pub struct Sns {
    client: OnDemand<Client>,
}

impl Sns {
    /// With a client that makes one attempt per call.
    pub fn new(config: &SdkConfig) -> Self {
        let config = aws::sending(config);
        Self {
            client: OnDemand::new(move || Client::new(&config)),
        }
    }
}

impl Sns {
    /// Submits a text message and returns the outcome.
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
            Err(error) => aws::classify(&error, judge),
        }
    }
}

/// SNS's wording for a number that has opted out
/// (<https://docs.aws.amazon.com/sns/latest/dg/sms_manage.html#sms_manage_optout>).
const OPTED_OUT: &str = "opted out";

/// What the documented errors mean for the message.
fn judge(error: &impl ProvideErrorMetadata) -> Option<(Cause, Reason)> {
    let code = error.code()?;
    let text = error.message().unwrap_or(NO_REASON);
    let known_as = match text.contains(OPTED_OUT) {
        true => "OptedOut",
        false => code,
    };
    let cause = codes::cause(Vendor::Sns, known_as)?;
    Some((cause, Reason::new(code, text)))
}

#[cfg(test)]
mod tests {
    use aws_sdk_sns::error::ErrorMetadata;

    use super::*;
    use crate::codes::CodeSource;

    fn judged(code: &str, text: &str) -> Option<Cause> {
        let error = ErrorMetadata::builder().code(code).message(text).build();
        judge(&error).map(|(cause, _)| cause)
    }

    #[test]
    fn every_line_of_the_table_is_recognized_in_a_response() {
        for line in codes::of(Vendor::Sns, CodeSource::Answers) {
            assert_eq!(
                judged(line.code, "words"),
                Some(line.cause),
                "{}",
                line.code
            );
        }
    }

    #[test]
    fn an_opt_out_is_recognized_by_its_text() {
        let text = "Invalid parameter: PhoneNumber Reason: +41791234567 is opted out";
        assert_eq!(judged("InvalidParameter", text), Some(Cause::OptOut));
        assert_eq!(
            judged("InvalidParameter", "not valid"),
            Some(Cause::Content)
        );
    }
}
