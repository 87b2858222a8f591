//! The SQS client.

use aws_config::SdkConfig;
use aws_sdk_sqs::Client;
use carillon_aws::OnDemand;

/// An SQS client that is created on first use; most invocations of a consumer never use it.
#[derive(Debug, Clone)]
pub struct Sqs(OnDemand<Client>);

impl Sqs {
    /// A client with this configuration.
    pub fn new(config: &SdkConfig) -> Self {
        let config = config.clone();
        Self(OnDemand::new(move || Client::new(&config)))
    }

    pub(crate) fn client(&self) -> &Client {
        self.0.get()
    }
}
