//! CloudWatch alarms, and whether they notify anybody.

mod describe;

use aws_sdk_sns::types::Subscription;

use self::describe::Alarm;
use super::{
    Clients,
    report::{Area, Finding},
    stack::Deployed,
    template,
    unanswered::Unanswered,
    without_stack,
};

const WITH_AN_ADDRESS: &str = "Deploy again with a destination: sam deploy --parameter-overrides AlarmEmail=you@example.org \
                               (or AlarmTopicArn=…), and confirm the mail that AWS sends.";

pub(super) async fn examine(clients: &Clients, stack: Option<&Deployed>) -> Vec<Finding> {
    let Some(stack) = stack else {
        return vec![without_stack(Area::Alarms)];
    };
    let (email, topic) = (
        stack.parameter("AlarmEmail"),
        stack.parameter("AlarmTopicArn"),
    );
    if email.is_none() && topic.is_none() {
        return vec![Finding::warning(
            Area::Alarms,
            "destination",
            "the stack was deployed without alarms",
            WITH_AN_ADDRESS,
        )];
    }
    let names: Vec<&str> = stack
        .resources("AWS::CloudWatch::Alarm")
        .map(|alarm| alarm.physical.as_str())
        .collect();
    let mut findings = vec![declared(stack)];
    if !names.is_empty() {
        match describe::alarms(clients, &names).await {
            Ok(alarms) => findings.extend(states(&names, &alarms)),
            Err(unanswered) => findings.push(unanswered.finding(Area::Alarms, "states")),
        }
    }
    let own = stack
        .resources("AWS::SNS::Topic")
        .find(|topic| topic.logical == "AlarmTopic");
    if let Some(topic) = topic.or(own.map(|topic| topic.physical.as_str())) {
        findings.push(of_topic(clients, topic, email).await);
    }
    findings
}

/// Whether the stack has all of this version's alarms.
fn declared(stack: &Deployed) -> Finding {
    const CHECK: &str = "alarms";
    let there: Vec<&str> = stack
        .resources("AWS::CloudWatch::Alarm")
        .map(|alarm| alarm.logical.as_str())
        .collect();
    let wanted = template::alarms();
    let missing: Vec<&str> = wanted
        .into_iter()
        .filter(|alarm| !there.contains(alarm))
        .collect();
    match missing.is_empty() {
        true => Finding::ok(Area::Alarms, CHECK, format!("{} in the stack", there.len())),
        false => Finding::warning(
            Area::Alarms,
            CHECK,
            format!(
                "{} in the stack; this version adds {}: {}",
                there.len(),
                missing.len(),
                missing.join(", ")
            ),
            "Deploy this version: cd infra && sam build && cargo local console-package && sam deploy",
        ),
    }
}

/// The state of the stack's alarms in CloudWatch.
fn states(names: &[&str], alarms: &[Alarm]) -> Vec<Finding> {
    let of = |wanted: &dyn Fn(&Alarm) -> bool| -> Vec<&str> {
        let some = alarms.iter().filter(|alarm| wanted(alarm));
        some.map(|alarm| alarm.name.as_str()).collect()
    };
    let mut findings = Vec::new();
    let gone: Vec<&str> = names
        .iter()
        .copied()
        .filter(|name| !alarms.iter().any(|alarm| alarm.name == *name))
        .collect();
    if !gone.is_empty() {
        findings.push(Finding::failed(
            Area::Alarms,
            "deleted manually",
            gone.join(", "),
            "CloudFormation believes that they exist. Deploy once without AlarmEmail and AlarmTopicArn, then again with them.",
        ));
    }
    let silent = of(&|alarm| !alarm.actions_enabled || alarm.alarm_actions.is_empty());
    if !silent.is_empty() {
        findings.push(Finding::failed(
            Area::Alarms,
            "silent",
            format!("actions disabled or missing: {}", silent.join(", ")),
            format!(
                "aws cloudwatch enable-alarm-actions --alarm-names {}",
                silent.join(" ")
            ),
        ));
    }
    let ringing = of(&|alarm| alarm.state == "ALARM");
    findings.push(match ringing.is_empty() {
        true => Finding::ok(Area::Alarms, "states", "none in alarm"),
        false => Finding::warning(
            Area::Alarms,
            "states",
            format!("in alarm now: {}", ringing.join(", ")),
            "See why: aws cloudwatch describe-alarms --state-value ALARM --query \"MetricAlarms[].[AlarmName, AlarmDescription, StateReason]\"",
        ),
    });
    findings
}

async fn of_topic(clients: &Clients, topic: &str, email: Option<&str>) -> Finding {
    let mut pages = clients
        .sns
        .list_subscriptions_by_topic()
        .topic_arn(topic)
        .into_paginator()
        .send();
    let mut subscriptions = Vec::new();
    while let Some(page) = pages.next().await {
        match page.map_err(Unanswered::to("sns:ListSubscriptionsByTopic")) {
            Ok(page) => subscriptions.extend(page.subscriptions.unwrap_or_default()),
            Err(unanswered) => return unanswered.finding(Area::Alarms, "subscriptions"),
        }
    }
    heard(topic, email, &subscriptions)
}

/// Whether alarms reach anybody. A subscription has `PendingConfirmation` in place of its ARN until it is
/// confirmed ("Subscribe", Amazon SNS API reference: https://docs.aws.amazon.com/sns/latest/api/API_Subscribe.html).
fn heard(topic: &str, email: Option<&str>, subscriptions: &[Subscription]) -> Finding {
    const CHECK: &str = "subscriptions";
    let (pending, confirmed): (Vec<&Subscription>, Vec<&Subscription>) = subscriptions
        .iter()
        .partition(|subscription| subscription.subscription_arn() == Some("PendingConfirmation"));
    let endpoint =
        |subscription: &&Subscription| subscription.endpoint().unwrap_or_default().to_owned();
    let waiting: Vec<String> = pending.iter().map(endpoint).collect();
    let again = format!(
        "Follow the link in the mail “AWS Notification - Subscription Confirmation”. AWS sends it again after:\n\
         aws sns subscribe --topic-arn {topic} --protocol email --notification-endpoint {}",
        email
            .or(waiting.first().map(String::as_str))
            .unwrap_or("ADDRESS")
    );
    match (confirmed.len(), waiting.as_slice()) {
        (0, []) => Finding::failed(
            Area::Alarms,
            CHECK,
            "the topic has no subscriptions, so nobody is notified",
            again,
        ),
        (0, waiting) => Finding::failed(
            Area::Alarms,
            CHECK,
            format!(
                "not confirmed yet: {}; nobody is notified",
                waiting.join(", ")
            ),
            again,
        ),
        (confirmed, []) => Finding::ok(Area::Alarms, CHECK, format!("{confirmed} confirmed")),
        (confirmed, waiting) => Finding::warning(
            Area::Alarms,
            CHECK,
            format!(
                "{confirmed} confirmed, and not confirmed yet: {}",
                waiting.join(", ")
            ),
            again,
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{report::Status, testing::aws_answering};
    use super::*;

    const TOPIC: &str = "arn:aws:sns:us-east-2:123456789012:My-Topic";

    async fn subscriptions(body: &'static str) -> Finding {
        let clients = Clients::new(&aws_answering(200, body).await, None).unwrap();
        of_topic(&clients, TOPIC, Some("ops@example.org")).await
    }

    #[tokio::test]
    async fn an_unconfirmed_address_is_not_notified() {
        let confirmed = subscriptions(include_str!("fixtures/subscriptions_confirmed.xml")).await;
        assert_eq!(
            (confirmed.status, confirmed.found.as_str()),
            (Status::Ok, "1 confirmed")
        );
        let pending = subscriptions(include_str!("fixtures/subscriptions_pending.xml")).await;
        assert_eq!(pending.status, Status::Failed);
        assert_eq!(
            pending.found,
            "not confirmed yet: ops@example.org; nobody is notified"
        );
        assert!(
            pending
                .remedy
                .unwrap()
                .contains("--notification-endpoint ops@example.org")
        );
        assert_eq!(heard(TOPIC, None, &[]).status, Status::Failed);
    }

    #[tokio::test]
    async fn firing_silenced_and_missing_alarms_are_listed() {
        let body = include_str!("fixtures/alarms.json");
        let clients = Clients::new(&aws_answering(200, body).await, None).unwrap();
        let names = [
            "carillon-DeadLetterAlarm-1",
            "carillon-BreakerAlarm-1",
            "carillon-FailureAlarm-1",
        ];
        let alarms = describe::alarms(&clients, &names).await.unwrap();
        let findings = states(&names, &alarms);
        let said: Vec<_> = findings
            .iter()
            .map(|finding| (finding.status, finding.found.as_str()))
            .collect();
        assert_eq!(
            said,
            [
                (Status::Failed, "carillon-FailureAlarm-1"),
                (
                    Status::Failed,
                    "actions disabled or missing: carillon-BreakerAlarm-1"
                ),
                (Status::Warning, "in alarm now: carillon-DeadLetterAlarm-1"),
            ]
        );
    }

    #[test]
    fn an_older_stack_lacks_alarms() {
        let finding = declared(&Deployed::for_tests());
        assert_eq!(finding.status, Status::Warning);
        assert!(finding.found.contains("BreakerAlarm"), "{}", finding.found);
    }
}
