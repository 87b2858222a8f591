//! A state whose clients reach nothing, for tests without a stack.

use std::{convert::Infallible, sync::Arc};

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use carillon_http::Clock;
use carillon_queue::{ChannelQueues, FanoutQueues, JobQueues};
use carillon_reconcile::Reconciler;
use carillon_secrets::Secrets;
use carillon_store::Store;

use crate::{AppState, Schedules, receivers::imports::Uploads};

fn config() -> SdkConfig {
    let credentials = Credentials::new("AKIDEXAMPLE", "secret", None, None, "tests");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-west-1"))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .build()
}

/// A bucket to presign uploads for.
pub(crate) fn uploads(path_style: bool) -> Uploads {
    Uploads::new(&config(), "imports-bucket", path_style)
}

fn nowhere(_: &'static str) -> Result<String, Infallible> {
    Ok("http://127.0.0.1:9/queue".to_owned())
}

/// A state whose calls all fail at once, because nothing listens on port 9 of this machine.
pub(crate) fn unreachable_state() -> AppState {
    let config = config()
        .into_builder()
        .endpoint_url("http://127.0.0.1:9")
        .retry_config(aws_config::retry::RetryConfig::disabled())
        .build();
    let queues = carillon_queue::Sqs::new(&config);
    let store = Store::new(
        aws_sdk_dynamodb::Client::new(&config),
        "catalog",
        "directory",
        "ledger",
    );
    let fanout = FanoutQueues::new(&queues, nowhere).unwrap();
    let jobs = JobQueues::new(&queues, nowhere).unwrap();
    AppState {
        reconciler: Reconciler::new(store.clone(), fanout.clone(), jobs.clone()),
        store,
        fanout,
        deliveries: ChannelQueues::new(&queues, nowhere).unwrap(),
        jobs,
        uploads: uploads(true),
        schedules: Schedules {
            client: aws_sdk_scheduler::Client::new(&config),
            group: "group".to_owned(),
            role_arn: "arn:aws:iam::000000000000:role/schedule".to_owned(),
            release_arn: "arn:aws:lambda:eu-west-1:000000000000:function:release".to_owned(),
        },
        secrets: Arc::new(Secrets::new(&config, "carillon/tests")),
        public_url: "https://api.example.com".to_owned(),
        clock: Clock::system(),
    }
}
