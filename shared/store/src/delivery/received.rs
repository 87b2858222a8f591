//! What was heard, of vendors who may say it again and sign nothing that would tell a repetition.

use aws_sdk_dynamodb::types::AttributeValue;
use carillon_domain::id::TenantId;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
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

/// How far something that was asked for has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Once {
    /// It is to be done, for the first time or because it was not finished before.
    Open {
        /// When it was first asked for.
        since: Timestamp,
    },
    /// It was done.
    Done,
}

/// The row of something that was asked for.
#[derive(Deserialize)]
struct OnceRow {
    begun_at: Timestamp,
    #[serde(default)]
    done: bool,
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

    /// Remembers that what was asked for with this token is begun, and says how far it had come before. Whoever does it
    /// calls [`Store::finish`] afterwards.
    ///
    /// # Errors
    /// If DynamoDB does not do it, or the row cannot be read.
    pub async fn begin(
        &self,
        tenant: &TenantId,
        token: &str,
        now: Timestamp,
    ) -> Result<Once, Error> {
        let put = self
            .put_heard(tenant, token, now)
            .item("begun_at", item::attribute("a time", &now)?)
            .condition_expression("attribute_not_exists(pk)");
        match put.send().await {
            Ok(_) => return Ok(Once::Open { since: now }),
            Err(error) if condition_failed(&error) => {}
            Err(error) => return Err(Error::call("remember what was asked for")(error)),
        }
        let row = self
            .get_row(
                "read what was asked for",
                &self.catalog,
                &key(tenant, token),
                true,
            )
            .await?;
        let row: Option<OnceRow> = row
            .map(|row| item::read("what was asked for", row))
            .transpose()?;
        Ok(match row {
            Some(OnceRow { done: true, .. }) => Once::Done,
            Some(asked) => Once::Open {
                since: asked.begun_at,
            },
            // It has expired between the two calls.
            None => Once::Open { since: now },
        })
    }

    /// Remembers that what was asked for with this token is done.
    ///
    /// # Errors
    /// If DynamoDB does not do it.
    pub async fn finish(
        &self,
        tenant: &TenantId,
        token: &str,
        now: Timestamp,
    ) -> Result<(), Error> {
        self.put_heard(tenant, token, now)
            .item("begun_at", item::attribute("a time", &now)?)
            .item("done", AttributeValue::Bool(true))
            .send()
            .await
            .map(|_| ())
            .map_err(Error::call("remember that it was done"))
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
