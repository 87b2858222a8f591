//! What was heard, of vendors who may say it again and sign nothing that would tell a repetition.

use aws_sdk_dynamodb::types::AttributeValue;
use carillon_domain::id::TenantId;
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};

use crate::{
    Store,
    error::{Error, condition_failed},
    item,
    keys::{self, Key},
};

/// So long something is remembered: longer than vendors call again (Mailgun for eight hours, BulkSMS for two days).
const REMEMBERED: SignedDuration = SignedDuration::from_hours(72);

/// Whether something was heard before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeardBefore {
    /// It is new, or the same was heard before: a vendor calls again after an answer that it did not get.
    NoOrTheSame,
    /// Something else was heard with the same token.
    SomethingElse,
}

impl Store {
    /// Remembers what was heard with a token, and says whether it was something else before.
    ///
    /// # Errors
    /// If DynamoDB does not do it.
    pub async fn hear(
        &self,
        tenant: &TenantId,
        token: &str,
        what: &[u8],
        now: Timestamp,
    ) -> Result<HeardBefore, Error> {
        let what = hash(what);
        let result = self
            .put_heard(tenant, token, now)
            .item("what", item::text(&what))
            .condition_expression("attribute_not_exists(pk) OR what = :what")
            .expression_attribute_values(":what", item::text(&what))
            .send()
            .await;
        match result {
            Ok(_) => Ok(HeardBefore::NoOrTheSame),
            Err(error) if condition_failed(&error) => Ok(HeardBefore::SomethingElse),
            Err(error) => Err(Error::call("remember a callback")(error)),
        }
    }

    /// Remembers that something with this token was done, and says whether it was for the first time.
    ///
    /// # Errors
    /// If DynamoDB does not do it.
    pub async fn is_first(
        &self,
        tenant: &TenantId,
        token: &str,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let put = self
            .put_heard(tenant, token, now)
            .condition_expression("attribute_not_exists(pk)");
        match put.send().await {
            Ok(_) => Ok(true),
            Err(error) if condition_failed(&error) => Ok(false),
            Err(error) => Err(Error::call("remember a text")(error)),
        }
    }

    fn put_heard(
        &self,
        tenant: &TenantId,
        token: &str,
        now: Timestamp,
    ) -> aws_sdk_dynamodb::operation::put_item::builders::PutItemFluentBuilder {
        let expires_at: AttributeValue = item::number((now + REMEMBERED).as_second());
        self.dynamodb
            .put_item()
            .table_name(&self.catalog)
            .set_item(Some(item::key(&key(tenant, token))))
            .item("expires_at", expires_at)
    }
}

/// A token may be anything that a vendor thinks of; its hash has the length of a key.
fn key(tenant: &TenantId, token: &str) -> Key {
    keys::heard(tenant, &hash(token.as_bytes()))
}

fn hash(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}
