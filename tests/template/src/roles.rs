//! The template's roles and resource policies.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::{
    policy::{Request, Statement, Verdict, evaluate},
    resolve::{STACK, Template},
};

/// A role of the template.
#[derive(Debug, Clone)]
pub struct Role {
    /// Its permissions.
    pub statements: Vec<Statement>,
    /// Its trust policy.
    pub trust: Vec<Statement>,
}

/// All roles and policies.
#[derive(Debug, Clone)]
pub struct Roles {
    /// The roles by their logical ids.
    pub roles: BTreeMap<String, Role>,
    /// The policies of queues, topics and buckets, by the ARN of the resource.
    pub of_resources: BTreeMap<String, Vec<Statement>>,
    /// The logical id of each function's role, by the name of the function's binary.
    of_functions: BTreeMap<String, String>,
}

impl Roles {
    /// Reads them from the template.
    pub fn read(template: &Template) -> Self {
        let mut roles = BTreeMap::new();
        for (id, role) in template.of_kind("AWS::IAM::Role") {
            for name in role.properties.as_object().unwrap().keys() {
                assert!(
                    ["AssumeRolePolicyDocument", "Policies", "RoleName"].contains(&name.as_str()),
                    "{id} has {name}, which is not evaluated"
                );
            }
            let policies = role.properties["Policies"].as_array().unwrap();
            let statements = policies
                .iter()
                .flat_map(|policy| Statement::read(id, &policy["PolicyDocument"]).unwrap())
                .collect();
            let trust = Statement::read(id, &role.properties["AssumeRolePolicyDocument"]).unwrap();
            roles.insert(id.to_owned(), Role { statements, trust });
        }
        for (id, policy) in template.of_kind("AWS::IAM::Policy") {
            let statements = Statement::read(id, &policy.properties["PolicyDocument"]).unwrap();
            for role in policy.properties["Roles"].as_array().unwrap() {
                let role = roles.get_mut(role.as_str().unwrap());
                let role: &mut Role = role.unwrap_or_else(|| panic!("{id} is of no role"));
                role.statements.extend(statements.clone());
            }
        }
        let mut of_functions = BTreeMap::new();
        for (id, function) in template.of_kind("AWS::Lambda::Function") {
            let arn = function.properties["Role"].as_str().unwrap();
            let role = arn.rsplit('/').next().unwrap().to_owned();
            assert!(
                roles.contains_key(&role),
                "{id} has the role {role}, which is not in the template"
            );
            let name = function.properties["FunctionName"].as_str().unwrap();
            let name = name.strip_prefix(&format!("{STACK}-")).unwrap();
            of_functions.insert(name.to_owned(), role);
        }
        Self {
            roles,
            of_resources: resource_policies(template),
            of_functions,
        }
    }

    /// The logical id of a function's role.
    pub fn of_function(&self, function: &str) -> &str {
        let role = self.of_functions.get(function);
        role.unwrap_or_else(|| panic!("there is no function {function}"))
    }

    /// Evaluates a role for a request.
    pub fn verdict(&self, role: &str, request: &Request) -> Verdict {
        let role = self
            .roles
            .get(role)
            .unwrap_or_else(|| panic!("there is no role {role}"));
        evaluate(&role.statements, request)
    }
}

fn resource_policies(template: &Template) -> BTreeMap<String, Vec<Statement>> {
    let mut policies: BTreeMap<String, Vec<Statement>> = BTreeMap::new();
    let mut add = |place: &str, arn: String, document: &Value| {
        let statements = Statement::read(place, document).unwrap();
        policies.entry(arn).or_default().extend(statements);
    };
    for (id, policy) in template.of_kind("AWS::SQS::QueuePolicy") {
        for url in policy.properties["Queues"].as_array().unwrap() {
            let name = url.as_str().unwrap().rsplit('/').next().unwrap();
            add(
                id,
                crate::call::queue_arn(name),
                &policy.properties["PolicyDocument"],
            );
        }
    }
    for (id, policy) in template.of_kind("AWS::SNS::TopicPolicy") {
        for arn in policy.properties["Topics"].as_array().unwrap() {
            add(
                id,
                arn.as_str().unwrap().to_owned(),
                &policy.properties["PolicyDocument"],
            );
        }
    }
    for (id, policy) in template.of_kind("AWS::S3::BucketPolicy") {
        let bucket = policy.properties["Bucket"].as_str().unwrap();
        add(
            id,
            format!("arn:aws:s3:::{bucket}"),
            &policy.properties["PolicyDocument"],
        );
    }
    policies
}
