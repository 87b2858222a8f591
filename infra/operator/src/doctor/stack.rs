//! The CloudFormation stack.

use std::collections::BTreeMap;

use aws_sdk_cloudformation::{
    Client,
    types::{Stack, StackResourceSummary},
};

use super::{
    report::{Area, Finding},
    template,
    unanswered::{CredentialsRefused, Unanswered},
};

const DEPLOY: &str =
    "Deploy this version: cd infra && sam build && cargo local console-package && sam deploy";

/// The deployed stack.
#[derive(Debug, Default)]
pub(super) struct Deployed {
    id: String,
    status: String,
    outputs: BTreeMap<String, String>,
    parameters: BTreeMap<String, String>,
    resources: Vec<Resource>,
}

/// A resource of the stack.
#[derive(Debug)]
pub(super) struct Resource {
    /// Its logical id in the template.
    pub(super) logical: String,
    /// Its physical id: a name, an address or an ARN.
    pub(super) physical: String,
    kind: String,
}

/// The answers of CloudFormation. The stack may be known without its resources.
#[derive(Debug)]
pub(super) struct Read {
    stack: Result<Option<Deployed>, Unanswered>,
    resources: Result<(), Unanswered>,
}

impl Deployed {
    /// The value of an output.
    pub(super) fn output(&self, name: &str) -> Option<&str> {
        self.outputs.get(name).map(String::as_str)
    }

    /// The value of a parameter; `None` if it is empty.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        let value = self.parameters.get(name).map(String::as_str);
        value.filter(|value| !value.is_empty())
    }

    /// Its resources of a type, such as `AWS::SQS::Queue`.
    pub(super) fn resources(&self, kind: &str) -> impl Iterator<Item = &Resource> {
        self.resources
            .iter()
            .filter(move |resource| resource.kind == kind)
    }

    /// The account and the region, from the ARN `arn:aws:cloudformation:{region}:{account}:stack/…`.
    fn place(&self) -> String {
        let mut parts = self.id.split(':').skip(3);
        match (parts.next(), parts.next()) {
            (Some(region), Some(account)) => format!("account {account}, {region}"),
            _ => self.id.clone(),
        }
    }

    #[cfg(test)]
    pub(super) fn for_tests() -> Self {
        let resource = |logical: &str, physical: &str, kind: &str| Resource {
            logical: logical.to_owned(),
            physical: physical.to_owned(),
            kind: kind.to_owned(),
        };
        let texts = |pairs: &[(&str, &str)]| {
            pairs
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect()
        };
        Self {
            id: "arn:aws:cloudformation:eu-west-1:123456789012:stack/carillon/1".to_owned(),
            status: "UPDATE_COMPLETE".to_owned(),
            outputs: texts(&[
                ("CatalogTable", "catalog"),
                ("DirectoryTable", "directory"),
                ("LedgerTable", "ledger"),
                ("EmailConfigurationSet", "carillon"),
                ("TextConfigurationSet", "carillon"),
                (
                    "TextEventsTopic",
                    "arn:aws:sns:eu-west-1:123456789012:carillon-text-events",
                ),
            ]),
            parameters: texts(&[
                ("AlarmTopicArn", "arn:aws:sns:eu-west-1:123456789012:ours"),
                ("EndUserMessaging", "true"),
            ]),
            resources: vec![
                resource("CatalogTable", "catalog", "AWS::DynamoDB::Table"),
                resource(
                    "EmailDeadQueue",
                    "https://sqs.example/1/dead",
                    "AWS::SQS::Queue",
                ),
                resource("EmailFunction", "carillon-email", "AWS::Lambda::Function"),
                resource(
                    "DeadLetterAlarm",
                    "carillon-DeadLetterAlarm-1",
                    "AWS::CloudWatch::Alarm",
                ),
            ],
        }
    }
}

/// Reads the stack from CloudFormation.
pub(super) async fn read(client: &Client, name: &str) -> Read {
    let described = client.describe_stacks().stack_name(name).send().await;
    let stack = match described.map_err(Unanswered::to("cloudformation:DescribeStacks")) {
        Ok(answer) => Ok(answer
            .stacks
            .unwrap_or_default()
            .into_iter()
            .next()
            .map(deployed)),
        // CloudFormation has no separate code for this (API reference, "DescribeStacks").
        Err(Unanswered::Refused { code, message, .. })
            if code == "ValidationError" && message.contains("does not exist") =>
        {
            Ok(None)
        }
        Err(unanswered) => Err(unanswered),
    };
    let Ok(Some(mut stack)) = stack else {
        return Read {
            stack,
            resources: Ok(()),
        };
    };
    let mut pages = client
        .list_stack_resources()
        .stack_name(name)
        .into_paginator()
        .send();
    let resources = loop {
        match pages.next().await {
            Some(Ok(page)) => {
                let summaries = page.stack_resource_summaries.unwrap_or_default();
                stack
                    .resources
                    .extend(summaries.into_iter().filter_map(resource));
            }
            Some(Err(error)) => {
                break Err(Unanswered::to("cloudformation:ListStackResources")(error));
            }
            None => break Ok(()),
        }
    };
    Read {
        stack: Ok(Some(stack)),
        resources,
    }
}

fn deployed(stack: Stack) -> Deployed {
    let outputs = stack.outputs.unwrap_or_default().into_iter();
    let parameters = stack.parameters.unwrap_or_default().into_iter();
    Deployed {
        id: stack.stack_id.unwrap_or_default(),
        status: stack
            .stack_status
            .map(|status| status.as_str().to_owned())
            .unwrap_or_default(),
        outputs: outputs
            .filter_map(|output| Some((output.output_key?, output.output_value?)))
            .collect(),
        parameters: parameters
            .filter_map(|parameter| Some((parameter.parameter_key?, parameter.parameter_value?)))
            .collect(),
        resources: Vec::new(),
    }
}

fn resource(summary: StackResourceSummary) -> Option<Resource> {
    Some(Resource {
        logical: summary.logical_resource_id?,
        physical: summary.physical_resource_id?,
        kind: summary.resource_type?,
    })
}

/// The findings about the stack, and the stack for the other checks.
pub(super) fn examine(
    read: Read,
    name: &str,
    region: &str,
) -> Result<(Option<Deployed>, Vec<Finding>), CredentialsRefused> {
    const CHECK: &str = "status";
    match read.stack {
        Ok(Some(stack)) => {
            let mut findings = vec![status(&stack), outputs(&stack)];
            if let Err(unanswered) = read.resources {
                findings.push(unanswered.finding(Area::Stack, "resources"));
            }
            Ok((Some(stack), findings))
        }
        Ok(None) => {
            let found = format!("there is no stack {name} in {region}");
            let remedy = "Pass the right --stack and --region, or deploy it (docs/deploying.md). \
                          `aws cloudformation list-stacks` lists the stacks of a region.";
            Ok((
                None,
                vec![Finding::failed(Area::Stack, CHECK, found, remedy)],
            ))
        }
        Err(unanswered) => match unanswered.credentials() {
            Ok(refused) => Err(refused),
            Err(unanswered) => Ok((None, vec![unanswered.finding(Area::Stack, CHECK)])),
        },
    }
}

/// Evaluates the status ("StackStatus" of Stack, CloudFormation API reference:
/// https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_Stack.html).
fn status(stack: &Deployed) -> Finding {
    const CHECK: &str = "status";
    let found = format!("{} ({})", stack.status, stack.place());
    let events = "See what failed: aws cloudformation describe-stack-events --stack-name NAME \
                  --query \"StackEvents[?contains(ResourceStatus, 'FAILED')].[LogicalResourceId, ResourceStatusReason]\"";
    match stack.status.as_str() {
        "CREATE_COMPLETE" | "UPDATE_COMPLETE" | "IMPORT_COMPLETE" => {
            Finding::ok(Area::Stack, CHECK, found)
        }
        "UPDATE_ROLLBACK_COMPLETE" | "IMPORT_ROLLBACK_COMPLETE" => Finding::warning(
            Area::Stack,
            CHECK,
            format!("{found}: the last deployment failed; the previous version is running"),
            format!("{events}\nThen deploy again."),
        ),
        status if status.ends_with("_IN_PROGRESS") => Finding::warning(
            Area::Stack,
            CHECK,
            found,
            "Wait until the deployment is complete, and run the doctor again.",
        ),
        _ => Finding::failed(
            Area::Stack,
            CHECK,
            found,
            format!("{events}\nThen repair or delete the stack, and deploy again."),
        ),
    }
}

fn outputs(stack: &Deployed) -> Finding {
    const CHECK: &str = "outputs";
    let wanted = template::outputs();
    let missing: Vec<&str> = wanted
        .iter()
        .copied()
        .filter(|name| stack.output(name).is_none())
        .collect();
    match missing.is_empty() {
        true => Finding::ok(
            Area::Stack,
            CHECK,
            format!("all {} required by this version", wanted.len()),
        ),
        false => Finding::failed(
            Area::Stack,
            CHECK,
            format!(
                "missing: {}; another version is deployed",
                missing.join(", ")
            ),
            DEPLOY,
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{report::Status, testing::aws_answering};
    use super::*;

    fn with(status: &str, outputs: &[&str]) -> Deployed {
        Deployed {
            status: status.to_owned(),
            outputs: outputs
                .iter()
                .map(|name| ((*name).to_owned(), "x".to_owned()))
                .collect(),
            ..Deployed::for_tests()
        }
    }

    #[test]
    fn every_status_of_the_stack_is_evaluated() {
        for (text, expected) in [
            ("CREATE_COMPLETE", Status::Ok),
            ("UPDATE_COMPLETE", Status::Ok),
            ("UPDATE_ROLLBACK_COMPLETE", Status::Warning),
            ("UPDATE_IN_PROGRESS", Status::Warning),
            ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", Status::Warning),
            ("ROLLBACK_COMPLETE", Status::Failed),
            ("UPDATE_ROLLBACK_FAILED", Status::Failed),
            ("DELETE_FAILED", Status::Failed),
        ] {
            assert_eq!(status(&with(text, &[])).status, expected, "{text}");
        }
        assert_eq!(
            status(&with("CREATE_COMPLETE", &[])).found,
            "CREATE_COMPLETE (account 123456789012, eu-west-1)"
        );
    }

    #[test]
    fn outputs_missing_from_an_older_version_are_named() {
        let all = template::outputs();
        assert_eq!(outputs(&with("CREATE_COMPLETE", &all)).status, Status::Ok);
        let some: Vec<&str> = all
            .into_iter()
            .filter(|name| *name != "TextEventsTopic")
            .collect();
        let finding = outputs(&with("CREATE_COMPLETE", &some));
        assert_eq!(finding.status, Status::Failed);
        assert!(
            finding.found.starts_with("missing: TextEventsTopic;"),
            "{}",
            finding.found
        );
    }

    async fn answered(
        status: u16,
        body: &'static str,
    ) -> Result<(Option<Deployed>, Vec<Finding>), CredentialsRefused> {
        let client = Client::new(&aws_answering(status, body).await);
        examine(read(&client, "carillon").await, "carillon", "eu-west-1")
    }

    #[tokio::test]
    async fn a_missing_stack_is_distinguished_from_a_denied_one() {
        let (stack, findings) = answered(400, include_str!("fixtures/stack_does_not_exist.xml"))
            .await
            .unwrap();
        assert!(stack.is_none());
        assert_eq!(findings[0].status, Status::Failed);
        assert_eq!(findings[0].found, "there is no stack carillon in eu-west-1");

        let (stack, findings) = answered(403, include_str!("fixtures/access_denied.xml"))
            .await
            .unwrap();
        assert!(stack.is_none());
        assert_eq!(findings[0].status, Status::NotChecked);
        assert_eq!(
            findings[0].found,
            "these credentials do not allow cloudformation:DescribeStacks"
        );
    }

    #[tokio::test]
    async fn expired_credentials_stop_the_doctor() {
        let refused = answered(403, include_str!("fixtures/expired_token.xml"))
            .await
            .unwrap_err();
        assert_eq!(
            refused.to_string(),
            "ExpiredToken: The security token included in the request is expired"
        );
    }
}
