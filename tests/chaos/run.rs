//! The run of one row.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::{
    check,
    findings::Findings,
    harness::{
        feed::{Feed, Step},
        functions::{Functions, log},
        scene::Scene,
        stage::Stage,
    },
    support::{function::Ended, proxy::Side},
};

/// As in the template.
const SWEEP: SignedDuration = SignedDuration::from_mins(1);
/// The longest time that a message is hidden, in seconds: the maximum back-off, or the time until an account is probed again.
const LONGEST_HIDDEN: u64 = 20 * 60;
/// The longest jump of the clock, and thus the maximum lateness.
const JUMP: SignedDuration = SignedDuration::from_mins(1);
/// A shard iterator expires after fifteen minutes.
const LONGEST_JUMP: SignedDuration = SignedDuration::from_mins(10);
/// Anything not finished after this time on the functions' clock is stuck: longer than any lease, any back-off, and the time
/// after which the sweep enqueues a quiet campaign again.
pub(crate) const PATIENCE: SignedDuration = SignedDuration::from_hours(2);

/// The log message for totals that differ from a recount.
const MENDED: &str = "totals were mended";

/// Records the longest time that a function hides a message.
fn watched<'a>(mut functions: Functions<'a>, hidden: &Arc<AtomicU64>) -> Functions<'a> {
    let hidden = Arc::clone(hidden);
    functions.tap = Some(Arc::new(move |_, seen, asked, _| {
        if !seen.is(".ChangeMessageVisibilityBatch") {
            return;
        }
        let asked: Value = serde_json::from_slice(asked).unwrap_or_default();
        for entry in asked["Entries"].as_array().into_iter().flatten() {
            let seconds = entry["VisibilityTimeout"].as_u64().unwrap_or_default();
            hidden.fetch_max(seconds, Ordering::SeqCst);
        }
    }));
    functions
}

/// The functions' log so far.
fn log_text() -> String {
    std::fs::read_to_string(log()).unwrap_or_default()
}

/// The size of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Size {
    Quick,
    Large,
}

impl Size {
    pub(crate) fn pick<T>(self, quick: T, large: T) -> T {
        match self {
            Size::Quick => quick,
            Size::Large => large,
        }
    }
}

/// The context of a row.
pub(crate) struct Run<'a> {
    pub(crate) stage: &'a Stage,
    pub(crate) scene: Scene<'a>,
    pub(crate) functions: Functions<'a>,
    pub(crate) feed: Feed<'a>,
    pub(crate) found: Findings,
    pub(crate) seed: u64,
    pub(crate) size: Size,
    /// The first jump of the clock when nothing is visible.
    pub(crate) jump: SignedDuration,
    /// Campaigns that must be completed before the row is settled.
    pub(crate) open: Vec<String>,
    /// Campaigns that must be loaded before the row is settled.
    loading: Vec<String>,
    next_sweep: Timestamp,
    /// The longest time that a function has hidden a message, in seconds.
    hidden: Arc<AtomicU64>,
    /// The start of this row in the functions' log.
    log_begins: usize,
}

impl<'a> Run<'a> {
    pub(crate) async fn new(stage: &'a Stage, place: usize, seed: u64, size: Size) -> Self {
        stage.simulator().clear();
        let hidden = Arc::new(AtomicU64::new(0));
        Self {
            scene: Scene::new(stage, place).await,
            functions: watched(Functions::new(stage), &hidden),
            hidden,
            feed: Feed::new(stage, seed).await,
            found: Findings::default(),
            open: Vec::new(),
            loading: Vec::new(),
            jump: SignedDuration::from_secs(5),
            next_sweep: stage.clock.now() + SWEEP,
            log_begins: log_text().len(),
            stage,
            seed,
            size,
        }
    }

    /// Advances the clock of the whole stack.
    pub(crate) async fn advance(&mut self, time: SignedDuration) {
        let mut left = time;
        while left > SignedDuration::ZERO {
            let jump = left.min(LONGEST_JUMP);
            self.stage.clock.advance(jump);
            self.feed.refresh().await;
            left -= jump;
        }
    }

    /// Uploads a file of receivers to a campaign, and loads it.
    pub(crate) async fn load(&mut self, campaign: &str, people: std::ops::Range<usize>) {
        self.upload(campaign, people).await;
        self.settle().await;
    }

    /// Uploads a file of receivers to a campaign; it must be loaded before the row is settled.
    pub(crate) async fn upload(&mut self, campaign: &str, people: std::ops::Range<usize>) {
        self.scene.upload(campaign, people).await;
        self.loading.push(campaign.to_owned());
    }

    /// Publishes a campaign; it must be completed before the row is settled.
    pub(crate) async fn send(&mut self, campaign: &str) {
        self.scene.publish(campaign).await;
        self.open.push(campaign.to_owned());
        self.settle().await;
    }

    pub(crate) async fn step(&mut self) -> Option<Step> {
        self.feed.step(&mut self.functions).await
    }

    /// Makes invocations until nothing is visible any more.
    pub(crate) async fn drain(&mut self) {
        while self.step().await.is_some() {}
    }

    /// The same, and advances the clock while something is hidden, until the open campaigns are completed and no message is
    /// left. Taking too long is a finding.
    pub(crate) async fn settle(&mut self) {
        let until = self.stage.clock.now() + PATIENCE;
        let mut jump = self.jump;
        while self.stage.clock.now() < until {
            self.sweep_if_due().await;
            if self.step().await.is_some() {
                jump = self.jump;
                continue;
            }
            if self.is_settled().await {
                return;
            }
            self.advance(jump).await;
            jump = (jump * 2).min(JUMP.max(self.jump));
        }
        let backlog = self.stage.backlog().await;
        self.found.problem(format!(
            "not settled after {} minutes of the functions' time; queues: {backlog:?}; records: {}",
            PATIENCE.as_mins(),
            self.feed.waiting_records(),
        ));
    }

    /// Runs the sweep if it is due.
    pub(crate) async fn sweep_if_due(&mut self) {
        if self.stage.clock.now() >= self.next_sweep {
            self.sweep().await;
        }
    }

    /// Invokes the sweep, as the scheduler does every minute.
    pub(crate) async fn sweep(&mut self) {
        self.next_sweep = self.stage.clock.now() + SWEEP;
        let ended = self
            .functions
            .invoke("release", &json!({ "kind": "sweep" }))
            .await;
        if matches!(ended, Ended::Failed(_)) {
            self.found.sweeps_failed += 1;
        }
    }

    /// Whether no message is left for a function, and the open campaigns are completed.
    pub(crate) async fn is_settled(&mut self) -> bool {
        self.feed.is_empty().await && self.all_loaded().await && self.all_completed().await
    }

    async fn all_loaded(&mut self) -> bool {
        while let Some(campaign) = self.loading.last() {
            if self.scene.is_loading(campaign).await {
                return false;
            }
            self.loading.pop();
        }
        true
    }

    async fn all_completed(&self) -> bool {
        for campaign in &self.open {
            let status = self.scene.status(campaign).await;
            if !matches!(status.as_str(), "completed" | "canceled") {
                return false;
            }
        }
        true
    }

    /// Compares the ledger, the totals and the provider calls of a campaign with this many receivers.
    pub(crate) async fn check(&mut self, campaign: &str, receivers: usize) {
        check::campaign(&self.scene, campaign, receivers, &mut self.found).await;
    }

    /// What holds after every row.
    pub(crate) async fn conclude(mut self) -> Findings {
        for (queue, backlog) in self.stage.backlog().await {
            if !self.found.explained.contains(&queue) {
                let count = backlog.all();
                self.found
                    .problem(format!("{count} messages are left in {queue}"));
            }
        }
        // The sweep recounts and corrects totals, which would hide double counts.
        let mended = log_text()[self.log_begins..].matches(MENDED).count();
        let may_mend = self.found.may_mend;
        self.found.require(mended == 0 || may_mend, || {
            format!(
                "totals had to be corrected {mended} times; see {}",
                log().display()
            )
        });
        let hidden = self.hidden.load(Ordering::SeqCst);
        self.found.require(hidden <= LONGEST_HIDDEN, || {
            format!("a message was hidden for {hidden} s")
        });
        let calls = self.scene.calls();
        check::nobody_else_called(&calls, &mut self.found);
        self.found.provider_calls = calls.len();
        self.found.aws_calls += self.functions.calls(Side::Aws);
        self.found.kills += self.functions.kills();
        let crashes = self.functions.crashes();
        if crashes > 0 {
            self.found.problem(format!(
                "functions died {crashes} times by themselves; see {}",
                log().display()
            ));
        }
        self.found
    }
}
