//! Helpers for requests and for checking problems.

use carillon_local::demo::client::{Answer, Client};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::support::World;

const PROBLEMS: &str = "https://carillon.example/problems/";

/// An unused campaign or import id.
pub(super) const NOBODYS: &str = "019a9a00-0000-7000-8000-00000000dead";
/// An unused receiver id.
pub(super) const NOBODY: &str = "0123456789abcdef0123456789abcdef";

/// The path of a route: below a campaign if it begins with a slash, with an unused receiver id.
pub(super) fn path_of(campaign: &str, route: &str) -> String {
    let path = match route.strip_prefix('/') {
        None => format!("/v1/{route}"),
        Some(rest) => format!("/v1/campaigns/{campaign}/{rest}"),
    };
    path.replace("{receiver}", NOBODY)
        .trim_end_matches('/')
        .to_owned()
}

/// The body of a valid schedule.
pub(super) fn next_week() -> Value {
    let at = Timestamp::now() + SignedDuration::from_hours(7 * 24);
    json!({ "at": at.to_string() })
}

/// Sends a request with a JSON body.
pub(super) async fn ask(
    client: &Client,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: Option<&Value>,
) -> Answer {
    let body = body.map(|body| body.to_string().into_bytes());
    ask_with(client, method, path, headers, body).await
}

/// Sends a request with any body.
pub(super) async fn ask_with(
    client: &Client,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: Option<Vec<u8>>,
) -> Answer {
    let method = method.parse().unwrap();
    client.call(method, path, headers, body).await.unwrap()
}

/// Posts and returns any response.
pub(super) async fn post(world: &World, path: &str, body: &Value) -> Answer {
    ask(&world.api, "POST", path, &[], Some(body)).await
}

/// Asserts that a response is this problem in all its parts.
#[track_caller]
pub(super) fn assert_problem(answer: &Answer, status: u16, slug: &str, case: &str) {
    let found = answer
        .text("/type")
        .strip_prefix(PROBLEMS)
        .unwrap_or_default();
    assert_eq!(
        (answer.status.as_u16(), found),
        (status, slug),
        "{case}: {}",
        answer.body
    );
    assert_eq!(answer.number("/status"), u64::from(status), "{case}");
    assert!(!answer.text("/title").is_empty(), "{case}");
    let content_type = answer.headers["content-type"].to_str().unwrap();
    assert_eq!(content_type, "application/problem+json", "{case}");
}

/// Asserts that a response reports a field as invalid, as the first error or a later one.
#[track_caller]
pub(super) fn assert_fault(answer: &Answer, field: &str, code: &str, case: &str) {
    assert_problem(answer, 422, "invalid-field", case);
    let faults = faults(answer);
    assert!(
        faults.contains(&(field, code)),
        "{case}: {field} is not found to be {code} in {faults:?}"
    );
    assert_eq!(answer.text("/field"), faults[0].0, "{case}");
}

/// Every invalid field with its error code.
pub(super) fn faults(answer: &Answer) -> Vec<(&str, &str)> {
    let text =
        |error: &'_ Value, name: &str| error[name].as_str().map(str::len).unwrap_or_default();
    answer
        .list("/errors")
        .iter()
        .inspect(|error| assert!(text(error, "detail") > 0, "{error}"))
        .map(|error| {
            (
                error["field"].as_str().unwrap_or_default(),
                error["code"].as_str().unwrap_or_default(),
            )
        })
        .collect()
}

/// Everything of a tenant that requests could change, except totals, which follow a moment later.
pub(super) async fn everything(client: &Client) -> Value {
    let mut all = Vec::new();
    for campaign in client.all("/v1/campaigns", "/campaigns").await.unwrap() {
        let path = format!("/v1/campaigns/{}", campaign["id"].as_str().unwrap());
        let mut shown = client.get(&path).await.unwrap().body;
        shown.as_object_mut().unwrap().remove("totals");
        let receivers = people(client, &path).await;
        all.push(json!({ "campaign": shown, "receivers": receivers }));
    }
    Value::from(all)
}

/// The receivers of the campaign at a path.
pub(super) async fn people(client: &Client, campaign: &str) -> Vec<Value> {
    let path = format!("{campaign}/receivers?limit=200");
    client.all(&path, "/receivers").await.unwrap()
}

/// The version in the ETag. A GET's also has a hash of the body behind it.
pub(super) fn tagged_version(answer: &Answer) -> &str {
    let tag = answer.entity_tag().unwrap().trim_matches('"');
    tag.split_once('.').map_or(tag, |(version, _)| version)
}
