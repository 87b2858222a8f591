//! Long-running jobs. A job has a row with its cursor and progress; a message on one of two queues continues it. Each kind of job is a
//! file here with one function, which does a step; everything else about jobs is in this file.

mod file;
mod import;
mod preflight;
mod purge;
mod recount;
mod remove_entity;
mod switch;
mod upload;

use std::time::{Duration, SystemTime};

use aws_config::SdkConfig;
use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent};
use carillon_domain::{
    access::Context,
    operations::job::{Job, JobQueue, JobStatus, JobTask, Step, Work},
};
use carillon_preflight::LookError;
use carillon_queue::{Batch, DeadLetterQueue, JobQueues, JobsMessage, SendError};
use carillon_store::{
    MissingVariable, Store,
    environment::{optional, variable},
};
use carillon_telemetry::{Line, Outcome, carry};
use jiff::Timestamp;
use lambda_runtime::{Error, LambdaEvent};

use crate::file::FileError;

/// The time of a step, after which progress is saved, and the job stops if it was canceled.
const STEP: Duration = Duration::from_secs(10);
/// The time that a bulk job may take before other messages get their turn. The queues are fair, so that turn goes to other tenants
/// first.
const TURN: Duration = Duration::from_secs(60);
/// Time left for the end of a step and what follows it.
const MARGIN: Duration = Duration::from_secs(20);

/// The function's dependencies.
pub struct Jobs {
    store: Store,
    s3: aws_sdk_s3::Client,
    bucket: String,
    queues: JobQueues,
    dead: DeadLetterQueue,
}

/// Why a message could not be processed; it stays in the queue.
#[derive(Debug, thiserror::Error)]
enum Failed {
    #[error("could not read or change a row")]
    Store(#[from] carillon_store::Error),
    #[error("could not enqueue the rest of a job")]
    Queue(#[from] SendError),
    #[error("could not read the uploaded file")]
    File(#[from] FileError),
    #[error("could not continue a preflight run")]
    Preflight(#[from] LookError),
    #[error("the import kept changing")]
    Contended,
    #[error("the campaign is no longer a draft")]
    NotDraft,
    #[error("too little time was left to recount a shard")]
    NoTime,
    #[error("totals differ from a recount, but rows changed too recently to correct them")]
    StillMoving,
}

impl Jobs {
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
            queues: JobQueues::new(&sqs, variable)?,
            dead: DeadLetterQueue::new(sqs, variable("JOBS_DEAD_QUEUE_URL")?),
        })
    }

    /// Does one step of a job. A step that is repeated, because its result was not saved, does no harm.
    async fn step(
        &self,
        context: &Context,
        job: &Job,
        until: SystemTime,
        deadline: SystemTime,
    ) -> Result<Step, Failed> {
        match &job.work {
            Work::Import { import } => self.import(context, import, until).await,
            Work::Preflight { campaign, run } => {
                self.preflight(context, campaign, run, until).await
            }
            Work::Switch {
                campaign,
                channel,
                on,
                ..
            } => {
                self.switch(context, job, campaign, (*channel, *on), until)
                    .await
            }
            Work::Recount {
                campaign,
                first,
                end,
            } => {
                let cursor = job.cursor.as_deref();
                self.recount(context, campaign, (*first, *end), cursor, deadline)
                    .await
            }
            Work::Purge { campaign, shards } => self.purge(context, campaign, *shards, until).await,
            Work::RemoveEntity { kind, entity } => {
                self.remove_entity(context, job, (*kind, entity), until)
                    .await
            }
        }
    }

    /// Continues a job until it is done or its turn is over; then the rest is for the next message.
    async fn run(&self, task: &JobTask, deadline: SystemTime) -> Result<(), Failed> {
        let context = Context::system(&task.tenant, Timestamp::now());
        let Some(mut job) = self.store.job(&context, &task.job).await? else {
            tracing::warn!(job = %task.job, "a job no longer exists");
            return Ok(());
        };
        if job.status != JobStatus::Running {
            return Ok(self.store.let_go(&context, &job).await?);
        }
        let last = deadline - MARGIN;
        let turn = match job.work.queue() {
            JobQueue::Interactive => last,
            JobQueue::Bulk => last.min(SystemTime::now() + TURN),
        };
        while job.status == JobStatus::Running {
            let until = turn.min(SystemTime::now() + STEP);
            let step = self.step(&context, &job, until, deadline).await?;
            job.advance(step, Timestamp::now());
            match self.store.save_job(&context, &job).await? {
                Some(saved) => job = saved,
                // It was canceled, or another worker is going on with it.
                None => {
                    let now = self.store.job(&context, &task.job).await?;
                    return match now.filter(|job| job.status != JobStatus::Running) {
                        Some(ended) => Ok(self.store.let_go(&context, &ended).await?),
                        None => Ok(()),
                    };
                }
            }
            if job.status == JobStatus::Running && SystemTime::now() >= turn {
                return Ok(self.queues.send(&job.task()).await?);
            }
        }
        Ok(())
    }

    async fn deal_with(&self, message: &JobsMessage, deadline: SystemTime) -> Result<(), Failed> {
        match message {
            JobsMessage::Job(task) => self.run(task, deadline).await,
            JobsMessage::Uploads(uploads) => {
                for task in uploads {
                    self.note_upload(task).await?;
                }
                Ok(())
            }
        }
    }
}

/// Processes one batch of messages about jobs.
///
/// # Errors
/// None: failures are reported in the response, message by message.
pub async fn handle(jobs: &Jobs, event: LambdaEvent<SqsEvent>) -> Result<SqsBatchResponse, Error> {
    let mut line = Line::begin("jobs", &event.context);
    let deadline = carillon_queue::deadline(event.context.deadline());
    let records = event.payload.records.len();
    let mut batch: Batch<JobsMessage> = Batch::read(event.payload, |undecodable| {
        tracing::error!(message = undecodable.id, error = %undecodable.error, "a message is not about a job");
    });
    line.follow(batch.traces());
    for message in std::mem::take(&mut batch.messages) {
        let trace = message.trace.unwrap_or_else(|| line.trace());
        line.set("task", kind(&message.task));
        let dealt_with = carry(trace, jobs.deal_with(&message.task, deadline));
        if let Err(error) = dealt_with.await {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "could not continue a job"
            );
            batch.fail(&message.id);
        }
    }
    line.end(Outcome::of_batch(records, batch.failures()));
    jobs.dead.take_undecodable(&mut batch).await;
    Ok(batch.response())
}

/// The kind of a message, for the log.
fn kind(message: &JobsMessage) -> &'static str {
    match message {
        JobsMessage::Job(task) => task.work.kind(),
        JobsMessage::Uploads(_) => "uploaded",
    }
}
