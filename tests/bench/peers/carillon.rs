//! Carillon, with BulkSMS as the provider.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use super::{KILLS, Kills, Peer, RECEIVERS, RECEIVERS_OF_KILLS, Undisturbed, got, kill_at_moments};
use crate::{
    binaries::program,
    campaign::{Audience, Binaries, Sending},
    harness::stage::Stage,
    meter::Meter,
    processes,
    support::proxy::CallOutcome,
};

fn audience(receivers: usize) -> Audience {
    Audience {
        channel: "sms",
        ..Audience::of(receivers)
    }
}

pub(super) async fn run(stage: &Stage) -> Peer {
    let meter = Meter::default();
    let binaries = Binaries(Some(program));
    let mut sending = Sending::load(stage, 20, audience(RECEIVERS), binaries, &meter).await;
    sending.finish().await;
    let worker = sending.functions.pid("sms").unwrap();
    let polled = sending.feed.requests;
    let requests = meter.all_calls() as f64 + (polled.receives + polled.deletes) as f64;
    assert_eq!(got(stage, &numbers(&sending)).taken, RECEIVERS);
    let mut undisturbed = Undisturbed::of_worker(worker, Duration::ZERO, requests);
    undisturbed.start = processes::least_start_times(stage, &["sms"], 5).await[0];
    Peer::new("Carillon", &undisturbed, killed(stage).await)
}

fn numbers(sending: &Sending<'_>) -> String {
    let number = sending.scene.mobile(0);
    number.trim_start_matches('+')[..6].to_owned()
}

async fn killed(stage: &Stage) -> Kills {
    let meter = Meter::default();
    let binaries = Binaries(Some(program));
    let mut sending =
        Sending::load(stage, 21, audience(RECEIVERS_OF_KILLS), binaries, &meter).await;
    let kills = Arc::new(AtomicUsize::new(0));
    let (struck, fate) = (Arc::clone(&kills), kill_at_moments());
    sending.functions.rule(move |function, seen| {
        if function != "sms" {
            return CallOutcome::Pass;
        }
        let fate = fate(seen);
        if matches!(fate, CallOutcome::KillAfter) {
            struck.fetch_add(1, Ordering::SeqCst);
        }
        fate
    });
    sending.finish().await;
    assert_eq!(kills.load(Ordering::SeqCst), KILLS);
    let path = format!(
        "/v1/campaigns/{}/deliveries?state=sent&limit=200",
        sending.campaign
    );
    let recorded = sending
        .scene
        .api
        .all(&path, "/deliveries")
        .await
        .unwrap()
        .len();
    got(stage, &numbers(&sending)).kills(RECEIVERS_OF_KILLS, recorded)
}
