//! Releases scheduled campaigns when they are due, and sweeps: finds stalled work and restarts
//! it.
//!
//! Publishing writes first and enqueues afterwards, so whatever a crash or a lost message leaves
//! behind has a row that becomes due. Everything here may run twice.

mod sweep;

use std::time::SystemTime;

use aws_config::SdkConfig;
use carillon_domain::delivery::task::ReleaseTask;
use carillon_queue::{FanoutQueues, JobQueues};
use carillon_reconcile::{Failed, Reconciler, Release as Outcome};
use carillon_store::{MissingVariable, Store, environment::variable};
use carillon_telemetry::{Line, carry};
use jiff::Timestamp;
use lambda_runtime::{Error, LambdaEvent};

/// The function's dependencies.
pub struct Release {
    store: Store,
    reconciler: Reconciler,
}

/// The work done.
#[derive(Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Report {
    /// Campaigns published now.
    pub released: usize,
    /// Due campaigns that are held, each with its reason.
    pub held: usize,
    /// Campaigns, imports and clean-ups that were restarted.
    pub pushed: usize,
    /// Rows that needed no further work.
    pub settled: usize,
}

impl Release {
    /// The release function configured from the environment.
    ///
    /// # Errors
    /// If a variable is not set.
    pub fn from_environment(config: &SdkConfig) -> Result<Self, MissingVariable> {
        let client = carillon_queue::Sqs::new(config);
        let store = Store::from_environment(config)?;
        let fanout = FanoutQueues::new(&client, variable)?;
        let jobs = JobQueues::new(&client, variable)?;
        Ok(Self {
            reconciler: Reconciler::new(store.clone(), fanout, jobs),
            store,
        })
    }
}

/// Handles one call of the scheduler.
///
/// # Errors
/// If something could not be finished; the scheduler retries.
pub async fn handle(release: &Release, event: LambdaEvent<ReleaseTask>) -> Result<Report, Error> {
    let mut line = Line::begin("release", &event.context);
    let deadline = carillon_queue::deadline(event.context.deadline());
    let result = carry(line.trace(), deal_with(release, event.payload, deadline)).await;
    if let Ok(report) = &result {
        line.count("released", report.released);
        line.count("held", report.held);
        line.count("pushed", report.pushed);
        line.count("settled", report.settled);
    }
    line.end(carillon_telemetry::Outcome::of(&result));
    Ok(result?)
}

async fn deal_with(
    release: &Release,
    task: ReleaseTask,
    deadline: SystemTime,
) -> Result<Report, Failed> {
    Ok(match task {
        ReleaseTask::Release {
            tenant,
            campaign,
            version,
        } => {
            let outcome = release
                .reconciler
                .release(&tenant, &campaign, version, Timestamp::now())
                .await?;
            Report {
                released: usize::from(outcome == Outcome::OnItsWay),
                held: usize::from(matches!(outcome, Outcome::Held(_))),
                ..Report::default()
            }
        }
        ReleaseTask::Sweep {} => release.sweep(deadline).await?,
    })
}
