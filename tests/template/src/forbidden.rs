//! Calls that roles must never allow, however they are changed.

use crate::{
    policy::Request,
    resolve::{ACCOUNT, REGION},
};

/// The condition key of partition keys.
const LEADING_KEYS: &str = "dynamodb:LeadingKeys";
const ATTRIBUTES: &str = "dynamodb:Attributes";

/// Requests that must be denied, with the logical id of the role and the reason.
pub fn requests() -> Vec<(&'static str, &'static str, Request)> {
    let catalog = format!("arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/CatalogTable");
    let secret = |name: &str| {
        format!("arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:carillon/carillon/{name}-AbCdEf")
    };
    let arn = |service: &str, rest: &str| format!("arn:aws:{service}:{REGION}:{ACCOUNT}:{rest}");
    let put = |key: &str, attributes: &[&str]| {
        Request::new("dynamodb:PutItem", catalog.clone())
            .with(LEADING_KEYS, [key])
            .with(ATTRIBUTES, attributes.iter().copied())
    };
    let mut found = Vec::new();
    let channels = ["EmailRole", "SmsRole", "WhatsAppRole", "PushRole"];
    for role in channels {
        found.push((
            role,
            "channels do not change campaigns",
            put("demo", &["pk", "sk", "status", "version"]),
        ));
        found.push((
            role,
            "channels do not create API keys",
            put("KEY#1", &["pk", "sk", "tenant", "hash"]),
        ));
        found.push((
            role,
            "a put without a key is denied",
            Request::new("dynamodb:PutItem", catalog.clone()),
        ));
        found.push((
            role,
            "channels do not create work for the sweep",
            put("DUE", &["pk", "sk", "shards"]),
        ));
        found.push((
            role,
            "channels delete nothing",
            Request::new("dynamodb:DeleteItem", catalog.clone()).with(LEADING_KEYS, ["demo"]),
        ));
        found.push((
            role,
            "channels do not create secrets",
            Request::new("secretsmanager:CreateSecret", secret("demo/x")),
        ));
    }
    for (role, channel) in channels.iter().zip(["email", "sms", "whatsapp", "push"]) {
        for other in ["email", "sms", "whatsapp", "push"] {
            if other != channel {
                found.push((
                    *role,
                    "channels do not read each other's credentials",
                    Request::new(
                        "secretsmanager:GetSecretValue",
                        secret(&format!("demo/{other}-0123456789abcdef")),
                    ),
                ));
            }
        }
    }
    for role in [
        "ApiRole",
        "JobsRole",
        "ReleaseRole",
        "FanoutRole",
        "CallbacksRole",
        "TallyRole",
    ] {
        for (key, why) in [
            (
                "demo#IDENTITIES",
                "functions do not grant sender identities",
            ),
            ("demo#KEYS", "no function lists a key"),
            ("KEY#1", "no function makes an API key"),
        ] {
            for action in [
                "dynamodb:PutItem",
                "dynamodb:UpdateItem",
                "dynamodb:DeleteItem",
                "dynamodb:BatchWriteItem",
                "dynamodb:PartiQLInsert",
                "dynamodb:PartiQLUpdate",
            ] {
                let request =
                    Request::new(action, catalog.clone()).with(LEADING_KEYS, ["demo", key]);
                found.push((role, why, request));
            }
        }
    }
    for role in ["SmsRole", "WhatsAppRole", "PushRole", "ApiRole"] {
        let key = arn("secretsmanager", "secret:LinkKey-AbCdEf");
        found.push((
            role,
            "the link key is only for emails and the functions that verify links",
            Request::new("secretsmanager:GetSecretValue", key),
        ));
    }
    found.push((
        "SmsRole",
        "text messages go to numbers, not to topics",
        Request::new("sns:Publish", arn("sns", "alarms")),
    ));
    found.push((
        "PushRole",
        "notifications go to endpoints, not to topics",
        Request::new("sns:Publish", arn("sns", "alarms")),
    ));
    found.push((
        "PushRole",
        "notifications go to endpoints, not to numbers",
        Request::new("sns:Publish", "*"),
    ));
    found.push((
        "ApiRole",
        "the API sends nothing",
        Request::new("ses:SendEmail", arn("ses", "identity/example.com")),
    ));
    found.push((
        "ApiRole",
        "the API passes roles only to the scheduler",
        Request::new(
            "iam:PassRole",
            format!("arn:aws:iam::{ACCOUNT}:role/ScheduleRole"),
        )
        .with("iam:PassedToService", ["lambda.amazonaws.com"]),
    ));
    found.push((
        "ApiRole",
        "the API cannot touch the sweep",
        Request::new(
            "scheduler:DeleteSchedule",
            arn("scheduler", "schedule/default/carillon-sweep"),
        ),
    ));
    found.push((
        "CallbacksRole",
        "callbacks do not change campaigns",
        put("demo", &["pk", "sk", "status"]),
    ));
    found.push((
        "ReceiptsRole",
        "receipts do not change campaigns",
        put("demo", &["pk", "sk", "status"]),
    ));
    found.push((
        "DeadLettersRole",
        "dead letters do not change campaigns",
        put("demo", &["pk", "sk", "status"]),
    ));
    found
}
