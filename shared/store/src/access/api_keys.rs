//! API keys. A client holds `carillon_{key id}_{secret}`; we store a hash of the secret.

use std::fmt;

use aws_sdk_dynamodb::types::{Put, ReturnValue};
use carillon_domain::{
    access::Context,
    id::{KeyId, TenantId},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::{
    Store,
    error::{Error, condition_failed},
    item, keys, transact,
};

/// The secret half of an API key: 32 random bytes in hexadecimal. Has no `Display` and a redacted `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Builds a secret from 32 random bytes.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(hex::encode(bytes))
    }

    /// SHA-256 in hexadecimal. The secret has 256 bits of entropy, so no slow hash is needed.
    pub fn hash(&self) -> String {
        hex::encode(Sha256::digest(&self.0))
    }

    /// The key as clients send it.
    pub fn write(&self, id: &KeyId) -> String {
        format!("carillon_{id}_{}", self.0)
    }

    /// Parses a key; `None` if it is malformed.
    pub fn read(text: &str) -> Option<(KeyId, Secret)> {
        let (id, secret) = text.strip_prefix("carillon_")?.split_once('_')?;
        let well_formed = secret.len() == 64 && secret.bytes().all(|byte| byte.is_ascii_hexdigit());
        well_formed.then_some((id.parse().ok()?, Secret(secret.to_owned())))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret(redacted)")
    }
}

/// A new API key, with its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewKey {
    /// Its public half.
    pub id: KeyId,
    /// Its secret half.
    pub secret: Secret,
}

impl NewKey {
    /// A random key.
    pub fn random() -> Self {
        // A version 4 UUID has 122 random bits from the system; three of them give more than 256.
        let random = [Uuid::new_v4(), Uuid::new_v4(), Uuid::new_v4()];
        let digest = random.iter().fold(Sha256::new(), |hasher, uuid| {
            hasher.chain_update(uuid.as_bytes())
        });
        let mut id = [0; 8];
        id.copy_from_slice(&Uuid::new_v4().as_bytes()[..8]);
        Self {
            id: KeyId::from_bytes(id),
            secret: Secret::from_bytes(digest.finalize().into()),
        }
    }

    /// The key as its holder sends it.
    pub fn written(&self) -> String {
        self.secret.write(&self.id)
    }

    /// The key as it is stored.
    #[must_use]
    pub fn kept(&self, tenant: &TenantId, name: &str, now: Timestamp) -> ApiKey {
        ApiKey {
            id: self.id.clone(),
            tenant: tenant.clone(),
            secret_hash: self.secret.hash(),
            name: name.to_owned(),
            created_at: now,
            revoked_at: None,
        }
    }
}

/// A stored API key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiKey {
    /// Its public half.
    pub id: KeyId,
    /// The tenant it authenticates.
    pub tenant: TenantId,
    /// SHA-256 of the secret, in hexadecimal.
    pub secret_hash: String,
    /// What it is for, as described by its creator.
    pub name: String,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<Timestamp>,
}

impl Store {
    /// Stores a new API key and lists it under its tenant.
    ///
    /// # Errors
    /// If the write fails.
    pub async fn put_api_key(&self, key: &ApiKey) -> Result<(), Error> {
        const DOING: &str = "store an API key";
        let row = item::write(&keys::api_key(&key.id), "an API key", key)?;
        let listed = item::key(&keys::api_key_of(&key.tenant, &key.id));
        let of_catalog = |row| Put::builder().table_name(&self.catalog).set_item(Some(row));
        let writes = vec![
            transact::put(DOING, of_catalog(row))?,
            transact::put(DOING, of_catalog(listed))?,
        ];
        self.transact(DOING, writes).await.map(|_| ())
    }

    /// The API key with this id (consistent read, so a revocation takes effect at once).
    ///
    /// # Errors
    /// If the read fails or the row cannot be decoded.
    pub async fn api_key(&self, id: &KeyId) -> Result<Option<ApiKey>, Error> {
        let row = self
            .get_row("read an API key", &self.catalog, &keys::api_key(id), true)
            .await?;
        row.map(|row| item::read("an API key", row)).transpose()
    }

    /// A tenant's API keys, revoked ones included, oldest first.
    ///
    /// # Errors
    /// If the read fails or a row cannot be decoded.
    pub async fn api_keys(&self, context: &Context) -> Result<Vec<ApiKey>, Error> {
        let tenant = &context.tenant;
        let partition = keys::api_keys_partition(tenant);
        let listed = self.rows_beginning_with("list API keys", &partition, keys::KEY_PREFIX, true);
        let mut all = Vec::new();
        for row in listed.await? {
            let id = item::string(&row, "sk").and_then(|sort| sort.strip_prefix(keys::KEY_PREFIX));
            if let Some(id) = id.and_then(|id| id.parse().ok())
                && let Some(key) = self.api_key(&id).await?
            {
                all.push(key);
            }
        }
        all.sort_by_key(|key| key.created_at);
        Ok(all)
    }

    /// Revokes a tenant's API key and returns it; an earlier revocation keeps its time. `None` if the tenant has no
    /// such key.
    ///
    /// # Errors
    /// If the write fails.
    pub async fn revoke_api_key(
        &self,
        context: &Context,
        id: &KeyId,
    ) -> Result<Option<ApiKey>, Error> {
        let tenant = &context.tenant;
        let now = context.now;
        let result = self
            .dynamodb
            .update_item()
            .table_name(&self.catalog)
            .set_key(Some(item::key(&keys::api_key(id))))
            .update_expression("SET revoked_at = if_not_exists(revoked_at, :now)")
            .condition_expression("tenant = :tenant")
            .expression_attribute_values(":now", item::text(now))
            .expression_attribute_values(":tenant", item::text(tenant))
            .return_values(ReturnValue::AllNew)
            .send()
            .await;
        match result {
            Ok(answer) => {
                let row = answer.attributes;
                row.map(|row| item::read("an API key", row)).transpose()
            }
            Err(error) if condition_failed(&error) => Ok(None),
            Err(error) => Err(Error::call("revoke an API key")(error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_reads_back_and_never_prints() {
        let id = KeyId::from_bytes([7; 8]);
        let secret = Secret::from_bytes([9; 32]);
        let written = secret.write(&id);
        assert_eq!(Secret::read(&written), Some((id, secret.clone())));
        assert_eq!(format!("{secret:?}"), "Secret(redacted)");
        for bad in [
            "",
            "carillon_",
            "carillon_0707070707070707_short",
            "x_0707070707070707_00",
        ] {
            assert_eq!(Secret::read(bad), None, "{bad}");
        }
    }
}
