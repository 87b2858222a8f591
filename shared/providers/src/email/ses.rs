//! Amazon SES, version 2 of its API: <https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html>.
//!
//! SES does not deduplicate, so a lost response leaves the delivery unknown.

use aws_config::SdkConfig;
use aws_sdk_sesv2::{
    Client,
    error::ProvideErrorMetadata,
    primitives::Blob,
    types::{Destination, EmailContent, MessageTag, RawMessage},
};
use carillon_aws::OnDemand;
/// The name of the setting with the configuration set, through which SES publishes events.
pub use carillon_domain::transports::identity::CONFIGURATION_SET;
use carillon_domain::{
    delivery::{Outcome, cause::Cause},
    reason::Reason,
    transports::{Transport, Vendor, identity::SES_TENANT},
};

use super::Email;
use crate::{
    answer::NO_REASON,
    aws, codes,
    setup::{Field, Setup, Values},
    topic_messages,
};

/// What an SES transport needs.
pub static SETUP: Setup = Setup {
    name: "Amazon SES",
    sender: super::SENDER,
    settings: &[
        topic_messages::FIELD,
        Field {
            help: "The configuration set that publishes events. Without it, deliveries stay \"sent\". The platform operator has to grant it.",
            example: "carillon",
            // "ConfigurationSetName" in CreateConfigurationSet, Amazon SES API v2 reference.
            values: Values::Text(is_name),
            expected: "the name of an SES configuration set (1 to 64 letters, digits, - and _)",
            ..Field::setting(CONFIGURATION_SET, "Configuration set").optional()
        },
        Field {
            help: "The SES tenant whose reputation and quota are used. The platform operator has to grant it.",
            example: "globex",
            // "TenantName" in CreateTenant, Amazon SES API v2 reference.
            values: Values::Text(is_name),
            expected: "the name of an SES tenant (1 to 64 letters, digits, - and _)",
            ..Field::setting(SES_TENANT, "SES tenant").optional()
        },
    ],
    credentials: &[],
    combinations: &[],
    callbacks: topic_messages::CALLBACKS,
};

fn is_name(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
}

/// Sends through Amazon SES.
#[derive(Debug, Clone)]
pub struct Ses {
    client: OnDemand<Client>,
}

impl Ses {
    /// With a client that makes one attempt per call.
    pub fn new(config: &SdkConfig) -> Self {
        let config = aws::sending(config);
        Self {
            client: OnDemand::new(move || Client::new(&config)),
        }
    }
}

fn tag(name: &str, value: &impl ToString) -> Result<MessageTag, aws_sdk_sesv2::error::BuildError> {
    MessageTag::builder()
        .name(name)
        .value(value.to_string())
        .build()
}

impl Ses {
    /// Submits an email and returns the outcome.
    pub async fn send(&self, transport: &Transport, email: &Email<'_>) -> Outcome {
        let Some(from) = &transport.from else {
            return Outcome::Rejected(Reason::new(
                "wrong_transport",
                "The transport has no sender address.",
            ));
        };
        let reference = email.reference;
        let raw = match email.write(from) {
            Ok(raw) => raw,
            Err(error) => {
                return Outcome::Rejected(Reason::new("invalid_message", error.to_string()));
            }
        };
        let built = RawMessage::builder()
            .data(Blob::new(raw))
            .build()
            .and_then(|raw| {
                let tags = vec![
                    tag("tenant", reference.tenant)?,
                    tag("campaign", reference.campaign)?,
                    tag("receiver", reference.receiver)?,
                ];
                Ok((raw, tags))
            });
        let (raw, tags) = match built {
            Ok(built) => built,
            Err(error) => {
                return Outcome::Rejected(Reason::new("invalid_message", error.to_string()));
            }
        };
        let result = self
            .client
            .get()
            .send_email()
            .destination(
                Destination::builder()
                    .to_addresses(email.to.expose())
                    .build(),
            )
            .content(EmailContent::builder().raw(raw).build())
            .set_email_tags(Some(tags))
            .set_configuration_set_name(transport.settings.get(CONFIGURATION_SET).cloned())
            .set_tenant_name(transport.settings.get(SES_TENANT).cloned())
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

/// What the documented errors mean for the message. `MessageRejected` has several causes, distinguished only by its
/// text.
fn judge(error: &impl ProvideErrorMetadata) -> Option<(Cause, Reason)> {
    let code = error.code()?;
    let text = error.message().unwrap_or(NO_REASON);
    let known_as = match code {
        "MessageRejected" if text.contains("not verified") => "MessageRejected, not verified",
        "MessageRejected" if text.contains("blacklisted") => "MessageRejected, blacklisted",
        "BadRequestException" if is_about_the_configuration_set(text) => "NotFoundException",
        code => code,
    };
    let cause = codes::cause(Vendor::Ses, known_as)?;
    Some((cause, Reason::new(code, text)))
}

fn is_about_the_configuration_set(text: &str) -> bool {
    let text = text.to_lowercase();
    text.contains("configuration set") && text.contains("not exist")
}

#[cfg(test)]
mod tests {
    use aws_sdk_sesv2::error::ErrorMetadata;

    use super::*;
    use crate::codes::CodeSource;

    fn judged(code: &str, text: &str) -> Option<Cause> {
        let error = ErrorMetadata::builder().code(code).message(text).build();
        judge(&error).map(|(cause, _)| cause)
    }

    #[test]
    fn every_line_of_the_table_is_recognized_in_a_response() {
        for line in codes::of(Vendor::Ses, CodeSource::Answers) {
            let (code, text) = match line.code.split_once(", ") {
                Some((code, words)) => (code, words),
                None => (line.code, "words"),
            };
            assert_eq!(judged(code, text), Some(line.cause), "{}", line.code);
        }
    }

    #[test]
    fn account_errors_do_not_fail_the_receiver() {
        for (code, text) in [
            ("NotFoundException", "Configuration set does not exist."),
            (
                "BadRequestException",
                "Configuration set <news> does not exist.",
            ),
            (
                "MessageRejected",
                "Email address is not verified. The following identities failed the check in region EU-WEST-1: ann@example.org",
            ),
        ] {
            assert_eq!(judged(code, text), Some(Cause::Account), "{code}: {text}");
        }
        assert_eq!(
            judged("MessageRejected", "Bad content"),
            Some(Cause::Content)
        );
    }
}
