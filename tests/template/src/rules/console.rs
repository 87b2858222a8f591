//! The console: where it may upload to, and from where.

use serde_json::json;

use super::{template, text};
use crate::{policy::Request, resolve::Template, roles::Roles};

/// The origins from which the bucket takes uploads, and the one that the console's policy allows.
fn origins(template: &Template) -> (serde_json::Value, String) {
    let bucket = &template.resources["ImportsBucket"].properties;
    let rules = bucket["CorsConfiguration"]["CorsRules"].as_array().unwrap();
    assert_eq!(rules.len(), 1);
    assert_eq!(rules[0]["AllowedMethods"], json!(["PUT"]));
    let console = &template.resources["ConsoleFunction"].properties;
    let uploads = text(&console["Environment"]["Variables"], "UPLOADS_URL");
    (rules[0]["AllowedOrigins"].clone(), uploads.to_owned())
}

#[test]
fn the_console_uploads_from_where_it_is() {
    let gateway = "https://HttpApi.execute-api.us-east-1.amazonaws.com";
    let bucket = "https://carillon-importsbucket-abcdefghijkl.s3.us-east-1.amazonaws.com";
    let plain = Template::read(&[]);
    assert_eq!(origins(&plain), (json!([gateway]), bucket.to_owned()));
    let with_domain = (
        json!([gateway, "https://api.example.com"]),
        bucket.to_owned(),
    );
    assert_eq!(origins(&template()), with_domain);
    let local = "http://127.0.0.1:4566";
    let local_stack = Template::read(&[("LocalEndpoint", local)]);
    assert_eq!(origins(&local_stack), (json!([local]), local.to_owned()));
}

#[test]
fn the_console_is_everything_that_no_other_route_is() {
    let template = template();
    let mut routes: Vec<&str> = template
        .of_kind("AWS::ApiGatewayV2::Route")
        .filter(|(_, route)| text(&route.properties, "Target").ends_with("ConsoleIntegration"))
        .map(|(_, route)| text(&route.properties, "RouteKey"))
        .collect();
    routes.sort_unstable();
    assert_eq!(
        routes,
        ["GET /", "GET /{proxy+}", "HEAD /", "HEAD /{proxy+}"]
    );
}

#[test]
fn the_console_may_write_its_log_and_nothing_else() {
    let roles = Roles::read(&template());
    let allowed: Vec<&str> = roles.roles["ConsoleRole"]
        .statements
        .iter()
        .filter(|statement| !statement.denies)
        .flat_map(|statement| statement.actions.iter().map(String::as_str))
        .collect();
    assert_eq!(allowed, ["logs:CreateLogStream", "logs:PutLogEvents"]);
    let elsewhere = Request::new(
        "logs:PutLogEvents",
        "arn:aws:logs:us-east-1:000000000000:log-group:other:log-stream:1",
    );
    assert_ne!(
        roles.verdict("ConsoleRole", &elsewhere),
        crate::policy::Verdict::Allowed
    );
}
