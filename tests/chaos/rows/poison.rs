//! Row 8: poison messages.

use std::collections::BTreeMap;

use crate::run::Run;

/// One in this many messages is poison.
const ONE_OF: usize = 100;

pub(crate) async fn run(run: &mut Run<'_>) {
    let receivers = run.size.pick(200, 2_000);
    let before = recorded(run).await;
    let campaign = run
        .scene
        .draft(&["email", "sms"], run.size.pick(2, 16))
        .await;
    run.scene.add(&campaign, 0..receivers).await;
    run.scene.publish(&campaign).await;
    let outputs = run.stage.stack.details().outputs();
    let queues = [
        &outputs.email_queue_url,
        &outputs.sms_bulk_queue_url,
        &outputs.fanout_queue_url,
        &outputs.jobs_bulk_queue_url,
    ];
    let each = (2 * receivers).div_ceil(ONE_OF * queues.len());
    let mut dice = fastrand::Rng::with_seed(run.seed);
    let mut sent = 0;
    for queue in queues {
        for number in 0..each {
            // Garbage, and an almost valid task.
            let body = match number % 2 {
                0 => format!("{{\"poison\":{}}}", dice.u64(..)),
                _ => format!("\u{1F9EA}{}", dice.u64(..)),
            };
            let is_fifo = queue.ends_with(".fifo");
            let id = format!("poison-{}", dice.u64(..));
            let call = run.stage.aws.sqs.send_message().queue_url(queue);
            call.message_body(body)
                .set_message_group_id(is_fifo.then(|| id.clone()))
                .set_message_deduplication_id(is_fifo.then_some(id))
                .send()
                .await
                .unwrap();
            sent += 1;
        }
    }
    run.open.push(campaign.clone());
    run.settle().await;
    run.check(&campaign, receivers).await;
    run.found.require_all_sent();
    let after = recorded(run).await;
    let new: BTreeMap<_, _> = after
        .into_iter()
        .filter(|(id, _)| !before.contains_key(id))
        .collect();
    let count = new.len();
    run.found.require(count == sent, || {
        format!("of {sent} messages that nobody can read, {count} are recorded")
    });
    run.found
        .require(new.values().all(|reason| !reason.is_empty()), || {
            "one is recorded without a reason".to_owned()
        });
    run.found.note(format!("{sent} poisoned messages"));
}

/// The recorded poison messages, with their reasons.
async fn recorded(run: &Run<'_>) -> BTreeMap<String, String> {
    let mut letters = BTreeMap::new();
    let mut cursor = None;
    loop {
        let page = run
            .stage
            .store
            .unreadable_dead_letters(cursor.as_ref(), 100);
        let (rows, next) = page.await.unwrap();
        for row in rows {
            letters.insert(row.id.to_string(), row.reason.text.clone());
        }
        match next {
            Some(next) => cursor = Some(next),
            None => return letters,
        }
    }
}
