use crate::{
    api::answers::{ask_with, assert_fault, assert_problem, everything, path_of},
    support::World,
};

/// The maximum size of a body, in bytes.
const MOST_BYTES: usize = 1024 * 1024;

/// Every route that reads a body, below a campaign's path if it begins with a slash.
const ROUTES: [(&str, &str); 25] = [
    ("POST", "campaigns"),
    ("POST", "imports"),
    ("PATCH", "/"),
    ("POST", "/duplicate"),
    ("POST", "/receivers"),
    ("PATCH", "/receivers/{receiver}"),
    ("POST", "/receivers/switch"),
    ("POST", "/publish"),
    ("POST", "/schedule"),
    ("POST", "/unschedule"),
    ("POST", "/pause"),
    ("POST", "/resume"),
    ("POST", "/cancel"),
    ("POST", "/deliveries/resend"),
    ("POST", "/deliveries/assume-sent"),
    ("POST", "/deliveries/{receiver}/email/resend"),
    ("POST", "/deliveries/{receiver}/email/assume-sent"),
    ("POST", "dead-letters/redrive"),
    ("PATCH", "transports/email"),
    ("POST", "transports/email/test"),
    ("PATCH", "tenant"),
    ("POST", "suppressions"),
    ("POST", "suppressions/check"),
    ("POST", "suppressions/import"),
    ("POST", "suppressions/remove"),
];
/// Those whose body is optional.
const WITHOUT: [&str; 9] = [
    "imports",
    "/duplicate",
    "/publish",
    "/unschedule",
    "/pause",
    "/resume",
    "/cancel",
    "/deliveries/{receiver}/email/resend",
    "/deliveries/{receiver}/email/assume-sent",
];

#[tokio::test]
async fn every_route_rejects_malformed_json_with_its_position() {
    let world = World::new().await;
    let campaign = world.campaign(&["email"]).await;
    world.add_people(&campaign, 0..1).await;
    let before = everything(&world.api).await;
    for (method, route) in ROUTES {
        let path = path_of(&campaign, route);
        let headers = [("if-match", "\"1\"")];
        for (bytes, line) in [("{\"name\":", 1), ("{\n\"name\": x}", 2), ("<name/>", 1)] {
            let case = format!("{method} {path} {bytes}");
            let body = Some(bytes.as_bytes().to_vec());
            let answer = ask_with(&world.api, method, &path, &headers, body).await;
            assert_problem(&answer, 400, "malformed-json", &case);
            assert_eq!(answer.number("/line"), line, "{case}");
            assert!(answer.number("/column") > 0, "{case}");
        }
        if !WITHOUT.contains(&route) {
            let answer = ask_with(&world.api, method, &path, &headers, Some(Vec::new())).await;
            assert_problem(&answer, 400, "malformed-json", &path);
        }
    }
    assert_eq!(everything(&world.api).await, before);
}

#[tokio::test]
async fn a_body_that_is_not_a_json_object_or_has_another_content_type_is_rejected() {
    let world = World::new().await;
    let campaign = world.campaign(&["email"]).await;
    let before = everything(&world.api).await;
    for (method, route) in ROUTES {
        let path = path_of(&campaign, route);
        for bytes in ["[]", "[\"Spring\"]", "\"Spring\"", "5", "null"] {
            let case = format!("{method} {path} {bytes}");
            let body = Some(bytes.as_bytes().to_vec());
            let answer = ask_with(&world.api, method, &path, &[], body).await;
            assert_fault(&answer, "(body)", "wrong_type", &case);
        }
        let headers = [("content-type", "text/plain")];
        let body = Some(b"{\"name\":\"Spring\"}".to_vec());
        let answer = ask_with(&world.api, method, &path, &headers, body).await;
        assert_problem(&answer, 415, "unsupported-media-type", &path);
    }
    assert_eq!(everything(&world.api).await, before);
}

#[tokio::test]
async fn every_route_rejects_a_body_over_one_mebibyte() {
    let world = World::new().await;
    let campaign = world.campaign(&["email"]).await;
    let before = everything(&world.api).await;
    let of_size = |bytes: usize| {
        let mut body = b"{\"name\":\"".to_vec();
        body.resize(bytes - 2, b'x');
        body.extend_from_slice(b"\"}");
        Some(body)
    };
    for (method, route) in ROUTES {
        let path = path_of(&campaign, route);
        let body = of_size(MOST_BYTES + 1);
        let answer = ask_with(&world.api, method, &path, &[], body).await;
        assert_problem(&answer, 413, "too-large", &path);
    }
    // One byte less is read, and rejected for its content.
    let body = of_size(MOST_BYTES);
    let answer = ask_with(&world.api, "POST", "/v1/campaigns", &[], body).await;
    assert_fault(&answer, "name", "too_long", "the largest body");
    // The largest body that fits through API Gateway and into the 6 MB of a Lambda event.
    let body = of_size(5_000_000);
    let answer = ask_with(&world.api, "POST", "/v1/campaigns", &[], body).await;
    assert_problem(&answer, 413, "too-large", "5 MB");
    assert_eq!(everything(&world.api).await, before);
}
