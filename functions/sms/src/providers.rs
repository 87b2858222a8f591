//! SMS providers, by the vendor of the transport.

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
    Deduplication, Outgoing, Provider, Reference,
    sms::{self, end_user_messaging::EndUserMessaging, sns::Sns},
    vendor::no_sign_in,
};
use lambda_runtime::Error;

/// All SMS providers.
#[derive(Debug)]
pub(crate) struct SmsProviders {
    sns: Sns,
    end_user_messaging: EndUserMessaging,
    over_http: OverHttp,
}

impl Providers for SmsProviders {
    fn from_environment(config: &SdkConfig) -> Result<Self, Error> {
        Ok(Self {
            sns: Sns::new(config),
            end_user_messaging: EndUserMessaging::new(config),
            over_http: OverHttp::from_environment(config)?,
        })
    }
}

impl Provider for SmsProviders {
    const CHANNEL: Channel = Channel::Sms;
    const ECHOES_CLIENT_REF: bool = true;

    fn deduplication(&self, transport: &Transport) -> Option<Deduplication> {
        sms::deduplication(transport)
    }

    fn echoed_name(&self, transport: &Transport, reference: &Reference<'_>) -> Option<String> {
        sms::echoed_name(transport, reference)
    }

    async fn prepare(&self, tenant: &TenantId, transport: &Transport) {
        self.over_http.prepare(tenant, transport, no_sign_in).await;
    }

    async fn send(&self, transport: &Transport, message: &Outgoing<'_>) -> Outcome {
        match (message, transport.vendor) {
            (Outgoing::Sms(sms), Vendor::Sns) => self.sns.send(transport, sms).await,
            (Outgoing::Sms(sms), Vendor::EndUserMessaging) => {
                self.end_user_messaging.send(transport, sms).await
            }
            (Outgoing::Sms(sms), _) => {
                self.over_http
                    .send(sms.reference.tenant, transport, sms, sms::adapter)
                    .await
            }
            _ => Outcome::Rejected(Reason::new(
                "wrong_transport",
                "The transport does not send text messages.",
            )),
        }
    }
}
