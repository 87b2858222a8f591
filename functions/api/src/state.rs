//! The dependencies of the handlers.

use std::sync::Arc;

use aws_config::SdkConfig;
use carillon_http::{Clock, authentication::Gate};
use carillon_queue::{ChannelQueues, FanoutQueues, JobQueues};
use carillon_reconcile::Reconciler;
use carillon_secrets::Secrets;
use carillon_store::{
    Store,
    environment::{MissingVariable, optional, variable},
};

use crate::receivers::imports::Uploads;

/// Everything that a handler needs. Cheap to clone.
#[derive(Debug, Clone)]
pub struct AppState {
    /// The tables.
    pub store: Store,
    /// The queues of fan-out tasks.
    pub fanout: FanoutQueues,
    /// The queues of deliveries.
    pub deliveries: ChannelQueues,
    /// The queues of jobs.
    pub jobs: JobQueues,
    /// Reconciles campaigns.
    pub reconciler: Reconciler,
    /// Presigns uploads.
    pub uploads: Uploads,
    /// Schedules releases.
    pub schedules: Schedules,
    /// The credentials of provider accounts.
    pub secrets: Arc<Secrets>,
    /// The public URL of the HTTP API.
    pub public_url: String,
    /// The clock.
    pub clock: Clock,
}

/// The group of EventBridge schedules that call the release function.
#[derive(Debug, Clone)]
pub struct Schedules {
    /// The client.
    pub client: aws_sdk_scheduler::Client,
    /// The group.
    pub group: String,
    /// The role that EventBridge assumes to call the function.
    pub role_arn: String,
    /// The release function.
    pub release_arn: String,
}

impl AppState {
    /// What authentication needs of it.
    pub fn gate(&self) -> Gate {
        Gate {
            store: self.store.clone(),
            clock: self.clock.clone(),
        }
    }

    /// The state that the variables of the environment describe.
    ///
    /// # Errors
    /// If a variable is not set.
    pub fn from_environment(config: &SdkConfig) -> Result<Self, MissingVariable> {
        let queues = carillon_queue::Sqs::new(config);
        let store = Store::from_environment(config)?;
        let fanout = FanoutQueues::new(&queues, variable)?;
        let jobs = JobQueues::new(&queues, variable)?;
        Ok(Self {
            reconciler: Reconciler::new(store.clone(), fanout.clone(), jobs.clone()),
            store,
            fanout,
            deliveries: ChannelQueues::new(&queues, variable)?,
            jobs,
            uploads: Uploads::new(
                config,
                &variable("IMPORTS_BUCKET")?,
                optional("S3_PATH_STYLE").unwrap_or(false),
            ),
            schedules: Schedules {
                client: aws_sdk_scheduler::Client::new(config),
                group: variable("SCHEDULE_GROUP")?,
                role_arn: variable("SCHEDULE_ROLE_ARN")?,
                release_arn: variable("RELEASE_FUNCTION_ARN")?,
            },
            secrets: Arc::new(Secrets::new(config, variable("SECRETS_PREFIX")?)),
            public_url: variable("PUBLIC_URL")?,
            clock: Clock::system(),
        })
    }
}
