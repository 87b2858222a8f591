//! `carillon doctor`: looks at a deployment with the credentials of its operator, and says what could keep messages from
//! going out, what was found and what to do about it. It changes nothing; only a test message, if one is asked for, goes
//! out. docs/doctor.md is its page.
//!
//! There is a file for each area of checks. What a finding says is decided by functions without input or output, from
//! the answers of AWS; what asks for those answers is thin. A question that is not answered is a finding of its own
//! ([`Status::NotChecked`]) and ends nothing else.

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
    transports::Trial,
    unanswered::CredentialsRefused,
};

/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(5);
/// How long one attempt at a call may take. The SDK makes three.
const ATTEMPT: Duration = Duration::from_secs(10);
/// How long a call may take with all its attempts.
const CALL: Duration = Duration::from_secs(30);
/// How long all calls of an area may take.
const AREA: Duration = Duration::from_mins(3);

/// What is looked at.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The name of the CloudFormation stack.
    pub stack: String,
    /// The tenants whose transports are read; all of them, by a scan, if it is empty.
    pub tenants: Vec<TenantId>,
    /// Where mail is to come from besides what transports say.
    pub from: Vec<Sender>,
    /// The DNS server to ask; those of this machine unless it is given.
    pub dns: Option<DnsServer>,
    /// Messages to oneself, if any are to go out.
    pub trial: Option<Trial>,
}

/// Why there is no doctor.
#[derive(Debug, thiserror::Error)]
#[error("no client for HTTP can be made")]
pub struct Error(#[source] reqwest::Error);

/// Looks at one deployment.
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
    /// If no client for HTTP can be made.
    pub fn new(config: &SdkConfig, settings: Settings) -> Result<Self, Error> {
        let clients = Clients::new(config, settings.dns)?;
        Ok(Self { settings, clients })
    }

    /// Makes all checks. Each finding is told as soon as those before it are there, and all are given back.
    ///
    /// # Errors
    /// If AWS does not take the credentials. What one check does not find out is a finding.
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

/// What an area finds, or that it took too long.
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

/// What cannot be looked at while nobody knows the stack.
fn without_stack(area: Area) -> Finding {
    Finding::not_checked(
        area,
        "all checks",
        "the stack is not known",
        "See what the first line of the report says about the stack.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The page with the policy that the doctor needs.
    const POLICY: &str = include_str!("../../../../docs/doctor.md");

    #[tokio::test]
    async fn where_everything_is_denied_every_check_says_which_action_to_allow() {
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
        // Amazon SNS speaks XML.
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
        // Which alarms there are is known from the stack, which this test has.
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
