//! The template with its SAM transform applied and its intrinsic functions resolved.
//!
//! Names that CloudFormation would generate are the logical ids here, so a table's ARN ends in `table/CatalogTable`.
//! Anything unknown (an intrinsic function, an attribute of a resource) panics: a partially understood template must not
//! pass.

use std::{
    collections::{BTreeMap, BTreeSet},
    process::Command,
    sync::OnceLock,
};

use carillon_local::stack::{python, workspace};
use serde_json::{Map, Value, json};

/// The account: the local AWS's.
pub const ACCOUNT: &str = "000000000000";
/// The region.
pub const REGION: &str = "us-east-1";
/// The name of the stack.
pub const STACK: &str = "carillon";

/// A resource whose condition holds.
#[derive(Debug, Clone)]
pub struct Resource {
    /// For example `AWS::SQS::Queue`.
    pub kind: String,
    /// Its properties, resolved.
    pub properties: Value,
    /// The unresolved resource: properties with intrinsic functions, `DependsOn`, policies.
    pub written: Value,
    /// Its dependencies: every `Ref`, `GetAtt`, `Sub` and `DependsOn`.
    pub needs: BTreeSet<String>,
}

/// The template with one set of parameters.
#[derive(Debug, Clone)]
pub struct Template {
    /// The resources by their logical ids.
    pub resources: BTreeMap<String, Resource>,
    /// The values of the outputs whose condition holds.
    pub outputs: BTreeMap<String, Value>,
}

impl Template {
    /// Reads the repository's template with these parameters and defaults for the others.
    pub fn read(parameters: &[(&str, &str)]) -> Self {
        Self::resolve(&transformed(), parameters)
    }

    /// Resolves a template after the SAM transform.
    pub fn resolve(template: &Value, parameters: &[(&str, &str)]) -> Self {
        let resolver = Resolver::new(template, parameters);
        let holds = |written: &Value| {
            let condition = written["Condition"].as_str();
            condition.is_none_or(|condition| resolver.condition(condition))
        };
        let mut resources = BTreeMap::new();
        for (id, written) in template["Resources"].as_object().unwrap() {
            if !holds(written) {
                continue;
            }
            let mut needs = BTreeSet::new();
            references(&resolver, &written["Properties"], &mut needs);
            match &written["DependsOn"] {
                Value::Null => {}
                Value::String(one) => {
                    needs.insert(one.clone());
                }
                Value::Array(many) => {
                    needs.extend(many.iter().map(|it| it.as_str().unwrap().to_owned()));
                }
                other => panic!("{id} depends on {other}"),
            }
            let resource = Resource {
                kind: written["Type"].as_str().unwrap().to_owned(),
                properties: resolver
                    .value(&written["Properties"])
                    .unwrap_or(Value::Null),
                written: written.clone(),
                needs,
            };
            resources.insert(id.clone(), resource);
        }
        let outputs = template["Outputs"].as_object().unwrap();
        let outputs = outputs
            .iter()
            .filter(|(_, output)| holds(output))
            .map(|(name, output)| (name.clone(), resolver.value(&output["Value"]).unwrap()))
            .collect();
        Self { resources, outputs }
    }

    /// The `Ref` of each table, bucket and secret.
    pub fn references(&self) -> BTreeMap<String, String> {
        let wanted = [
            "AWS::DynamoDB::Table",
            "AWS::S3::Bucket",
            "AWS::SecretsManager::Secret",
        ];
        self.resources
            .iter()
            .filter(|(_, it)| wanted.contains(&it.kind.as_str()))
            .map(|(id, it)| (id.clone(), physical(id, &it.kind, &it.properties)))
            .collect()
    }

    /// The resources of a type.
    pub fn of_kind<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = (&'a str, &'a Resource)> {
        self.resources
            .iter()
            .filter(move |(_, resource)| resource.kind == kind)
            .map(|(id, resource)| (id.as_str(), resource))
    }

    /// The resource with this ARN.
    pub fn by_arn(&self, arn: &str) -> Option<(&str, &Resource)> {
        self.resources
            .iter()
            .find(|(id, resource)| {
                attribute(id, &resource.kind, &resource.properties, "Arn").as_deref() == Some(arn)
            })
            .map(|(id, resource)| (id.as_str(), resource))
    }
}

/// The template with the SAM transform applied by AWS's own translator.
pub fn transformed() -> Value {
    static ONCE: OnceLock<Value> = OnceLock::new();
    ONCE.get_or_init(transform).clone()
}

fn transform() -> Value {
    let python = python::interpreter();
    let output = Command::new(&python)
        .arg(workspace::root().join("infra/local/python/template.py"))
        .arg(workspace::template())
        .output()
        .unwrap_or_else(|error| panic!("cannot run {}: {error}", python.display()));
    assert!(
        output.status.success(),
        "the template cannot be transformed: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).unwrap()
}

struct Resolver<'a> {
    template: &'a Value,
    parameters: BTreeMap<&'a str, &'a str>,
}

impl<'a> Resolver<'a> {
    fn new(template: &'a Value, given: &[(&'a str, &'a str)]) -> Self {
        let mut parameters = BTreeMap::new();
        for (name, parameter) in template["Parameters"].as_object().unwrap() {
            if let Some(default) = parameter["Default"].as_str() {
                parameters.insert(name.as_str(), default);
            } else if parameter["Default"].is_number() {
                // Numbers stay numbers; see `reference`.
                parameters.insert(name.as_str(), "");
            }
        }
        for (name, value) in given {
            assert!(
                template["Parameters"].get(name).is_some(),
                "there is no parameter {name}"
            );
            parameters.insert(name, value);
        }
        Self {
            template,
            parameters,
        }
    }

    fn condition(&self, name: &str) -> bool {
        self.holds(&self.template["Conditions"][name])
    }

    fn holds(&self, condition: &Value) -> bool {
        let (function, argument) =
            single(condition).unwrap_or_else(|| panic!("{condition} is no condition"));
        let list = || argument.as_array().unwrap().as_slice();
        match function {
            "Fn::Equals" => {
                let [a, b] = list() else {
                    panic!("{condition} does not compare two values")
                };
                self.value(a) == self.value(b)
            }
            "Fn::Not" => !self.holds(&list()[0]),
            "Fn::And" => list().iter().all(|it| self.holds(it)),
            "Fn::Or" => list().iter().any(|it| self.holds(it)),
            "Condition" => self.condition(argument.as_str().unwrap()),
            other => panic!("{other} is not known in a condition"),
        }
    }

    /// A value with its intrinsic functions resolved; `None` for `AWS::NoValue`.
    fn value(&self, value: &Value) -> Option<Value> {
        match value {
            Value::Array(items) => Some(items.iter().filter_map(|item| self.value(item)).collect()),
            Value::Object(fields) => match single(value) {
                Some((function, argument)) if is_intrinsic(function) => {
                    self.intrinsic(function, argument)
                }
                _ => Some(Value::Object(
                    fields
                        .iter()
                        .filter_map(|(name, value)| Some((name.clone(), self.value(value)?)))
                        .collect::<Map<String, Value>>(),
                )),
            },
            other => Some(other.clone()),
        }
    }

    fn intrinsic(&self, function: &str, argument: &Value) -> Option<Value> {
        match function {
            "Ref" => self.reference(argument.as_str().unwrap()),
            "Fn::GetAtt" => {
                let [id, name] = argument.as_array().unwrap().as_slice() else {
                    panic!("{argument} is no attribute")
                };
                Some(self.attribute(id.as_str().unwrap(), name.as_str().unwrap()))
            }
            "Fn::Sub" => Some(Value::String(self.substitute(argument))),
            "Fn::Join" => {
                let separator = argument[0].as_str().unwrap();
                let parts = self.value(&argument[1]).unwrap();
                let parts: Vec<&str> = parts
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|it| it.as_str().unwrap())
                    .collect();
                Some(Value::String(parts.join(separator)))
            }
            "Fn::Select" => {
                let list = self.value(&argument[1]).unwrap();
                let place = argument[0]
                    .as_u64()
                    .or_else(|| argument[0].as_str()?.parse().ok());
                Some(list[usize::try_from(place.unwrap()).unwrap()].clone())
            }
            "Fn::Split" => {
                let text = self.value(&argument[1]).unwrap();
                let separator = argument[0].as_str().unwrap();
                Some(text.as_str().unwrap().split(separator).collect())
            }
            "Fn::If" => {
                let branch = if self.condition(argument[0].as_str().unwrap()) {
                    1
                } else {
                    2
                };
                self.value(&argument[branch])
            }
            other => panic!("the intrinsic function {other} is not known"),
        }
    }

    fn reference(&self, name: &str) -> Option<Value> {
        let pseudo = match name {
            "AWS::NoValue" => return None,
            "AWS::AccountId" => Some(ACCOUNT),
            "AWS::Region" => Some(REGION),
            "AWS::Partition" => Some("aws"),
            "AWS::StackName" => Some(STACK),
            "AWS::URLSuffix" => Some("amazonaws.com"),
            _ => None,
        };
        if let Some(text) = pseudo {
            return Some(json!(text));
        }
        if let Some(parameter) = self.parameters.get(name) {
            let default = &self.template["Parameters"][name]["Default"];
            return Some(match default {
                Value::Number(_) if parameter.is_empty() => default.clone(),
                _ => json!(parameter),
            });
        }
        let (kind, properties) = self.resource(name);
        Some(json!(physical(name, &kind, &properties)))
    }

    fn attribute(&self, id: &str, name: &str) -> Value {
        let (kind, properties) = self.resource(id);
        let found = attribute(id, &kind, &properties, name);
        json!(found.unwrap_or_else(|| panic!("the attribute {name} of {kind} is not known")))
    }

    /// A resource with only its own name resolved, so that resources that refer to each other can be resolved.
    fn resource(&self, id: &str) -> (String, Value) {
        let written = &self.template["Resources"][id];
        let kind = written["Type"]
            .as_str()
            .unwrap_or_else(|| panic!("there is no resource {id}"));
        let mut names = Map::new();
        for (name, value) in written["Properties"].as_object().into_iter().flatten() {
            if name == "Name" || name.ends_with("Name") {
                names.insert(name.clone(), self.value(value).unwrap_or_default());
            }
        }
        (kind.to_owned(), Value::Object(names))
    }

    fn substitute(&self, argument: &Value) -> String {
        let (text, own) = match argument {
            Value::String(text) => (text.as_str(), None),
            list => (list[0].as_str().unwrap(), Some(&list[1])),
        };
        let mut result = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            result.push_str(before);
            let (name, after) = after.split_once('}').unwrap();
            let value = if let Some(literal) = name.strip_prefix('!') {
                json!(format!("${{{literal}}}"))
            } else if let Some(value) = own.and_then(|own| own.get(name)) {
                self.value(value).unwrap()
            } else if let Some((id, attribute)) = name.split_once('.') {
                self.attribute(id, attribute)
            } else {
                self.reference(name).unwrap()
            };
            match value {
                Value::String(text) => result.push_str(&text),
                other => result.push_str(&other.to_string()),
            }
            rest = after;
        }
        result.push_str(rest);
        result
    }
}

fn single(value: &Value) -> Option<(&str, &Value)> {
    let fields = value.as_object()?;
    let (name, argument) = fields.iter().next()?;
    (fields.len() == 1).then_some((name.as_str(), argument))
}

fn is_intrinsic(name: &str) -> bool {
    name == "Ref" || name.starts_with("Fn::")
}

/// Everything that a value refers to.
fn references(resolver: &Resolver<'_>, value: &Value, found: &mut BTreeSet<String>) {
    let is_resource = |name: &str| resolver.template["Resources"].get(name).is_some();
    match value {
        Value::Array(items) => items
            .iter()
            .for_each(|item| references(resolver, item, found)),
        Value::Object(fields) => {
            match single(value) {
                Some(("Ref", Value::String(name))) if is_resource(name) => {
                    found.insert(name.clone());
                }
                Some(("Fn::GetAtt", Value::Array(parts))) => {
                    found.insert(parts[0].as_str().unwrap().to_owned());
                }
                Some(("Fn::If", argument)) => {
                    let branch = if resolver.condition(argument[0].as_str().unwrap()) {
                        1
                    } else {
                        2
                    };
                    references(resolver, &argument[branch], found);
                    return;
                }
                Some(("Fn::Sub", argument)) => {
                    let text = argument.as_str().or_else(|| argument[0].as_str()).unwrap();
                    for part in text.split("${").skip(1) {
                        let name = part.split(['}', '.']).next().unwrap();
                        if is_resource(name) {
                            found.insert(name.to_owned());
                        }
                    }
                }
                _ => {}
            }
            fields
                .values()
                .for_each(|value| references(resolver, value, found));
        }
        _ => {}
    }
}

/// The name that CloudFormation generates for a bucket, from the stack and the resource, in lower case.
pub(crate) fn bucket(id: &str, properties: &Value) -> String {
    let made = || format!("{STACK}-{}-abcdefghijkl", id.to_lowercase());
    properties["BucketName"]
        .as_str()
        .map_or_else(made, str::to_owned)
}

fn arn(service: &str, rest: impl std::fmt::Display) -> String {
    format!("arn:aws:{service}:{REGION}:{ACCOUNT}:{rest}")
}

/// The `Ref` of a resource.
pub(crate) fn physical(id: &str, kind: &str, properties: &Value) -> String {
    let named = |property: &str| properties[property].as_str().unwrap_or(id).to_owned();
    match kind {
        "AWS::SQS::Queue" => format!(
            "https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{}",
            named("QueueName")
        ),
        "AWS::Lambda::Function" => named("FunctionName"),
        "AWS::Logs::LogGroup" => named("LogGroupName"),
        "AWS::S3::Bucket" => bucket(id, properties),
        "AWS::SNS::Topic" => arn("sns", named("TopicName")),
        "AWS::SecretsManager::Secret" => {
            arn("secretsmanager", format!("secret:{}-AbCdEf", named("Name")))
        }
        "AWS::Scheduler::ScheduleGroup" | "AWS::SES::ConfigurationSet" => named("Name"),
        "AWS::SMSVOICE::ConfigurationSet" => named("ConfigurationSetName"),
        "AWS::ApiGatewayV2::DomainName" => named("DomainName"),
        "AWS::DynamoDB::Table"
        | "AWS::IAM::Role"
        | "AWS::Events::Rule"
        | "AWS::CloudWatch::Alarm"
        | "AWS::ApiGatewayV2::Api"
        | "AWS::ApiGatewayV2::Integration"
        | "AWS::ApiGatewayV2::Stage"
        | "AWS::ApiGatewayV2::Route" => id.to_owned(),
        other => panic!("what Ref gives for {other} is not known"),
    }
}

/// The `GetAtt` of a resource, if known.
pub(crate) fn attribute(id: &str, kind: &str, properties: &Value, name: &str) -> Option<String> {
    let named = |property: &str| properties[property].as_str().unwrap_or(id).to_owned();
    Some(match (kind, name) {
        ("AWS::SQS::Queue", "Arn") => arn("sqs", named("QueueName")),
        ("AWS::SQS::Queue", "QueueName") => named("QueueName"),
        ("AWS::Lambda::Function", "Arn") => {
            arn("lambda", format!("function:{}", named("FunctionName")))
        }
        ("AWS::Logs::LogGroup", "Arn") => {
            arn("logs", format!("log-group:{}:*", named("LogGroupName")))
        }
        ("AWS::DynamoDB::Table", "Arn") => arn("dynamodb", format!("table/{id}")),
        ("AWS::DynamoDB::Table", "StreamArn") => arn(
            "dynamodb",
            format!("table/{id}/stream/2026-11-29T00:00:00.000"),
        ),
        ("AWS::IAM::Role", "Arn") => format!("arn:aws:iam::{ACCOUNT}:role/{id}"),
        ("AWS::S3::Bucket", "Arn") => format!("arn:aws:s3:::{}", bucket(id, properties)),
        ("AWS::Scheduler::ScheduleGroup", "Arn") => {
            arn("scheduler", format!("schedule-group/{}", named("Name")))
        }
        ("AWS::Events::Rule", "Arn") => arn("events", format!("rule/{}", named("Name"))),
        ("AWS::SNS::Topic", "TopicArn") => arn("sns", named("TopicName")),
        ("AWS::SNS::Topic", "TopicName") => named("TopicName"),
        ("AWS::ApiGatewayV2::DomainName", "RegionalDomainName" | "RegionalHostedZoneId") => {
            format!("{id}.{name}")
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn template() -> Value {
        json!({
            "Parameters": { "Stage": { "Default": "live" }, "Days": { "Default": 30 } },
            "Conditions": {
                "IsTest": { "Fn::Equals": [{ "Ref": "Stage" }, "test"] },
                "IsLive": { "Fn::Not": [{ "Condition": "IsTest" }] },
            },
            "Resources": {
                "Queue": { "Type": "AWS::SQS::Queue", "Properties": {
                    "QueueName": { "Fn::Sub": "${AWS::StackName}-${Stage}" },
                    "MessageRetentionPeriod": { "Ref": "Days" },
                    "RedrivePolicy": { "Fn::If": ["IsLive", { "deadLetterTargetArn": { "Fn::GetAtt": ["Dead", "Arn"] } }, { "Ref": "AWS::NoValue" }] },
                } },
                "Dead": { "Type": "AWS::SQS::Queue", "Condition": "IsLive", "DependsOn": "Other", "Properties": {} },
            },
            "Outputs": { "Text": { "Value": { "Fn::Sub": "${!Literal} ${Queue.Arn}" } } },
        })
    }

    #[test]
    fn intrinsic_functions_are_resolved_as_cloudformation_does() {
        let live = Template::resolve(&template(), &[]);
        let queue = &live.resources["Queue"];
        assert_eq!(queue.properties["QueueName"], "carillon-live");
        assert_eq!(queue.properties["MessageRetentionPeriod"], 30);
        assert_eq!(
            queue.properties["RedrivePolicy"]["deadLetterTargetArn"],
            "arn:aws:sqs:us-east-1:000000000000:Dead"
        );
        assert!(queue.needs.contains("Dead"));
        assert!(live.resources["Dead"].needs.contains("Other"));
        assert_eq!(
            live.outputs["Text"],
            "${Literal} arn:aws:sqs:us-east-1:000000000000:carillon-live"
        );
        let test = Template::resolve(&template(), &[("Stage", "test")]);
        assert_eq!(
            test.resources["Queue"].properties.get("RedrivePolicy"),
            None
        );
        assert!(!test.resources["Queue"].needs.contains("Dead"));
        assert!(!test.resources.contains_key("Dead"));
    }

    #[test]
    #[should_panic(expected = "Fn::ImportValue is not known")]
    fn anything_unknown_stops_the_tests() {
        let mut template = template();
        template["Outputs"]["Text"]["Value"] = json!({ "Fn::ImportValue": "x" });
        Template::resolve(&template, &[]);
    }

    #[test]
    fn the_template_of_the_repository_is_understood() {
        let template = Template::read(&[]);
        assert_eq!(template.outputs["CatalogTable"], "CatalogTable");
        assert!(template.of_kind("AWS::Lambda::Function").count() >= 12);
    }
}
