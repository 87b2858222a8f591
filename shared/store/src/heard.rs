//! Callbacks that were heard, of vendors whose signature does not cover what they say.

use carillon_domain::id::TenantId;
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};

use crate::{
    Store,
    error::Error,
    item,
    keys::{self, Key},
};

/// A token is remembered for longer than a signature is believed, before and after its time.
const REMEMBERED: SignedDuration = SignedDuration::from_mins(20);

impl Store {
    /// Whether a callback with this token was heard before.
    ///
    /// # Errors
    /// If DynamoDB does not answer.
    pub async fn was_heard(&self, tenant: &TenantId, token: &str) -> Result<bool, Error> {
        let key = key(tenant, token);
        let row = self.get_row("look for a callback", &self.catalog, &key, true);
        Ok(row.await?.is_some())
    }

    /// Notes that a callback with this token was heard.
    ///
    /// # Errors
    /// If DynamoDB does not do it.
    pub async fn note_heard(
        &self,
        tenant: &TenantId,
        token: &str,
        now: Timestamp,
    ) -> Result<(), Error> {
        let expires_at = (now + REMEMBERED).as_second();
        self.dynamodb
            .put_item()
            .table_name(&self.catalog)
            .set_item(Some(item::key(&key(tenant, token))))
            .item("expires_at", item::number(expires_at))
            .send()
            .await
            .map(|_| ())
            .map_err(Error::call("note a callback"))
    }
}

/// A token may be anything that a vendor thinks of; its hash has the length of a key.
fn key(tenant: &TenantId, token: &str) -> Key {
    keys::heard(tenant, &hex::encode(Sha256::digest(token)))
}
