//! Vendors called over HTTP, with the tenants' credentials.

use std::sync::Arc;

use aws_config::SdkConfig;
use carillon_domain::{
    delivery::Outcome,
    id::TenantId,
    reason::Reason,
    transports::{Transport, Vendor, callback_url},
};
use carillon_providers::{
    http::{BadSimulator, Http},
    smtp,
    vendor::{AccessToken, Account, Adapter, SignIn, Unusable},
};
use carillon_secrets::Secrets;
use carillon_store::{
    MissingVariable,
    environment::{optional, variable},
};
use jiff::Timestamp;

use crate::tokens::Tokens;

/// The response status for rejected credentials (RFC 9110, 15.5.2).
const UNAUTHORIZED: u16 = 401;

/// Returns how to sign in to an account, or `None` if the vendor takes its credentials with each call.
pub type SignInTo = for<'a> fn(
    Vendor,
    &Account<'a>,
) -> Result<Option<Box<dyn SignIn + Send + Sync + 'a>>, Unusable>;

/// The environment is unusable.
#[derive(Debug, thiserror::Error)]
pub enum BadEnvironment {
    /// A variable is not set.
    #[error("a required environment variable is missing")]
    Missing(#[from] MissingVariable),
    /// The simulator's address is invalid.
    #[error("an environment variable is invalid")]
    Simulator(#[from] BadSimulator),
    /// Likewise for mail sent by SMTP.
    #[error("an environment variable is invalid")]
    Relay(#[from] smtp::BadSimulator),
}

/// Returns the adapter of an account, or `None` if the vendor is not called over HTTP.
pub type AdapterFor<M> =
    for<'a> fn(
        Vendor,
        &Account<'a>,
    ) -> Result<Option<Box<dyn Adapter<M> + Send + Sync + 'a>>, Unusable>;

/// Calls vendors over HTTP, each call once.
#[derive(Debug)]
pub struct OverHttp {
    http: Http,
    pub(crate) secrets: Arc<Secrets>,
    tokens: Tokens,
    public_url: String,
}

impl OverHttp {
    /// Configured from the environment: `SECRETS_PREFIX`, `PUBLIC_URL`, and on the local stack `PROVIDER_SIMULATOR_URL`.
    ///
    /// # Errors
    /// If a variable is missing or invalid.
    pub fn from_environment(config: &SdkConfig) -> Result<Self, BadEnvironment> {
        let simulator: Option<String> = optional("PROVIDER_SIMULATOR_URL");
        Ok(Self {
            http: Http::new(simulator.as_deref())?,
            secrets: Arc::new(Secrets::new(config, variable("SECRETS_PREFIX")?)),
            tokens: Tokens::default(),
            public_url: variable("PUBLIC_URL")?,
        })
    }

    /// Reads a transport's credentials, and signs in with them where the vendor requires it, so that nothing has to be
    /// waited for between claim and call.
    pub async fn prepare(&self, tenant: &TenantId, transport: &Transport, sign_in_to: SignInTo) {
        let Some(name) = &transport.credentials else {
            return;
        };
        self.secrets.prepare(tenant, name).await;
        let Ok(secret) = self.secrets.get(tenant, name) else {
            return;
        };
        let account = Account::of(transport, secret.expose(), Timestamp::now());
        let Ok(Some(sign_in)) = sign_in_to(transport.vendor, &account) else {
            return;
        };
        let key = account_key(tenant, transport);
        if self.tokens.is_known(&key) {
            return;
        }
        let result = match sign_in.local_token() {
            Some(result) => result,
            None => self.ask_for_token(sign_in.as_ref()).await,
        };
        if let Err(reason) = &result {
            tracing::warn!(%tenant, vendor = %transport.vendor, code = reason.code, "could not sign in to an account");
        }
        self.tokens.keep(key, result);
    }

    async fn ask_for_token(
        &self,
        sign_in: &(dyn SignIn + Send + Sync),
    ) -> Result<AccessToken, Reason> {
        let request = sign_in
            .token_request()
            .map_err(|error| Reason::new("secret_invalid", error.to_string()))?;
        let answer = self.http.call(request).await.map_err(|outcome| {
            let unknown = || Reason::new("not_signed_in", "The account was not signed in.");
            outcome.reason().cloned().unwrap_or_else(unknown)
        })?;
        sign_in.token(&answer)
    }

    /// Makes the one call that sends a message.
    pub async fn send<M: Sync>(
        &self,
        tenant: &TenantId,
        transport: &Transport,
        message: &M,
        speak: AdapterFor<M>,
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
        speak: AdapterFor<M>,
    ) -> Result<Outcome, Outcome> {
        let name = transport.credentials.as_ref();
        let name = name.ok_or_else(no_credentials).map_err(wait)?;
        let secret = self.secrets.get(tenant, name).map_err(wait)?;
        let key = account_key(tenant, transport);
        let token = self.tokens.get(&key).transpose().map_err(wait)?;
        let callback_url = self.callback_url(tenant, transport);
        let account = Account {
            access_token: token.as_deref(),
            callback_url: callback_url.as_deref(),
            ..Account::of(transport, secret.expose(), Timestamp::now())
        };
        let adapter = match speak(transport.vendor, &account) {
            Ok(Some(adapter)) => adapter,
            Ok(None) => {
                let text = format!("{} is not supported on this channel.", transport.vendor);
                return Err(Outcome::Rejected(Reason::new("wrong_transport", text)));
            }
            Err(error) => return Err(unusable(error)),
        };
        let answer = self.http.call(adapter.request(message)?).await?;
        // The account's token is not accepted (any more), so get a new one.
        if answer.status().as_u16() == UNAUTHORIZED {
            self.secrets.invalidate(tenant, name);
            self.tokens.invalidate(&key);
        }
        Ok(adapter.outcome(message, &answer))
    }

    fn callback_url(&self, tenant: &TenantId, transport: &Transport) -> Option<String> {
        let token = transport.callback_token.as_ref()?;
        Some(callback_url(&self.public_url, tenant, &transport.id, token))
    }
}

/// The cache key of an account: new credentials have a new name, and other settings may say where to sign in.
pub(crate) fn account_key(tenant: &TenantId, transport: &Transport) -> String {
    format!("{tenant}/{}/{:?}", transport.account(), transport.settings)
}

pub(crate) fn no_credentials() -> Reason {
    Reason::new("no_credentials", "The transport has no credentials.")
}

pub(crate) fn unusable(error: Unusable) -> Outcome {
    let code = match error {
        Unusable::Secret { .. } => "secret_invalid",
        Unusable::Setting { .. } => "setting_missing",
    };
    wait(Reason::new(code, error.to_string()))
}

/// The problem is the account, not the receiver, so the message waits.
pub(crate) fn wait(reason: Reason) -> Outcome {
    Outcome::Throttled {
        after: None,
        reason,
    }
}
