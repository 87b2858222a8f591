use std::net::SocketAddr;

use http::HeaderValue;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    sync::mpsc,
};

use super::*;

/// A provider that reads one request per connection, writes a response, and hangs up.
struct Server {
    address: SocketAddr,
    requests: mpsc::UnboundedReceiver<String>,
}

impl Server {
    async fn start(answer: impl Into<Vec<u8>>) -> Self {
        let answer: Vec<u8> = answer.into();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, requests) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut request = vec![0; 4096];
                let length = stream.read(&mut request).await.unwrap();
                request.truncate(length);
                sender.send(String::from_utf8(request).unwrap()).unwrap();
                // The client may have hung up already.
                let _ = stream.write_all(&answer).await;
            }
        });
        Self { address, requests }
    }

    fn client(&self) -> Http {
        Http::within(
            Some(&format!("http://{}", self.address)),
            Duration::from_millis(500),
        )
        .unwrap()
    }
}

fn request() -> Request<Vec<u8>> {
    Request::post("https://api.example.com/v1/messages?id=1")
        .header(header::AUTHORIZATION, "Basic eDp5")
        .body(b"{}".to_vec())
        .unwrap()
}

fn code_of(outcome: &Outcome) -> &str {
    match outcome {
        Outcome::Accepted { .. } => "accepted",
        Outcome::Rejected(reason)
        | Outcome::Unreachable { reason, .. }
        | Outcome::Throttled { reason, .. }
        | Outcome::Transient(reason)
        | Outcome::Unknown(reason) => &reason.code,
    }
}

#[tokio::test]
async fn a_call_is_made_once_and_its_response_returned() {
    let mut server =
        Server::start("HTTP/1.1 201 Created\r\nx-it: 7\r\ncontent-length: 4\r\n\r\ndone").await;
    let answer = server.client().call(request()).await.unwrap();
    assert_eq!(
        (answer.status().as_u16(), answer.body().as_slice()),
        (201, &b"done"[..])
    );
    assert_eq!(answer.headers()["x-it"], "7");
    let seen = server.requests.recv().await.unwrap();
    assert!(
        seen.starts_with("POST /api.example.com/v1/messages?id=1 HTTP/1.1\r\n"),
        "the path names the provider: {seen}"
    );
    assert!(seen.contains("authorization: Basic eDp5\r\n"), "{seen}");
    assert!(seen.ends_with("\r\n\r\n{}"), "{seen}");
    assert!(server.requests.try_recv().is_err(), "one call");
}

#[tokio::test]
async fn the_simulator_is_always_called_over_http_1() {
    let mut server = Server::start("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
    let mut request = request();
    *request.version_mut() = Version::HTTP_2;
    let answer = server.client().call(request).await.unwrap();
    assert_eq!(answer.status(), 200);
    let seen = server.requests.recv().await.unwrap();
    assert!(
        seen.starts_with("POST /api.example.com/v1/messages?id=1 HTTP/1.1\r\n"),
        "{seen}"
    );
}

#[test]
fn there_is_a_client_for_each_version() {
    for version in [Version::HTTP_11, Version::HTTP_2] {
        assert!(client(true, version).is_ok(), "{version:?}");
    }
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let mut server = Server::start(
        "HTTP/1.1 307 Temporary Redirect\r\nlocation: /elsewhere\r\ncontent-length: 0\r\n\r\n",
    )
    .await;
    let answer = server.client().call(request()).await.unwrap();
    assert_eq!(answer.status(), 307);
    server.requests.recv().await.unwrap();
    assert!(
        server.requests.try_recv().is_err(),
        "the redirect was followed"
    );
}

#[tokio::test]
async fn long_responses_are_truncated() {
    let mut long = b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec();
    long.resize(1_000_000, b'x');
    let answer = Server::start(long)
        .await
        .client()
        .call(request())
        .await
        .unwrap();
    assert_eq!(
        (answer.status().as_u16(), answer.body().len()),
        (400, ANSWER_BYTES)
    );

    let short = "HTTP/1.1 400 Bad Request\r\ncontent-length: 100\r\n\r\nbroken off";
    let answer = Server::start(short)
        .await
        .client()
        .call(request())
        .await
        .unwrap();
    assert_eq!(answer.body(), b"broken off");
}

#[tokio::test]
async fn without_a_response_the_outcome_is_unknown_unless_never_connected() {
    let mut hung_up = Server::start("").await;
    let outcome = hung_up.client().call(request()).await.unwrap_err();
    assert!(matches!(outcome, Outcome::Unknown(_)), "{outcome:?}");
    assert_eq!(code_of(&outcome), "connection_lost");
    hung_up.requests.recv().await.unwrap();
    assert!(hung_up.requests.try_recv().is_err(), "not called again");

    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let silent = Http::within(Some(&address), Duration::from_millis(300)).unwrap();
    let outcome = silent.call(request()).await.unwrap_err();
    assert!(matches!(outcome, Outcome::Unknown(_)), "{outcome:?}");
    assert_eq!(code_of(&outcome), "timed_out");

    drop(listener);
    let outcome = silent.call(request()).await.unwrap_err();
    assert!(matches!(outcome, Outcome::Transient(_)), "{outcome:?}");
    assert_eq!(code_of(&outcome), "not_reached");
}

#[tokio::test]
async fn only_public_addresses_are_called_and_only_over_tls() {
    let http = Http::new(None).unwrap();
    for (address, code) in [
        (
            "https://169.254.169.254/latest/meta-data/",
            "forbidden_address",
        ),
        ("https://[::1]/", "forbidden_address"),
        ("https://127.0.0.1:8080/", "forbidden_address"),
        ("https://localhost/", "not_reached"),
        ("http://api.example.com/", "invalid_request"),
    ] {
        let request = Request::get(address).body(Vec::new()).unwrap();
        let outcome = http.call(request).await.unwrap_err();
        assert_eq!(code_of(&outcome), code, "{address}: {outcome:?}");
    }
    assert!(Http::new(Some("not an address")).is_err());
}

#[test]
fn retry_after_is_in_seconds_or_a_time() {
    let date = "Sat, 21 Nov 2026 09:00:00 GMT";
    let pause = |value: &str| {
        let mut headers = HeaderMap::new();
        headers.insert(header::DATE, HeaderValue::from_static(date));
        headers.insert(header::RETRY_AFTER, value.parse().unwrap());
        retry_after(&headers).map(|pause| pause.as_secs())
    };
    for (value, expected) in [
        ("30", Some(30)),
        ("Sat, 21 Nov 2026 09:01:30 GMT", Some(90)),
        ("Sat, 21 Nov 2026 08:59:00 GMT", Some(0)),
        ("soon", None),
        ("-1", None),
    ] {
        assert_eq!(pause(value), expected, "{value}");
    }
    assert_eq!(retry_after(&HeaderMap::new()), None);
}
