//! The console as a browser gets it: the built files, through the address of the API.

use reqwest::{Client, Method, Response, header::HeaderMap};

use crate::support::World;

async fn ask(world: &World, method: Method, path: &str, headers: &[(&str, &str)]) -> Response {
    let address = format!("{}{path}", world.stack.details().api_url());
    let mut request = Client::new().request(method, address);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.send().await.unwrap()
}

async fn get(world: &World, path: &str, headers: &[(&str, &str)]) -> Response {
    ask(world, Method::GET, path, headers).await
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers
        .get(name)
        .map_or("", |value| value.to_str().unwrap())
}

/// The first script of the page, as a path below the root.
fn script(page: &str) -> &str {
    let (_, rest) = page.split_once("src=\"./").unwrap();
    rest.split('"').next().unwrap()
}

#[tokio::test]
async fn the_page_finds_its_files_at_every_depth() {
    let world = World::new().await;
    for (path, root) in [("/", "./"), ("/campaigns/123/deliveries", "../../")] {
        let page = get(&world, path, &[]).await;
        assert_eq!(page.status(), 200, "{path}");
        let headers = page.headers().clone();
        assert_eq!(header(&headers, "content-type"), "text/html; charset=utf-8");
        assert_eq!(header(&headers, "cache-control"), "no-cache");
        let address = page.url().clone();
        let text = page.text().await.unwrap();
        assert!(text.contains(&format!("<base href=\"{root}\"")), "{text}");
        let script = address.join(root).unwrap().join(script(&text)).unwrap();
        let script = Client::new().get(script).send().await.unwrap();
        assert_eq!(script.status(), 200, "{path}");
        assert_eq!(
            header(script.headers(), "content-type"),
            "text/javascript; charset=utf-8"
        );

        let policy = header(&headers, "content-security-policy");
        let uploads = world.stack.details().endpoint();
        for rule in [
            "default-src 'none'",
            "script-src 'self'",
            "frame-ancestors 'none'",
            "object-src 'none'",
            &format!("connect-src 'self' {uploads}"),
        ] {
            assert!(policy.split("; ").any(|it| it == rule), "{rule}: {policy}");
        }
        assert_eq!(header(&headers, "referrer-policy"), "no-referrer");
        assert_eq!(header(&headers, "x-content-type-options"), "nosniff");
        assert!(header(&headers, "permissions-policy").contains("camera=()"));

        let tag = header(&headers, "etag");
        let again = get(&world, path, &[("if-none-match", tag)]).await;
        assert_eq!(again.status(), 304, "{path}");
        assert_eq!(header(again.headers(), "etag"), tag);
        assert!(again.bytes().await.unwrap().is_empty());

        let head = ask(&world, Method::HEAD, path, &[]).await;
        assert_eq!(
            (head.status().as_u16(), header(head.headers(), "etag")),
            (200, tag)
        );
        // What the page runs is what its policy allows.
        assert!(
            !text.contains("<script>") && !text.contains(" onload="),
            "{text}"
        );
    }
}

#[tokio::test]
async fn a_script_is_sent_compressed_and_kept() {
    let world = World::new().await;
    let page = get(&world, "/", &[]).await.text().await.unwrap();
    let path = format!("/{}", script(&page));
    let mut sizes = Vec::new();
    for (accepted, coding) in [
        ("gzip, deflate, br", "br"),
        ("gzip;q=0.5", "gzip"),
        ("identity", ""),
    ] {
        let script = get(&world, &path, &[("accept-encoding", accepted)]).await;
        assert_eq!(script.status(), 200, "{accepted}");
        assert_eq!(header(script.headers(), "content-encoding"), coding);
        assert_eq!(header(script.headers(), "vary"), "accept-encoding");
        assert_eq!(
            header(script.headers(), "cache-control"),
            "public, max-age=31536000, immutable"
        );
        let tag = header(script.headers(), "etag").to_owned();
        let have = [
            ("accept-encoding", accepted),
            ("if-none-match", tag.as_str()),
        ];
        assert_eq!(get(&world, &path, &have).await.status(), 304);
        sizes.push(script.bytes().await.unwrap().len());
    }
    assert!(sizes[0] < sizes[1] && sizes[1] < sizes[2], "{sizes:?}");
}

#[tokio::test]
async fn what_is_not_there_is_not_the_page() {
    let world = World::new().await;
    for path in [
        "/assets/index-gone.js",
        "/robots.txt",
        "/v1",
        "/docs/",
        "/unsubscribe/a",
        "/assets/..%2f..%2fbootstrap",
    ] {
        let answer = get(&world, path, &[]).await;
        assert_eq!(answer.status(), 404, "{path}");
        assert!(!answer.text().await.unwrap().contains("<html"), "{path}");
    }
}
