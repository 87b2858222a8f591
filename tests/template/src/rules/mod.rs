//! Rules for the template that CloudFormation and the services would otherwise enforce at deployment.

mod alarms;
mod channels;
mod console;
mod creation;
mod limits;
mod permissions;
mod queues;

use serde_json::Value;

use crate::resolve::Template;

/// With every optional feature enabled.
fn template() -> Template {
    Template::read(&[
        ("AlarmEmail", "ops@example.com"),
        ("EndUserMessaging", "true"),
        ("ApiDomain", "api.example.com"),
        (
            "ApiCertificateArn",
            "arn:aws:acm:us-east-1:000000000000:certificate/1",
        ),
        ("LinksDomain", "links.example.com"),
        (
            "LinksCertificateArn",
            "arn:aws:acm:us-east-1:000000000000:certificate/2",
        ),
        ("ReserveConcurrency", "true"),
    ])
}

fn number(value: &Value, name: &str) -> u64 {
    value[name]
        .as_u64()
        .unwrap_or_else(|| panic!("{name} is no number in {value}"))
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name]
        .as_str()
        .unwrap_or_else(|| panic!("{name} is no text in {value}"))
}

/// The logical id of the resource with an ARN.
fn id_of<'a>(template: &'a Template, arn: &str) -> &'a str {
    template
        .by_arn(arn)
        .unwrap_or_else(|| panic!("nothing has the ARN {arn}"))
        .0
}
