//! The responses to requests as API Gateway passes them on.

use std::fs;

use http::HeaderMap;
use lambda_http::Request;
use proptest::prelude::*;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::*;

const UPLOADS: &str = "https://uploads.s3.eu-west-1.amazonaws.com";
const INDEX: &str = "<!doctype html><html><head><base href=\"./\"><script type=\"module\" src=\"./assets/index-Ab3.js\"></script></head></html>";

/// A build of the console, and the function that serves it.
fn console() -> (TempDir, Console) {
    let package = tempfile::tempdir().unwrap();
    let folder = package.path().join(FOLDER);
    fs::create_dir_all(folder.join("assets")).unwrap();
    for (name, content) in [
        (files::PAGE, INDEX),
        ("favicon.svg", "<svg/>"),
        ("assets/index-Ab3.js", "console.log('a long script')"),
        ("assets/index-Ab3.js.br", "brotli"),
        ("assets/index-Ab3.js.gz", "gzip"),
        ("assets/index-Ab3.css", "a { color: red }"),
        ("assets/font-1x.woff2", "font"),
    ] {
        fs::write(folder.join(name), content).unwrap();
    }
    fs::write(package.path().join("bootstrap"), "secret").unwrap();
    let console = Console::new(&folder, UPLOADS).unwrap();
    (package, console)
}

/// The request in an event of API Gateway.
fn request(method: &str, path: &str, headers: &[(&str, &str)]) -> Request {
    let headers: serde_json::Map<String, Value> = headers
        .iter()
        .map(|(name, value)| ((*name).to_owned(), json!(value)))
        .collect();
    let proxy = path.trim_start_matches('/');
    let event = json!({
        "version": "2.0",
        "routeKey": "GET /{proxy+}",
        "rawPath": path,
        "rawQueryString": "",
        "headers": headers,
        "requestContext": {
            "http": { "method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1", "userAgent": "" },
            "stage": "$default",
            "time": "21/Nov/2026:09:00:00 +0000",
            "timeEpoch": 1_795_251_600_000_i64,
        },
        "pathParameters": if proxy.is_empty() { json!({}) } else { json!({ "proxy": proxy }) },
        "isBase64Encoded": false,
    });
    carillon_http::request(&event.to_string()).unwrap()
}

fn get(console: &Console, path: &str, headers: &[(&str, &str)]) -> Response<Body> {
    console.answer(&request("GET", path, headers)).unwrap()
}

fn text(response: &Response<Body>) -> String {
    String::from_utf8(response.body().as_ref().to_vec()).unwrap()
}

fn header(headers: &HeaderMap, name: &str) -> String {
    let value = headers.get(name).map(|value| value.to_str().unwrap());
    value.unwrap_or_default().to_owned()
}

#[test]
fn the_page_knows_its_root_at_every_depth() {
    let (_package, console) = console();
    for (path, root) in [
        ("/", "./"),
        ("/index.html", "./"),
        ("/campaigns", "./"),
        ("/campaigns/", "../"),
        ("/campaigns/123/deliveries", "../../"),
        ("/settings/a%2Fb", "../"),
    ] {
        let response = get(&console, path, &[("accept-encoding", "br, gzip")]);
        assert_eq!(response.status(), 200, "{path}");
        let headers = response.headers();
        assert_eq!(header(headers, "content-type"), files::HTML);
        assert_eq!(header(headers, "cache-control"), "no-cache");
        assert_eq!(header(headers, "content-encoding"), "");
        let expected = INDEX.replace("./\">", &format!("{root}\">"));
        assert_eq!(text(&response), expected, "{path}");
    }
}

#[test]
fn the_root_is_where_the_route_begins() {
    let (_package, console) = console();
    let mut event = request("GET", "/stage/campaigns/1", &[]);
    event = event.with_path_parameters(
        [("proxy".to_owned(), "campaigns/1".to_owned())]
            .into_iter()
            .collect::<std::collections::HashMap<_, _>>(),
    );
    let response = console.answer(&event).unwrap();
    assert!(text(&response).contains("<base href=\"../\">"));
}

#[test]
fn a_file_is_sent_in_the_coding_that_is_accepted() {
    let (_package, console) = console();
    let script = "/assets/index-Ab3.js";
    let mut tags = Vec::new();
    for (accepted, coding, content) in [
        ("gzip, deflate, br, zstd", "br", "brotli"),
        ("gzip", "gzip", "gzip"),
        ("identity", "", "console.log('a long script')"),
    ] {
        let response = get(&console, script, &[("accept-encoding", accepted)]);
        let headers = response.headers();
        assert_eq!(header(headers, "content-encoding"), coding);
        assert_eq!(header(headers, "vary"), "accept-encoding");
        assert_eq!(
            header(headers, "content-type"),
            "text/javascript; charset=utf-8"
        );
        assert_eq!(
            header(headers, "cache-control"),
            "public, max-age=31536000, immutable"
        );
        assert_eq!(text(&response), content);
        tags.push(header(headers, "etag"));
    }
    tags.dedup();
    assert_eq!(tags.len(), 3, "{tags:?}");
    // There is no smaller variant of these.
    for (path, kind) in [
        ("/assets/font-1x.woff2", "font/woff2"),
        ("/assets/index-Ab3.css", "text/css; charset=utf-8"),
        ("/favicon.svg", "image/svg+xml"),
    ] {
        let response = get(&console, path, &[("accept-encoding", "br, gzip")]);
        assert_eq!(header(response.headers(), "content-encoding"), "");
        assert_eq!(header(response.headers(), "content-type"), kind);
    }
    let icon = get(&console, "/favicon.svg", &[]);
    assert_eq!(header(icon.headers(), "cache-control"), "no-cache");
}

#[test]
fn whoever_has_the_response_gets_304() {
    let (_package, console) = console();
    for path in ["/", "/campaigns/1", "/assets/index-Ab3.js", "/favicon.svg"] {
        let accepted = ("accept-encoding", "br");
        let first = get(&console, path, &[accepted]);
        let tag = header(first.headers(), "etag");
        let again = get(&console, path, &[accepted, ("if-none-match", &tag)]);
        assert_eq!(again.status(), 304, "{path}");
        assert!(again.body().is_empty());
        for name in ["etag", "vary", "cache-control", "content-security-policy"] {
            let (before, after) = (first.headers(), again.headers());
            assert_eq!(header(before, name), header(after, name), "{name}");
        }
        assert!(!again.headers().contains_key("content-type"));
        let other = get(&console, path, &[accepted, ("if-none-match", "\"x\"")]);
        assert_eq!(other.status(), 200, "{path}");
    }
    // The page at another depth is another one.
    let tag = header(get(&console, "/", &[]).headers(), "etag");
    let deeper = get(&console, "/campaigns/1", &[("if-none-match", &tag)]);
    assert_eq!(deeper.status(), 200);
}

#[test]
fn a_head_gets_the_headers_of_a_get() {
    let (_package, console) = console();
    for path in ["/", "/campaigns/1", "/assets/index-Ab3.js", "/missing.js"] {
        let get = get(&console, path, &[]);
        let head = console.answer(&request("HEAD", path, &[])).unwrap();
        assert_eq!(head.status(), get.status());
        assert_eq!(head.headers(), get.headers());
        assert!(head.body().is_empty(), "{path}");
    }
}

#[test]
fn a_missing_file_or_foreign_path_is_not_the_page() {
    let (_package, console) = console();
    for path in [
        "/assets/index-Old.js",
        "/assets/campaigns",
        "/assets",
        "/robots.txt",
        "/a/b.js",
        // Variants have no address of their own.
        "/assets/index-Ab3.js.br",
        "/v1",
        "/docs/",
        "/unsubscribe/a/b",
        "/callbacks",
        "/bootstrap.txt",
    ] {
        let response = get(&console, path, &[]);
        assert_eq!(response.status(), 404, "{path}");
        assert_eq!(header(response.headers(), "cache-control"), "no-store");
        assert_eq!(
            header(response.headers(), "x-content-type-options"),
            "nosniff"
        );
    }
}

#[test]
fn a_browser_may_do_nothing_else_with_the_page() {
    let (_package, console) = console();
    let response = get(&console, "/", &[]);
    let policy = header(response.headers(), "content-security-policy");
    let rule = |name: &str| {
        let mut rules = policy.split("; ");
        rules
            .find_map(|rule| rule.strip_prefix(name))
            .unwrap()
            .trim()
            .to_owned()
    };
    assert_eq!(rule("default-src"), "'none'");
    assert_eq!(rule("script-src"), "'self'");
    assert_eq!(rule("connect-src"), format!("'self' {UPLOADS}"));
    assert_eq!(rule("frame-ancestors"), "'none'");
    assert_eq!(rule("object-src"), "'none'");
    assert_eq!(rule("form-action"), "'none'");
    assert!(!policy.contains("unsafe-eval"));
    assert_eq!(header(response.headers(), "referrer-policy"), "no-referrer");
    let permissions = header(response.headers(), "permissions-policy");
    for denied in ["camera=()", "microphone=()", "geolocation=()"] {
        assert!(permissions.contains(denied), "{permissions}");
    }
}

#[test]
fn a_package_without_a_usable_page_does_not_start() {
    let package = tempfile::tempdir().unwrap();
    let start = |index: Option<&str>| {
        if let Some(index) = index {
            fs::write(package.path().join(files::PAGE), index).unwrap();
        }
        Console::new(package.path(), UPLOADS).map(|_| ())
    };
    let missing = start(None);
    assert!(matches!(
        missing,
        Err(NotStarted::Files(FilesError::Unreadable(..)))
    ));
    for index in [
        "<html></html>",
        "<link href=\"./a.css\"><base href=\"./\">",
        "<base href=\"./\"><base href=\"./\">",
    ] {
        let unusable = start(Some(index));
        assert!(
            matches!(unusable, Err(NotStarted::Files(FilesError::NoRoot(_)))),
            "{index}"
        );
    }
    start(Some(INDEX)).unwrap();
    assert!(matches!(
        Console::new(package.path(), "a\nb"),
        Err(NotStarted::Uploads(_))
    ));
}

proptest! {
    /// No path, however it is written, reaches a file that is not in the folder.
    #[test]
    fn no_path_leads_out_of_the_folder(segments in prop::collection::vec("(\\.|\\.\\.|%2e%2e|%2F|console|bootstrap|assets|[a-z]{0,3})", 0..6)) {
        let (_package, console) = console();
        let response = get(&console, &format!("/{}", segments.join("/")), &[]);
        prop_assert!(!text(&response).contains("secret"));
        let root = text(&response);
        if response.status() == 200 {
            let root = root.split_once("<base href=\"").unwrap().1.split_once('"').unwrap().0;
            let ups = root.matches("../").count();
            prop_assert!(root == "./" || root.len() == 3 * ups);
        }
    }
}
