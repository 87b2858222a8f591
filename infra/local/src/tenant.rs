//! Creates tenants: the demo tenant of a fresh local stack, and real ones in a deployment.

use std::collections::BTreeSet;

use aws_sdk_secretsmanager::{
    error::DisplayErrorContext, operation::create_secret::CreateSecretError,
};
use carillon_domain::{
    access::{Actor, Context},
    address::EmailAddress,
    id::{KeyId, SecretName, TenantId},
    transports::{EmailSender, Transport, Vendor, identity::Identity, sender::SenderId},
};
use carillon_store::{ApiKey, Secret, Store, Tenant};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use crate::{error::Error, outputs::Outputs};

/// A tenant that can use the API of the local stack.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DemoTenant {
    /// The id of the tenant.
    pub tenant: String,
    /// Its admin's API key.
    pub api_key: String,
}

/// The settings of a new tenant.
#[derive(Clone, Debug)]
pub struct NewTenant {
    /// Its id.
    pub id: TenantId,
    /// Its name.
    pub name: String,
    /// Its From address, verified in SES.
    pub from: EmailAddress,
    /// The sender id of its text messages, in countries that support one.
    pub sender_id: Option<SenderId>,
    /// Its SES configuration set, if any.
    pub configuration_set: Option<String>,
    /// Further identities that it may send as through the shared account.
    pub identities: Vec<Identity>,
}

impl NewTenant {
    /// All identities that it may send as. Without a sender id the account chooses the sender of its text messages.
    fn granted(&self) -> Vec<Identity> {
        let sender = self.sender_id.as_ref();
        let sender = sender.map_or(Identity::AnySender, Identity::sender);
        let set = self.configuration_set.clone();
        // The address may be named again.
        let granted: BTreeSet<Identity> = [Identity::Address(self.from.clone()), sender]
            .into_iter()
            .chain(set.map(Identity::ConfigurationSet))
            .chain(self.identities.iter().cloned())
            .collect();
        granted.into_iter().collect()
    }
}

/// The demo tenant's key is the same on every machine, so that the events in `events/api` work
/// with `cargo lambda invoke`. It exists on local stacks only.
fn demo_key() -> (KeyId, Secret) {
    (
        KeyId::from_bytes([0, 0, 0, 0, 0, 0, 0, 1]),
        Secret::from_bytes([0; 32]),
    )
}

fn random_key() -> (KeyId, Secret) {
    let mut id = [0; 8];
    id.copy_from_slice(&Uuid::new_v4().as_bytes()[..8]);
    let mut secret = [0; 32];
    // A version 4 UUID has 122 random bits; three of them give more than 256.
    let random = [Uuid::new_v4(), Uuid::new_v4(), Uuid::new_v4()];
    let digest = random
        .iter()
        .fold(<sha2::Sha256 as sha2::Digest>::new(), |hasher, uuid| {
            sha2::Digest::chain_update(hasher, uuid.as_bytes())
        });
    secret.copy_from_slice(&sha2::Digest::finalize(digest));
    (KeyId::from_bytes(id), Secret::from_bytes(secret))
}

/// Creates the demo tenant and its API key in the catalog of a newly deployed stack.
pub async fn create_demo_tenant(
    dynamodb: aws_sdk_dynamodb::Client,
    outputs: &Outputs,
) -> Result<DemoTenant, Error> {
    let store = Store::new(dynamodb, &outputs.catalog_table, &outputs.ledger_table);
    let tenant = NewTenant {
        id: "demo".parse().map_err(tenant_error)?,
        name: "Demo".to_owned(),
        from: EmailAddress::parse("news@carillon.example").map_err(tenant_error)?,
        sender_id: Some("Carillon".parse().map_err(tenant_error)?),
        configuration_set: Some(outputs.email_configuration_set.clone()),
        // So that transports added later work too; they reach only the simulator.
        identities: ["email:carillon.example", "sender:*"]
            .into_iter()
            .map(|text| text.parse().map_err(tenant_error))
            .collect::<Result<_, _>>()?,
    };
    create_with_key(&store, tenant, demo_key()).await
}

/// Creates a tenant with SES and SNS as its transports and a new API key, which is shown only once.
///
/// Creating the same tenant again keeps it and adds another key.
pub async fn create(store: &Store, tenant: NewTenant) -> Result<DemoTenant, Error> {
    create_with_key(store, tenant, random_key()).await
}

async fn create_with_key(
    store: &Store,
    tenant: NewTenant,
    (key_id, secret): (KeyId, Secret),
) -> Result<DemoTenant, Error> {
    let now = Timestamp::now();
    let api_key = ApiKey {
        id: key_id.clone(),
        tenant: tenant.id.clone(),
        secret_hash: secret.hash(),
        name: "made by cargo local".to_owned(),
        created_at: now,
        revoked_at: None,
    };
    let granted = tenant.granted();
    let configuration_set = tenant
        .configuration_set
        .map(|set| ("configuration_set".to_owned(), set));
    let email = Transport {
        from: Some(EmailSender {
            address: tenant.from,
            name: Some(tenant.name.clone()),
        }),
        settings: configuration_set.into_iter().collect(),
        ..Transport::new(Vendor::Ses)
    };
    let sms = Transport {
        sender_id: tenant.sender_id,
        ..Transport::new(Vendor::Sns)
    };
    let row = Tenant {
        id: tenant.id.clone(),
        name: tenant.name,
        created_at: now,
        maximum_lateness_minutes: None,
        sender: None,
        default_wrapper: None,
        prices: None,
        default_language: None,
        default_region: None,
        default_time_zone: None,
    };
    store.create_tenant(&row).await.map_err(tenant_error)?;
    let context = Context::new(tenant.id.clone(), Actor::Operator, Timestamp::now());
    store
        .grant_identities(&context, &granted)
        .await
        .map_err(tenant_error)?;
    for transport in [&email, &sms] {
        store
            .put_transport(&context, transport)
            .await
            .map_err(tenant_error)?;
    }
    store.put_api_key(&api_key).await.map_err(tenant_error)?;
    Ok(DemoTenant {
        tenant: tenant.id.to_string(),
        api_key: secret.write(&key_id),
    })
}

/// An account at BulkSMS.
pub struct BulkSmsAccount {
    /// The id of an API token.
    pub token_id: String,
    /// Its secret.
    pub token_secret: String,
    /// The sender id shown on phones; the account's default if not given.
    pub sender_id: Option<SenderId>,
}

/// Switches a tenant's text messages to BulkSMS. The token is stored in AWS Secrets Manager under
/// `place`; doing it again replaces it.
pub async fn use_bulksms(
    config: &aws_config::SdkConfig,
    store: &Store,
    place: &str,
    tenant: &TenantId,
    account: BulkSmsAccount,
) -> Result<(), Error> {
    let name: SecretName = "sms-bulksms".parse().map_err(tenant_error)?;
    let token = json!({ "token_id": account.token_id, "token_secret": account.token_secret });
    put_secret(
        config,
        &format!("{place}/{tenant}/{name}"),
        &token.to_string(),
    )
    .await?;
    let transport = Transport {
        sender_id: account.sender_id,
        credentials: Some(name),
        ..Transport::new(Vendor::BulkSms)
    };
    let context = Context::new(tenant.clone(), Actor::Operator, Timestamp::now());
    store
        .put_transport(&context, &transport)
        .await
        .map_err(tenant_error)
}

async fn put_secret(config: &aws_config::SdkConfig, id: &str, secret: &str) -> Result<(), Error> {
    let client = aws_sdk_secretsmanager::Client::new(config);
    let created = client
        .create_secret()
        .name(id)
        .secret_string(secret)
        .send()
        .await;
    let exists = match created {
        Ok(_) => return Ok(()),
        Err(error) => error,
    };
    let is_there = exists
        .as_service_error()
        .is_some_and(CreateSecretError::is_resource_exists_exception);
    if !is_there {
        return Err(tenant_error(DisplayErrorContext(&exists).to_string()));
    }
    client
        .put_secret_value()
        .secret_id(id)
        .secret_string(secret)
        .send()
        .await
        .map(|_| ())
        .map_err(|error| tenant_error(DisplayErrorContext(&error).to_string()))
}

fn tenant_error(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Error::Tenant {
        source: source.into(),
    }
}
