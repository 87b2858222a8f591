//! Text messages through BulkSMS, which a tenant may begin with.

use aws_config::SdkConfig;
use aws_sdk_secretsmanager::operation::create_secret::CreateSecretError;
use carillon_domain::{
    access::Context,
    id::{SecretName, TenantId},
    transports::{Transport, Vendor, sender::SenderId},
};
use carillon_store::Store;
use jiff::Timestamp;
use serde_json::json;

use crate::error::Error;

/// What the secret of a tenant's account is called below its place.
const SECRET: &str = "sms-bulksms";

/// An account at BulkSMS.
pub struct BulkSmsAccount {
    /// The id of an API token.
    pub token_id: String,
    /// Its secret.
    pub token_secret: String,
    /// The sender id that phones show; the account's own unless it is given.
    pub sender_id: Option<SenderId>,
}

/// Sends a tenant's text messages through BulkSMS from now on. The token goes into AWS Secrets
/// Manager, below `place`; doing it again replaces it.
///
/// # Errors
/// If Secrets Manager or DynamoDB does not do it. Doing it again does what is missing.
pub async fn use_bulksms(
    config: &SdkConfig,
    store: &Store,
    place: &str,
    tenant: &TenantId,
    account: BulkSmsAccount,
) -> Result<(), Error> {
    let token = json!({ "token_id": account.token_id, "token_secret": account.token_secret });
    let id = format!("{place}/{tenant}/{SECRET}");
    put_secret(config, id, &token.to_string()).await?;
    let transport = Transport {
        sender_id: account.sender_id,
        credentials: SECRET.parse::<SecretName>().ok(),
        ..Transport::new(Vendor::BulkSms)
    };
    let context = Context::operator(tenant, Timestamp::now());
    let kept = store.put_transport(&context, &transport).await;
    kept.map_err(Error::Catalog)
}

async fn put_secret(config: &SdkConfig, name: String, secret: &str) -> Result<(), Error> {
    let client = aws_sdk_secretsmanager::Client::new(config);
    let created = client
        .create_secret()
        .name(&name)
        .secret_string(secret)
        .send()
        .await;
    let Err(error) = created else {
        return Ok(());
    };
    let is_there = error
        .as_service_error()
        .is_some_and(CreateSecretError::is_resource_exists_exception);
    if !is_there {
        let source = Box::new(error);
        return Err(Error::NewSecret { name, source });
    }
    let put = client
        .put_secret_value()
        .secret_id(&name)
        .secret_string(secret)
        .send()
        .await;
    put.map(|_| ()).map_err(|error| Error::Secret {
        name,
        source: Box::new(error),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_secret_has_a_name_that_a_transport_takes() {
        assert!(SECRET.parse::<SecretName>().is_ok());
    }
}
