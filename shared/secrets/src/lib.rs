//! Tenants' secrets, such as credentials of provider accounts, in AWS Secrets Manager.
//!
//! A tenant's secret is named `{prefix}/{tenant}/{name}`; the prefix belongs to the stack (`carillon/{stack}`). The
//! tenant is that of the message, and only the last part comes from the transport, so no transport can refer to another
//! tenant's secret.

mod links;

use std::{
    collections::HashMap,
    error::Error,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use aws_config::{SdkConfig, retry::RetryConfig, timeout::TimeoutConfig};
use aws_sdk_secretsmanager::{
    Client,
    error::{DisplayErrorContext, SdkError},
    operation::get_secret_value::GetSecretValueError,
};
use carillon_aws::OnDemand;
use carillon_domain::{
    id::{SecretName, TenantId},
    reason::Reason,
};
pub use links::{InvalidLink, Link, Links};

/// How long a secret is cached before a change is seen.
const LIFETIME: Duration = Duration::from_secs(300);
/// How soon a secret that could not be read, or that a provider rejected, is read again.
const PAUSE: Duration = Duration::from_secs(5);
/// How many days a deleted secret can be restored.
const RECOVERY_DAYS: i64 = 7;
/// The connect timeout.
const CONNECT: Duration = Duration::from_secs(2);
/// The timeout of a read. Messages wait for it.
const PATIENCE: Duration = Duration::from_secs(5);

/// A secret. It cannot be printed.
pub struct Secret(String);

impl Secret {
    /// The value, for the provider it is meant for.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret(…)")
    }
}

/// A secret could not be written or deleted.
#[derive(Debug, thiserror::Error)]
#[error("could not {doing} a secret")]
pub struct NotWritten {
    doing: &'static str,
    #[source]
    source: Box<dyn Error + Send + Sync>,
}

/// The secrets that an execution environment has read.
#[derive(Debug)]
pub struct Secrets {
    client: OnDemand<Client>,
    place: String,
    known: Mutex<HashMap<String, Known>>,
}

#[derive(Debug)]
struct Known {
    read_again_at: Instant,
    /// The last value read, or why none was ever read.
    secret: Result<Arc<Secret>, Reason>,
}

impl Secrets {
    /// The secrets of a stack.
    pub fn new(config: &SdkConfig, place: impl Into<String>) -> Self {
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(CONNECT)
            .operation_timeout(PATIENCE)
            .build();
        let config = aws_sdk_secretsmanager::config::Builder::from(config)
            .retry_config(RetryConfig::standard().with_max_attempts(2))
            .timeout_config(timeouts)
            .build();
        Self {
            client: OnDemand::new(move || Client::from_conf(config.clone())),
            place: place.into(),
            known: Mutex::default(),
        }
    }

    /// Reads a secret unless it was read recently. If the read fails, the previous value is kept.
    pub async fn prepare(&self, tenant: &TenantId, name: &SecretName) {
        self.prepare_id(self.id_of(tenant, name)).await;
    }

    async fn prepare_id(&self, key: String) {
        let is_fresh = self
            .known()
            .get(&key)
            .is_some_and(|known| Instant::now() < known.read_again_at);
        if is_fresh {
            return;
        }
        let read = self.read(&key).await;
        let now = Instant::now();
        let mut all = self.known();
        match (read, all.get_mut(&key)) {
            (Ok(secret), _) => {
                let known = Known {
                    read_again_at: now + LIFETIME,
                    secret: Ok(Arc::new(secret)),
                };
                all.insert(key, known);
            }
            (Err(_), Some(known)) if known.secret.is_ok() => known.read_again_at = now + PAUSE,
            (Err(reason), _) => {
                let known = Known {
                    read_again_at: now + PAUSE,
                    secret: Err(reason),
                };
                all.insert(key, known);
            }
        }
    }

    /// A prepared secret. Does not wait.
    ///
    /// # Errors
    /// Why it is not available, for an operator.
    pub fn get(&self, tenant: &TenantId, name: &SecretName) -> Result<Arc<Secret>, Reason> {
        self.get_id(&self.id_of(tenant, name))
    }

    fn get_id(&self, id: &str) -> Result<Arc<Secret>, Reason> {
        match self.known().get(id) {
            Some(known) => known.secret.clone(),
            None => Err(unreadable()),
        }
    }

    /// Has a secret read again soon because a provider rejected it: it may have been rotated.
    pub fn invalidate(&self, tenant: &TenantId, name: &SecretName) {
        if let Some(known) = self.known().get_mut(&self.id_of(tenant, name)) {
            // Not at once, or every message would read it while it is wrong.
            known.read_again_at = known.read_again_at.min(Instant::now() + PAUSE);
        }
    }

    /// Creates a secret.
    ///
    /// # Errors
    /// If Secrets Manager fails.
    pub async fn create(
        &self,
        tenant: &TenantId,
        name: &SecretName,
        secret: &str,
    ) -> Result<(), NotWritten> {
        let call = self.client.get().create_secret();
        let call = call
            .name(self.id_of(tenant, name))
            .description("Credentials of a Carillon transport");
        let created = call.secret_string(secret).send().await;
        created.map(|_| ()).map_err(|error| NotWritten {
            doing: "write",
            source: Box::new(error),
        })
    }

    /// Deletes a secret that no transport refers to any more. Secrets Manager keeps it for a week (DeleteSecret, API
    /// reference, `RecoveryWindowInDays`).
    ///
    /// # Errors
    /// If Secrets Manager fails.
    pub async fn delete(&self, tenant: &TenantId, name: &SecretName) -> Result<(), NotWritten> {
        let call = self.client.get().delete_secret();
        let call = call
            .secret_id(self.id_of(tenant, name))
            .recovery_window_in_days(RECOVERY_DAYS);
        let deleted = call.send().await;
        deleted.map(|_| ()).map_err(|error| NotWritten {
            doing: "delete",
            source: Box::new(error),
        })
    }

    fn id_of(&self, tenant: &TenantId, name: &SecretName) -> String {
        format!("{}/{tenant}/{name}", self.place)
    }

    async fn read(&self, id: &str) -> Result<Secret, Reason> {
        let answer = self
            .client
            .get()
            .get_secret_value()
            .secret_id(id)
            .send()
            .await;
        match answer {
            Ok(answer) => answer.secret_string.map(Secret).ok_or_else(|| {
                let text = format!("The secret {id} in AWS Secrets Manager is not text.");
                Reason::new("secret_without_text", text)
            }),
            Err(error) => {
                tracing::warn!(secret = id, error = %DisplayErrorContext(&error), "could not read a secret");
                Err(why(&error, id))
            }
        }
    }

    fn known(&self) -> MutexGuard<'_, HashMap<String, Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn unreadable() -> Reason {
    Reason::new(
        "secret_unreadable",
        "The credentials could not be read from AWS Secrets Manager.",
    )
}

fn why(error: &SdkError<GetSecretValueError>, id: &str) -> Reason {
    match error.as_service_error() {
        Some(GetSecretValueError::ResourceNotFoundException(_)) => Reason::new(
            "secret_not_found",
            format!("There is no secret {id} in AWS Secrets Manager."),
        ),
        _ => unreadable(),
    }
}
