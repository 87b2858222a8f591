//! The log line of an invocation.

use std::{
    fmt::Write as _,
    io::Write as _,
    sync::{
        OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    time::{Instant, SystemTime, UNIX_EPOCH},
};

use lambda_runtime::Context;
use serde_json::{Map, Value};

use crate::{metrics::Metrics, trace::Trace};

/// How many traces a line names. A batch mixes campaigns; the first few are enough to find it.
const TRACES: usize = 3;
/// Whether this process has handled an invocation.
static IS_WARM: AtomicBool = AtomicBool::new(false);
/// The CloudWatch namespace of the metrics; set once lines are enabled.
static NAMESPACE: OnceLock<String> = OnceLock::new();

/// Enables lines, with metrics in this namespace.
pub(crate) fn begin_lines(namespace: String) {
    let _ = NAMESPACE.set(namespace);
}

/// How an invocation ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Everything was done. Postponed work counts as done.
    Done,
    /// Some of it failed and stays in the queue; an error line says why.
    Partly,
    /// It failed; an error line says why.
    Failed,
}

impl Outcome {
    /// The outcome of an invocation that succeeds or fails as a whole.
    pub fn of<T, E>(result: &Result<T, E>) -> Self {
        if result.is_ok() {
            Self::Done
        } else {
            Self::Failed
        }
    }

    /// The outcome of an invocation in which this many of its messages failed.
    pub fn of_batch(messages: usize, failed: usize) -> Self {
        match failed {
            0 => Self::Done,
            _ if failed < messages => Self::Partly,
            _ => Self::Failed,
        }
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Partly => "partly",
            Self::Failed => "failed",
        }
    }
}

/// The one log line of an invocation, and its metrics.
///
/// It contains ids and counts, never addresses, names or content.
#[derive(Debug)]
#[must_use = "a line is written when it ends"]
pub struct Line {
    function: &'static str,
    request: String,
    trace: Trace,
    /// The ids of the traces to log.
    roots: Vec<String>,
    began: Instant,
    is_cold: bool,
    fields: Map<String, Value>,
    metrics: Metrics,
    asides: Vec<Metrics>,
}

impl Line {
    /// Begins the line of an invocation that has just started.
    pub fn begin(function: &'static str, context: &Context) -> Self {
        let given = context.xray_trace_id.as_deref().and_then(Trace::parse);
        Self {
            function,
            request: context.request_id.clone(),
            trace: given.unwrap_or_else(Trace::begin),
            roots: Vec::new(),
            began: Instant::now(),
            is_cold: !IS_WARM.swap(true, Ordering::Relaxed),
            fields: Map::new(),
            metrics: Metrics::by(&[&["function"]]),
            asides: Vec::new(),
        }
    }

    /// Replaces Lambda's request id with one that the caller knows.
    pub fn set_request(&mut self, request: &str) {
        request.clone_into(&mut self.request);
    }

    /// The invocation's own trace, to be propagated. Only then does the line include it: Lambda creates one per batch,
    /// and one that leads nowhere is not worth its bytes.
    pub fn trace(&mut self) -> Trace {
        self.name(&self.trace.clone());
        self.trace.clone()
    }

    /// Adds the traces of messages.
    pub fn follow<'a>(&mut self, traces: impl IntoIterator<Item = &'a Trace>) {
        for trace in traces {
            self.name(trace);
        }
    }

    fn name(&mut self, trace: &Trace) {
        let is_new = !self.roots.iter().any(|root| root == trace.root());
        if is_new && self.roots.len() < TRACES {
            self.roots.push(trace.root().to_owned());
        }
    }

    /// Adds a field.
    pub fn set(&mut self, name: &'static str, value: impl Into<Value>) {
        self.fields.insert(name.to_owned(), value.into());
    }

    /// Adds a count that is not a metric. Zero is left out.
    pub fn note(&mut self, name: &'static str, number: usize) {
        if number > 0 {
            let sum = self.fields.get(name).and_then(Value::as_u64);
            let number = u64::try_from(number).unwrap_or(u64::MAX);
            self.set(name, sum.unwrap_or_default().saturating_add(number));
        }
    }

    /// Counts something, as a metric of the function; see [`Metrics::count`].
    pub fn count(&mut self, name: &'static str, number: impl TryInto<u64>) {
        self.metrics.count(name, number);
    }

    /// Replaces the function's own metrics.
    pub fn measure(&mut self, metrics: Metrics) {
        self.metrics = metrics;
    }

    /// Adds metrics whose labels differ from the line's. They need a line of their own.
    pub fn measure_aside(&mut self, metrics: Metrics) {
        self.asides.push(metrics);
    }

    /// Writes the line, in a process that has called [`crate::init`].
    pub fn end(self, outcome: Outcome) {
        let Some(namespace) = NAMESPACE.get() else {
            return;
        };
        let text = self.text(outcome, namespace, milliseconds_since_1970());
        // If standard output is closed, there is nowhere to report it.
        let _ = std::io::stdout().lock().write_all(text.as_bytes());
    }

    fn text(mut self, outcome: Outcome, namespace: &str, timestamp: u64) -> String {
        let mut named = Map::new();
        named.insert("function".to_owned(), self.function.into());
        named.insert("request".to_owned(), self.request.as_str().into());
        let mut document = named.clone();
        document.append(&mut self.fields);
        if !self.roots.is_empty() {
            document.insert("trace".to_owned(), self.roots.join(" ").into());
        }
        if self.is_cold {
            document.insert("cold".to_owned(), true.into());
        }
        let milliseconds = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        document.insert("milliseconds".to_owned(), milliseconds.into());
        document.insert("outcome".to_owned(), outcome.as_str().into());
        self.metrics.write(&mut document, namespace, timestamp);
        let mut text = String::new();
        let _ = writeln!(text, "{}", Value::Object(document));
        for aside in self.asides {
            let mut document = named.clone();
            aside.write(&mut document, namespace, timestamp);
            let _ = writeln!(text, "{}", Value::Object(document));
        }
        text
    }
}

fn milliseconds_since_1970() -> u64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::*;

    const ROOT: &str = "1-5759e988-bd862e3fe1be46a994272793";

    fn line() -> Line {
        let mut context = Context::default();
        context.request_id = "3f6ccd5b-8a5e-4ec0-9a1d-6a0a6f0a9d0c".to_owned();
        context.xray_trace_id = Some(format!("Root={ROOT};Parent=53995c3f42cd8ad8;Sampled=1"));
        let mut line = Line::begin("email", &context);
        line.is_cold = false;
        line
    }

    fn documents(line: Line, outcome: Outcome) -> Vec<Value> {
        let text = line.text(outcome, "Carillon", 1_763_766_000_000);
        let mut documents = Vec::new();
        for line in text.lines() {
            let mut document: Value = serde_json::from_str(line).unwrap();
            if let Some(milliseconds) = document.get_mut("milliseconds") {
                *milliseconds = 0.into();
            }
            documents.push(document);
        }
        documents
    }

    #[test]
    fn a_line_with_metrics_is_in_the_embedded_metric_format() {
        let mut line = line();
        line.set("queue", "carillon-email.fifo");
        let mut metrics = Metrics::by(&[&["channel"], &["channel", "transport"]]);
        metrics.label("channel", "email");
        metrics.label("transport", "ses");
        metrics.count("sent", 1_usize);
        metrics.count("sent", 1_usize);
        metrics.count("failed", 0_usize);
        metrics.durations(
            "latency",
            &[Duration::from_micros(12_900), Duration::from_millis(140)],
        );
        line.measure(metrics);
        assert_eq!(
            documents(line, Outcome::Done),
            [json!({
                "_aws": {
                    "Timestamp": 1_763_766_000_000_u64,
                    "CloudWatchMetrics": [{
                        "Namespace": "Carillon",
                        "Dimensions": [["channel"], ["channel", "transport"]],
                        "Metrics": [
                            { "Name": "sent", "Unit": "Count" },
                            { "Name": "latency", "Unit": "Milliseconds" },
                        ],
                    }],
                },
                "channel": "email",
                "function": "email",
                "latency": [12, 140],
                "milliseconds": 0,
                "outcome": "done",
                "queue": "carillon-email.fifo",
                "request": "3f6ccd5b-8a5e-4ec0-9a1d-6a0a6f0a9d0c",
                "sent": 2,
                "transport": "ses",
            })]
        );
    }

    #[test]
    fn a_line_without_metrics_is_plain() {
        let mut line = line();
        line.count("completed", 0_u64);
        line.note("counted", 2);
        line.note("counted", 3);
        line.note("dropped", 0);
        line.is_cold = true;
        assert_eq!(
            documents(line, Outcome::of_batch(2, 2)),
            [json!({
                "cold": true,
                "counted": 5,
                "function": "email",
                "milliseconds": 0,
                "outcome": "failed",
                "request": "3f6ccd5b-8a5e-4ec0-9a1d-6a0a6f0a9d0c",
            })]
        );
    }

    #[test]
    fn message_traces_are_logged_and_the_invocations_own_once_propagated() {
        let mut own = line();
        assert_eq!(own.trace().root(), ROOT);
        assert_eq!(documents(own, Outcome::Done)[0]["trace"], ROOT);
        let mut line = line();
        let traces: Vec<Trace> = (0..4).map(|_| Trace::begin()).collect();
        line.follow([&traces[0], &traces[0], &traces[1], &traces[2], &traces[3]]);
        let roots: Vec<&str> = traces[..3].iter().map(Trace::root).collect();
        assert_eq!(
            documents(line, Outcome::Done)[0]["trace"],
            json!(roots.join(" "))
        );
    }

    #[test]
    fn metrics_with_other_labels_have_their_own_line() {
        let mut line = line();
        let mut aside = Metrics::by(&[&["channel", "transport"]]);
        aside.label("channel", "email");
        aside.label("transport", "other");
        aside.count("sent", 3_usize);
        line.measure_aside(aside);
        let documents = documents(line, Outcome::Done);
        assert_eq!(documents.len(), 2);
        assert_eq!(documents[1]["transport"], "other");
        assert_eq!(documents[1]["request"], documents[0]["request"]);
        assert_eq!(
            documents[1]["_aws"]["CloudWatchMetrics"][0]["Metrics"][0]["Name"],
            "sent"
        );
    }

    #[test]
    fn only_the_first_invocation_is_a_cold_start() {
        let context = Context::default();
        let _first = Line::begin("email", &context);
        assert!(!Line::begin("email", &context).is_cold);
    }
}
