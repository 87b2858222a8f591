//! Creating, rolling back, removing and recreating the stack with CloudFormation.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{id_of, template, text};
use crate::resolve::{Resource, Template, attribute, physical};

/// Fails with all findings at once.
fn require_none(findings: &[String]) {
    assert!(findings.is_empty(), "{findings:#?}");
}

#[test]
fn a_stage_is_created_after_the_routes_in_its_settings() {
    // "Unable to find Route by key … within the provided RouteSettings" (aws/serverless-application-model #2479).
    let template = template();
    let routes: BTreeMap<&str, &str> = template
        .of_kind("AWS::ApiGatewayV2::Route")
        .map(|(id, route)| (text(&route.properties, "RouteKey"), id))
        .collect();
    let mut findings = Vec::new();
    for (id, stage) in template.of_kind("AWS::ApiGatewayV2::Stage") {
        for key in stage.properties["RouteSettings"]
            .as_object()
            .into_iter()
            .flatten()
            .map(|it| it.0)
        {
            match routes.get(key.as_str()) {
                None => findings.push(format!("{id} has settings for {key}, which is no route")),
                Some(route) if !stage.needs.contains(*route) => {
                    findings.push(format!("{id} is made before {route}"));
                }
                Some(_) => {}
            }
        }
    }
    require_none(&findings);
}

#[test]
fn a_function_is_created_or_changed_after_its_policies() {
    // Otherwise code with a new call runs before the call is allowed.
    let template = template();
    let mut findings = Vec::new();
    for (id, function) in template.of_kind("AWS::Lambda::Function") {
        let role = id_of(&template, text(&function.properties, "Role"));
        for (policy, written) in template.of_kind("AWS::IAM::Policy") {
            let roles = written.properties["Roles"].as_array().unwrap();
            if roles.iter().any(|it| it == role) && !function.needs.contains(policy) {
                findings.push(format!("{id} does not depend on {policy}"));
            }
        }
    }
    require_none(&findings);
}

#[test]
fn permissions_checked_at_creation_exist_by_then() {
    // S3 sends a test message when a notification is set ("Unable to validate the following destination configurations");
    // End User Messaging checks its topic.
    let template = template();
    let mut findings = Vec::new();
    let policies = |kind: &str, property: &str, of: &str| -> BTreeSet<String> {
        let policies = template.resources.iter().filter(|(_, it)| it.kind == kind);
        policies
            .filter(|(_, it)| {
                it.properties[property]
                    .as_array()
                    .unwrap()
                    .iter()
                    .any(|it| it == of)
            })
            .map(|(id, _)| id.clone())
            .collect()
    };
    for (id, bucket) in template.of_kind("AWS::S3::Bucket") {
        for queue in bucket.properties["NotificationConfiguration"]["QueueConfigurations"]
            .as_array()
            .into_iter()
            .flatten()
        {
            let name = text(queue, "Queue").rsplit(':').next().unwrap().to_owned();
            let url = format!("https://sqs.us-east-1.amazonaws.com/000000000000/{name}");
            if policies("AWS::SQS::QueuePolicy", "Queues", &url).is_disjoint(&bucket.needs) {
                findings.push(format!("{id} is made before the policy of {name}"));
            }
        }
    }
    for (id, set) in template.of_kind("AWS::SMSVOICE::ConfigurationSet") {
        for destination in set.properties["EventDestinations"]
            .as_array()
            .into_iter()
            .flatten()
        {
            let topic = text(&destination["SnsDestination"], "TopicArn");
            if policies("AWS::SNS::TopicPolicy", "Topics", topic).is_disjoint(&set.needs) {
                findings.push(format!("{id} is made before the policy of {topic}"));
            }
        }
    }
    require_none(&findings);
}

#[test]
fn resources_refer_to_each_other_by_reference() {
    let template = template();
    let names: Vec<(&str, String)> = template
        .resources
        .iter()
        .flat_map(|(id, it)| addresses(id, it).map(move |address| (id.as_str(), address)))
        .collect();
    let mut findings = Vec::new();
    for (id, resource) in &template.resources {
        let mut texts = Vec::new();
        collect(&resource.properties, &mut texts);
        for (other, name) in &names {
            let is_named = texts.iter().any(|text| is_part(text, name));
            if is_named && other != id && !is_reached(&template, id, other) {
                findings.push(format!(
                    "{id} names {other} ({name}) without referring to it"
                ));
            }
        }
    }
    require_none(&findings);
}

/// The ARN of a resource, or the URL of a queue.
fn addresses(id: &str, resource: &Resource) -> impl Iterator<Item = String> {
    let arn = attribute(id, &resource.kind, &resource.properties, "Arn");
    let is_queue = resource.kind == "AWS::SQS::Queue";
    let url = is_queue.then(|| physical(id, &resource.kind, &resource.properties));
    arn.into_iter().chain(url)
}

fn is_reached(template: &Template, from: &str, to: &str) -> bool {
    let mut open = vec![from.to_owned()];
    let mut seen = BTreeSet::new();
    while let Some(id) = open.pop() {
        for next in &template.resources[&id].needs {
            if next == to {
                return true;
            }
            if seen.insert(next.clone()) {
                open.push(next.clone());
            }
        }
    }
    false
}

fn is_part(text: &str, name: &str) -> bool {
    text.match_indices(name).any(|(at, _)| {
        let ends =
            |it: Option<char>| it.is_none_or(|it| !(it.is_alphanumeric() || "-_.".contains(it)));
        ends(text[..at].chars().next_back()) && ends(text[at + name.len()..].chars().next())
    })
}

fn collect<'a>(value: &'a Value, texts: &mut Vec<&'a str>) {
    match value {
        Value::String(text) => texts.push(text),
        Value::Array(items) => items.iter().for_each(|it| collect(it, texts)),
        Value::Object(fields) => fields.values().for_each(|it| collect(it, texts)),
        _ => {}
    }
}

/// A resource's explicit name in the template.
fn fixed_name(resource: &Resource) -> Option<&str> {
    let property = match resource.kind.as_str() {
        "AWS::SQS::Queue" => "QueueName",
        "AWS::Lambda::Function" => "FunctionName",
        "AWS::Logs::LogGroup" => "LogGroupName",
        "AWS::S3::Bucket" => "BucketName",
        "AWS::DynamoDB::Table" => "TableName",
        "AWS::SNS::Topic" => "TopicName",
        "AWS::IAM::Role" => "RoleName",
        "AWS::SMSVOICE::ConfigurationSet" => "ConfigurationSetName",
        "AWS::CloudWatch::Dashboard" => "DashboardName",
        "AWS::CloudWatch::Alarm" => "AlarmName",
        "AWS::ApiGatewayV2::DomainName" => "DomainName",
        "AWS::SecretsManager::Secret"
        | "AWS::Scheduler::ScheduleGroup"
        | "AWS::Scheduler::Schedule"
        | "AWS::SES::ConfigurationSet"
        | "AWS::Events::Rule"
        | "AWS::ApiGatewayV2::Api" => "Name",
        _ => return None,
    };
    resource.properties[property].as_str()
}

#[test]
fn every_fixed_name_is_free_after_a_rollback_or_removal() {
    // What is deleted with the stack frees its name: CloudFormation waits the minute that SQS keeps one, deletes secrets
    // without their recovery window, and the roles have no `logs:CreateLogGroup` by which a late invocation would make
    // its group again. What is retained keeps its name, and the next creation would find it taken.
    let mut findings = Vec::new();
    for (id, resource) in &template().resources {
        let deletion = resource.written["DeletionPolicy"]
            .as_str()
            .unwrap_or("Delete");
        let name = fixed_name(resource);
        match deletion {
            "Delete" => {}
            // Resources from a rolled-back creation would also stay.
            "Retain" | "Snapshot" => {
                findings.push(format!("{id} stays when a creation is rolled back"));
            }
            "RetainExceptOnCreate" if name.is_some() => {
                findings.push(format!("{id} keeps the name {name:?}"));
            }
            "RetainExceptOnCreate" => {}
            other => findings.push(format!("{id} has the deletion policy {other}")),
        }
        // A non-empty bucket cannot be deleted, which would stop the removal of the stack.
        if resource.kind == "AWS::S3::Bucket" && deletion == "Delete" {
            findings.push(format!("{id} cannot be deleted while it has objects"));
        }
    }
    require_none(&findings);
}

#[test]
fn irreplaceable_resources_outlive_the_stack() {
    let template = template();
    let mut findings = Vec::new();
    for (id, resource) in &template.resources {
        let is_kept = ["AWS::DynamoDB::Table", "AWS::SecretsManager::Secret"]
            .contains(&resource.kind.as_str());
        if !is_kept {
            continue;
        }
        if resource.written["DeletionPolicy"] != "RetainExceptOnCreate"
            || resource.written["UpdateReplacePolicy"] != "Retain"
        {
            findings.push(format!("{id} is lost with the stack"));
        }
        if resource.kind == "AWS::DynamoDB::Table" {
            let recovery = &resource.properties["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"];
            if *recovery != true {
                findings.push(format!("{id} has no point-in-time recovery"));
            }
        }
    }
    for (id, group) in template.of_kind("AWS::Logs::LogGroup") {
        if group.properties["RetentionInDays"].is_null() {
            findings.push(format!("{id} is kept for ever"));
        }
    }
    require_none(&findings);
}

#[test]
fn a_function_logs_to_the_group_that_it_references() {
    let template = template();
    for (id, function) in template.of_kind("AWS::Lambda::Function") {
        let group = text(&function.properties["LoggingConfig"], "LogGroup");
        let is_there = template
            .of_kind("AWS::Logs::LogGroup")
            .any(|(_, it)| it.properties["LogGroupName"] == group);
        assert!(is_there, "{id} writes into {group}");
    }
    for (id, mapping) in template.of_kind("AWS::Lambda::EventSourceMapping") {
        let source = text(&mapping.properties, "EventSourceArn");
        assert!(
            source.contains(":stream")
                || source.contains("/stream/")
                || !id_of(&template, source).is_empty(),
            "{id}"
        );
    }
}

#[test]
fn domains_exist_only_on_request() {
    let plain = Template::read(&[]);
    assert_eq!(plain.of_kind("AWS::ApiGatewayV2::DomainName").count(), 0);
    let links_of = |template: &Template| {
        let email = &template.resources["EmailFunction"].properties["Environment"]["Variables"];
        (
            email["LINKS_URL"].as_str().unwrap().to_owned(),
            template.outputs["ApiUrl"].as_str().unwrap().to_owned(),
        )
    };
    let own = "https://HttpApi.execute-api.us-east-1.amazonaws.com".to_owned();
    assert_eq!(links_of(&plain), (own.clone(), own));
    let both = template();
    assert_eq!(both.of_kind("AWS::ApiGatewayV2::DomainName").count(), 2);
    assert_eq!(
        links_of(&both),
        (
            "https://links.example.com".to_owned(),
            "https://api.example.com".to_owned()
        )
    );
    assert!(
        both.outputs.contains_key("LinksDomainTarget")
            && both.outputs.contains_key("ApiDomainTarget")
    );
    // Links sent before a domain was added keep working: the default endpoint stays enabled.
    for (id, api) in both.of_kind("AWS::ApiGatewayV2::Api") {
        assert!(
            api.properties["DisableExecuteApiEndpoint"].is_null(),
            "{id}"
        );
    }
    let api_only = Template::read(&[("ApiDomain", "api.example.com")]);
    assert_eq!(links_of(&api_only).0, "https://api.example.com");
    let same = Template::read(&[
        ("ApiDomain", "api.example.com"),
        ("LinksDomain", "api.example.com"),
    ]);
    assert_eq!(
        same.of_kind("AWS::ApiGatewayV2::DomainName").count(),
        1,
        "one domain has one mapping"
    );
}
