//! Row 2: every function is killed before and after each of its calls, one boundary after the other. Deliveries claimed at
//! that moment end as unknown, and everything else is sent.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
};

use jiff::SignedDuration;

use crate::{
    check,
    harness::feed::Step,
    run::Run,
    support::{
        function::Ended,
        proxy::{CallOutcome, Seen},
    },
};

/// Time until the messages of a killed function are visible again.
const HIDDEN: SignedDuration = SignedDuration::from_secs(361);
/// Maximum kills per message, so that none reaches the dead-letter queue, which is not tested here.
const DELIVERIES: u32 = 4;
/// A function that passes the boundary in this many first invocations in a row has no further one.
const SURVIVED: u32 = 4;
/// A batch that a consumer claims.
const BATCH: usize = 10;

/// The next boundary of each function.
#[derive(Default)]
struct Boundaries {
    functions: BTreeMap<String, Boundary>,
    armed: Option<String>,
}

#[derive(Default)]
struct Boundary {
    /// Twice the call's number, plus one if the kill comes after it.
    next: usize,
    survived: u32,
}

impl Boundaries {
    fn arm(&mut self, function: &str, deliveries: u32) {
        self.armed = (deliveries <= DELIVERIES).then(|| function.to_owned());
    }

    fn fate(&mut self, function: &str, seen: &Seen) -> CallOutcome {
        if self.armed.as_deref() != Some(function) {
            return CallOutcome::Pass;
        }
        let boundary = self.functions.entry(function.to_owned()).or_default();
        match boundary.next.checked_sub(2 * (seen.number - 1)) {
            Some(0) => CallOutcome::KillBefore,
            Some(1) => CallOutcome::KillAfter,
            _ => CallOutcome::Pass,
        }
    }

    /// Advances to the next boundary if this one was reached.
    fn look_at(&mut self, step: &Step) {
        let boundary = self.functions.entry(step.function.clone()).or_default();
        if step.ended == Ended::Died {
            boundary.next += 1;
            boundary.survived = 0;
        } else if step.deliveries == 1 {
            boundary.survived += 1;
        }
        self.armed = None;
    }

    fn are_exhausted(&self, functions: &[&str]) -> bool {
        functions.iter().all(|function| {
            let boundary = self.functions.get(*function);
            boundary.is_some_and(|boundary| boundary.survived >= SURVIVED)
        })
    }
}

/// Row 2.
pub(crate) async fn run(run: &mut Run<'_>) {
    let channels = run.size.pick(&["email"][..], &["email", "sms"][..]);
    let doubtful = everywhere(run, channels).await;
    let unknown = run.found.unknown;
    run.found.require(unknown == doubtful, || {
        format!("{unknown} deliveries are unknown, and {doubtful} were claimed when their function was killed")
    });
}

/// Row 3: the same against a provider that deduplicates on our key.
pub(crate) async fn deduplicated(run: &mut Run<'_>) {
    run.scene.use_bulksms().await;
    let doubtful = everywhere(run, &["sms"]).await;
    run.found.require_all_sent();
    run.found.require(doubtful > 0, || {
        "no function was killed while it held claims".to_owned()
    });
}

/// Kills at every boundary. Returns the number of deliveries claimed at a kill.
async fn everywhere(run: &mut Run<'_>, channels: &'static [&'static str]) -> usize {
    let functions: Vec<&str> = ["jobs", "release", "fanout", "tally"]
        .iter()
        .chain(channels)
        .copied()
        .collect();
    let boundaries = Arc::new(Mutex::new(Boundaries::default()));
    let rule = Arc::clone(&boundaries);
    run.functions
        .rule(move |function, seen| rule.lock().unwrap().fate(function, seen));
    let arm = Arc::clone(&boundaries);
    run.feed.before = Box::new(move |function, deliveries| {
        arm.lock().unwrap().arm(function, deliveries);
    });
    run.feed.habits.records = 20;
    run.jump = HIDDEN;

    let each = run.size.pick(30, 60);
    let mut doubtful = BTreeSet::new();
    let mut campaigns = Vec::new();
    while campaigns.len() < 60 && !boundaries.lock().unwrap().are_exhausted(&functions) {
        let first = campaigns.len() * each;
        let campaign = run.scene.draft(channels, 2).await;
        for part in 0..3 {
            let people = first + part * each / 3..first + (part + 1) * each / 3;
            run.upload(&campaign, people).await;
        }
        settle(run, &boundaries, &campaign, &mut doubtful).await;
        let event = run.scene.schedule(&campaign).await;
        release(run, &boundaries, &event).await;
        run.open = vec![campaign.clone()];
        settle(run, &boundaries, &campaign, &mut doubtful).await;
        campaigns.push(campaign);
    }
    for campaign in &campaigns {
        run.check(campaign, each).await;
    }
    run.found.require_none_repeated_or_lost();
    let failed = run.found.failed;
    run.found
        .require(failed == 0, || format!("{failed} deliveries failed"));
    let boundaries = boundaries.lock().unwrap();
    run.found.require(boundaries.are_exhausted(&functions), || {
        "not every boundary was met".to_owned()
    });
    let met: Vec<String> = boundaries
        .functions
        .iter()
        .map(|(function, boundary)| format!("{function} {}", boundary.next))
        .collect();
    run.found.note(format!(
        "boundaries reached: {}; {} deliveries were claimed when a process was killed",
        met.join(", "),
        doubtful.len()
    ));
    doubtful.len()
}

/// Fires a schedule until it succeeds, as the scheduler does.
async fn release(run: &mut Run<'_>, boundaries: &Mutex<Boundaries>, event: &serde_json::Value) {
    for deliveries in 1.. {
        boundaries.lock().unwrap().arm("release", deliveries);
        let ended = run.functions.invoke("release", event).await;
        let is_answered = matches!(ended, Ended::Answered(_));
        let function = "release".to_owned();
        boundaries.lock().unwrap().look_at(&Step {
            function,
            deliveries,
            ended,
        });
        if is_answered {
            return;
        }
    }
}

/// As in the run, but checks the claimed deliveries after each kill.
async fn settle(
    run: &mut Run<'_>,
    boundaries: &Mutex<Boundaries>,
    campaign: &str,
    doubtful: &mut BTreeSet<(String, String)>,
) {
    for _ in 0..60 {
        while let Some(step) = run.step().await {
            boundaries.lock().unwrap().look_at(&step);
            if step.ended != Ended::Died || !matches!(step.function.as_str(), "email" | "sms") {
                continue;
            }
            let claimed = check::claimed(&run.scene, campaign).await;
            let fresh = claimed.difference(doubtful).count();
            run.found.require(fresh <= BATCH, || {
                format!("one process had claimed {fresh} deliveries")
            });
            doubtful.extend(claimed);
        }
        if run.is_settled().await {
            return;
        }
        run.advance(run.jump).await;
        run.sweep().await;
    }
    run.found.problem(format!(
        "{campaign} is not settled after 60 rounds of waiting"
    ));
}
