//! `carillon doctor`: checks a deployment with its operator's credentials, and reports what could prevent delivery and what
//! to do about it. It changes nothing, and sends only test messages, on request. See docs/doctor.md.
//!
//! Each area of checks has its own file. Pure functions turn AWS responses into findings; the code that makes the calls is
//! thin. A failed call is a finding of its own ([`Status::NotChecked`]) and stops nothing else.

mod alarms;
mod catalog;
mod concurrency;
mod dns;
mod queues;
mod report;
mod sender;
mod ses;
mod stack;
mod tables;
mod template;
#[cfg(test)]
mod testing;
mod text_messages;
mod transports;
mod unanswered;

use std::{future::Future, time::Duration};

use aws_config::{SdkConfig, timeout::TimeoutConfig};
use carillon_domain::id::TenantId;
use futures::{FutureExt, StreamExt, future::BoxFuture, stream::FuturesOrdered};

use self::{catalog::Catalog, dns::Resolver, stack::Deployed};
pub use self::{
    dns::{DnsServer, InvalidDnsServer},
    report::{Area, Finding, Status, exit_code, json, summary},
    sender::{InvalidSender, Sender},
    transports::TestMessages,
    unanswered::CredentialsRefused,
};

/// Timeout of a connection.
const CONNECT: Duration = Duration::from_secs(5);
/// Timeout of one attempt at a call. The SDK makes three.
const ATTEMPT: Duration = Duration::from_secs(10);
/// Timeout of a call with all its attempts.
const CALL: Duration = Duration::from_secs(30);
/// Timeout of all calls of an area.
const AREA: Duration = Duration::from_mins(3);

/// What to check.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The name of the CloudFormation stack.
    pub stack: String,
    /// The tenants whose transports are read; if empty, those of all tenants, by a scan.
    pub tenants: Vec<TenantId>,
    /// Senders to check in addition to those of transports.
    pub from: Vec<Sender>,
    /// The DNS server to query; this machine's servers if not given.
    pub dns: Option<DnsServer>,
    /// Test messages to send, if any.
    pub trial: Option<TestMessages>,
}

/// The doctor could not be created.
#[derive(Debug, thiserror::Error)]
#[error("cannot create an HTTP client")]
pub struct Error(#[source] reqwest::Error);

/// Checks one deployment.
#[derive(Debug)]
pub struct Doctor {
    settings: Settings,
    clients: Clients,
}

#[derive(Debug)]
struct Clients {
    config: SdkConfig,
    cloudformation: aws_sdk_cloudformation::Client,
    dynamodb: aws_sdk_dynamodb::Client,
    lambda: aws_sdk_lambda::Client,
    ses: aws_sdk_sesv2::Client,
    sms_voice: aws_sdk_pinpointsmsvoicev2::Client,
    sns: aws_sdk_sns::Client,
    sqs: aws_sdk_sqs::Client,
    http: reqwest::Client,
    dns: Resolver,
}

impl Clients {
    fn new(config: &SdkConfig, dns: Option<DnsServer>) -> Result<Self, Error> {
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(CONNECT)
            .operation_attempt_timeout(ATTEMPT)
            .operation_timeout(CALL);
        let config = config.to_builder().timeout_config(timeouts.build()).build();
        let http = reqwest::Client::builder()
            .connect_timeout(CONNECT)
            .redirect(reqwest::redirect::Policy::none());
        Ok(Self {
            cloudformation: aws_sdk_cloudformation::Client::new(&config),
            dynamodb: aws_sdk_dynamodb::Client::new(&config),
            lambda: aws_sdk_lambda::Client::new(&config),
            ses: aws_sdk_sesv2::Client::new(&config),
            sms_voice: aws_sdk_pinpointsmsvoicev2::Client::new(&config),
            sns: aws_sdk_sns::Client::new(&config),
            sqs: aws_sdk_sqs::Client::new(&config),
            http: http.build().map_err(Error)?,
            dns: Resolver::new(dns),
            config,
        })
    }

    fn region(&self) -> &str {
        self.config.region().map_or("us-east-1", AsRef::as_ref)
    }
}

impl Doctor {
    /// A doctor with the credentials and the region of this configuration.
    ///
    /// # Errors
    /// If no HTTP client can be created.
    pub fn new(config: &SdkConfig, settings: Settings) -> Result<Self, Error> {
        let clients = Clients::new(config, settings.dns)?;
        Ok(Self { settings, clients })
    }

    /// Runs all checks. Reports each finding as soon as those before it are complete, and returns all of them.
    ///
    /// # Errors
    /// If AWS rejects the credentials. A check that fails is a finding.
    pub async fn examine(
        &self,
        mut tell: impl FnMut(&Finding),
    ) -> Result<Vec<Finding>, CredentialsRefused> {
        let mut findings = Vec::new();
        let mut add = |more: Vec<Finding>| {
            more.iter().for_each(&mut tell);
            findings.extend(more);
        };
        let clients = &self.clients;

        let read = stack::read(&clients.cloudformation, &self.settings.stack).await;
        let (stack, of_stack) = stack::examine(read, &self.settings.stack, clients.region())?;
        add(of_stack);
        let stack = stack.as_ref();

        let (catalog, of_catalog) = self.catalog(stack).await;
        add(of_catalog);

        let senders = sender::all(&self.settings.from, &catalog.transports);
        let identities = ses::identities(&clients.ses, &senders).await;
        let mut areas: FuturesOrdered<BoxFuture<'_, Vec<Finding>>> = [
            within(
                Area::Ses,
                ses::examine(clients, stack, &catalog, &identities),
            ),
            within(Area::Dns, dns::examine(clients, &identities)),
            within(
                Area::TextMessages,
                text_messages::examine(clients, stack, &catalog),
            ),
            within(Area::Concurrency, concurrency::examine(clients, stack)),
            within(Area::Alarms, alarms::examine(clients, stack)),
            within(Area::Tables, tables::examine(&clients.dynamodb, stack)),
            within(Area::Queues, queues::examine(&clients.sqs, stack)),
            within(
                Area::Transports,
                transports::examine(&clients.http, stack, self.settings.trial.as_ref()),
            ),
        ]
        .into_iter()
        .collect();
        while let Some(more) = areas.next().await {
            add(more);
        }
        Ok(findings)
    }

    async fn catalog(&self, stack: Option<&Deployed>) -> (Catalog, Vec<Finding>) {
        let Some(stack) = stack else {
            return (Catalog::unknown(), vec![without_stack(Area::Catalog)]);
        };
        let dynamodb = self.clients.dynamodb.clone();
        let reading = catalog::examine(dynamodb, stack, &self.settings.tenants);
        match tokio::time::timeout(AREA, reading).await {
            Ok(read) => read,
            Err(_) => (Catalog::unknown(), vec![too_long(Area::Catalog)]),
        }
    }
}

/// The findings of an area, or that it timed out.
fn within<'a>(
    area: Area,
    examine: impl Future<Output = Vec<Finding>> + Send + 'a,
) -> BoxFuture<'a, Vec<Finding>> {
    async move {
        tokio::time::timeout(AREA, examine)
            .await
            .unwrap_or_else(|_| vec![too_long(area)])
    }
    .boxed()
}

fn too_long(area: Area) -> Finding {
    Finding::not_checked(
        area,
        "all checks",
        format!("not done within {} minutes", AREA.as_secs() / 60),
        "Run the doctor again. If the catalog is large, pass --tenant.",
    )
}

/// The finding of an area that cannot be checked without the stack.
fn without_stack(area: Area) -> Finding {
    Finding::not_checked(
        area,
        "all checks",
        "the stack could not be read",
        "See the first line of the report.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The page with the policy that the doctor needs.
    const POLICY: &str = include_str!("../../../../docs/doctor.md");

    #[tokio::test]
    async fn when_everything_is_denied_every_check_names_the_action_to_allow() {
        let config = testing::aws_answering(
            403,
            r#"{"__type": "AccessDeniedException", "message": "User is not authorized"}"#,
        )
        .await;
        let settings = Settings {
            stack: "carillon".to_owned(),
            tenants: Vec::new(),
            from: vec!["news@example.org".parse().unwrap()],
            dns: "127.0.0.1:9".parse().ok(),
            trial: None,
        };
        let clients = Clients::new(&config, None).unwrap();
        let stack = Deployed::for_tests();
        let catalog = Catalog::unknown();
        let senders = sender::all(&settings.from, &catalog.transports);
        let identities = ses::identities(&clients.ses, &senders).await;
        let mut findings = ses::examine(&clients, Some(&stack), &catalog, &identities).await;
        findings.extend(text_messages::examine(&clients, Some(&stack), &catalog).await);
        findings.extend(concurrency::examine(&clients, Some(&stack)).await);
        findings.extend(alarms::examine(&clients, Some(&stack)).await);
        findings.extend(tables::examine(&clients.dynamodb, Some(&stack)).await);
        findings.extend(queues::examine(&clients.sqs, Some(&stack)).await);
        // Amazon SNS answers in XML.
        let config = testing::aws_answering(403, include_str!("fixtures/access_denied.xml")).await;
        let clients = Clients::new(&config, None).unwrap();
        findings.extend(text_messages::examine(&clients, Some(&stack), &Catalog::unknown()).await);
        findings.extend(alarms::examine(&clients, Some(&stack)).await);
        for action in [
            "ses:GetAccount",
            "ses:GetEmailIdentity",
            "ses:GetConfigurationSetEventDestinations",
            "sms-voice:DescribeAccountAttributes",
            "sms-voice:DescribeSpendLimits",
            "sms-voice:DescribePhoneNumbers",
            "sms-voice:DescribeSenderIds",
            "sms-voice:DescribeRegistrations",
            "sms-voice:DescribeConfigurationSets",
            "lambda:GetAccountSettings",
            "lambda:ListEventSourceMappings",
            "cloudwatch:DescribeAlarms",
            "dynamodb:DescribeTable",
            "dynamodb:DescribeContinuousBackups",
            "dynamodb:DescribeTimeToLive",
            "sqs:GetQueueAttributes",
            "sns:GetSMSAttributes",
            "sns:GetSMSSandboxAccountStatus",
            "sns:ListSubscriptionsByTopic",
        ] {
            assert!(
                POLICY.contains(&format!("\"{action}\"")),
                "docs/doctor.md lacks {action}"
            );
            let remedy = format!("Grant {action} ");
            assert!(
                findings
                    .iter()
                    .any(|finding| finding.status == Status::NotChecked
                        && finding
                            .remedy
                            .as_ref()
                            .is_some_and(|text| text.contains(&remedy))),
                "{action}: {findings:#?}"
            );
        }
        // The names of the alarms come from the stack, which this test has.
        findings
            .retain(|finding| (finding.area, finding.check.as_str()) != (Area::Alarms, "alarms"));
        assert!(
            findings
                .iter()
                .all(|finding| finding.status == Status::NotChecked),
            "{findings:#?}"
        );
    }
}
