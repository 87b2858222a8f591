//! A proxy between a function and everything that it calls: counts the calls, and applies a rule to them.

#![allow(
    dead_code,
    reason = "the tests and the fault harness each use a part of this"
)]

mod batch;
pub(crate) mod outcome;
mod passage;
mod server;

use std::{
    collections::{BTreeMap, HashMap},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering},
    },
};

use bytes::Bytes;

pub(crate) use self::outcome::{CallOutcome, Kill};
use self::server::serve;

/// The target of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    /// AWS: our own tables, queues and files.
    Aws,
    /// A provider.
    Provider,
}

/// A call that passes through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) side: Side,
    /// For example `DynamoDB_20120810.BatchGetItem`; the method and the service if there is no such header.
    pub(crate) operation: String,
    /// Its number among the calls of this invocation, from 1.
    pub(crate) number: usize,
    /// Its number among the calls of this operation in this invocation, from 1.
    pub(crate) of_operation: usize,
    /// Its number among all calls of this operation, from 1.
    pub(crate) turn: usize,
}

impl Seen {
    pub(crate) fn is(&self, operation: &str) -> bool {
        self.operation.ends_with(operation)
    }

    /// Random numbers that depend only on the seed and the number of this call within its kind. Concurrent calls arrive in any
    /// order, so numbers that depended on the order could not be reproduced from the seed.
    pub(crate) fn dice(&self, seed: u64) -> fastrand::Rng {
        let mut hash = seed ^ 0x9E37_79B9_7F4A_7C15;
        for byte in self.operation.bytes().chain(self.turn.to_le_bytes()) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3);
        }
        fastrand::Rng::with_seed(hash)
    }
}

/// Observes the bodies of each answered call and its response.
pub(crate) type Tap = Arc<dyn Fn(&Seen, &Bytes, &Bytes) + Send + Sync>;

/// A call to be authorised.
pub(crate) struct Asked<'a> {
    pub(crate) method: &'a http::Method,
    pub(crate) path: &'a str,
    pub(crate) query: Option<&'a str>,
    pub(crate) headers: &'a http::HeaderMap,
    pub(crate) body: &'a [u8],
}

/// Rejects a call that is not allowed, in place of AWS.
pub(crate) type Guard = Arc<dyn Fn(&Asked<'_>) -> Option<http::Response<Bytes>> + Send + Sync>;

/// Lets every call pass.
pub(crate) fn allow() -> Rule {
    Arc::new(|_| CallOutcome::Pass)
}

/// Decides the outcome of a call.
pub(crate) type Rule = Arc<dyn Fn(&Seen) -> CallOutcome + Send + Sync>;

#[derive(Default)]
struct Counts {
    /// Calls of this invocation, all and by operation.
    number: usize,
    by_operation: HashMap<String, usize>,
    /// Calls of all invocations by operation.
    turns: HashMap<String, usize>,
    seen: Vec<Seen>,
}

struct Shared {
    http: reqwest::Client,
    victim: AtomicU32,
    strikes: AtomicUsize,
    rule: Mutex<Rule>,
    tap: Mutex<Option<Tap>>,
    guard: Mutex<Option<Guard>>,
    /// Whether calls are counted; the shared proxy of all tests does not count.
    is_counting: AtomicBool,
    counts: Mutex<Counts>,
}

/// A running proxy.
pub(crate) struct Proxy {
    url: String,
    provider_url: Option<String>,
    shared: Arc<Shared>,
    servers: Vec<tokio::task::JoinHandle<()>>,
}

impl Proxy {
    /// Forwards calls to an address until the kill.
    pub(crate) async fn start(upstream: &str, kill: Kill) -> Self {
        Self::open(upstream, None, kill.rule()).await
    }

    /// Forwards calls to the local AWS and the providers according to a rule.
    pub(crate) async fn between(aws: &str, providers: &str, rule: Rule) -> Self {
        Self::open(aws, Some(providers), rule).await
    }

    async fn open(aws: &str, providers: Option<&str>, rule: Rule) -> Self {
        let shared = Arc::new(Shared {
            http: reqwest::Client::builder().no_proxy().build().unwrap(),
            victim: AtomicU32::new(0),
            strikes: AtomicUsize::new(0),
            rule: Mutex::new(rule),
            tap: Mutex::default(),
            guard: Mutex::default(),
            is_counting: AtomicBool::new(true),
            counts: Mutex::default(),
        });
        let (url, server) = serve(Arc::clone(&shared), Side::Aws, aws).await;
        let mut proxy = Self {
            url,
            provider_url: None,
            shared,
            servers: vec![server],
        };
        if let Some(providers) = providers {
            let shared = Arc::clone(&proxy.shared);
            let (url, server) = serve(shared, Side::Provider, providers).await;
            proxy.provider_url = Some(url);
            proxy.servers.push(server);
        }
        proxy
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// The endpoint for provider calls.
    pub(crate) fn provider_url(&self) -> &str {
        self.provider_url.as_deref().unwrap()
    }

    /// Sets the process to kill.
    pub(crate) fn aim_at(&self, pid: u32) {
        self.shared.victim.store(pid, Ordering::SeqCst);
    }

    /// The number of processes killed.
    pub(crate) fn strikes(&self) -> usize {
        self.shared.strikes.load(Ordering::SeqCst)
    }

    pub(crate) fn set_rule(&self, rule: Rule) {
        *self.shared.rule.lock().unwrap() = rule;
    }

    /// Sets the observer.
    pub(crate) fn set_tap(&self, tap: Tap) {
        *self.shared.tap.lock().unwrap() = Some(tap);
    }

    /// Sets the authorizer.
    pub(crate) fn set_guard(&self, guard: Guard) {
        *self.shared.guard.lock().unwrap() = Some(guard);
    }

    /// Stops counting calls.
    pub(crate) fn forget_calls(&self) {
        self.shared.is_counting.store(false, Ordering::SeqCst);
    }

    /// Starts counting for the next invocation.
    pub(crate) fn begin_invocation(&self) {
        let mut counts = self.shared.counts.lock().unwrap();
        counts.number = 0;
        counts.by_operation.clear();
    }

    /// All calls.
    pub(crate) fn all_seen(&self) -> usize {
        self.shared.counts.lock().unwrap().seen.len()
    }

    pub(crate) fn seen(&self, operation: &str) -> usize {
        self.count(|seen| seen.is(operation))
    }

    /// All calls to AWS by operation.
    pub(crate) fn by_operation(&self) -> BTreeMap<String, usize> {
        let mut operations = BTreeMap::new();
        for seen in &self.shared.counts.lock().unwrap().seen {
            if seen.side == Side::Aws {
                *operations.entry(seen.operation.clone()).or_default() += 1;
            }
        }
        operations
    }

    pub(crate) fn count(&self, wanted: impl Fn(&Seen) -> bool) -> usize {
        let counts = self.shared.counts.lock().unwrap();
        counts.seen.iter().filter(|seen| wanted(seen)).count()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        for server in &self.servers {
            server.abort();
        }
    }
}
