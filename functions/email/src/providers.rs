//! Whoever sends email, by the vendor of the transport.

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
    email::{self, Email, ses::Ses},
};
use lambda_runtime::Error;

/// All providers of email.
#[derive(Debug)]
pub struct EmailProviders {
    ses: Ses,
    over_http: OverHttp,
}

impl EmailProviders {
    /// Those that the environment describes.
    ///
    /// # Errors
    /// If a variable is not set, or is not right.
    pub fn from_environment(config: &SdkConfig) -> Result<Self, Error> {
        Ok(Self {
            ses: Ses::new(config),
            over_http: OverHttp::from_environment(config)?,
        })
    }
}

impl Provider for EmailProviders {
    const CHANNEL: Channel = Channel::Email;

    /// None of them deduplicates (PROVIDERS).
    fn deduplication(&self, _: &Transport) -> Option<Deduplication> {
        None
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
            (Vendor::Ses, _) | (_, Outgoing::Sms { .. }) => {
                self.ses.send(transport, message, reference).await
            }
            (
                _,
                Outgoing::Email {
                    to,
                    to_name,
                    subject,
                    html,
                    text,
                },
            ) => {
                let email = Email {
                    to,
                    to_name: *to_name,
                    subject,
                    html,
                    text,
                    reference,
                };
                let tenant = reference.tenant;
                self.over_http
                    .send(tenant, transport, &email, email::dialect)
                    .await
            }
        }
    }
}
