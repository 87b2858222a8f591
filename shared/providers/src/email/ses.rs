//! Amazon SES, version 2 of its API: <https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html>.
//!
//! SES refuses no message twice (PROVIDERS), so an answer that is lost leaves the delivery unknown.

use aws_config::SdkConfig;
use aws_sdk_sesv2::{
    Client,
    operation::send_email::SendEmailError,
    primitives::Blob,
    types::{Destination, EmailContent, MessageTag, RawMessage},
};
use carillon_aws::OnDemand;
use carillon_domain::{
    delivery::{Outcome, Reason},
    identity::SES_TENANT,
    transport::Transport,
};

use super::Email;
use crate::{aws, topic_messages, vendor::Setting};

/// The name of the setting with the configuration set, through which SES tells what becomes of mails.
pub use carillon_domain::identity::CONFIGURATION_SET;

/// What a transport says of SES.
pub const SETTINGS: &[Setting] = &[
    topic_messages::SETTING,
    Setting {
        name: CONFIGURATION_SET,
        is_required: false,
        // "ConfigurationSetName" in CreateConfigurationSet, Amazon SES API v2 reference.
        accepts: |text| {
            (1..=64).contains(&text.len())
                && text
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
        },
        expected: "the name of a configuration set of SES (1 to 64 letters, digits, - and _)",
    },
    Setting {
        name: SES_TENANT,
        is_required: false,
        // "TenantName" in CreateTenant, Amazon SES API v2 reference.
        accepts: |text| {
            (1..=64).contains(&text.len())
                && text
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
        },
        expected: "the name of a tenant of SES (1 to 64 letters, digits, - and _)",
    },
];

/// Sends through Amazon SES.
#[derive(Debug, Clone)]
pub struct Ses {
    client: OnDemand<Client>,
}

impl Ses {
    /// With a client that makes one attempt at each call.
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
    /// Hands a mail over, and says what came of it.
    pub async fn send(&self, transport: &Transport, email: &Email<'_>) -> Outcome {
        let Some(from) = &transport.from else {
            return Outcome::Rejected(Reason::new(
                "wrong_transport",
                "The transport does not say whom mail comes from.",
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
            Err(error) => aws::classify(&error, |error| match error {
                // Nothing was sent, and it is the account that has to change.
                SendEmailError::SendingPausedException(error) => Some(Outcome::Throttled {
                    after: None,
                    reason: Reason::new(
                        "SendingPausedException",
                        error.message().unwrap_or_default(),
                    ),
                }),
                SendEmailError::AccountSuspendedException(error) => Some(Outcome::Throttled {
                    after: None,
                    reason: Reason::new(
                        "AccountSuspendedException",
                        error.message().unwrap_or_default(),
                    ),
                }),
                SendEmailError::MailFromDomainNotVerifiedException(error) => {
                    Some(Outcome::Throttled {
                        after: None,
                        reason: Reason::new(
                            "MailFromDomainNotVerifiedException",
                            error.message().unwrap_or_default(),
                        ),
                    })
                }
                SendEmailError::LimitExceededException(error) => Some(Outcome::Throttled {
                    after: None,
                    reason: Reason::new(
                        "LimitExceededException",
                        error.message().unwrap_or_default(),
                    ),
                }),
                _ => None,
            }),
        }
    }
}
