//! Redriving the tasks of dead letters.
//!
//! Three writes have to happen, and a crash may come between any two of them. So the ledger comes
//! first, the queue second, and the dead letter's status last.
//!
//! - Before the first, nothing has happened.
//! - After the first, the delivery is to be resent and the dead letter still waits. The next redrive
//!   sees that more resends were requested than the dead letter knows of, leaves the ledger as it
//!   is, and only enqueues. Nothing is lost, even if nobody redrives again: the sweep enqueues
//!   whatever makes no progress.
//! - After the second, the next redrive enqueues the same task again. A task is a hint, and the
//!   claim on the delivery ensures that only one of them sends. It has the same deduplication id,
//!   too.
//!
//! If the status were written first, a crash would leave a dead letter that claims to be redriven
//! and was not. Tasks other than deliveries have no row that has to change; they are hints as well.

use std::collections::{BTreeMap, BTreeSet};

use carillon_domain::{
    access::Context,
    campaigns::{Campaign, Status},
    channel::Channel,
    delivery::{
        DEAD_LETTER, State,
        task::{DeliveryTask, FanoutTask},
        totals::Totals,
    },
    id::{CampaignId, ReceiverId},
    operations::{job::JobTask, task::Task},
};
use carillon_http::failure::Failure;
use carillon_store::{
    DeadLetter, DeadLetterStatus, DeliveryRow, Error, JobChange, Settlement, TaskRows,
};

use crate::{delivery::enqueue, state::AppState};

/// Tasks looked up per call.
const LOADED: usize = 25;

/// Enqueues the work of waiting dead letters again, and returns the status of each.
///
/// # Errors
/// If a table or a queue fails. The next call can do the rest.
pub(super) async fn redrive(
    state: &AppState,
    context: &Context,
    letters: Vec<DeadLetter>,
) -> Result<Vec<DeadLetterStatus>, Failure> {
    let mut deliveries = Vec::new();
    let mut others = Vec::new();
    for letter in letters {
        match letter.task.clone() {
            Task::Delivery(task) => deliveries.push((letter, task)),
            Task::Fanout(task) => others.push((fan_out(state, context, &task).await?, letter)),
            Task::Job(task) => others.push((resume(state, context, task).await?, letter)),
            Task::Upload(task) => {
                let sent = state.jobs.send_upload(&task).await;
                sent.map_err(Failure::internal)?;
                others.push((REDRIVEN, letter));
            }
            // Nothing was stored that could be redriven.
            Task::Receipt(_) => others.push((CLOSED, letter)),
        }
    }
    let now = state.clock.now();
    let mut settled = state.store.settle_dead_letters(others, now).await?;
    for (campaign, letters) in by_campaign(state, deliveries).await? {
        let statuses = match campaign {
            Some(campaign) => send_again(state, context, &campaign, letters).await?,
            None => letters
                .into_iter()
                .map(|due| (CLOSED, due.letter))
                .collect(),
        };
        let now = state.clock.now();
        settled.extend(state.store.settle_dead_letters(statuses, now).await?);
    }
    Ok(settled)
}

const CLOSED: DeadLetterStatus = DeadLetterStatus::Closed;
const REDRIVEN: DeadLetterStatus = DeadLetterStatus::Redriven;

async fn fan_out(
    state: &AppState,
    context: &Context,
    task: &FanoutTask,
) -> Result<DeadLetterStatus, Failure> {
    let campaign = state.store.campaign(context, &task.campaign).await?;
    // A fan-out of another generation, or of a campaign that is not being sent, does nothing.
    let campaign = campaign.filter(|campaign| {
        campaign.status == Status::Published && campaign.generation == task.generation
    });
    let Some(campaign) = campaign else {
        return Ok(CLOSED);
    };
    let tasks = std::slice::from_ref(task);
    state
        .fanout
        .send(campaign.priority, tasks)
        .await
        .map_err(Failure::internal)?;
    Ok(REDRIVEN)
}

/// Resumes the job of a dead letter where it stopped. A job that has ended otherwise needs nothing.
async fn resume(
    state: &AppState,
    context: &Context,
    task: JobTask,
) -> Result<DeadLetterStatus, Failure> {
    match state.store.resume_job(context, &task.job).await? {
        JobChange::Done(job) => {
            let sent = state.jobs.send(&job.task()).await;
            sent.map_err(Failure::internal)?;
            Ok(REDRIVEN)
        }
        JobChange::NotFound | JobChange::Refused(_) => Ok(CLOSED),
    }
}

/// A dead letter with its delivery's rows in the ledger.
struct Due {
    letter: DeadLetter,
    task: DeliveryTask,
    loaded: TaskRows,
}

/// Dead letters about deliveries, by campaign; `None` for those whose campaign is gone.
async fn by_campaign(
    state: &AppState,
    letters: Vec<(DeadLetter, DeliveryTask)>,
) -> Result<Vec<(Option<Campaign>, Vec<Due>)>, Error> {
    let mut found: BTreeMap<CampaignId, (Option<Campaign>, Vec<Due>)> = BTreeMap::new();
    for chunk in letters.chunks(LOADED) {
        let tasks = chunk.iter().map(|(_, task)| task);
        let rows = state.store.load_tasks(tasks).await?;
        for ((letter, task), loaded) in chunk.iter().cloned().zip(rows) {
            let (campaign, due) = found.entry(task.campaign.clone()).or_default();
            campaign.clone_from(&loaded.campaign);
            due.push(Due {
                letter,
                task,
                loaded,
            });
        }
    }
    Ok(found.into_values().collect())
}

/// Resends deliveries that failed because of their dead letter, once per delivery.
async fn send_again(
    state: &AppState,
    context: &Context,
    campaign: &Campaign,
    letters: Vec<Due>,
) -> Result<Vec<(DeadLetterStatus, DeadLetter)>, Failure> {
    let mut rows = Vec::new();
    let mut tasks = Vec::new();
    let mut seen: BTreeSet<(ReceiverId, Channel)> = BTreeSet::new();
    let mut decided = Vec::new();
    for due in letters {
        let decision = decide(&due.task, campaign, &due.loaded);
        // Two dead letters may be about one delivery; the second has nothing to add.
        let is_first = seen.insert((due.task.receiver.clone(), due.task.channel));
        match &decision {
            Decision::Resend(row) if is_first => rows.push((**row).clone()),
            Decision::Enqueue(task) if is_first => tasks.push(task.clone()),
            _ => {}
        }
        decided.push((decision, due));
    }
    let changed = state
        .store
        .settle(context, campaign, &rows, Settlement::Resend)
        .await?;
    let is_changed = |due: &Due| {
        changed
            .iter()
            .any(|task| task.receiver == due.task.receiver && task.channel == due.task.channel)
    };
    let statuses = decided
        .into_iter()
        .filter_map(|(decision, due)| match decision {
            // Another writer changed the delivery; the next redrive handles it.
            Decision::Resend(_) if !is_changed(&due) => None,
            Decision::Resend(_) | Decision::Enqueue(_) | Decision::Done => {
                Some((REDRIVEN, due.letter))
            }
            Decision::Close => Some((CLOSED, due.letter)),
        })
        .collect();
    tasks.extend(changed);
    send(state, campaign, tasks).await?;
    Ok(statuses)
}

async fn send(
    state: &AppState,
    campaign: &Campaign,
    tasks: Vec<DeliveryTask>,
) -> Result<(), Failure> {
    if tasks.is_empty() {
        return Ok(());
    }
    let (tenant, id) = (&campaign.tenant, &campaign.id);
    let counters = state.store.counters(tenant, id).await?;
    let totals = Totals::from_counters(&counters, [], campaign.status);
    Ok(enqueue(state, campaign, totals.receivers, tasks).await?)
}

/// What to do about the delivery of a dead letter.
#[derive(Debug, Clone, PartialEq)]
enum Decision {
    /// It failed because of the dead letter: resend it.
    Resend(Box<DeliveryRow>),
    /// An earlier redrive got as far as the ledger: enqueue its task, perhaps again.
    Enqueue(DeliveryTask),
    /// An earlier redrive did everything.
    Done,
    /// It was resolved in another way, or its campaign was canceled.
    Close,
}

fn decide(task: &DeliveryTask, campaign: &Campaign, loaded: &TaskRows) -> Decision {
    let (Some(receiver), Some(delivery)) = (&loaded.receiver, &loaded.delivery) else {
        return Decision::Close;
    };
    if campaign.status == Status::Canceled {
        return Decision::Close;
    }
    let is_dead = delivery
        .reason
        .as_ref()
        .is_some_and(|reason| reason.code == DEAD_LETTER);
    let is_asked_for_again = delivery.resends > task.resend;
    match delivery.state {
        State::Failed if is_dead && delivery.resends == task.resend => {
            Decision::Resend(Box::new(DeliveryRow {
                receiver_id: task.receiver.clone(),
                receiver: receiver.clone(),
                channel: task.channel,
                state: delivery.state,
                skip_reason: None,
                delivery: Some(delivery.clone()),
            }))
        }
        State::Retrying if is_asked_for_again => Decision::Enqueue(DeliveryTask {
            generation: campaign.generation,
            resend: delivery.resends,
            ..task.clone()
        }),
        _ if is_asked_for_again => Decision::Done,
        _ => Decision::Close,
    }
}
