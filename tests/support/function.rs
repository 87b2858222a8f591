//! One real function binary, driven by our own Lambda Runtime API.
//!

#![allow(
    dead_code,
    reason = "the tests and the fault harness each use a part of this"
)]

mod runtime;

use std::{
    collections::HashMap,
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex, atomic::AtomicI64},
    time::{Duration, Instant},
};

use axum::body::Bytes;
use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot, watch};
use uuid::Uuid;

use self::runtime::{Invocation, Runtime};
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

/// The same event with messages that were received before.
pub(crate) fn again(event: &Value) -> Value {
    let mut event = event.clone();
    for record in event["Records"].as_array_mut().unwrap() {
        record["attributes"]["ApproximateReceiveCount"] = json!("2");
    }
    event
}

/// The outcome of an invocation.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Ended {
    /// The function returned a response.
    Answered(Value),
    /// The function reported an error.
    Failed(Value),
    /// The process exited first.
    Died,
}

impl Ended {
    /// The response, if any.
    pub(crate) fn answer(self) -> Option<Value> {
        match self {
            Ended::Answered(answer) => Some(answer),
            Ended::Failed(_) | Ended::Died => None,
        }
    }
}

/// How to run a function.
pub(crate) struct Setup {
    /// Timeout of an invocation.
    pub(crate) time_limit: Duration,
    /// How far the function's clock is ahead of ours, in milliseconds.
    pub(crate) ahead: Arc<AtomicI64>,
    /// The destination of its output.
    pub(crate) output: Option<std::fs::File>,
    /// A wrapper command such as `valgrind` with its options; `None` to run it directly.
    pub(crate) under: Vec<String>,
    /// The binary; by default the one that cargo built next to the tests.
    pub(crate) program: Option<PathBuf>,
}

impl Default for Setup {
    /// Longer than any invocation here takes, so that none is continued in another.
    fn default() -> Self {
        Self {
            time_limit: Duration::from_secs(600),
            ahead: Arc::default(),
            output: None,
            under: Vec::new(),
            program: None,
        }
    }
}

/// A running function.
pub(crate) struct Function {
    process: Child,
    invocations: mpsc::Sender<Invocation>,
    waiting: Arc<Mutex<HashMap<String, oneshot::Sender<Ended>>>>,
    server: tokio::task::JoinHandle<()>,
    has_asked: watch::Receiver<Option<Instant>>,
}

impl Function {
    /// Starts the binary of a function with an environment.
    pub(crate) async fn start(name: &str, environment: &[(&str, String)]) -> Self {
        Self::start_with(name, environment, Setup::default()).await
    }

    /// The same with a setup.
    pub(crate) async fn start_with(
        name: &str,
        environment: &[(&str, String)],
        setup: Setup,
    ) -> Self {
        let (invocations, next) = mpsc::channel(1);
        let waiting = Arc::new(Mutex::new(HashMap::new()));
        let (asked, has_asked) = watch::channel(None);
        let runtime = Runtime {
            asked: Arc::new(asked),
            next: Arc::new(tokio::sync::Mutex::new(next)),
            waiting: Arc::clone(&waiting),
            time_limit: setup.time_limit,
            ahead: setup.ahead,
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = tokio::spawn(async move {
            axum::serve(listener, runtime.router()).await.unwrap();
        });
        let program = setup.program.unwrap_or_else(|| binary(name));
        let mut words = setup
            .under
            .iter()
            .map(AsRef::as_ref)
            .chain([program.as_os_str()]);
        let mut command = Command::new(words.next().unwrap());
        command
            .args(words)
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
            has_asked,
        }
    }

    /// Starts the binary of a function whose AWS calls go through a proxy, and attaches the proxy to it.
    pub(crate) async fn behind(
        proxy: &Proxy,
        name: &str,
        world: &World,
        more: &[(&'static str, &str)],
    ) -> Self {
        Self::behind_with(proxy, name, world, more, Setup::default()).await
    }

    /// The same with a setup.
    pub(crate) async fn behind_with(
        proxy: &Proxy,
        name: &str,
        world: &World,
        more: &[(&'static str, &str)],
        setup: Setup,
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
        proxy.set_guard(super::policies::guard(name));
        let function = Self::start_with(name, &environment, setup).await;
        proxy.aim_at(function.pid());
        function
    }

    pub(crate) fn pid(&self) -> u32 {
        self.process.id()
    }

    /// Waits until it requests its first event, and returns when that was.
    pub(crate) async fn ready(&mut self) -> Instant {
        let asked = self.has_asked.wait_for(Option::is_some).await.unwrap();
        asked.unwrap()
    }

    /// Sends the process SIGTERM and waits until it has exited.
    pub(crate) async fn terminate(mut self) {
        // SAFETY: kill has no preconditions; the process is a child of this one and not yet waited for.
        unsafe {
            libc::kill(i32::try_from(self.pid()).unwrap(), libc::SIGTERM);
        }
        died(&mut self.process).await;
    }

    /// Invokes the function with an event and waits for the outcome.
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

/// The binary that cargo built next to this test.
fn binary(name: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    test.parent()
        .and_then(std::path::Path::parent)
        .unwrap()
        .join(name)
}
