//! Row 20: everything that operators and providers can do to an account while three campaigns use it, in random order.

use carillon_local::simulator::{Fault, FaultKind};
use fastrand::Rng;
use jiff::{SignedDuration, Timestamp};
use reqwest::Method;
use serde_json::{Value, json};

use crate::run::Run;

/// Campaigns per sequence, and receivers of each.
const CAMPAIGNS: usize = 3;
const RECEIVERS: usize = 80;
/// Events per sequence.
const EVENTS: usize = 8;
/// The account's rate per second at the end.
const RATE: u32 = 8;
/// Additional time: a message hidden for a lower rate or a breaker is visible again after up to two minutes, even if all is
/// well by then, and blocks its successor until then; and the sweep runs once a minute.
const SLACK: SignedDuration = SignedDuration::from_secs(180);
/// How long nothing may be sent without a visible reason.
const QUIET: SignedDuration = SignedDuration::from_secs(150);

/// The state of the account in a sequence.
#[derive(Default)]
struct Weather {
    fault: Option<u64>,
    calls_before: usize,
}

/// Every sequence finishes within the time that the limits need, nothing is repeated, and stalled campaigns show why.
pub(crate) async fn run(run: &mut Run<'_>) {
    let mut random = Rng::with_seed(run.seed);
    let mut slowest = 0.0_f64;
    let sequences = run.size.pick(3, 200);
    for number in 0..sequences {
        let ratio = sequence(run, &mut random, number).await;
        slowest = slowest.max(ratio);
    }
    run.found.require_all_sent();
    run.found.note(format!(
        "{sequences} sequences; the slowest took {slowest:.2} times as long as the limits require"
    ));
}

/// Runs one sequence, and returns its duration relative to the time that the limits need.
async fn sequence(run: &mut Run<'_>, random: &mut Rng, number: usize) -> f64 {
    change(
        run,
        &json!({ "per_second": RATE, "per_day": null, "enabled": true }),
    )
    .await;
    let mut weather = Weather {
        calls_before: run.scene.calls().len(),
        ..Weather::default()
    };
    let mut campaigns = Vec::new();
    for place in 0..CAMPAIGNS {
        let first = (number * CAMPAIGNS + place) * RECEIVERS;
        let campaign = run.scene.draft(&["email"], 2).await;
        run.scene.add(&campaign, first..first + RECEIVERS).await;
        campaigns.push(campaign);
    }
    let mut told = Vec::new();
    for campaign in &campaigns {
        run.scene.publish(campaign).await;
    }
    for _ in 0..EVENTS {
        told.push(event(run, random, &mut weather, &campaigns).await);
        let until = run.stage.clock.now() + SignedDuration::from_secs(random.i64(0..20));
        work(run, until).await;
    }

    // Everything is back to normal.
    if let Some(fault) = weather.fault.take() {
        run.stage.simulator().remove_fault(fault);
    }
    change(
        run,
        &json!({ "per_second": RATE, "per_day": null, "enabled": true }),
    )
    .await;
    for campaign in &campaigns {
        order(run, campaign, "resume").await;
    }
    let began = run.stage.clock.now();
    let needed = needed(run, &weather, began).await;
    let took = finish(run, &campaigns, began, needed, &told).await;
    for campaign in &campaigns {
        run.check(campaign, RECEIVERS).await;
    }
    took.as_secs_f64() / (needed + SLACK).as_secs_f64()
}

/// Changes the account or a campaign at random, and returns a description.
async fn event(
    run: &mut Run<'_>,
    random: &mut Rng,
    weather: &mut Weather,
    campaigns: &[String],
) -> String {
    let campaign = &campaigns[random.usize(..campaigns.len())];
    let verb = match random.u8(..9) {
        0 | 1 => "pause",
        2 | 3 => "resume",
        4 => {
            let limit = [json!(2), json!(8), json!(20), Value::Null][random.usize(..4)].clone();
            change(run, &json!({ "per_second": limit })).await;
            return format!("per_second {limit}");
        }
        5 => {
            let used = run.scene.calls().len();
            let limit = [
                json!(used + random.usize(1..30)),
                json!(1_000_000),
                Value::Null,
            ][random.usize(..3)]
            .clone();
            change(run, &json!({ "per_day": limit })).await;
            return format!("per_day {limit}");
        }
        6 if weather.fault.is_none() => {
            let kind = match random.bool() {
                true => FaultKind::ServerError { status: 503 },
                false => FaultKind::Throttle {
                    retry_after_seconds: None,
                    status: None,
                },
            };
            let address = run.scene.address(0);
            let suffix = address.split_once('@').unwrap().1;
            let fault = Fault::new(kind).address_suffix(suffix);
            weather.fault = Some(run.stage.simulator().add_fault(fault).unwrap().id);
            return "the provider takes nothing".to_owned();
        }
        6 => {
            run.stage
                .simulator()
                .remove_fault(weather.fault.take().unwrap());
            return "the provider works".to_owned();
        }
        7 => {
            let enabled = random.bool();
            change(run, &json!({ "enabled": enabled })).await;
            return format!("enabled {enabled}");
        }
        _ => {
            let shown = run
                .scene
                .api
                .get("/v1/transports/email")
                .await
                .unwrap()
                .body;
            let mut body = json!({ "vendor": shown["vendor"], "from": shown["from"] });
            body["from_name"] = format!("Chaos {}", random.u8(..)).into();
            body["settings"] = shown.get("settings").cloned().unwrap_or_else(|| json!({}));
            let body = Some(body.to_string().into_bytes());
            let path = "/v1/transports/email";
            let set = run
                .scene
                .api
                .call(Method::PUT, path, &[], body)
                .await
                .unwrap();
            assert_eq!(set.status, 200, "{}", set.body);
            return "another name of the sender".to_owned();
        }
    };
    order(run, campaign, verb).await;
    verb.to_owned()
}

/// Pauses or resumes a campaign if possible.
async fn order(run: &Run<'_>, campaign: &str, verb: &str) {
    let path = format!("/v1/campaigns/{campaign}/{verb}");
    let body = Some(b"{}".to_vec());
    let answer = run
        .scene
        .api
        .call(Method::POST, &path, &[], body)
        .await
        .unwrap();
    assert!(
        matches!(answer.status.as_u16(), 200 | 202 | 409),
        "{verb}: {}",
        answer.body
    );
}

/// Runs the functions until a point in time.
async fn work(run: &mut Run<'_>, until: Timestamp) {
    while run.stage.clock.now() < until {
        run.sweep_if_due().await;
        if run.step().await.is_none() {
            run.advance(SignedDuration::from_secs(1)).await;
        }
    }
}

/// The time that the rest needs at the rate, once the breaker lets a probe through.
async fn needed(run: &Run<'_>, weather: &Weather, now: Timestamp) -> SignedDuration {
    let calls = run.scene.calls();
    let sent = calls[weather.calls_before..]
        .iter()
        .filter(|call| call.accepted)
        .count();
    let left = CAMPAIGNS * RECEIVERS - sent;
    let by_rate = i64::try_from(left).unwrap() / i64::from(RATE);
    let account = run.scene.api.get("/v1/transports/email").await.unwrap();
    let open_until = account.text("/breaker/open_until").parse::<Timestamp>();
    let closed = open_until.map_or(SignedDuration::ZERO, |until| until.duration_since(now));
    SignedDuration::from_secs(by_rate) + closed.max(SignedDuration::ZERO)
}

/// Runs until all campaigns are completed, and returns how long it took.
async fn finish(
    run: &mut Run<'_>,
    campaigns: &[String],
    began: Timestamp,
    needed: SignedDuration,
    told: &[String],
) -> SignedDuration {
    let allowed = needed + needed / 10 + SLACK;
    let (mut calls, mut moved) = (run.scene.calls().len(), began);
    let mut looked = began;
    loop {
        run.sweep_if_due().await;
        if run.step().await.is_some() {
            continue;
        }
        let now = run.stage.clock.now();
        let mut open = Vec::new();
        for campaign in campaigns {
            if run.scene.status(campaign).await != "completed" {
                open.push(campaign.clone());
            }
        }
        let took = now.duration_since(began);
        if open.is_empty() && run.feed.is_empty().await {
            run.found.require(took <= allowed, || {
                format!("it took {took:#}, and {needed:#} by the limits, after {told:?}")
            });
            return took;
        }
        if took > allowed * 4 {
            run.found
                .problem(format!("not at its end after {took:#}, after {told:?}"));
            return took;
        }
        let seen = run.scene.calls().len();
        if seen != calls {
            (calls, moved) = (seen, now);
        }
        if now.duration_since(moved) > QUIET && now.duration_since(looked) > QUIET {
            looked = now;
            for campaign in &open {
                let path = format!("/v1/campaigns/{campaign}");
                let shown = run.scene.api.get(&path).await.unwrap();
                run.found.require(!shown.list("/stalled").is_empty(), || {
                    format!("nothing moves, and nothing says why, after {told:?}")
                });
            }
        }
        run.advance(SignedDuration::from_secs(1)).await;
    }
}

async fn change(run: &Run<'_>, body: &Value) {
    let body = Some(body.to_string().into_bytes());
    let path = "/v1/transports/email";
    let changed = run
        .scene
        .api
        .call(Method::PATCH, path, &[], body)
        .await
        .unwrap();
    assert_eq!(changed.status, 200, "{}", changed.body);
}
