//! Row 21: a small campaign while another tenant does everything it can to occupy the executions of a queue.

use std::{collections::BTreeMap, time::Duration};

use carillon_local::simulator::{Fault, FaultKind};
use futures::{FutureExt, StreamExt, future::LocalBoxFuture, stream::FuturesUnordered};
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    harness::{feed::Batch, functions::Worker, scene::Scene},
    run::{Run, Size},
    support::function::Ended,
};

/// Receivers of the small campaign.
const SMALL: usize = 100;
/// Executions of a queue, as on the local stack.
const EXECUTIONS: usize = 10;
/// The minimum length of a round, in which every free execution begins a batch. A round ends with the small campaign's batches;
/// longer batches continue into the next rounds.
const ROUND: Duration = Duration::from_millis(400);
/// Longer than this row takes.
const MOST_ROUNDS: usize = 400;
/// A template close to the step limit, for a list of a hundred.
const HEAVY: &str =
    "<p>{{#each list}}{{#each ../list}}{{this}}{{this}}{{this}}{{/each}}{{/each}}</p>";

/// The behaviour of the noisy tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Noise {
    /// Its provider takes three seconds per call.
    SlowEndpoint,
    /// Its template is close to the step limit.
    HeavyTemplates,
    /// Its relay does not respond.
    DeadRelay,
    /// It sends many small campaigns at once.
    ManyCampaigns,
}

/// The concurrent executions of the channel `email`.
struct Executions {
    idle: BTreeMap<String, Vec<Worker>>,
    busy: FuturesUnordered<LocalBoxFuture<'static, (String, Worker, Batch, Ended)>>,
    /// The tenant of the small campaign.
    small: String,
    /// Running batches that contain its messages.
    small_ones: usize,
}

impl Executions {
    async fn new(run: &Run<'_>, small: &Scene<'_>) -> Self {
        let mut idle = BTreeMap::new();
        for queue in ["email", "email-bulk"] {
            let mut workers = Vec::new();
            for number in 0..EXECUTIONS {
                let label = format!("{queue} {number}");
                workers.push(run.functions.worker("email", &label, &run.stage.face).await);
            }
            idle.insert(queue.to_owned(), workers);
        }
        Self {
            idle,
            busy: FuturesUnordered::new(),
            small: small.tenant.clone(),
            small_ones: 0,
        }
    }

    async fn round(&mut self, run: &mut Run<'_>) {
        run.feed.round(&mut run.functions).await;
        for (queue, workers) in &mut self.idle {
            while let Some(mut worker) = workers.pop() {
                let Some(batch) = run.feed.take_from(&format!("-{queue}.fifo")).await else {
                    workers.push(worker);
                    break;
                };
                self.small_ones += usize::from(batch.event.to_string().contains(&self.small));
                let queue = queue.clone();
                let works = async move {
                    let ended = worker.invoke(&batch.event).await;
                    (queue, worker, batch, ended)
                };
                self.busy.push(works.boxed_local());
            }
        }
        let until = tokio::time::Instant::now() + ROUND;
        loop {
            let ended = match self.small_ones {
                0 => tokio::time::timeout_at(until, self.busy.next()).await,
                _ => Ok(self.busy.next().await),
            };
            let Ok(Some(ended)) = ended else {
                break;
            };
            self.end(run, ended).await;
        }
    }

    async fn end(
        &mut self,
        run: &mut Run<'_>,
        (queue, worker, batch, ended): (String, Worker, Batch, Ended),
    ) {
        let answers: Vec<Value> = ended.answer().into_iter().collect();
        run.found.require(answers.len() == 1, || {
            "an execution did not answer".to_owned()
        });
        self.small_ones -= usize::from(batch.event.to_string().contains(&self.small));
        run.feed.finish(&batch, &answers).await;
        self.idle.entry(queue).or_default().push(worker);
    }

    /// Waits for busy ones.
    async fn finish(&mut self, run: &mut Run<'_>) {
        while let Some(ended) = self.busy.next().await {
            self.end(run, ended).await;
        }
    }
}

pub(crate) async fn run(run: &mut Run<'_>) {
    let noises = [
        Noise::SlowEndpoint,
        Noise::HeavyTemplates,
        Noise::ManyCampaigns,
        // The last one, because its breaker stays open.
        Noise::DeadRelay,
    ];
    run.feed.habits.starved = &["email"];
    let small = Scene::new(run.stage, 38).await;
    let mut executions = Executions::new(run, &small).await;
    let mut sent = 0;
    let mut first = 0;
    // A hundred messages take three to ten rounds, depending on the order of their groups in the queue, so the time that they take
    // alone is known only after several campaigns.
    let mut alone = 0;
    for _ in 0..2 {
        alone = alone.max(send(run, &mut executions, &small, sent).await);
        sent += SMALL;
    }
    for noise in noises {
        alone = alone.max(send(run, &mut executions, &small, sent).await);
        let campaigns = begin(run, &mut executions, noise, &mut first).await;
        let beside = send(run, &mut executions, &small, sent + SMALL).await;
        sent += 2 * SMALL;
        run.found.require(beside <= 2 * alone, || {
            format!("{noise:?}: alone the small campaign took at most {alone} rounds, beside it {beside}")
        });
        run.found.note(format!(
            "{noise:?}: at most {alone} rounds alone, {beside} beside"
        ));
        for (campaign, _) in &campaigns {
            let status = run.scene.status(campaign).await;
            run.found.require(
                status != "completed" || noise == Noise::ManyCampaigns,
                || format!("{noise:?} was over before the small campaign"),
            );
        }
        end(run, &mut executions, &campaigns).await;
    }
    run.found
        .known
        .extend((0..sent).map(|number| small.address(number)));
    run.found.require_none_repeated_or_lost();
}

/// Publishes a small campaign, and counts the rounds until it is completed.
async fn send(
    run: &mut Run<'_>,
    executions: &mut Executions,
    scene: &Scene<'_>,
    first: usize,
) -> usize {
    let campaign = scene.draft(&["email"], 4).await;
    scene.add(&campaign, first..first + SMALL).await;
    executions.round(run).await;
    scene.publish(&campaign).await;
    for rounds in 1..=MOST_ROUNDS {
        executions.round(run).await;
        if scene.status(&campaign).await == "completed" {
            return rounds;
        }
    }
    run.found
        .problem("the small campaign did not come to its end");
    MOST_ROUNDS
}

/// Starts the noise and waits until it has taken effect. Returns the campaigns with their receivers.
async fn begin(
    run: &mut Run<'_>,
    executions: &mut Executions,
    noise: Noise,
    first: &mut usize,
) -> Vec<(String, usize)> {
    let (number, receivers) = match (noise, run.size) {
        (Noise::ManyCampaigns, Size::Large) => (50, 2_000),
        (Noise::ManyCampaigns, Size::Quick) => (4, 1_500),
        // Few enough for the queue of the small campaign.
        (_, Size::Large) => (3, 150),
        (_, Size::Quick) => (1, 450),
    };
    let mut campaigns = Vec::new();
    for _ in 0..number {
        let campaign = run.scene.draft(&["email"], 4).await;
        let people = *first..*first + receivers;
        *first += receivers;
        match noise {
            Noise::HeavyTemplates => make_heavy(run, &campaign, people).await,
            _ => {
                run.upload(&campaign, people).await;
                run.drain().await;
            }
        }
        campaigns.push((campaign, receivers));
    }
    let milliseconds = match noise {
        Noise::SlowEndpoint => Some(3_000),
        Noise::DeadRelay => Some(60_000),
        Noise::HeavyTemplates | Noise::ManyCampaigns => None,
    };
    if let Some(milliseconds) = milliseconds {
        let slow = Fault::new(FaultKind::Slow { milliseconds });
        let address = run.scene.address(0);
        let suffix = address.split_once('@').unwrap().1;
        let fault = slow.address_suffix(suffix);
        run.stage.simulator().add_fault(fault).unwrap();
    }
    for (campaign, _) in &campaigns {
        run.scene.publish(campaign).await;
    }
    let before = run.scene.calls().len();
    for _ in 0..MOST_ROUNDS {
        executions.round(run).await;
        let is_under_way = match noise {
            // The first batches of ten executions have timed out after fifteen seconds.
            Noise::DeadRelay => executions.busy.is_empty() && is_broken(run).await,
            // The first batches of ten executions are done, and their duration is known.
            _ => run.scene.calls().len() >= before + 130,
        };
        if is_under_way {
            break;
        }
    }
    campaigns
}

/// Whether the breaker of the noisy tenant's account is open.
async fn is_broken(run: &Run<'_>) -> bool {
    let shown = run.scene.api.get("/v1/transports/email").await.unwrap();
    shown.text("/breaker/state") != "closed"
}

/// Gives a campaign a slow template and receivers with its values.
async fn make_heavy(run: &Run<'_>, campaign: &str, people: std::ops::Range<usize>) {
    let list: Vec<usize> = (0..100).collect();
    let path = format!("/v1/campaigns/{campaign}");
    let shown = run.scene.api.get(&path).await.unwrap();
    let etag = format!("\"{}\"", shown.number("/version"));
    let content = json!({ "content": { "email": { "subject": "Heavy", "html": HEAVY } } });
    let changed = run
        .scene
        .api
        .call(
            Method::PATCH,
            &path,
            &[("if-match", &etag)],
            Some(content.to_string().into_bytes()),
        )
        .await
        .unwrap();
    assert_eq!(changed.status, 200, "{}", changed.body);
    for chunk in people.collect::<Vec<_>>().chunks(500) {
        let receivers: Vec<Value> = chunk
            .iter()
            .map(|number| {
                json!({ "email": run.scene.address(*number), "variables": { "list": list } })
            })
            .collect();
        let path = format!("/v1/campaigns/{campaign}/receivers");
        let body = json!({ "receivers": receivers });
        run.scene.api.post(&path, &body).await.unwrap();
    }
}

/// Stops the noise; the rest of it proves nothing more.
async fn end(run: &mut Run<'_>, executions: &mut Executions, campaigns: &[(String, usize)]) {
    run.stage.simulator().clear_faults();
    for (campaign, _) in campaigns {
        if run.scene.status(campaign).await != "completed" {
            run.scene.cancel(campaign).await;
        }
    }
    executions.finish(run).await;
    run.feed.habits.starved = &[];
    run.open
        .extend(campaigns.iter().map(|(campaign, _)| campaign.clone()));
    run.settle().await;
    run.feed.habits.starved = &["email"];
    for (campaign, receivers) in campaigns {
        run.check(campaign, *receivers).await;
    }
}
