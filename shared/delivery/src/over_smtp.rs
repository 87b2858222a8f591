//! SMTP relays, with the tenants' credentials.

use std::sync::Arc;

use carillon_domain::{delivery::Outcome, id::TenantId, transports::Transport};
use carillon_providers::{
    email::{
        Email,
        smtp::{NOT_SIGNED_IN, Smtp},
    },
    smtp::{Relays, Simulator},
    vendor::Account,
};
use carillon_secrets::Secrets;
use carillon_store::environment::{optional, variable};
use jiff::Timestamp;

use crate::over_http::{BadEnvironment, OverHttp, account_key, no_credentials, unusable, wait};

/// Sends mail through relays, each mail once.
#[derive(Debug)]
pub struct OverSmtp {
    relays: Relays,
    /// Those of [`OverHttp`], whose `prepare` reads the credentials of every transport that has some.
    secrets: Arc<Secrets>,
}

impl OverSmtp {
    /// Configured from the environment, on the local stack: `PROVIDER_SIMULATOR_SMTP` and `PROVIDER_SIMULATOR_SMTPS`,
    /// the addresses at which the simulator stands in for all relays, and `PROVIDER_SIMULATOR_SMTP_CERTIFICATE`, its
    /// certificate.
    ///
    /// # Errors
    /// If a variable is invalid, or one is set without the others.
    pub fn from_environment(over_http: &OverHttp) -> Result<Self, BadEnvironment> {
        let simulator = optional("PROVIDER_SIMULATOR_SMTP").map(|address: String| {
            Simulator::new(
                &address,
                &variable("PROVIDER_SIMULATOR_SMTPS")?,
                &variable("PROVIDER_SIMULATOR_SMTP_CERTIFICATE")?,
            )
            .map_err(BadEnvironment::from)
        });
        Ok(Self {
            relays: Relays::new(simulator.transpose()?),
            secrets: Arc::clone(&over_http.secrets),
        })
    }

    /// Holds the one SMTP conversation that sends a mail.
    pub async fn send(
        &self,
        tenant: &TenantId,
        transport: &Transport,
        email: &Email<'_>,
    ) -> Outcome {
        self.hand_over(tenant, transport, email)
            .await
            .unwrap_or_else(|outcome| outcome)
    }

    async fn hand_over(
        &self,
        tenant: &TenantId,
        transport: &Transport,
        email: &Email<'_>,
    ) -> Result<Outcome, Outcome> {
        let name = transport.credentials.as_ref();
        let name = name.ok_or_else(no_credentials).map_err(wait)?;
        let secret = self.secrets.get(tenant, name).map_err(wait)?;
        let account = Account::of(transport, secret.expose(), Timestamp::now());
        let account = Smtp::new(&account).map_err(unusable)?;
        let key = account_key(tenant, transport);
        let outcome = self.relays.send(&key, &account, email).await;
        if outcome
            .reason()
            .is_some_and(|reason| reason.code == NOT_SIGNED_IN)
        {
            self.secrets.invalidate(tenant, name);
        }
        Ok(outcome)
    }
}
