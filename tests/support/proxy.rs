//! Stands between a function and everything that it calls, and kills it at a chosen call.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU32, Ordering},
};

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use http_body_util::BodyExt;

/// A call on its way through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seen {
    /// As in `DynamoDB_20120810.BatchGetItem`, or the path where there is no such header.
    pub(crate) operation: String,
}

/// When to kill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kill {
    /// Never.
    Never,
    /// Before the n-th call of an operation is passed on, counted from 1.
    Before(&'static str, usize),
    /// After the n-th call of an operation was answered, and before the function hears of it.
    After(&'static str, usize),
    /// Before the n-th call of any kind is passed on, counted from 1.
    BeforeCall(usize),
    /// After the n-th call of any kind was answered, and before the function hears of it.
    AfterCall(usize),
}

#[derive(Clone)]
struct Shared {
    http: reqwest::Client,
    upstream: String,
    victim: Arc<AtomicU32>,
    kill: Kill,
    seen: Arc<Mutex<Vec<Seen>>>,
}

/// A running proxy.
pub(crate) struct Proxy {
    url: String,
    shared: Shared,
    server: tokio::task::JoinHandle<()>,
}

impl Proxy {
    /// Passes calls on to an address, until the kill.
    pub(crate) async fn start(upstream: &str, kill: Kill) -> Self {
        let shared = Shared {
            http: reqwest::Client::builder().no_proxy().build().unwrap(),
            upstream: upstream.to_owned(),
            victim: Arc::new(AtomicU32::new(0)),
            kill,
            seen: Arc::default(),
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(pass_on).with_state(shared.clone());
        let server = tokio::spawn(async move {
            axum::serve(listener, router).await.unwrap();
        });
        Self {
            url,
            shared,
            server,
        }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// The process that the kill is for.
    pub(crate) fn aim_at(&self, pid: u32) {
        self.shared.victim.store(pid, Ordering::SeqCst);
    }

    /// All calls that went through.
    pub(crate) fn all_seen(&self) -> usize {
        self.shared.seen.lock().unwrap().len()
    }

    pub(crate) fn seen(&self, operation: &str) -> usize {
        let seen = self.shared.seen.lock().unwrap();
        seen.iter()
            .filter(|seen| seen.operation.ends_with(operation))
            .count()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Shared {
    fn strike(&self) -> Response {
        let pid = self.victim.load(Ordering::SeqCst);
        assert_ne!(pid, 0, "the proxy was not aimed at a process");
        // SAFETY: kill has no preconditions; the process is a child of this test and not yet waited for.
        unsafe {
            libc::kill(i32::try_from(pid).unwrap(), libc::SIGKILL);
        }
        StatusCode::BAD_GATEWAY.into_response()
    }
}

async fn pass_on(State(shared): State<Shared>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    let target = parts
        .headers
        .get("x-amz-target")
        .and_then(|target| target.to_str().ok());
    let operation = target.unwrap_or(parts.uri.path()).to_owned();
    let (all, count) = {
        let mut seen = shared.seen.lock().unwrap();
        seen.push(Seen {
            operation: operation.clone(),
        });
        let same = seen.iter().filter(|seen| seen.operation == operation);
        (seen.len(), same.count())
    };
    let is = |name: &str, wanted: usize| operation.ends_with(name) && count == wanted;
    let kills_before = match &shared.kill {
        Kill::Before(name, wanted) => is(name, *wanted),
        Kill::BeforeCall(wanted) => all == *wanted,
        _ => false,
    };
    let kills_after = match &shared.kill {
        Kill::After(name, wanted) => is(name, *wanted),
        Kill::AfterCall(wanted) => all == *wanted,
        _ => false,
    };
    if kills_before {
        return shared.strike();
    }
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    let mut call = shared
        .http
        .request(parts.method, format!("{}{path}", shared.upstream))
        .body(body);
    for (name, value) in &parts.headers {
        if name != "host" && name != "content-length" {
            call = call.header(name, value);
        }
    }
    let answer = match call.send().await {
        Ok(answer) => answer,
        Err(_) => return StatusCode::BAD_GATEWAY.into_response(),
    };
    let (status, headers) = (answer.status(), answer.headers().clone());
    let body = answer.bytes().await.unwrap();
    if kills_after {
        return shared.strike();
    }
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    for (name, value) in &headers {
        if name != "transfer-encoding" && name != "content-length" {
            response.headers_mut().append(name, value.clone());
        }
    }
    response
}
