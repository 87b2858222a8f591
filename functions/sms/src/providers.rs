//! Whoever sends text messages, by the vendor of the transport.

use aws_config::SdkConfig;
use carillon_delivery::OverHttp;
use carillon_domain::{
    channel::Channel,
    delivery::Outcome,
    id::TenantId,
    transport::{Transport, Vendor},
};
use carillon_providers::{
    Deduplication, Outgoing, Provider, Reference,
    sms::{self, Sms, sns::Sns},
};
use lambda_runtime::Error;

/// All providers of text messages.
#[derive(Debug)]
pub struct SmsProviders {
    sns: Sns,
    over_http: OverHttp,
}

impl SmsProviders {
    /// Those that the environment describes.
    ///
    /// # Errors
    /// If a variable is not set, or is not right.
    pub fn from_environment(config: &SdkConfig) -> Result<Self, Error> {
        Ok(Self {
            sns: Sns::new(config),
            over_http: OverHttp::from_environment(config)?,
        })
    }
}

impl Provider for SmsProviders {
    const CHANNEL: Channel = Channel::Sms;

    fn deduplication(&self, transport: &Transport) -> Option<Deduplication> {
        sms::deduplication(transport.vendor)
    }

    async fn prepare(&self, tenant: &TenantId, transport: &Transport) {
        self.over_http.prepare(tenant, transport).await;
    }

    async fn send(
        &self,
        transport: &Transport,
        message: &Outgoing<'_>,
        reference: Reference<'_>,
    ) -> Outcome {
        match (transport.vendor, message) {
            (Vendor::Sns, _) | (_, Outgoing::Email { .. }) => {
                self.sns.send(transport, message, reference).await
            }
            (_, Outgoing::Sms { to, text }) => {
                let sms = Sms {
                    to,
                    text,
                    reference,
                };
                let tenant = reference.tenant;
                self.over_http
                    .send(tenant, transport, &sms, sms::dialect)
                    .await
            }
        }
    }
}
