//! One real function binary, fed by a Lambda Runtime API of ours.
//!
//! The API is the one that AWS documents ("Using the Lambda runtime API for custom runtimes").

#![allow(
    dead_code,
    reason = "the tests and the fault harness each use a part of this"
)]

use std::{
    collections::HashMap,
    process::{Child, Command, Stdio},
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use axum::{
    Router,
    body::Bytes,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;

use super::{World, proxy::Proxy};

/// An SQS event with these bodies.
pub(crate) fn batch(queue: &str, bodies: &[String]) -> Value {
    let records: Vec<Value> = bodies
        .iter()
        .enumerate()
        .map(|(index, body)| {
            json!({
                "messageId": index.to_string(),
                "receiptHandle": format!("handle-{index}"),
                "body": body,
                "attributes": {},
                "messageAttributes": {},
                "eventSource": "aws:sqs",
                "eventSourceARN": format!("arn:aws:sqs:us-east-1:000000000000:carillon-{queue}"),
                "awsRegion": "us-east-1",
            })
        })
        .collect();
    json!({ "Records": records })
}

/// The same event, as it comes when its messages were received before.
pub(crate) fn again(event: &Value) -> Value {
    let mut event = event.clone();
    for record in event["Records"].as_array_mut().unwrap() {
        record["attributes"]["ApproximateReceiveCount"] = json!("2");
    }
    event
}

/// What came of an invocation.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Ended {
    /// The function answered.
    Answered(Value),
    /// The function reported an error.
    Failed(Value),
    /// The process ended first.
    Died,
}

impl Ended {
    /// The answer, if there was one.
    pub(crate) fn answer(self) -> Option<Value> {
        match self {
            Ended::Answered(answer) => Some(answer),
            Ended::Failed(_) | Ended::Died => None,
        }
    }
}

/// How a function is run.
pub(crate) struct Setup {
    /// How long an invocation may take.
    pub(crate) time_limit: Duration,
    /// How far the function's clock is ahead of ours, in milliseconds.
    pub(crate) ahead: Arc<AtomicI64>,
    /// Where its output goes.
    pub(crate) output: Option<std::fs::File>,
}

impl Default for Setup {
    /// More time than any invocation here takes, so that none is cut into two.
    fn default() -> Self {
        Self {
            time_limit: Duration::from_secs(600),
            ahead: Arc::default(),
            output: None,
        }
    }
}

struct Invocation {
    id: String,
    event: Bytes,
}

#[derive(Clone)]
struct Runtime {
    next: Arc<tokio::sync::Mutex<mpsc::Receiver<Invocation>>>,
    waiting: Arc<Mutex<HashMap<String, oneshot::Sender<Ended>>>>,
    time_limit: Duration,
    ahead: Arc<AtomicI64>,
}

/// A running function.
pub(crate) struct Function {
    process: Child,
    invocations: mpsc::Sender<Invocation>,
    waiting: Arc<Mutex<HashMap<String, oneshot::Sender<Ended>>>>,
    server: tokio::task::JoinHandle<()>,
}

impl Function {
    /// Starts the binary of a function with an environment.
    pub(crate) async fn start(name: &str, environment: &[(&str, String)]) -> Self {
        Self::start_with(name, environment, Setup::default()).await
    }

    /// The same, run in a certain way.
    pub(crate) async fn start_with(
        name: &str,
        environment: &[(&str, String)],
        setup: Setup,
    ) -> Self {
        let (invocations, next) = mpsc::channel(1);
        let waiting = Arc::new(Mutex::new(HashMap::new()));
        let runtime = Runtime {
            next: Arc::new(tokio::sync::Mutex::new(next)),
            waiting: Arc::clone(&waiting),
            time_limit: setup.time_limit,
            ahead: setup.ahead,
        };
        let router = Router::new()
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
            .with_state(runtime);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = tokio::spawn(async move {
            axum::serve(listener, router).await.unwrap();
        });
        let mut command = Command::new(binary(name));
        command
            .env_clear()
            .envs(
                environment
                    .iter()
                    .map(|(name, value)| (*name, value.as_str())),
            )
            .env("AWS_LAMBDA_RUNTIME_API", address.to_string())
            .env("AWS_LAMBDA_FUNCTION_NAME", name)
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
            .env("AWS_LAMBDA_LOG_STREAM_NAME", "tests")
            .env("AWS_LAMBDA_LOG_GROUP_NAME", "tests")
            .env("RUST_LOG", "info")
            .stdin(Stdio::null());
        if let Some(output) = setup.output {
            let errors = output.try_clone().unwrap();
            command.stdout(output).stderr(errors);
        }
        let process = command.spawn().unwrap();
        Self {
            process,
            invocations,
            waiting,
            server,
        }
    }

    /// Starts the binary of a function whose calls to AWS go through a proxy, and aims the proxy at it.
    pub(crate) async fn behind(
        proxy: &Proxy,
        name: &str,
        world: &World,
        more: &[(&'static str, &str)],
    ) -> Self {
        let mut environment = world.stack.details().environment(None);
        environment.extend(
            more.iter()
                .map(|(name, value)| (*name, (*value).to_owned())),
        );
        for (name, value) in &mut environment {
            if *name == "AWS_ENDPOINT_URL" {
                proxy.url().clone_into(value);
            }
        }
        let function = Self::start(name, &environment).await;
        proxy.aim_at(function.pid());
        function
    }

    pub(crate) fn pid(&self) -> u32 {
        self.process.id()
    }

    /// Hands an event over and waits for the end of it.
    pub(crate) async fn invoke(&mut self, event: &Value) -> Ended {
        let id = Uuid::new_v4().to_string();
        let (sender, receiver) = oneshot::channel();
        self.waiting.lock().unwrap().insert(id.clone(), sender);
        let event = Bytes::from(event.to_string());
        self.invocations
            .send(Invocation { id, event })
            .await
            .unwrap();
        tokio::select! {
            ended = receiver => ended.unwrap_or(Ended::Died),
            () = died(&mut self.process) => Ended::Died,
        }
    }
}

impl Drop for Function {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        self.server.abort();
    }
}

async fn died(process: &mut Child) {
    while process.try_wait().unwrap().is_none() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// The binary that cargo has built beside this test.
fn binary(name: &str) -> std::path::PathBuf {
    let test = std::env::current_exe().unwrap();
    test.parent()
        .and_then(std::path::Path::parent)
        .unwrap()
        .join(name)
}

async fn next_invocation(State(runtime): State<Runtime>) -> Response {
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
