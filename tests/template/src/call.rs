//! The permissions that an HTTP call needs.
//!
//! The actions, resources and condition keys of an operation are from the Service Authorization Reference
//! (<https://docs.aws.amazon.com/service-authorization/latest/reference/>). An operation unknown here is an error, so that
//! new ones have to be looked up.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine;
use serde_json::Value;

use crate::{
    policy::Request,
    resolve::{ACCOUNT, REGION, STACK},
};

/// A call to AWS.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a> {
    /// The service in the scope of its signature, such as `dynamodb`.
    pub service: &'a str,
    /// The method.
    pub method: &'a str,
    /// The path, without the query.
    pub path: &'a str,
    /// The query, if any.
    pub query: Option<&'a str>,
    /// The header `x-amz-target`.
    pub target: Option<&'a str>,
    /// The body.
    pub body: &'a [u8],
}

/// A call whose permissions are unknown.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("it is not known which permission {0} needs")]
pub struct UnknownCall(String);

/// The names of tables, buckets and secrets in the resolved template, by their deployed names. For a secret that is its
/// ARN.
#[derive(Debug, Clone, Default)]
pub struct Names(pub BTreeMap<String, String>);

const LEADING_KEYS: &str = "dynamodb:LeadingKeys";
const ATTRIBUTES: &str = "dynamodb:Attributes";
/// The key attributes of the tables and their index.
const PARTITION: &str = "pk";

/// The ARN of a queue.
pub fn queue_arn(name: &str) -> String {
    format!("arn:aws:sqs:{REGION}:{ACCOUNT}:{name}")
}

impl Names {
    fn table(&self, name: &str) -> String {
        let id = self.known(name);
        format!("arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{id}")
    }

    /// The requests of a call, all of which have to be allowed.
    ///
    /// # Errors
    /// If they are unknown.
    pub fn requests(&self, call: &Call<'_>) -> Result<Vec<Request>, UnknownCall> {
        let operation = call.target.and_then(|target| target.rsplit('.').next());
        let operation = operation.unwrap_or_default();
        let body: Value = serde_json::from_slice(call.body).unwrap_or_default();
        let found = match call.service {
            "dynamodb" => self.dynamodb(operation, &body),
            "sqs" => sqs(operation, &body),
            "secretsmanager" => self.secrets_manager(operation, &body),
            "scheduler" => scheduler(call, &body),
            "s3" => self.s3(call),
            "ses" => ses(call, &body),
            "sns" => sns(call),
            "sms-voice" => text_messages(operation, &body),
            _ => None,
        };
        found.ok_or_else(|| {
            UnknownCall(format!(
                "{} {} {} {operation}",
                call.service, call.method, call.path
            ))
        })
    }

    fn known<'a>(&'a self, name: &'a str) -> &'a str {
        self.0.get(name).map_or(name, String::as_str)
    }

    fn secrets_manager(&self, operation: &str, body: &Value) -> Option<Vec<Request>> {
        let name = match operation {
            "CreateSecret" => &body["Name"],
            "GetSecretValue" | "DeleteSecret" | "PutSecretValue" | "RestoreSecret" => {
                &body["SecretId"]
            }
            _ => return None,
        };
        let name = name.as_str()?;
        // An ARN already ends with the six characters that Secrets Manager appends to the name.
        let name = self.known(name);
        let arn = match name.starts_with("arn:") {
            true => name.to_owned(),
            false => format!("arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:{name}-AbCdEf"),
        };
        let mut requests = vec![Request::new(
            format!("secretsmanager:{operation}"),
            arn.clone(),
        )];
        if operation == "CreateSecret" && body["Tags"].is_array() {
            requests.push(Request::new("secretsmanager:TagResource", arn));
        }
        Some(requests)
    }

    fn s3(&self, call: &Call<'_>) -> Option<Vec<Request>> {
        let (bucket, key) = call.path.strip_prefix('/')?.split_once('/')?;
        let action = match call.method {
            "GET" | "HEAD" => "s3:GetObject",
            "PUT" => "s3:PutObject",
            _ => return None,
        };
        let bucket = self.known(bucket);
        let mut requests = vec![Request::new(action, format!("arn:aws:s3:::{bucket}/{key}"))];
        if action == "s3:GetObject" {
            // Without it S3 answers 403 for a missing object (GetObject, API reference).
            requests.push(Request::new(
                "s3:ListBucket",
                format!("arn:aws:s3:::{bucket}"),
            ));
        }
        Some(requests)
    }

    fn dynamodb(&self, operation: &str, body: &Value) -> Option<Vec<Request>> {
        let table = || Some(self.table(body["TableName"].as_str()?));
        Some(match operation {
            "GetItem" => vec![keyed("GetItem", table()?, [&body["Key"]])?],
            "DeleteItem" => vec![accessing(
                keyed("DeleteItem", table()?, [&body["Key"]])?,
                body,
            )],
            "UpdateItem" => vec![accessing(
                keyed("UpdateItem", table()?, [&body["Key"]])?,
                body,
            )],
            "PutItem" => vec![accessing(
                keyed("PutItem", table()?, [&body["Item"]])?,
                body,
            )],
            "Query" => vec![query(table()?, body)?],
            "BatchGetItem" => {
                let mut requests = Vec::new();
                for (name, wanted) in body["RequestItems"].as_object()? {
                    let keys = wanted["Keys"].as_array()?;
                    requests.push(keyed("BatchGetItem", self.table(name), keys)?);
                }
                requests
            }
            "BatchWriteItem" => {
                let mut requests = Vec::new();
                for (name, writes) in body["RequestItems"].as_object()? {
                    let items =
                        writes
                            .as_array()?
                            .iter()
                            .map(|write| match write.get("PutRequest") {
                                Some(put) => &put["Item"],
                                None => &write["DeleteRequest"]["Key"],
                            });
                    requests.push(keyed("BatchWriteItem", self.table(name), items)?);
                }
                requests
            }
            // "You can use IAM … permission for the underlying operations" (DynamoDB Developer Guide, "IAM for transactions").
            "TransactWriteItems" => {
                let mut requests = Vec::new();
                for item in body["TransactItems"].as_array()? {
                    let (kind, write) = item.as_object()?.iter().next()?;
                    let (action, keys) = match kind.as_str() {
                        "Put" => ("PutItem", &write["Item"]),
                        "Update" => ("UpdateItem", &write["Key"]),
                        "Delete" => ("DeleteItem", &write["Key"]),
                        "ConditionCheck" => ("ConditionCheckItem", &write["Key"]),
                        _ => return None,
                    };
                    let table = self.table(write["TableName"].as_str()?);
                    requests.push(accessing(keyed(action, table, [keys])?, write));
                }
                requests
            }
            "BatchExecuteStatement" => {
                let mut requests = Vec::new();
                for statement in body["Statements"].as_array()? {
                    requests.push(self.statement(statement)?);
                }
                requests
            }
            _ => return None,
        })
    }

    /// A PartiQL statement (DynamoDB Developer Guide, "IAM security policies with PartiQL for DynamoDB").
    fn statement(&self, statement: &Value) -> Option<Request> {
        let text = statement["Statement"].as_str()?;
        let parameters = statement["Parameters"].as_array()?;
        let action = match text.split_whitespace().next()? {
            "INSERT" => "PartiQLInsert",
            "UPDATE" => "PartiQLUpdate",
            "DELETE" => "PartiQLDelete",
            "SELECT" => "PartiQLSelect",
            _ => return None,
        };
        let table = text.split('"').nth(1)?;
        let place = match action {
            "PartiQLInsert" => text.find("'pk': ?")?,
            _ => text.find("\"pk\"=?")?,
        };
        let parameter = text[..place].matches('?').count();
        let key = parameters.get(parameter)?["S"].as_str()?;
        let request = Request::new(format!("dynamodb:{action}"), self.table(table));
        Some(request.with(LEADING_KEYS, [key]))
    }
}

/// A request for items, with the values of their partition keys and their attribute names.
fn keyed<'a>(
    action: &str,
    table: String,
    items: impl IntoIterator<Item = &'a Value>,
) -> Option<Request> {
    let mut keys = BTreeSet::new();
    let mut names = BTreeSet::new();
    for item in items {
        let item = item.as_object()?;
        keys.insert(item.get(PARTITION)?["S"].as_str()?.to_owned());
        names.extend(item.keys().cloned());
    }
    Some(
        Request::new(format!("dynamodb:{action}"), table)
            .with(LEADING_KEYS, keys)
            .with(ATTRIBUTES, names),
    )
}

/// Adds the attributes in the expressions of a call.
fn accessing(mut request: Request, call: &Value) -> Request {
    let names = request.context.entry(ATTRIBUTES.to_owned()).or_default();
    for expression in [
        "ConditionExpression",
        "UpdateExpression",
        "ProjectionExpression",
    ] {
        let Some(text) = call[expression].as_str() else {
            continue;
        };
        let words = text.split(|it: char| !(it.is_alphanumeric() || "_#:.".contains(it)));
        for word in words {
            let word = word.split('.').next().unwrap_or_default();
            let is_number = word.starts_with(|it: char| it.is_ascii_digit());
            // Functions and keywords of expressions (DynamoDB Developer Guide, "Expressions").
            let is_syntax = [
                "AND",
                "OR",
                "NOT",
                "IN",
                "BETWEEN",
                "SET",
                "ADD",
                "REMOVE",
                "DELETE",
                "attribute_exists",
                "attribute_not_exists",
                "attribute_type",
                "begins_with",
                "contains",
                "size",
                "if_not_exists",
                "list_append",
            ]
            .contains(&word);
            if word.is_empty() || word.starts_with(':') || is_number || is_syntax {
                continue;
            }
            let name = match word.starts_with('#') {
                true => call["ExpressionAttributeNames"][word]
                    .as_str()
                    .unwrap_or(word),
                false => word,
            };
            names.insert(name.to_owned());
        }
    }
    request
}

fn query(table: String, body: &Value) -> Option<Request> {
    let resource = match body["IndexName"].as_str() {
        Some(index) => format!("{table}/index/{index}"),
        None => table,
    };
    // The first comparison is for the partition key.
    let condition = body["KeyConditionExpression"].as_str()?;
    let (_, value) = condition.split(" AND ").next()?.split_once('=')?;
    let key = body["ExpressionAttributeValues"][value.trim()]["S"].as_str()?;
    Some(Request::new("dynamodb:Query", resource).with(LEADING_KEYS, [key]))
}

fn sqs(operation: &str, body: &Value) -> Option<Vec<Request>> {
    // A batch needs the action of its entries (SQS Developer Guide, "Amazon SQS API permissions").
    let action = match operation {
        "SendMessage" | "SendMessageBatch" => "sqs:SendMessage",
        "ChangeMessageVisibility" | "ChangeMessageVisibilityBatch" => "sqs:ChangeMessageVisibility",
        "DeleteMessage" | "DeleteMessageBatch" => "sqs:DeleteMessage",
        "ReceiveMessage" => "sqs:ReceiveMessage",
        "GetQueueAttributes" => "sqs:GetQueueAttributes",
        _ => return None,
    };
    let name = body["QueueUrl"].as_str()?.rsplit('/').next()?;
    Some(vec![Request::new(action, queue_arn(name))])
}

fn scheduler(call: &Call<'_>, body: &Value) -> Option<Vec<Request>> {
    let name = call.path.strip_prefix("/schedules/")?;
    let schedule =
        |group: &str| format!("arn:aws:scheduler:{REGION}:{ACCOUNT}:schedule/{group}/{name}");
    match call.method {
        "POST" => {
            let role = body["Target"]["RoleArn"].as_str()?;
            let pass = Request::new("iam:PassRole", role_arn(role)?);
            Some(vec![
                Request::new(
                    "scheduler:CreateSchedule",
                    schedule(body["GroupName"].as_str()?),
                ),
                pass.with("iam:PassedToService", ["scheduler.amazonaws.com"]),
            ])
        }
        "DELETE" => {
            let mut parts = call.query?.split('&');
            let group = parts.find_map(|part| part.strip_prefix("groupName="))?;
            Some(vec![Request::new(
                "scheduler:DeleteSchedule",
                schedule(group),
            )])
        }
        _ => None,
    }
}

/// The ARN of a role by its logical id: CloudFormation adds the stack's name before it and some characters after it.
fn role_arn(arn: &str) -> Option<String> {
    let name = arn.rsplit('/').next()?;
    let name = name.strip_prefix(&format!("{STACK}-")).unwrap_or(name);
    let id = name.split('-').next()?;
    Some(format!("arn:aws:iam::{ACCOUNT}:role/{id}"))
}

fn ses(call: &Call<'_>, body: &Value) -> Option<Vec<Request>> {
    if (call.method, call.path) != ("POST", "/v2/email/outbound-emails") {
        return None;
    }
    // SES requires the permission on the identity and on the named configuration set.
    // For a raw message without an address, the one in its header counts (SendEmail, API reference).
    let raw = body["Content"]["Raw"]["Data"].as_str();
    let from = match (body["FromEmailAddress"].as_str(), raw) {
        (Some(from), _) => from.to_owned(),
        (None, Some(raw)) => {
            let message = base64::engine::general_purpose::STANDARD.decode(raw).ok()?;
            let message = mail_parser::MessageParser::default().parse(&message)?;
            message.from()?.first()?.address()?.to_owned()
        }
        (None, None) => return None,
    };
    let address = from.rsplit('<').next()?.trim_end_matches('>');
    let domain = address.rsplit('@').next()?;
    let arn = |rest: String| format!("arn:aws:ses:{REGION}:{ACCOUNT}:{rest}");
    let mut requests = vec![Request::new(
        "ses:SendEmail",
        arn(format!("identity/{domain}")),
    )];
    if let Some(set) = body["ConfigurationSetName"].as_str() {
        requests.push(Request::new(
            "ses:SendEmail",
            arn(format!("configuration-set/{set}")),
        ));
    }
    // Sources disagree on whether raw content also needs the older action, so it is required
    // (https://github.com/anymail/django-anymail/issues/384).
    if raw.is_some() {
        let as_raw: Vec<Request> = requests
            .iter()
            .map(|request| Request::new("ses:SendRawEmail", request.resource.clone()))
            .collect();
        requests.extend(as_raw);
    }
    Some(requests)
}

fn sns(call: &Call<'_>) -> Option<Vec<Request>> {
    let body = std::str::from_utf8(call.body).ok()?;
    let field = |name: &str| {
        let mut fields = body.split('&');
        let value = fields.find_map(|field| field.strip_prefix(name)?.strip_prefix('='))?;
        Some(value.replace("%3A", ":").replace("%2F", "/"))
    };
    if field("Action")? != "Publish" {
        return None;
    }
    // A phone number has no ARN (SNS Developer Guide, "Amazon SNS policy keys": the resource is `*`).
    let resource = field("TargetArn").or_else(|| field("TopicArn"));
    Some(vec![Request::new(
        "sns:Publish",
        resource.unwrap_or_else(|| "*".to_owned()),
    )])
}

fn text_messages(operation: &str, body: &Value) -> Option<Vec<Request>> {
    if operation != "SendTextMessage" {
        return None;
    }
    let arn =
        |kind: &str, name: &str| format!("arn:aws:sms-voice:{REGION}:{ACCOUNT}:{kind}/{name}");
    let mut resources = vec!["*".to_owned()];
    if let Some(set) = body["ConfigurationSetName"].as_str() {
        resources.push(arn("configuration-set", set));
    }
    if let Some(sender) = body["OriginationIdentity"].as_str() {
        let kind = match sender.starts_with('+') || sender.starts_with("phone-") {
            true => "phone-number",
            false => "sender-id",
        };
        resources.push(arn(kind, sender));
    }
    let request = |resource| Request::new("sms-voice:SendTextMessage", resource);
    Some(resources.into_iter().map(request).collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn requests(service: &str, target: &str, body: &Value) -> Vec<Request> {
        let body = body.to_string();
        let names = Names(BTreeMap::from([(
            "t-1".to_owned(),
            "LedgerTable".to_owned(),
        )]));
        let call = Call {
            service,
            method: "POST",
            path: "/",
            query: None,
            target: Some(target),
            body: body.as_bytes(),
        };
        names.requests(&call).unwrap()
    }

    #[test]
    fn a_transaction_is_authorised_by_its_operations() {
        let body = json!({ "TransactItems": [
            { "Put": { "TableName": "t-1", "Item": { "pk": { "S": "a" }, "sk": { "S": "b" }, "x": { "N": "1" } }, "ConditionExpression": "attribute_not_exists(pk) OR #v = :v", "ExpressionAttributeNames": { "#v": "version" } } },
            { "ConditionCheck": { "TableName": "t-1", "Key": { "pk": { "S": "c" }, "sk": { "S": "d" } }, "ConditionExpression": "attribute_not_exists(pk)" } },
        ] });
        let found = requests("dynamodb", "DynamoDB_20120810.TransactWriteItems", &body);
        let table = "arn:aws:dynamodb:us-east-1:000000000000:table/LedgerTable";
        assert_eq!(
            found,
            [
                Request::new("dynamodb:PutItem", table)
                    .with(LEADING_KEYS, ["a"])
                    .with(ATTRIBUTES, ["pk", "sk", "x", "version"]),
                Request::new("dynamodb:ConditionCheckItem", table)
                    .with(LEADING_KEYS, ["c"])
                    .with(ATTRIBUTES, ["pk", "sk"]),
            ]
        );
    }

    #[test]
    fn each_statement_of_a_batch_needs_its_own_permission() {
        let body = json!({ "Statements": [
            { "Statement": "INSERT INTO \"t-1\" VALUE {'a': ?, 'pk': ?, 'sk': ?}", "Parameters": [{ "S": "1" }, { "S": "key" }, { "S": "2" }] },
            { "Statement": "UPDATE \"t-1\" SET \"a\"=? REMOVE \"b\" WHERE \"pk\"=? AND \"sk\"=?", "Parameters": [{ "S": "1" }, { "S": "other" }, { "S": "2" }] },
        ] });
        let found = requests("dynamodb", "DynamoDB_20120810.BatchExecuteStatement", &body);
        let seen: Vec<(&str, &BTreeSet<String>)> = found
            .iter()
            .map(|request| (request.action.as_str(), &request.context[LEADING_KEYS]))
            .collect();
        assert_eq!(
            seen,
            [
                (
                    "dynamodb:PartiQLInsert",
                    &BTreeSet::from(["key".to_owned()])
                ),
                (
                    "dynamodb:PartiQLUpdate",
                    &BTreeSet::from(["other".to_owned()])
                ),
            ]
        );
    }

    #[test]
    fn an_index_is_a_separate_resource() {
        let body = json!({ "TableName": "t-1", "IndexName": "attention", "KeyConditionExpression": "attention = :p AND begins_with(attention_order, :s)", "ExpressionAttributeValues": { ":p": { "S": "a#b" }, ":s": { "S": "x" } } });
        let found = requests("dynamodb", "DynamoDB_20120810.Query", &body);
        assert!(
            found[0]
                .resource
                .ends_with("table/LedgerTable/index/attention")
        );
        assert!(found[0].context[LEADING_KEYS].contains("a#b"));
    }

    #[test]
    fn creating_a_schedule_passes_its_role() {
        let body = json!({ "GroupName": "carillon-campaigns", "Target": { "RoleArn": "arn:aws:iam::000000000000:role/carillon-ScheduleRole-1ABC" } }).to_string();
        let call = Call {
            service: "scheduler",
            method: "POST",
            path: "/schedules/x",
            query: None,
            target: None,
            body: body.as_bytes(),
        };
        let found = Names::default().requests(&call).unwrap();
        assert_eq!(
            found[0].resource,
            "arn:aws:scheduler:us-east-1:000000000000:schedule/carillon-campaigns/x"
        );
        assert_eq!(
            found[1].resource,
            "arn:aws:iam::000000000000:role/ScheduleRole"
        );
    }

    #[test]
    fn anything_unknown_is_an_error() {
        let call = Call {
            service: "dynamodb",
            method: "POST",
            path: "/",
            query: None,
            target: Some("DynamoDB_20120810.Scan"),
            body: b"{}",
        };
        assert!(Names::default().requests(&call).is_err());
    }
}
