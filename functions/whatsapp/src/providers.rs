//! WhatsApp providers, by the vendor of the transport.

use aws_config::SdkConfig;
use carillon_delivery::{OverHttp, Providers};
use carillon_domain::{
    channel::Channel, delivery::Outcome, id::TenantId, reason::Reason, transports::Transport,
};
use carillon_providers::{Deduplication, Outgoing, Provider, vendor::no_sign_in, whatsapp};
use lambda_runtime::Error;

/// All WhatsApp providers.
#[derive(Debug)]
pub(crate) struct WhatsAppProviders {
    over_http: OverHttp,
}

impl Providers for WhatsAppProviders {
    fn from_environment(config: &SdkConfig) -> Result<Self, Error> {
        Ok(Self {
            over_http: OverHttp::from_environment(config)?,
        })
    }
}

impl Provider for WhatsAppProviders {
    const CHANNEL: Channel = Channel::WhatsApp;
    const ECHOES_CLIENT_REF: bool = true;

    fn deduplication(&self, transport: &Transport) -> Option<Deduplication> {
        whatsapp::deduplication(transport)
    }

    fn reports_by_provider_id(&self, transport: &Transport) -> bool {
        whatsapp::reports_by_provider_id(transport)
    }

    async fn prepare(&self, tenant: &TenantId, transport: &Transport) {
        self.over_http.prepare(tenant, transport, no_sign_in).await;
    }

    async fn send(&self, transport: &Transport, message: &Outgoing<'_>) -> Outcome {
        let Outgoing::WhatsApp(whatsapp) = message else {
            return Outcome::Rejected(Reason::new(
                "wrong_transport",
                "The transport does not send WhatsApp messages.",
            ));
        };
        self.over_http
            .send(
                whatsapp.reference.tenant,
                transport,
                whatsapp,
                whatsapp::adapter,
            )
            .await
    }
}
