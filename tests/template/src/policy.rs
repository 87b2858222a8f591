//! Policies and their evaluation.
//!
//! The rules are those of the IAM User Guide, "Policy evaluation logic" and "IAM JSON policy elements": an explicit denial
//! wins, then any statement that allows; everything else is denied. Only what the template uses is supported; anything else
//! is an error.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// The condition keys that requests have here. A condition on any other could never hold, or always.
const KEYS: [&str; 6] = [
    "aws:SecureTransport",
    "aws:SourceAccount",
    "aws:SourceArn",
    "dynamodb:Attributes",
    "dynamodb:LeadingKeys",
    "iam:PassedToService",
];

/// A request to IAM: one action on one resource.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Request {
    /// For example `dynamodb:PutItem`.
    pub action: String,
    /// The ARN of the resource, or `*` if there is none.
    pub resource: String,
    /// The condition keys that the service provides.
    pub context: BTreeMap<String, BTreeSet<String>>,
}

impl Request {
    /// A request without condition keys.
    pub fn new(action: impl Into<String>, resource: impl Into<String>) -> Self {
        Self {
            action: action.into(),
            resource: resource.into(),
            context: BTreeMap::new(),
        }
    }

    /// The same request with a condition key.
    #[must_use]
    pub fn with(mut self, key: &str, values: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let values = values.into_iter().map(Into::into).collect();
        self.context.insert(key.to_owned(), values);
        self
    }
}

/// An unsupported part of a policy document.
#[derive(Debug, thiserror::Error)]
#[error("{place} is not understood: {what}")]
pub struct NotUnderstood {
    place: String,
    what: String,
}

/// A statement of a policy.
#[derive(Debug, Clone)]
pub struct Statement {
    /// Its `Sid`; in the template every statement has one.
    pub sid: String,
    /// Whether it denies.
    pub denies: bool,
    /// The principals in a resource's policy: `service:` and its name, `account:`, or `*`.
    pub principals: Vec<String>,
    /// Its actions, which may contain `*`.
    pub actions: Vec<String>,
    /// Its resources, which may contain `*`.
    pub resources: Vec<String>,
    conditions: Vec<Condition>,
}

#[derive(Debug, Clone)]
struct Condition {
    /// Whether all values of the request must match, which is also true if there are none.
    for_all: bool,
    operator: Operator,
    key: String,
    values: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    /// `StringEquals` and `ArnEquals` without wildcards.
    Equals,
    /// `StringLike`, `ArnLike`, and `ArnEquals`, which IAM treats the same.
    Like,
    Bool,
    Null,
}

/// The verdict of a set of statements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// A statement allows it, and none denies it.
    Allowed,
    /// No statement matches.
    NotAllowed,
    /// A statement denies it.
    Denied,
}

impl Statement {
    /// The statements of a policy document.
    ///
    /// # Errors
    /// If it contains an unsupported element, operator or value.
    pub fn read(place: &str, document: &Value) -> Result<Vec<Self>, NotUnderstood> {
        let fail = |what: String| NotUnderstood {
            place: place.to_owned(),
            what,
        };
        if document["Version"] != "2012-10-17" {
            return Err(fail(format!("the version {}", document["Version"])));
        }
        let statements = document["Statement"].as_array();
        let statements = statements.ok_or_else(|| fail("no list of statements".to_owned()))?;
        let mut read = Vec::new();
        for (number, statement) in statements.iter().enumerate() {
            let mut one = Self {
                sid: format!("statement {}", number + 1),
                denies: false,
                principals: Vec::new(),
                actions: Vec::new(),
                resources: Vec::new(),
                conditions: Vec::new(),
            };
            for (name, value) in statement.as_object().into_iter().flatten() {
                match (name.as_str(), value) {
                    ("Sid", Value::String(sid)) => one.sid.clone_from(sid),
                    ("Effect", effect) if effect == "Allow" => one.denies = false,
                    ("Effect", effect) if effect == "Deny" => one.denies = true,
                    ("Action", actions) => {
                        one.actions =
                            texts(actions).ok_or_else(|| fail(format!("the action {actions}")))?;
                    }
                    ("Resource", resources) => {
                        one.resources = texts(resources)
                            .ok_or_else(|| fail(format!("the resource {resources}")))?;
                    }
                    ("Principal", principal) => {
                        one.principals = principals(principal)
                            .ok_or_else(|| fail(format!("the principal {principal}")))?;
                    }
                    ("Condition", Value::Object(conditions)) => {
                        for (operator, keys) in conditions {
                            for (key, values) in keys.as_object().into_iter().flatten() {
                                let condition = Condition::read(operator, key, values);
                                one.conditions.push(condition.ok_or_else(|| {
                                    fail(format!("the condition {operator} {key} {values}"))
                                })?);
                            }
                        }
                    }
                    (name, value) => return Err(fail(format!("{name}: {value}"))),
                }
            }
            if one.actions.is_empty() {
                return Err(fail(format!("{} without an action", one.sid)));
            }
            read.push(one);
        }
        Ok(read)
    }

    /// Whether the statement matches a request.
    pub fn fits(&self, request: &Request) -> bool {
        self.names(request) && self.conditions.iter().all(|it| it.holds(request))
    }

    /// Whether it matches the action and the resource of a request, regardless of its conditions.
    pub fn names(&self, request: &Request) -> bool {
        // "Actions are not case sensitive" (IAM JSON policy elements: Action).
        let action = request.action.to_lowercase();
        self.actions
            .iter()
            .any(|it| is_like(&it.to_lowercase(), &action))
            && self
                .resources
                .iter()
                .any(|it| is_like(it, &request.resource))
    }

    /// Whether a resource policy's statement applies to this principal.
    pub fn is_about(&self, principal: &str) -> bool {
        self.principals
            .iter()
            .any(|it| it == "*" || it == principal)
    }

    /// The names of the conditions' keys.
    pub fn condition_keys(&self) -> impl Iterator<Item = &str> {
        self.conditions.iter().map(|it| it.key.as_str())
    }
}

impl Condition {
    fn read(operator: &str, key: &str, values: &Value) -> Option<Self> {
        let (for_all, operator) = match operator.split_once(':') {
            Some(("ForAllValues", operator)) => (true, operator),
            // At least one value of the request must match, as without a set operator.
            Some(("ForAnyValue", operator)) => (false, operator),
            _ => (false, operator),
        };
        let operator = match operator {
            "StringEquals" => Operator::Equals,
            "StringLike" | "ArnLike" | "ArnEquals" => Operator::Like,
            "Bool" if !for_all => Operator::Bool,
            "Null" if !for_all => Operator::Null,
            _ => return None,
        };
        if !KEYS.contains(&key) {
            return None;
        }
        let values = texts(values)?;
        if operator == Operator::Equals && values.iter().any(|value| value.contains(['*', '?'])) {
            return None;
        }
        Some(Self {
            for_all,
            operator,
            key: key.to_owned(),
            values,
        })
    }

    fn holds(&self, request: &Request) -> bool {
        let given = request.context.get(&self.key);
        let fits = |value: &String| {
            self.values.iter().any(|wanted| match self.operator {
                Operator::Equals | Operator::Bool => wanted == value,
                Operator::Like => is_like(wanted, value),
                Operator::Null => false,
            })
        };
        match (self.operator, given) {
            (Operator::Null, given) => self
                .values
                .iter()
                .any(|wanted| (wanted == "true") == given.is_none()),
            // "ForAllValues … also returns true if there are no context keys in the request" (IAM User Guide,
            // "Set operators for multivalued context keys").
            (_, None) => self.for_all,
            (_, Some(values)) if self.for_all => values.iter().all(fits),
            (_, Some(values)) => values.iter().any(fits),
        }
    }
}

/// Evaluates statements for a request.
pub fn evaluate<'a>(
    statements: impl IntoIterator<Item = &'a Statement>,
    request: &Request,
) -> Verdict {
    let mut verdict = Verdict::NotAllowed;
    for statement in statements {
        if statement.fits(request) {
            if statement.denies {
                return Verdict::Denied;
            }
            verdict = Verdict::Allowed;
        }
    }
    verdict
}

fn texts(value: &Value) -> Option<Vec<String>> {
    match value {
        Value::String(text) => Some(vec![text.clone()]),
        Value::Bool(value) => Some(vec![value.to_string()]),
        Value::Array(items) => items
            .iter()
            .map(|item| item.as_str().map(str::to_owned))
            .collect(),
        _ => None,
    }
}

fn principals(value: &Value) -> Option<Vec<String>> {
    if value == "*" {
        return Some(vec!["*".to_owned()]);
    }
    let mut found = Vec::new();
    for (kind, names) in value.as_object()? {
        let prefix = match kind.as_str() {
            "Service" => "service:",
            "AWS" => "account:",
            _ => return None,
        };
        found.extend(
            texts(names)?
                .into_iter()
                .map(|name| format!("{prefix}{name}")),
        );
    }
    Some(found)
}

/// Whether a text matches a pattern in which `*` is any text and `?` is one character.
pub fn is_like(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) =
        (pattern.chars().collect(), text.chars().collect());
    let (mut p, mut t) = (0, 0);
    let mut star = None;
    while t < text.len() {
        if p < pattern.len() && pattern[p] == '*' {
            star = Some((p, t));
            p += 1;
        } else if p < pattern.len() && (pattern[p] == '?' || pattern[p] == text[t]) {
            p += 1;
            t += 1;
        } else if let Some((at, from)) = star {
            p = at + 1;
            t = from + 1;
            star = Some((at, from + 1));
        } else {
            return false;
        }
    }
    pattern[p..].iter().all(|it| *it == '*')
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn statements(list: &Value) -> Vec<Statement> {
        Statement::read(
            "a role",
            &json!({ "Version": "2012-10-17", "Statement": list }),
        )
        .unwrap()
    }

    #[test]
    fn a_denial_wins_and_the_default_is_deny() {
        let policy = statements(&json!([
            { "Effect": "Allow", "Action": ["sns:Publish", "s3:Get*"], "Resource": "*" },
            { "Sid": "No", "Effect": "Deny", "Action": "sns:Publish", "Resource": "arn:aws:sns:*:*:*" },
        ]));
        let of = |action: &str, resource: &str| evaluate(&policy, &Request::new(action, resource));
        assert_eq!(of("sns:Publish", "*"), Verdict::Allowed);
        assert_eq!(
            of("sns:Publish", "arn:aws:sns:us-east-1:1:topic"),
            Verdict::Denied
        );
        assert_eq!(of("s3:getobject", "arn:aws:s3:::b/k"), Verdict::Allowed);
        assert_eq!(of("s3:PutObject", "arn:aws:s3:::b/k"), Verdict::NotAllowed);
    }

    #[test]
    fn conditions_compare_all_values_or_any() {
        let policy = statements(&json!([
            { "Effect": "Allow", "Action": "dynamodb:PutItem", "Resource": "*", "Condition": { "ForAllValues:StringLike": { "dynamodb:LeadingKeys": ["*#DEAD", "DEAD"] } } },
            { "Effect": "Allow", "Action": "iam:PassRole", "Resource": "*", "Condition": { "StringEquals": { "iam:PassedToService": "scheduler.amazonaws.com" } } },
        ]));
        let put = Request::new("dynamodb:PutItem", "t");
        let with = |keys: &[&str]| {
            put.clone()
                .with("dynamodb:LeadingKeys", keys.iter().copied())
        };
        assert_eq!(evaluate(&policy, &with(&["a#DEAD"])), Verdict::Allowed);
        assert_eq!(
            evaluate(&policy, &with(&["a#DEAD", "a"])),
            Verdict::NotAllowed
        );
        assert_eq!(
            evaluate(&policy, &put),
            Verdict::Allowed,
            "no key at all fits ForAllValues"
        );
        let pass = Request::new("iam:PassRole", "r");
        assert_eq!(evaluate(&policy, &pass), Verdict::NotAllowed);
        let to = |service: &str| pass.clone().with("iam:PassedToService", [service]);
        assert_eq!(
            evaluate(&policy, &to("scheduler.amazonaws.com")),
            Verdict::Allowed
        );
        assert_eq!(
            evaluate(&policy, &to("lambda.amazonaws.com")),
            Verdict::NotAllowed
        );
    }

    #[test]
    fn a_required_key_closes_the_gap_of_for_all_values() {
        let policy = statements(
            &json!([{ "Effect": "Allow", "Action": "dynamodb:PutItem", "Resource": "*", "Condition": {
            "ForAllValues:StringLike": { "dynamodb:LeadingKeys": "*#DEAD" },
            "Null": { "dynamodb:LeadingKeys": "false" },
        } }]),
        );
        let put = Request::new("dynamodb:PutItem", "t");
        assert_eq!(evaluate(&policy, &put), Verdict::NotAllowed);
        let with = put.with("dynamodb:LeadingKeys", ["a#DEAD"]);
        assert_eq!(evaluate(&policy, &with), Verdict::Allowed);
    }

    #[test]
    fn anything_unknown_is_an_error() {
        for statement in [
            json!({ "Effect": "Allow", "NotAction": "s3:*", "Resource": "*" }),
            json!({ "Effect": "Allow", "Action": "s3:*", "NotResource": "*" }),
            json!({ "Effect": "Allow", "Action": "s3:*", "Resource": "*", "Condition": { "DateLessThan": { "aws:CurrentTime": "x" } } }),
            json!({ "Effect": "Allow", "Action": "s3:*", "Resource": "*", "Condition": { "StringEquals": { "k": "a*" } } }),
            json!({ "Effect": "Maybe", "Action": "s3:*", "Resource": "*" }),
        ] {
            let document = json!({ "Version": "2012-10-17", "Statement": [statement] });
            assert!(Statement::read("a role", &document).is_err(), "{statement}");
        }
    }

    #[test]
    fn patterns() {
        for (pattern, text, fits) in [
            ("*", "", true),
            ("a*c", "abbc", true),
            ("a*c", "abb", false),
            ("a?c", "abc", true),
            ("*#SUPPRESSED#*", "t1#SUPPRESSED#a", true),
            ("*#HEARD", "t1#HEARD#a", false),
            (
                "arn:aws:sns:*:*:*",
                "arn:aws:sns:us-east-1:1:endpoint/APNS/app/x",
                true,
            ),
        ] {
            assert_eq!(is_like(pattern, text), fits, "{pattern} {text}");
        }
    }
}
