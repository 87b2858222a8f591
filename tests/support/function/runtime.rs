//! The API documented in "Using the Lambda runtime API for custom runtimes" (AWS).

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use axum::{
    Router,
    body::Bytes,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde_json::Value;
use tokio::sync::{mpsc, oneshot, watch};

use super::Ended;

/// A pending event.
pub(super) struct Invocation {
    pub(super) id: String,
    pub(super) event: Bytes,
}

/// The state of the API.
#[derive(Clone)]
pub(super) struct Runtime {
    pub(super) next: Arc<tokio::sync::Mutex<mpsc::Receiver<Invocation>>>,
    pub(super) waiting: Arc<Mutex<HashMap<String, oneshot::Sender<Ended>>>>,
    pub(super) time_limit: Duration,
    pub(super) ahead: Arc<AtomicI64>,
    /// Notified whenever the function requests its next event.
    pub(super) asked: Arc<watch::Sender<Option<Instant>>>,
}

impl Runtime {
    pub(super) fn router(self) -> Router {
        Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next_invocation))
            .route(
                "/2018-06-01/runtime/invocation/{id}/response",
                post(answered),
            )
            .route("/2018-06-01/runtime/invocation/{id}/error", post(failed))
            .route(
                "/2018-06-01/runtime/init/error",
                post(|| async { StatusCode::ACCEPTED }),
            )
            .with_state(self)
    }
}

async fn next_invocation(State(runtime): State<Runtime>) -> Response {
    runtime.asked.send_replace(Some(Instant::now()));
    let Some(invocation) = runtime.next.lock().await.recv().await else {
        return StatusCode::GONE.into_response();
    };
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let deadline = i64::try_from((now + runtime.time_limit).as_millis()).unwrap()
        + runtime.ahead.load(Ordering::SeqCst);
    let headers = [
        ("lambda-runtime-aws-request-id", invocation.id),
        ("lambda-runtime-deadline-ms", deadline.to_string()),
        (
            "lambda-runtime-invoked-function-arn",
            "arn:aws:lambda:us-east-1:000000000000:function:test".to_owned(),
        ),
        (
            "lambda-runtime-trace-id",
            "Root=1-00000000-000000000000000000000000".to_owned(),
        ),
    ];
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.insert(name, value.parse().unwrap());
    }
    (map, invocation.event).into_response()
}

async fn answered(
    State(runtime): State<Runtime>,
    Path(id): Path<String>,
    body: Bytes,
) -> StatusCode {
    end(
        &runtime,
        &id,
        Ended::Answered(serde_json::from_slice(&body).unwrap_or(Value::Null)),
    )
}

async fn failed(State(runtime): State<Runtime>, Path(id): Path<String>, body: Bytes) -> StatusCode {
    end(
        &runtime,
        &id,
        Ended::Failed(serde_json::from_slice(&body).unwrap_or(Value::Null)),
    )
}

fn end(runtime: &Runtime, id: &str, ended: Ended) -> StatusCode {
    if let Some(waiting) = runtime.waiting.lock().unwrap().remove(id) {
        let _ = waiting.send(ended);
    }
    StatusCode::ACCEPTED
}
