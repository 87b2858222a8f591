//! Email providers, by the vendor of the transport.

use aws_config::SdkConfig;
use carillon_delivery::{OverHttp, OverSmtp, Providers};
use carillon_domain::{
    channel::Channel,
    content::render::UNSUBSCRIBE_MARK,
    delivery::Outcome,
    id::TenantId,
    reason::Reason,
    transports::{Transport, Vendor},
};
use carillon_providers::{
    Deduplication, Outgoing, Provider, Reference,
    email::{self, Email, ses::Ses},
};
use carillon_secrets::Links;
use carillon_store::environment::variable;
use lambda_runtime::Error;

/// All email providers.
#[derive(Debug)]
pub(crate) struct EmailProviders {
    ses: Ses,
    over_http: OverHttp,
    over_smtp: OverSmtp,
    links: Links,
}

impl Providers for EmailProviders {
    fn from_environment(config: &SdkConfig) -> Result<Self, Error> {
        let over_http = OverHttp::from_environment(config)?;
        Ok(Self {
            ses: Ses::new(config),
            over_smtp: OverSmtp::from_environment(&over_http)?,
            over_http,
            links: Links::new(config, variable("LINK_KEY")?, variable("LINKS_URL")?),
        })
    }
}

impl Provider for EmailProviders {
    const CHANNEL: Channel = Channel::Email;

    fn deduplication(&self, transport: &Transport) -> Option<Deduplication> {
        email::deduplication(transport)
    }

    async fn prepare(&self, tenant: &TenantId, transport: &Transport) {
        tokio::join!(
            self.over_http.prepare(tenant, transport, email::sign_in),
            self.links.prepare(),
        );
    }

    async fn send(&self, transport: &Transport, message: &Outgoing<'_>) -> Outcome {
        let Outgoing::Email(email) = message else {
            return Outcome::Rejected(Reason::new(
                "wrong_transport",
                "The transport does not send email.",
            ));
        };
        let Reference {
            tenant,
            campaign,
            receiver,
            resend,
            ..
        } = email.reference;
        let url = match self
            .links
            .unsubscribe_url(tenant, campaign, receiver, resend)
        {
            Ok(url) => url,
            // Large mailbox providers refuse mail without it, so the mail waits for the key.
            Err(reason) => {
                return Outcome::Throttled {
                    after: None,
                    reason,
                };
            }
        };
        let html = email.html.replace(UNSUBSCRIBE_MARK, &url);
        let text = email.text.replace(UNSUBSCRIBE_MARK, &url);
        let email = Email {
            html: &html,
            text: &text,
            unsubscribe_url: Some(&url),
            ..*email
        };
        match transport.vendor {
            Vendor::Ses => self.ses.send(transport, &email).await,
            Vendor::Smtp => self.over_smtp.send(tenant, transport, &email).await,
            _ => {
                self.over_http
                    .send(tenant, transport, &email, email::adapter)
                    .await
            }
        }
    }
}
