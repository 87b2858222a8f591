//! Push providers, by the vendor of the transport.

use aws_config::SdkConfig;
use carillon_delivery::{OverHttp, Providers};
use carillon_domain::{
    channel::Channel,
    delivery::Outcome,
    id::TenantId,
    reason::Reason,
    transports::{Transport, Vendor},
};
use carillon_providers::{
    Deduplication, Outgoing, Provider,
    push::{self, sns::SnsPush},
};
use lambda_runtime::Error;

/// All push providers.
#[derive(Debug)]
pub(crate) struct PushProviders {
    sns: SnsPush,
    over_http: OverHttp,
}

impl Providers for PushProviders {
    fn from_environment(config: &SdkConfig) -> Result<Self, Error> {
        Ok(Self {
            sns: SnsPush::new(config),
            over_http: OverHttp::from_environment(config)?,
        })
    }
}

impl Provider for PushProviders {
    const CHANNEL: Channel = Channel::Push;

    fn deduplication(&self, transport: &Transport) -> Option<Deduplication> {
        push::deduplication(transport)
    }

    async fn prepare(&self, tenant: &TenantId, transport: &Transport) {
        self.over_http
            .prepare(tenant, transport, push::sign_in)
            .await;
    }

    async fn send(&self, transport: &Transport, message: &Outgoing<'_>) -> Outcome {
        match (message, transport.vendor) {
            (Outgoing::Push(push), Vendor::SnsPush) => self.sns.send(push).await,
            (Outgoing::Push(push), _) => {
                self.over_http
                    .send(push.reference.tenant, transport, push, push::adapter)
                    .await
            }
            _ => Outcome::Rejected(Reason::new(
                "wrong_transport",
                "The transport does not send push notifications.",
            )),
        }
    }
}
