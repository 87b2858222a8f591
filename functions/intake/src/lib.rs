//! Long-running jobs: registers uploaded files, checks and loads them page by page, continues
//! preflight runs, recounts totals, and removes the receivers of deleted campaigns.

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

/// The function's dependencies.
pub struct Intake {
    store: Store,
    s3: aws_sdk_s3::Client,
    bucket: String,
    again: Producer,
    dead: DeadLetterQueue,
}

/// Why a message could not be processed; it stays in the queue.
#[derive(Debug, thiserror::Error)]
enum Failed {
    #[error("could not read or change an import")]
    Store(#[from] carillon_store::Error),
    #[error("could not enqueue the rest of a job")]
    Queue(#[from] SendError),
    #[error("could not read the uploaded file")]
    File(#[from] FileError),
    #[error("could not continue a preflight run")]
    Look(#[from] LookError),
    #[error("the import kept changing")]
    Contended,
    #[error("too little time was left to recount a shard")]
    NoTime,
    #[error("totals differ from a recount, but rows changed too recently to correct them")]
    StillMoving,
}

impl Intake {
    /// The jobs function configured from the environment.
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

/// Processes one batch of job messages.
///
/// # Errors
/// None: failures are reported in the response, message by message.
pub async fn handle(
    intake: &Intake,
    event: LambdaEvent<SqsEvent>,
) -> Result<SqsBatchResponse, Error> {
    let mut line = Line::begin("intake", &event.context);
    let deadline = carillon_queue::deadline(event.context.deadline());
    let records = event.payload.records.len();
    let mut batch: Batch<IntakeMessage> = Batch::read(event.payload, |undecodable| {
        tracing::error!(message = undecodable.id, error = %undecodable.error, "a message is not a job task");
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
                "could not finish a job task"
            );
            batch.fail(&message.id);
        }
    }
    line.end(Outcome::of_batch(records, batch.failures()));
    intake.dead.take_undecodable(&mut batch).await;
    Ok(batch.response())
}

/// The kind of a task, for the log.
fn kind(task: &IntakeTask) -> &'static str {
    match task {
        IntakeTask::Uploaded { .. } => "uploaded",
        IntakeTask::Import { .. } => "import",
        IntakeTask::Recount { .. } => "recount",
        IntakeTask::Preflight { .. } => "preflight",
        IntakeTask::Purge { .. } => "purge",
    }
}
