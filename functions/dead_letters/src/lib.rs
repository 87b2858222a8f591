//! Records dead letters: each gets a row that says why, and a delivery whose message is dead no longer
//! waits for it.
//!
//! The ledger is written first and the dead letter's row second. If processing is cut off in between, it
//! is repeated when the message comes again and finds the delivery as it left it. In the other order,
//! somebody could redrive a dead letter before its delivery says that it failed.

mod body;
mod decide;

use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent};
use carillon_domain::{
    access::Context,
    delivery::{State, task::DeliveryTask},
    id::DeadLetterId,
    operations::{job::JobStatus, task::Task},
    reason::Reason,
};
use carillon_queue::{Batch, DeadBody, Message};
use carillon_store::{
    Claim, Claimed, DeadLetter, DeadLetterStatus, Insert, Kept, Reclaim, Store,
    UnreadableDeadLetter,
};
use carillon_telemetry::{Line, Metrics, Outcome};
use jiff::Timestamp;
use lambda_runtime::{Error, LambdaEvent};
use sha2::{Digest, Sha256};

use crate::decide::{Decision, decide, given_up, unheard};

/// Why a dead letter was not recorded; its message stays in its queue and is redelivered after the
/// queue's visibility timeout.
#[derive(Debug, thiserror::Error)]
enum Failed {
    #[error("could not record a dead letter")]
    Store(#[from] carillon_store::Error),
    #[error("the message has no usable id")]
    Id(#[from] carillon_domain::id::InvalidId),
}

/// Outcome of one message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Recorded {
    Now,
    Before,
    /// Its delivery is claimed, and the claim has not lapsed.
    Later,
}

/// Records one batch of dead letters.
///
/// # Errors
/// None: failures are reported in the response, message by message.
pub async fn handle(
    store: &Store,
    event: LambdaEvent<SqsEvent>,
) -> Result<SqsBatchResponse, Error> {
    let mut line = Line::begin("dead_letters", &event.context);
    let mut batch = Batch::dead(event.payload);
    line.follow(batch.traces());
    line.set("queue", batch.queue.as_str());
    let messages = std::mem::take(&mut batch.messages);
    let (mut recorded, mut failed) = (0_usize, 0_usize);
    // One by one: they are few, and two of them may be about the same delivery.
    for message in &messages {
        match record(store, &batch.queue, message).await {
            Ok(Recorded::Now) => recorded += 1,
            Ok(Recorded::Before) => {}
            Ok(Recorded::Later) => batch.fail(&message.id),
            Err(error) => {
                tracing::error!(
                    message = message.id,
                    error = &error as &dyn std::error::Error,
                    "could not record a dead letter"
                );
                failed += 1;
                batch.fail(&message.id);
            }
        }
    }
    // Each unrecorded dead letter counts: it is visible nowhere else.
    let mut metrics = Metrics::by(&[&["queue"]]);
    metrics.label("queue", batch.queue.as_str());
    metrics.count("dead_letters", recorded + failed);
    line.measure(metrics);
    line.set("messages", messages.len());
    line.end(Outcome::of_batch(messages.len(), failed));
    Ok(batch.response())
}

async fn record(
    store: &Store,
    queue: &str,
    message: &Message<DeadBody>,
) -> Result<Recorded, Failed> {
    let now = whole_milliseconds(Timestamp::now());
    // A message that a function put here had another id before, and may have been put here twice.
    let origin = message.task.origin.as_deref();
    let id: DeadLetterId = origin.unwrap_or(&message.id).parse()?;
    let body = &message.task.text;
    let tasks = match body::read(body) {
        Ok(tasks) => tasks,
        Err(reason) => {
            let letter = UnreadableDeadLetter {
                id,
                queue: queue.to_owned(),
                digest: hex::encode(Sha256::digest(body)),
                bytes: u64::try_from(body.len()).unwrap_or(u64::MAX),
                reason,
                received: message.received,
                recorded_at: now,
            };
            return Ok(store.keep_unreadable_dead_letter(&letter).await?.into());
        }
    };
    let mut outcome = Recorded::Before;
    for (index, task) in tasks.into_iter().enumerate() {
        let id = match index {
            0 => id.clone(),
            _ => format!("{id}.{index}").parse()?,
        };
        let settled = match &task {
            Task::Delivery(task) => settle(store, task, message.received, now).await?,
            Task::Job(task) => {
                let reason = given_up(message.received);
                let context = Context::system(&task.tenant, now);
                store
                    .end_job(&context, &task.job, JobStatus::Failed, Some(reason.clone()))
                    .await?;
                Some((DeadLetterStatus::Waiting, reason))
            }
            Task::Fanout(_) | Task::Upload(_) => {
                Some((DeadLetterStatus::Waiting, given_up(message.received)))
            }
            // A provider event holds addresses, so it is not kept and cannot be redriven.
            Task::Receipt(_) => Some((DeadLetterStatus::Closed, unheard(message.received))),
        };
        let Some((status, reason)) = settled else {
            return Ok(Recorded::Later);
        };
        let letter = DeadLetter {
            id,
            queue: queue.to_owned(),
            task,
            reason,
            received: message.received,
            status,
            recorded_at: now,
            settled_at: (status == DeadLetterStatus::Closed).then_some(now),
        };
        if store.keep_dead_letter(&letter).await? == Kept::Now {
            outcome = Recorded::Now;
        }
    }
    Ok(outcome)
}

/// Updates a delivery's row for its dead letter and returns what is left to do about the dead letter,
/// and why; `None` if that cannot be decided yet.
async fn settle(
    store: &Store,
    task: &DeliveryTask,
    received: u32,
    now: Timestamp,
) -> Result<Option<(DeadLetterStatus, Reason)>, carillon_store::Error> {
    let loaded = store.load_tasks([task]).await?;
    let Some(loaded) = loaded.first() else {
        return Ok(None);
    };
    let (delivery, reason) = match decide(task, loaded, received, now) {
        Decision::Later => return Ok(None),
        Decision::Leave(reason) => return Ok(Some((DeadLetterStatus::Closed, reason))),
        Decision::Written(reason) => return Ok(Some((DeadLetterStatus::Waiting, reason))),
        Decision::Write(delivery, reason) => (*delivery, reason),
    };
    // An operator decides on the delivery itself whether an unknown one is resent.
    let status = match delivery.state {
        State::Unknown => DeadLetterStatus::Closed,
        _ => DeadLetterStatus::Waiting,
    };
    let claim = match &loaded.delivery {
        None => Claim::Insert(Insert { task, delivery }),
        Some(before) => Claim::Reclaim(Reclaim {
            task,
            before,
            delivery,
        }),
    };
    let claimed = store.claim(&[claim]).await?;
    // Another writer has changed the row that the decision was based on.
    Ok((claimed == [Claimed::Won]).then_some((status, reason)))
}

impl From<Kept> for Recorded {
    fn from(kept: Kept) -> Self {
        match kept {
            Kept::Now => Self::Now,
            Kept::Before => Self::Before,
        }
    }
}

/// Rows hold milliseconds, and a row read back has to equal the one written.
fn whole_milliseconds(now: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
}
