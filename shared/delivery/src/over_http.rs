//! Vendors that are spoken to over HTTP, with the credentials of their tenants.

use aws_config::SdkConfig;
use carillon_domain::{
    delivery::{Outcome, Reason},
    id::TenantId,
    transport::{Transport, Vendor, callback_url},
};
use carillon_providers::{
    http::{BadSimulator, Http},
    vendor::{Account, Dialect, Unusable},
};
use carillon_secrets::Secrets;
use carillon_store::{
    MissingVariable,
    environment::{optional, variable},
};
use jiff::Timestamp;

/// What the environment says cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BadEnvironment {
    /// A variable is not set.
    #[error("the environment is not complete")]
    Missing(#[from] MissingVariable),
    /// The simulator's address is none.
    #[error("the environment is not right")]
    Simulator(#[from] BadSimulator),
}

/// Gives the dialect of an account, or `None` if the vendor is not spoken to over HTTP.
pub type Speak<M> = for<'a> fn(
    Vendor,
    &Account<'a>,
) -> Result<Option<Box<dyn Dialect<M> + Send + Sync + 'a>>, Unusable>;

/// Calls vendors over HTTP, each call once.
#[derive(Debug)]
pub struct OverHttp {
    http: Http,
    secrets: Secrets,
    public_url: Option<String>,
}

impl OverHttp {
    /// With the secrets of the tenants, the address below which vendors call back, and on the local stack the
    /// simulator's address.
    ///
    /// # Errors
    /// If the simulator's address is none.
    pub fn new(
        secrets: Secrets,
        public_url: Option<String>,
        simulator: Option<&str>,
    ) -> Result<Self, BadSimulator> {
        Ok(Self {
            http: Http::new(simulator)?,
            secrets,
            public_url,
        })
    }

    /// What the environment describes: `SECRETS_PLACE`, `PUBLIC_URL`, and on the local stack
    /// `PROVIDER_SIMULATOR_URL`.
    ///
    /// # Errors
    /// If a variable is not set, or is not right.
    pub fn from_environment(config: &SdkConfig) -> Result<Self, BadEnvironment> {
        let simulator: Option<String> = optional("PROVIDER_SIMULATOR_URL");
        let secrets = Secrets::new(config, variable("SECRETS_PLACE")?);
        let public_url = Some(variable("PUBLIC_URL")?);
        Ok(Self::new(secrets, public_url, simulator.as_deref())?)
    }

    /// Reads the credentials of a transport, so that nothing has to be waited for between claim and call.
    pub async fn prepare(&self, tenant: &TenantId, transport: &Transport) {
        if let Some(name) = &transport.credentials {
            self.secrets.prepare(tenant, name).await;
        }
    }

    /// Makes the one call that hands a message over.
    pub async fn send<M: Sync>(
        &self,
        tenant: &TenantId,
        transport: &Transport,
        message: &M,
        speak: Speak<M>,
    ) -> Outcome {
        self.exchange(tenant, transport, message, speak)
            .await
            .unwrap_or_else(|outcome| outcome)
    }

    async fn exchange<M: Sync>(
        &self,
        tenant: &TenantId,
        transport: &Transport,
        message: &M,
        speak: Speak<M>,
    ) -> Result<Outcome, Outcome> {
        let no_credentials = || Reason::new("no_credentials", "The transport has no credentials.");
        let name = transport.credentials.as_ref().ok_or_else(no_credentials);
        let secret = name.and_then(|name| self.secrets.get(tenant, name));
        let secret = secret.map_err(wait)?;
        let callback_url = self.callback_url(tenant, transport);
        let account = Account {
            from: transport.from.as_ref(),
            sender_id: transport.sender_id.as_ref(),
            settings: &transport.settings,
            secret: secret.expose(),
            access_token: None,
            callback_url: callback_url.as_deref(),
            now: Timestamp::now(),
        };
        let dialect = match speak(transport.vendor, &account) {
            Ok(Some(dialect)) => dialect,
            Ok(None) => {
                let text = format!(
                    "Nobody here speaks to {} on this channel.",
                    transport.vendor
                );
                return Err(Outcome::Rejected(Reason::new("wrong_transport", text)));
            }
            Err(error) => return Err(wait(Reason::new(code_of(error), error.to_string()))),
        };
        let answer = self.http.call(dialect.request(message)?).await?;
        if answer.status().as_u16() == 401
            && let Some(name) = &transport.credentials
        {
            self.secrets.doubt(tenant, name);
        }
        Ok(dialect.outcome(message, &answer))
    }

    fn callback_url(&self, tenant: &TenantId, transport: &Transport) -> Option<String> {
        let (base, token) = (
            self.public_url.as_ref()?,
            transport.callback_token.as_ref()?,
        );
        Some(callback_url(base, tenant, transport.channel(), token))
    }
}

fn code_of(error: Unusable) -> &'static str {
    match error {
        Unusable::Secret { .. } => "secret_invalid",
        Unusable::Setting { .. } => "setting_missing",
    }
}

/// The receiver has nothing to do with what is wrong with an account, so the message waits.
fn wait(reason: Reason) -> Outcome {
    Outcome::Throttled {
        after: None,
        reason,
    }
}
