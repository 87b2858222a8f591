//! Row 13: a campaign is stopped, or a receiver unsubscribes, in mid-run.

use std::{cell::Cell, time::Duration};

use carillon_local::demo::client::Client;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::{
    check,
    run::Run,
    support::{
        counts,
        proxy::{CallOutcome, Side},
    },
};

/// Longer than a consumer may take from reading a campaign to calling the provider.
const TOO_LONG: Duration = Duration::from_millis(3_600);

pub(crate) async fn run(run: &mut Run<'_>) {
    let receivers = run.size.pick(40, 300);
    let seed = run.seed;
    run.functions.rule(move |function, seen| {
        // Random delays between reading and claiming, and between claiming and calling.
        let is_between = function == "email"
            && seen.side == Side::Aws
            && (seen.is(".BatchGetItem") || seen.is(".BatchExecuteStatement"));
        if is_between && seen.dice(seed).f64() < 0.3 {
            return CallOutcome::Delay(TOO_LONG);
        }
        CallOutcome::Pass
    });
    pause(run, 0..receivers).await;
    cancel(run, receivers..2 * receivers).await;
    unsubscribe(run, 2 * receivers..3 * receivers).await;
    run.found.require_none_repeated_or_lost();
    let unknown = run.found.unknown;
    run.found
        .require(unknown == 0, || format!("{unknown} deliveries are unknown"));
}

async fn under_way(run: &mut Run<'_>, people: std::ops::Range<usize>) -> String {
    let campaign = run.scene.draft(&["email"], 2).await;
    run.scene.add(&campaign, people).await;
    run.scene.publish(&campaign).await;
    let before = run.scene.calls().len();
    while run.scene.calls().len() < before + 10 {
        run.step().await.unwrap();
    }
    campaign
}

/// Sends a request while the functions run. Returns the response, and how many calls began after it.
async fn ask_meanwhile(run: &mut Run<'_>, path: &str, body: &Value) -> (Value, usize) {
    let answered = Cell::new(None);
    let api: &Client = &run.scene.api;
    let (feed, functions) = (&mut run.feed, &mut run.functions);
    let ask = async {
        let answer = api.post(path, body).await.unwrap().body;
        answered.set(Some(Timestamp::now()));
        answer
    };
    let go_on = async {
        while answered.get().is_none() {
            if feed.step(functions).await.is_none() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
    };
    let (answer, ()) = tokio::join!(ask, go_on);
    let answered = answered.get().unwrap();
    run.drain().await;
    let calls = run.scene.calls();
    let late = calls.iter().filter(|call| call.received_at > answered);
    (answer, late.count())
}

fn adds_up(answer: &Value) -> bool {
    let counts = &answer["counts"];
    counts["total"].as_u64() == Some(counts::sum(counts))
}

async fn pause(run: &mut Run<'_>, people: std::ops::Range<usize>) {
    let receivers = people.len();
    let campaign = under_way(run, people).await;
    let path = format!("/v1/campaigns/{campaign}");
    let (answer, late) = ask_meanwhile(run, &format!("{path}/pause"), &json!({})).await;
    run.found.require(late == 0, || {
        format!("{late} calls began after the answer to a pause")
    });
    run.found.require(adds_up(&answer), || {
        format!("the counts of a pause do not add up: {}", answer["counts"])
    });
    run.found.note(format!("paused with {}", answer["counts"]));
    let path = format!("{path}/resume");
    run.scene.api.post(&path, &json!({})).await.unwrap();
    run.open.push(campaign.clone());
    run.settle().await;
    run.check(&campaign, receivers).await;
    let sent = count(run, &campaign, "sent").await;
    run.found.require(sent == receivers, || {
        format!("{sent} of {receivers} were sent after the campaign was resumed")
    });
}

async fn cancel(run: &mut Run<'_>, people: std::ops::Range<usize>) {
    let receivers = people.len();
    let campaign = under_way(run, people).await;
    let path = format!("/v1/campaigns/{campaign}/cancel");
    let (answer, late) = ask_meanwhile(run, &path, &json!({})).await;
    run.found.require(late == 0, || {
        format!("{late} calls began after the answer to a cancel")
    });
    run.found.require(adds_up(&answer), || {
        format!("the counts of a cancel do not add up: {}", answer["counts"])
    });
    run.open.push(campaign.clone());
    run.settle().await;
    run.check(&campaign, receivers).await;
    let (sent, canceled) = (
        count(run, &campaign, "sent").await,
        count(run, &campaign, "canceled").await,
    );
    run.found
        .require(sent + canceled == receivers && canceled > 0, || {
            format!("of {receivers}, {sent} were sent and {canceled} canceled")
        });
}

async fn unsubscribe(run: &mut Run<'_>, people: std::ops::Range<usize>) {
    let receivers = people.len();
    let last = run.scene.address(people.end - 1);
    let called = |run: &Run<'_>| {
        let calls = run.scene.calls();
        calls.iter().any(|call| call.recipients.contains(&last))
    };
    let campaign = under_way(run, people).await;
    let wanted = json!({ "channel": "email", "address": last });
    let was_called = called(run);
    let before = run.scene.calls().len();
    let answered = run.scene.api.post("/v1/suppressions", &wanted).await;
    answered.unwrap();
    run.open.push(campaign.clone());
    run.settle().await;
    run.check(&campaign, receivers).await;
    run.found.require(was_called || !called(run), || {
        "somebody was called after the answer to an unsubscription".to_owned()
    });
    let skipped = count(run, &campaign, "skipped").await;
    run.found.require(was_called || skipped == 1, || {
        format!("{skipped} deliveries are skipped")
    });
    run.found.require(run.scene.calls().len() > before, || {
        "nobody else was called any more".to_owned()
    });
}

async fn count(run: &Run<'_>, campaign: &str, state: &str) -> usize {
    let deliveries = check::deliveries(&run.scene, campaign).await;
    deliveries.iter().filter(|it| it.state == state).count()
}
