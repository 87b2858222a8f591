//! Releases scheduled campaigns at their time, and sweeps: finds work that should have moved and
//! did not, and gives it a new push.
//!
//! Publishing writes first and enqueues then, so whatever a crash or a lost message leaves behind
//! has a row that becomes due. Everything here may run twice.

mod sweep;

use std::time::SystemTime;

use aws_config::SdkConfig;
use carillon_domain::delivery::task::ReleaseTask;
use carillon_queue::{FanoutQueues, Producer};
use carillon_reconcile::{Failed, Reconciler, Release as Outcome};
use carillon_store::{MissingVariable, Store, environment::variable};
use carillon_telemetry::{Line, carry};
use jiff::Timestamp;
use lambda_runtime::{Error, LambdaEvent};

/// What the release works with.
pub struct Release {
    store: Store,
    intake: Producer,
    reconciler: Reconciler,
}

/// What was done.
#[derive(Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Report {
    /// Campaigns that are on their way now.
    pub released: usize,
    /// Campaigns whose time has come and that are held, for a reason that stands on each.
    pub held: usize,
    /// Campaigns, imports and clean-ups that were given a new push.
    pub pushed: usize,
    /// Rows that needed nothing any more.
    pub settled: usize,
}

impl Release {
    /// The release that the environment describes.
    ///
    /// # Errors
    /// If a variable is not set.
    pub fn from_environment(config: &SdkConfig) -> Result<Self, MissingVariable> {
        let client = carillon_queue::Sqs::new(config);
        let store = Store::from_environment(config)?;
        let fanout = FanoutQueues::new(&client, variable)?;
        let intake = Producer::new(client, variable("INTAKE_QUEUE_URL")?);
        Ok(Self {
            reconciler: Reconciler::new(store.clone(), fanout, intake.clone()),
            store,
            intake,
        })
    }
}

/// Deals with one call of the scheduler.
///
/// # Errors
/// If something did not come to its end; the scheduler calls again.
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
