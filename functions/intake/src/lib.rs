//! Takes receivers in: notices uploaded files, checks and loads them page by page, and removes the
//! receivers of deleted campaigns.

mod file;
mod load;
mod preflight;
mod purge;
mod recount;
mod upload;

use std::time::SystemTime;

use aws_config::SdkConfig;
use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent};
use carillon_domain::delivery::task::IntakeTask;
use carillon_preflight::LookError;
use carillon_queue::{Batch, DeadLetterQueue, IntakeMessage, Producer, SendError};
use carillon_store::{
    MissingVariable, Store,
    environment::{optional, variable},
};
use carillon_telemetry::{Line, Outcome, carry};
use lambda_runtime::{Error, LambdaEvent};

use crate::file::FileError;

/// What the intake works with.
pub struct Intake {
    store: Store,
    s3: aws_sdk_s3::Client,
    bucket: String,
    again: Producer,
    dead: DeadLetterQueue,
}

/// Why a message could not be dealt with; it stays in the queue.
#[derive(Debug, thiserror::Error)]
enum Failed {
    #[error("could not read or change an import")]
    Store(#[from] carillon_store::Error),
    #[error("could not go on later")]
    Queue(#[from] SendError),
    #[error("could not read the uploaded file")]
    File(#[from] FileError),
    #[error("could not go on with a look at a campaign")]
    Look(#[from] LookError),
    #[error("the import kept changing")]
    Contended,
    #[error("a shard could not be counted in the time that was left")]
    NoTime,
    #[error("totals differ from a count, and rows have changed too recently to mend them")]
    StillMoving,
}

impl Intake {
    /// The intake that the environment describes.
    ///
    /// # Errors
    /// If a variable is not set.
    pub fn from_environment(config: &SdkConfig) -> Result<Self, MissingVariable> {
        let s3 = aws_sdk_s3::config::Builder::from(config)
            .force_path_style(optional("S3_PATH_STYLE").unwrap_or(false))
            .build();
        let sqs = carillon_queue::Sqs::new(config);
        Ok(Self {
            store: Store::from_environment(config)?,
            s3: aws_sdk_s3::Client::from_conf(s3),
            bucket: variable("IMPORTS_BUCKET")?,
            again: Producer::new(sqs.clone(), variable("INTAKE_QUEUE_URL")?),
            dead: DeadLetterQueue::new(sqs, variable("INTAKE_DEAD_QUEUE_URL")?),
        })
    }

    async fn deal_with(&self, task: &IntakeTask, deadline: SystemTime) -> Result<(), Failed> {
        match task {
            IntakeTask::Uploaded {
                tenant,
                import,
                bytes,
            } => self.note_upload(tenant, import, *bytes, deadline).await,
            IntakeTask::Import { tenant, import } => self.load(tenant, import, deadline).await,
            IntakeTask::Recount {
                tenant,
                campaign,
                shard,
            } => self.recount(tenant, campaign, *shard, deadline).await,
            IntakeTask::Preflight {
                tenant,
                campaign,
                run,
            } => self.look(tenant, campaign, run, deadline).await,
            IntakeTask::Purge {
                tenant,
                campaign,
                shards,
            } => self.purge(tenant, campaign, *shards, deadline).await,
        }
    }

    async fn deal_with_all(
        &self,
        message: &IntakeMessage,
        deadline: SystemTime,
    ) -> Result<(), Failed> {
        for task in &message.0 {
            self.deal_with(task, deadline).await?;
        }
        Ok(())
    }
}

/// Deals with one batch of intake messages.
///
/// # Errors
/// None: what fails is in the answer, message by message.
pub async fn handle(
    intake: &Intake,
    event: LambdaEvent<SqsEvent>,
) -> Result<SqsBatchResponse, Error> {
    let mut line = Line::begin("intake", &event.context);
    let deadline = carillon_queue::deadline(event.context.deadline());
    let records = event.payload.records.len();
    let mut batch: Batch<IntakeMessage> = Batch::read(event.payload, |undecodable| {
        tracing::error!(message = undecodable.id, error = %undecodable.error, "a message is no intake task");
    });
    line.follow(batch.traces());
    for message in std::mem::take(&mut batch.messages) {
        let trace = message.trace.unwrap_or_else(|| line.trace());
        if let Some(task) = message.task.0.first() {
            line.set("task", kind(task));
        }
        let dealt_with = carry(trace, intake.deal_with_all(&message.task, deadline));
        if let Err(error) = dealt_with.await {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "an intake task was not finished"
            );
            batch.fail(&message.id);
        }
    }
    line.end(Outcome::of_batch(records, batch.failures()));
    intake.dead.take_undecodable(&mut batch).await;
    Ok(batch.response())
}

/// What a task is about, for the log.
fn kind(task: &IntakeTask) -> &'static str {
    match task {
        IntakeTask::Uploaded { .. } => "uploaded",
        IntakeTask::Import { .. } => "import",
        IntakeTask::Recount { .. } => "recount",
        IntakeTask::Preflight { .. } => "preflight",
        IntakeTask::Purge { .. } => "purge",
    }
}
