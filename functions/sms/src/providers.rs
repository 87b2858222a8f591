//! Whoever sends text messages, by the dialect of the transport.

use aws_config::SdkConfig;
use carillon_domain::{
    channel::Channel,
    delivery::{Outcome, Reason},
    id::{SecretName, TenantId},
    transport::{Dialect, Transport},
};
use carillon_providers::{
    Deduplication, InvalidSecret, Outgoing, Provider, Reference,
    http::Http,
    sms::{
        Sms, SmsVendor,
        bulksms::{self, BulkSms},
        sns::Sns,
    },
};
use carillon_secrets::Secrets;
use carillon_store::environment::{optional, variable};
use lambda_runtime::Error;

/// All providers of text messages.
#[derive(Debug)]
pub struct SmsProviders {
    sns: Sns,
    http: Http,
    secrets: Secrets,
}

impl SmsProviders {
    /// Those that the environment describes: `SECRETS_PLACE`, and on the local stack
    /// `PROVIDER_SIMULATOR_URL`.
    ///
    /// # Errors
    /// If a variable is not set, or is not right.
    pub fn from_environment(config: &SdkConfig) -> Result<Self, Error> {
        let simulator: Option<String> = optional("PROVIDER_SIMULATOR_URL");
        Ok(Self {
            sns: Sns::new(config),
            http: Http::new(simulator.as_deref())?,
            secrets: Secrets::new(config, variable("SECRETS_PLACE")?),
        })
    }

    /// The one call, by the vendor that is made of the transport's secret.
    async fn over_http<V: SmsVendor>(
        &self,
        sms: &Sms<'_>,
        credentials: &SecretName,
        vendor: impl FnOnce(&str) -> Result<V, InvalidSecret>,
    ) -> Result<Outcome, Outcome> {
        let tenant = sms.reference.tenant;
        let secret = self.secrets.get(tenant, credentials).map_err(wait)?;
        let vendor = vendor(secret.expose())
            .map_err(|error| wait(Reason::new("secret_invalid", error.to_string())))?;
        let answer = self.http.call(vendor.request(sms)?).await?;
        if answer.status().as_u16() == 401 {
            self.secrets.doubt(tenant, credentials);
        }
        Ok(vendor.outcome(sms, &answer))
    }
}

/// The receiver has nothing to do with what is wrong with a secret, so the message waits.
fn wait(reason: Reason) -> Outcome {
    Outcome::Throttled {
        after: None,
        reason,
    }
}

impl Provider for SmsProviders {
    const CHANNEL: Channel = Channel::Sms;

    fn deduplication(&self, transport: &Transport) -> Option<Deduplication> {
        match transport.dialect {
            Dialect::BulkSms { .. } => Some(bulksms::DEDUPLICATION),
            Dialect::Ses { .. } | Dialect::Sns { .. } => None,
        }
    }

    async fn prepare(&self, tenant: &TenantId, transport: &Transport) {
        if let Some(name) = transport.credentials() {
            self.secrets.prepare(tenant, name).await;
        }
    }

    async fn send(
        &self,
        transport: &Transport,
        message: &Outgoing<'_>,
        reference: Reference<'_>,
    ) -> Outcome {
        let result = match (&transport.dialect, message) {
            (
                Dialect::BulkSms {
                    sender_id,
                    credentials,
                },
                Outgoing::Sms { to, text },
            ) => {
                let sms = Sms {
                    to,
                    text,
                    reference,
                };
                let vendor = |secret: &str| BulkSms::new(sender_id.as_ref(), secret);
                self.over_http(&sms, credentials, vendor).await
            }
            _ => Ok(self.sns.send(transport, message, reference).await),
        };
        result.unwrap_or_else(|outcome| outcome)
    }
}
