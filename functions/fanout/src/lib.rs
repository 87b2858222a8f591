//! Fans a campaign out: reads the receivers of one ledger shard, page by page, and puts one message
//! for each receiver and channel into the channel's queue.
//!
//! The cursor is saved after each page. Whatever is repeated after a crash has the same
//! deduplication ids, and the claim stops the rest.

use std::{
    collections::{BTreeMap, HashSet},
    time::{Duration, SystemTime},
};

use aws_config::SdkConfig;
use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent};
use carillon_domain::{
    campaign::{Campaign, Status},
    channel::{Channel, Lane},
    receiver::Reach,
    task::{DeliveryTask, FanoutTask},
};
use carillon_queue::{Batch, ChannelQueues, FanoutQueues, SendError};
use carillon_store::{FanoutProgress, MissingVariable, ReceiverRow, Store, environment::variable};
use jiff::Timestamp;
use lambda_runtime::{Error, LambdaEvent};

/// Receivers on one page.
const PAGE: i32 = 250;
/// A page is not begun with less time than this left.
const LEAST_TIME: Duration = Duration::from_secs(15);

/// What the fan-out works with.
pub struct Fanout {
    store: Store,
    channels: ChannelQueues,
    again: FanoutQueues,
}

/// Why a shard could not be advanced; its message stays in the queue.
#[derive(Debug, thiserror::Error)]
enum Failed {
    #[error("could not read or save the fan-out of a shard")]
    Store(#[from] carillon_store::Error),
    #[error("could not hand deliveries over")]
    Queue(#[from] SendError),
}

impl Fanout {
    /// The fan-out that the environment describes.
    ///
    /// # Errors
    /// If a variable is not set.
    pub fn from_environment(config: &SdkConfig) -> Result<Self, MissingVariable> {
        let client = aws_sdk_sqs::Client::new(config);
        let channels = ChannelQueues::new(&client, variable)?;
        let again = FanoutQueues::new(&client, variable)?;
        Ok(Self {
            store: Store::from_environment(config)?,
            channels,
            again,
        })
    }

    async fn advance(&self, task: &FanoutTask, deadline: SystemTime) -> Result<(), Failed> {
        let Some(campaign) = self.store.campaign(&task.tenant, &task.campaign).await? else {
            return Ok(());
        };
        if campaign.status != Status::Published || campaign.generation != task.generation {
            tracing::info!(campaign = %campaign.id, status = %campaign.status, "nothing to fan out");
            return Ok(());
        }
        let (tenant, id, generation, shard) =
            (&task.tenant, &task.campaign, task.generation, task.shard);
        let mut progress = self
            .store
            .shard_progress(tenant, id, generation, shard)
            .await?;
        while !progress.done {
            if deadline
                .duration_since(SystemTime::now())
                .unwrap_or_default()
                < LEAST_TIME
            {
                self.again
                    .send(campaign.priority, std::slice::from_ref(task))
                    .await?;
                return Ok(());
            }
            let (rows, next) = self
                .store
                .receivers_of_shard(&campaign, shard, progress.after.as_deref(), PAGE)
                .await?;
            let handed_over = self.hand_over(&campaign, task, &rows).await?;
            let mut after = FanoutProgress {
                pages: progress.pages + 1,
                done: next.is_none(),
                after: next.or(progress.after.take()),
                tasks: progress.tasks.clone(),
            };
            for (channel, count) in handed_over {
                *after.tasks.entry(channel).or_default() += count;
            }
            let saved = self
                .store
                .save_shard_progress(tenant, id, generation, shard, &after)
                .await?;
            // Whoever saved this page before us has also handed it over; we go on from there.
            progress = if saved {
                after
            } else {
                self.store
                    .shard_progress(tenant, id, generation, shard)
                    .await?
            };
        }
        tracing::info!(campaign = %id, shard, pages = progress.pages, tasks = ?progress.tasks, "shard fanned out");
        self.store
            .complete_if_done(tenant, id, Timestamp::now())
            .await?;
        Ok(())
    }

    async fn hand_over(
        &self,
        campaign: &Campaign,
        task: &FanoutTask,
        rows: &[ReceiverRow],
    ) -> Result<BTreeMap<Channel, u64>, Failed> {
        // In a later generation most of it may be settled. It still counts, because the campaign is
        // complete when as many deliveries are final as have been counted here.
        let settled = if task.generation > 1 {
            self.store.settled(campaign, task.shard, rows).await?
        } else {
            HashSet::new()
        };
        let mut handed_over = BTreeMap::new();
        for channel in &campaign.channels {
            let reached: Vec<&ReceiverRow> = rows
                .iter()
                .filter(|row| row.receiver.reach(*channel) == Reach::On)
                .collect();
            let tasks: Vec<DeliveryTask> = reached
                .iter()
                .filter(|row| !settled.contains(&(row.id.clone(), *channel)))
                .map(|row| DeliveryTask {
                    tenant: task.tenant.clone(),
                    campaign: task.campaign.clone(),
                    generation: task.generation,
                    shard: task.shard,
                    receiver: row.id.clone(),
                    channel: *channel,
                    resend: 0,
                })
                .collect();
            self.channels
                .send(*channel, Lane::of(campaign.priority, 0), &tasks)
                .await?;
            handed_over.insert(*channel, u64::try_from(reached.len()).unwrap_or_default());
        }
        Ok(handed_over)
    }
}

/// Deals with one batch of fan-out tasks.
///
/// # Errors
/// None: what fails is in the answer, message by message.
pub async fn handle(
    fanout: &Fanout,
    event: LambdaEvent<SqsEvent>,
) -> Result<SqsBatchResponse, Error> {
    let deadline = carillon_queue::deadline(event.context.deadline());
    let mut batch: Batch<FanoutTask> = Batch::read(event.payload, |undecodable| {
        tracing::error!(message = undecodable.id, error = %undecodable.error, "a message is no fan-out task");
    });
    for message in std::mem::take(&mut batch.messages) {
        if let Err(error) = fanout.advance(&message.task, deadline).await {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "a shard was not advanced"
            );
            batch.fail(&message.id);
        }
    }
    Ok(batch.response())
}
