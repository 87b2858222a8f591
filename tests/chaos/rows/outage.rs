//! Row 9: a provider accepts nothing for an hour.

use carillon_local::simulator::{Fault, FaultKind};
use jiff::SignedDuration;
use serde_json::json;

use crate::run::Run;

const OUTAGE: SignedDuration = SignedDuration::from_hours(1);
/// The account's limit of calls per second.
const RATE: u32 = 20;
/// Messages that may be in flight when the breaker opens: two batches, because the feed runs one at a time.
const UNDER_WAY: usize = 20;
/// The breaker opens for 30 seconds, doubled up to 15 minutes, so an hour has at most this many probes.
const PROBES: usize = 9;

pub(crate) async fn run(run: &mut Run<'_>) {
    let receivers = run.size.pick(150, 2_000);
    let limit = json!({ "per_second": RATE }).to_string().into_bytes();
    let path = "/v1/transports/email";
    let changed = run
        .scene
        .api
        .call(reqwest::Method::PATCH, path, &[], Some(limit));
    assert_eq!(changed.await.unwrap().status, 200);
    for (number, kind) in [
        FaultKind::Throttle {
            retry_after_seconds: None,
            status: None,
        },
        FaultKind::ServerError { status: 503 },
    ]
    .into_iter()
    .enumerate()
    {
        let people = number * receivers..(number + 1) * receivers;
        outage(run, kind, people).await;
    }
    run.found.require_all_sent();
    let letters = run.scene.api.get("/v1/dead-letters").await.unwrap();
    let letters = letters.body["dead_letters"].as_array().map(Vec::len);
    run.found.require(letters == Some(0), || {
        format!("there are dead letters: {letters:?}")
    });
}

async fn outage(run: &mut Run<'_>, kind: FaultKind, people: std::ops::Range<usize>) {
    let receivers = people.len();
    let campaign = run.scene.draft(&["email"], 2).await;
    run.scene.add(&campaign, people).await;
    let before = run.scene.calls().len();
    let simulator = run.stage.simulator();
    let fault = Fault::new(kind).address_suffix(run.scene.address(0).split_once('@').unwrap().1);
    let fault = simulator.add_fault(fault).unwrap();
    run.scene.publish(&campaign).await;
    let end = run.stage.clock.now() + OUTAGE;
    while run.stage.clock.now() < end {
        run.sweep_if_due().await;
        if run.step().await.is_none() {
            run.advance(SignedDuration::from_secs(10)).await;
        }
    }
    let during = run.scene.calls().len() - before;
    run.found.require(during <= UNDER_WAY + PROBES, || {
        format!("{during} calls were made to an account that takes nothing")
    });
    simulator.remove_fault(fault.id);
    let (began, before) = (run.stage.clock.now(), run.scene.calls().len());
    run.open.push(campaign.clone());
    run.settle().await;
    let seconds = run.stage.clock.now().duration_since(began).as_secs_f64();
    let after = run.scene.calls().len() - before;
    let allowed = f64::from(RATE) * (seconds + 1.0) * 1.05;
    run.found
        .require(f64::from(u32::try_from(after).unwrap()) <= allowed, || {
            format!("{after} calls in {seconds:.0} seconds are more than {RATE} a second")
        });
    run.check(&campaign, receivers).await;
    run.found.note(format!(
        "{during} calls during the one-hour outage, then {after} in {seconds:.0} s"
    ));
}
