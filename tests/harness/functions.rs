//! The functions of a row: real binaries, each behind its own proxy that applies the row's rule.

use std::{
    collections::BTreeMap,
    fs::{File, OpenOptions},
    path::PathBuf,
    sync::{Arc, Mutex},
    time::Duration,
};

use bytes::Bytes;
use serde_json::Value;

use super::{clock::Face, stage::Stage};
use crate::support::{
    function::{Ended, Function, Setup},
    policies,
    proxy::{CallOutcome, Proxy, Rule, Seen, Side},
};

/// Grace period in real time beyond the timeout, after which a function counts as hung.
const PATIENCE: Duration = Duration::from_secs(60);

/// Decides the outcome of a function's call.
pub(crate) type RowRule = dyn Fn(&str, &Seen) -> CallOutcome + Send + Sync;

/// Observes the bodies of a function's calls and responses.
pub(crate) type FunctionTap = dyn Fn(&str, &Seen, &Bytes, &Bytes) + Send + Sync;

/// The functions of one row.
pub(crate) struct Functions<'a> {
    stage: &'a Stage,
    /// The path of a function's binary; next to the harness by default.
    pub(crate) program: Option<fn(&str) -> PathBuf>,
    /// Observes all calls with the function that made them.
    pub(crate) tap: Option<Arc<FunctionTap>>,
    rule: Arc<Mutex<Arc<RowRule>>>,
    workers: BTreeMap<String, Worker>,
}

/// One process of a function, restarted whenever it dies.
pub(crate) struct Worker {
    name: String,
    environment: Vec<(String, String)>,
    time_limit: Duration,
    program: Option<PathBuf>,
    face: Arc<Face>,
    pub(crate) proxy: Proxy,
    process: Option<Function>,
    killed: usize,
    /// How often it died without being killed.
    pub(crate) crashes: usize,
}

impl<'a> Functions<'a> {
    pub(crate) fn new(stage: &'a Stage) -> Self {
        Self {
            stage,
            program: None,
            tap: None,
            rule: Arc::new(Mutex::new(Arc::new(|_: &str, _: &Seen| CallOutcome::Pass))),
            workers: BTreeMap::new(),
        }
    }

    /// Sets the rule for every call from now on.
    pub(crate) fn rule(&self, rule: impl Fn(&str, &Seen) -> CallOutcome + Send + Sync + 'static) {
        *self.rule.lock().unwrap() = Arc::new(rule);
    }

    /// Throttles this share of AWS calls from now on.
    pub(crate) fn throttle(&self, share: f64, seed: u64) {
        self.rule(
            move |_, seen| match seen.side == Side::Aws && seen.dice(seed).f64() < share {
                true => CallOutcome::Throttle,
                false => CallOutcome::Pass,
            },
        );
    }

    /// Lets every call pass from now on.
    pub(crate) fn no_faults(&self) {
        self.rule(|_, _| CallOutcome::Pass);
    }

    pub(crate) async fn invoke(&mut self, name: &str, event: &Value) -> Ended {
        if !self.workers.contains_key(name) {
            let worker = self.worker(name, name, &self.stage.face).await;
            self.workers.insert(name.to_owned(), worker);
        }
        self.workers.get_mut(name).unwrap().invoke(event).await
    }

    /// Another process of a function with its own clock view. The rule identifies it by the label.
    pub(crate) async fn worker(&self, name: &str, label: &str, face: &Arc<Face>) -> Worker {
        let details = self.stage.stack.details();
        let (label, rules) = (label.to_owned(), Arc::clone(&self.rule));
        let rule: Rule = Arc::new(move |seen| {
            let rule = Arc::clone(&rules.lock().unwrap());
            rule(&label, seen)
        });
        let proxy = Proxy::between(&details.endpoint(), details.simulator_url(), rule).await;
        proxy.set_guard(policies::guard(name));
        if let Some(tap) = &self.tap {
            let (tap, name) = (Arc::clone(tap), name.to_owned());
            proxy.set_tap(Arc::new(move |seen, asked, answer| {
                tap(&name, seen, asked, answer);
            }));
        }
        let configuration = &self.stage.functions[name];
        let mut environment: BTreeMap<String, String> = configuration.environment.clone();
        for (name, value) in details.environment(None) {
            if name.starts_with("PROVIDER_SIMULATOR_SMTP") {
                environment.insert(name.to_owned(), value);
            } else if name.starts_with("AWS_") {
                let value = match name {
                    "AWS_ENDPOINT_URL" => proxy.url().to_owned(),
                    name if name.starts_with("AWS_ENDPOINT_URL_") => {
                        proxy.provider_url().to_owned()
                    }
                    _ => value,
                };
                environment.insert(name.to_owned(), value);
            }
        }
        // All HTTP providers have one address here.
        let providers = proxy.provider_url().to_owned();
        environment.insert("PROVIDER_SIMULATOR_URL".to_owned(), providers);
        for (name, value) in face.environment() {
            environment.insert(name.to_owned(), value);
        }
        Worker {
            name: name.to_owned(),
            environment: environment.into_iter().collect(),
            time_limit: configuration.time_limit,
            program: self.program.map(|program| program(name)),
            face: Arc::clone(face),
            proxy,
            process: None,
            killed: 0,
            crashes: 0,
        }
    }

    /// Calls of all functions to one target.
    pub(crate) fn calls(&self, side: Side) -> usize {
        let workers = self.workers.values();
        workers
            .map(|worker| worker.proxy.count(|seen| seen.side == side))
            .sum()
    }

    /// The process of a function that was invoked.
    pub(crate) fn pid(&self, name: &str) -> Option<u32> {
        self.workers.get(name)?.process.as_ref().map(Function::pid)
    }

    /// The number of killed processes.
    pub(crate) fn kills(&self) -> usize {
        self.workers
            .values()
            .map(|worker| worker.proxy.strikes())
            .sum()
    }

    /// The number of processes that died by themselves.
    pub(crate) fn crashes(&self) -> usize {
        self.workers.values().map(|worker| worker.crashes).sum()
    }
}

/// The log of this stack's functions.
pub(crate) fn log() -> PathBuf {
    super::directory().join("functions.log")
}

impl Worker {
    async fn start(&self) -> Function {
        let environment: Vec<(&str, String)> = self
            .environment
            .iter()
            .map(|(name, value)| (name.as_str(), value.clone()))
            .collect();
        let output: File = OpenOptions::new()
            .append(true)
            .create(true)
            .open(log())
            .unwrap();
        let setup = Setup {
            time_limit: self.time_limit,
            ahead: Arc::clone(&self.face.ahead),
            output: Some(output),
            program: self.program.clone(),
            ..Setup::default()
        };
        let function = Function::start_with(&self.name, &environment, setup).await;
        self.proxy.aim_at(function.pid());
        function
    }

    pub(crate) async fn invoke(&mut self, event: &Value) -> Ended {
        let mut process = match self.process.take() {
            Some(process) => process,
            None => self.start().await,
        };
        self.proxy.begin_invocation();
        let ended = tokio::time::timeout(self.time_limit + PATIENCE, process.invoke(event)).await;
        let ended = ended.unwrap_or_else(|_| panic!("{} hangs", self.name));
        if ended == Ended::Died {
            let killed = self.proxy.strikes();
            if killed == self.killed {
                self.crashes += 1;
                assert!(
                    self.crashes < 10,
                    "{} dies by itself; see {}",
                    self.name,
                    log().display()
                );
            }
            self.killed = killed;
        } else {
            self.process = Some(process);
        }
        ended
    }
}
