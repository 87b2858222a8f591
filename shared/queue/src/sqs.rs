//! The client of SQS.

use aws_config::SdkConfig;
use aws_sdk_sqs::Client;
use carillon_aws::OnDemand;

/// A client of SQS that is made when it is needed; most invocations of a consumer never need it.
#[derive(Debug, Clone)]
pub struct Sqs(OnDemand<Client>);

impl Sqs {
    /// A client with these settings.
    pub fn new(config: &SdkConfig) -> Self {
        let config = config.clone();
        Self(OnDemand::new(move || Client::new(&config)))
    }

    pub(crate) fn client(&self) -> &Client {
        self.0.get()
    }
}
