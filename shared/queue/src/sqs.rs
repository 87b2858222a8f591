//! The client of SQS.

use std::sync::{Arc, OnceLock};

use aws_config::SdkConfig;
use aws_sdk_sqs::Client;

/// A client of SQS that is made when it is needed. A consumer's messages come and go with the answers to its
/// invocations, so most of them never call SQS, and what a client needs would be a fifth of a start.
#[derive(Debug, Clone)]
pub struct Sqs {
    config: SdkConfig,
    client: Arc<OnceLock<Client>>,
}

impl Sqs {
    /// A client with these settings.
    pub fn new(config: &SdkConfig) -> Self {
        Self {
            config: config.clone(),
            client: Arc::default(),
        }
    }

    pub(crate) fn client(&self) -> &Client {
        self.client.get_or_init(|| Client::new(&self.config))
    }
}
