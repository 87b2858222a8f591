//! Permissions that AWS services need: Lambda polls with a function's role, the scheduler invokes with a schedule's, and S3,
//! EventBridge, SNS and End User Messaging send to queues and topics under their resource policies.

use serde_json::Value;

use crate::{
    policy::{Request, Verdict, evaluate},
    resolve::{ACCOUNT, REGION, Template},
    roles::Roles,
};

/// A permission that a service needs.
#[derive(Debug, Clone)]
pub struct Needed {
    /// Why it is needed, for example `the event source FanoutFromQueue`.
    pub by: String,
    /// The policy that must allow it.
    pub grant: Grant,
    /// The request.
    pub request: Request,
}

/// A policy that grants a service a permission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Grant {
    /// The role with this logical id.
    Role(String),
    /// The trust policy of the role with this logical id, for a principal.
    Trust(String, String),
    /// The policy of the resource with this ARN, for a principal.
    Resource(String, String),
}

impl Needed {
    /// The verdict of the template.
    pub fn verdict(&self, roles: &Roles) -> Verdict {
        let about = |statements: &[crate::policy::Statement], principal: &str| {
            let about = statements.iter().filter(|it| it.is_about(principal));
            evaluate(about, &self.request)
        };
        match &self.grant {
            Grant::Role(role) => roles.verdict(role, &self.request),
            Grant::Trust(role, principal) => {
                // A trust policy has no resource: it applies to its own role.
                let trust: Vec<_> = roles.roles[role]
                    .trust
                    .iter()
                    .cloned()
                    .map(|mut statement| {
                        statement.resources = vec!["*".to_owned()];
                        statement
                    })
                    .collect();
                about(&trust, principal)
            }
            Grant::Resource(arn, principal) => match roles.of_resources.get(arn) {
                Some(statements) => about(statements, principal),
                None => Verdict::NotAllowed,
            },
        }
    }
}

/// All permissions that services need for this template.
///
/// The permissions of event sources are those of AWS's managed policies `AWSLambdaSQSQueueExecutionRole` and
/// `AWSLambdaDynamoDBExecutionRole` (Lambda Developer Guide, "Using Lambda with Amazon SQS" and "… DynamoDB").
pub fn needed(template: &Template, roles: &Roles) -> Vec<Needed> {
    let mut found = Vec::new();
    functions(template, &mut found);
    event_sources(template, roles, &mut found);
    schedules(template, &mut found);
    notifications(template, &mut found);
    found
}

fn text<'a>(properties: &'a Value, name: &str) -> &'a str {
    properties[name]
        .as_str()
        .unwrap_or_else(|| panic!("{name} is missing in {properties}"))
}

fn role_id(arn: &str) -> String {
    arn.rsplit('/').next().unwrap_or_default().to_owned()
}

fn functions(template: &Template, found: &mut Vec<Needed>) {
    for (id, function) in template.of_kind("AWS::Lambda::Function") {
        let role = role_id(text(&function.properties, "Role"));
        let by = format!("the function {id}");
        let group = text(&function.properties["LoggingConfig"], "LogGroup");
        let stream =
            format!("arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{group}:log-stream:2026/11/29/[1]0");
        for action in ["logs:CreateLogStream", "logs:PutLogEvents"] {
            found.push(Needed {
                by: by.clone(),
                grant: Grant::Role(role.clone()),
                request: Request::new(action, stream.clone()),
            });
        }
        found.push(Needed {
            by,
            grant: Grant::Trust(role, "service:lambda.amazonaws.com".to_owned()),
            request: Request::new("sts:AssumeRole", "*"),
        });
    }
}

fn event_sources(template: &Template, roles: &Roles, found: &mut Vec<Needed>) {
    for (id, mapping) in template.of_kind("AWS::Lambda::EventSourceMapping") {
        let function = text(&mapping.properties, "FunctionName");
        let function = function.strip_prefix("carillon-").unwrap_or(function);
        let role = roles.of_function(function).to_owned();
        let source = text(&mapping.properties, "EventSourceArn");
        let actions: &[&str] = if source.contains(":sqs:") {
            &[
                "sqs:ReceiveMessage",
                "sqs:DeleteMessage",
                "sqs:GetQueueAttributes",
            ]
        } else {
            &[
                "dynamodb:DescribeStream",
                "dynamodb:GetRecords",
                "dynamodb:GetShardIterator",
                "dynamodb:ListStreams",
            ]
        };
        for action in actions {
            found.push(Needed {
                by: format!("the event source {id}"),
                grant: Grant::Role(role.clone()),
                request: Request::new(*action, source),
            });
        }
    }
}

fn schedules(template: &Template, found: &mut Vec<Needed>) {
    let group_arn =
        |group: &str| format!("arn:aws:scheduler:{REGION}:{ACCOUNT}:schedule-group/{group}");
    let mut schedule = |by: String, role: String, group: String, target: String| {
        let assume = Request::new("sts:AssumeRole", "*")
            .with("aws:SourceAccount", [ACCOUNT])
            .with("aws:SourceArn", [group]);
        found.push(Needed {
            by: by.clone(),
            grant: Grant::Trust(role.clone(), "service:scheduler.amazonaws.com".to_owned()),
            request: assume,
        });
        found.push(Needed {
            by,
            grant: Grant::Role(role),
            request: Request::new("lambda:InvokeFunction", target),
        });
    };
    for (id, it) in template.of_kind("AWS::Scheduler::Schedule") {
        let target = &it.properties["Target"];
        let group = it.properties["GroupName"].as_str().unwrap_or("default");
        schedule(
            format!("the schedule {id}"),
            role_id(text(target, "RoleArn")),
            group_arn(group),
            text(target, "Arn").to_owned(),
        );
    }
    // The schedules of campaigns, which the API creates.
    let (_, api) = template
        .of_kind("AWS::Lambda::Function")
        .find(|(_, it)| {
            it.properties["Environment"]["Variables"]
                .get("SCHEDULE_ROLE_ARN")
                .is_some()
        })
        .expect("a function makes schedules");
    let variables = &api.properties["Environment"]["Variables"];
    schedule(
        "a campaign's schedule".to_owned(),
        role_id(text(variables, "SCHEDULE_ROLE_ARN")),
        group_arn(text(variables, "SCHEDULE_GROUP")),
        text(variables, "RELEASE_FUNCTION_ARN").to_owned(),
    );
}

fn notifications(template: &Template, found: &mut Vec<Needed>) {
    let mut send = |by: String, principal: &str, action: &str, to: &str, source: String| {
        found.push(Needed {
            by,
            grant: Grant::Resource(to.to_owned(), format!("service:{principal}")),
            request: Request::new(action, to)
                .with("aws:SourceAccount", [ACCOUNT])
                .with("aws:SourceArn", [source])
                .with("aws:SecureTransport", ["true"]),
        });
    };
    for (id, bucket) in template.of_kind("AWS::S3::Bucket") {
        let queues =
            bucket.properties["NotificationConfiguration"]["QueueConfigurations"].as_array();
        for queue in queues.into_iter().flatten() {
            let source = format!(
                "arn:aws:s3:::{}",
                crate::resolve::bucket(id, &bucket.properties)
            );
            send(
                format!("the bucket {id}"),
                "s3.amazonaws.com",
                "sqs:SendMessage",
                text(queue, "Queue"),
                source,
            );
        }
    }
    for (id, rule) in template.of_kind("AWS::Events::Rule") {
        let source = format!(
            "arn:aws:events:{REGION}:{ACCOUNT}:rule/{}",
            text(&rule.properties, "Name")
        );
        for target in rule.properties["Targets"].as_array().into_iter().flatten() {
            send(
                format!("the rule {id}"),
                "events.amazonaws.com",
                "sqs:SendMessage",
                text(target, "Arn"),
                source.clone(),
            );
        }
    }
    for (id, subscription) in template.of_kind("AWS::SNS::Subscription") {
        if subscription.properties["Protocol"] == "sqs" {
            let source = text(&subscription.properties, "TopicArn").to_owned();
            send(
                format!("the subscription {id}"),
                "sns.amazonaws.com",
                "sqs:SendMessage",
                text(&subscription.properties, "Endpoint"),
                source,
            );
        }
    }
    for (id, set) in template.of_kind("AWS::SMSVOICE::ConfigurationSet") {
        let name = text(&set.properties, "ConfigurationSetName");
        let source = format!("arn:aws:sms-voice:{REGION}:{ACCOUNT}:configuration-set/{name}");
        for destination in set.properties["EventDestinations"]
            .as_array()
            .into_iter()
            .flatten()
        {
            let topic = text(&destination["SnsDestination"], "TopicArn");
            send(
                format!("the configuration set {id}"),
                "sms-voice.amazonaws.com",
                "sns:Publish",
                topic,
                source.clone(),
            );
        }
    }
}
