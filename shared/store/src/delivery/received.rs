//! Received callbacks, for vendors that may repeat them and sign nothing that identifies a repetition.

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

/// Replay-token retention: longer than vendors retry (Mailgun for eight hours, BulkSMS for two days).
const REMEMBERED: SignedDuration = SignedDuration::from_hours(72);

/// Whether a token was received before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenSeen {
    /// New, or the same callback as before: a vendor retries when our response was lost.
    NoOrTheSame,
    /// Another callback had the same token.
    SomethingElse,
}

/// Progress of a request that must be done once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequestProgress {
    /// To be done, for the first time or because it was not finished before.
    Open {
        /// When it was first requested.
        since: Timestamp,
    },
    /// Already done.
    Done,
}

/// The row of a request.
#[derive(Deserialize)]
struct OnceRow {
    begun_at: Timestamp,
    #[serde(default)]
    done: bool,
}

impl Store {
    /// Remembers the callback received with a token, and returns whether another one was received with it before.
    ///
    /// # Errors
    /// If the write fails.
    pub async fn note_token(
        &self,
        tenant: &TenantId,
        token: &str,
        what: &[u8],
        now: Timestamp,
    ) -> Result<TokenSeen, Error> {
        let what = hash(what);
        let result = self
            .put_heard(tenant, token, now)
            .item("what", item::text(&what))
            .condition_expression("attribute_not_exists(pk) OR what = :what")
            .expression_attribute_values(":what", item::text(&what))
            .send()
            .await;
        match result {
            Ok(_) => Ok(TokenSeen::NoOrTheSame),
            Err(error) if condition_failed(&error) => Ok(TokenSeen::SomethingElse),
            Err(error) => Err(Error::call("remember a callback")(error)),
        }
    }

    /// Records the start of the request with this token and returns its earlier progress. The caller calls
    /// [`Store::finish`] afterwards.
    ///
    /// # Errors
    /// If the write fails or the row cannot be decoded.
    pub async fn begin(
        &self,
        tenant: &TenantId,
        token: &str,
        now: Timestamp,
    ) -> Result<RequestProgress, Error> {
        let put = self
            .put_heard(tenant, token, now)
            .item("begun_at", item::attribute("a time", &now)?)
            .condition_expression("attribute_not_exists(pk)");
        match put.send().await {
            Ok(_) => return Ok(RequestProgress::Open { since: now }),
            Err(error) if condition_failed(&error) => {}
            Err(error) => return Err(Error::call("record a request")(error)),
        }
        let row = self
            .get_row("read a request", &self.catalog, &key(tenant, token), true)
            .await?;
        let row: Option<OnceRow> = row.map(|row| item::read("a request", row)).transpose()?;
        Ok(match row {
            Some(OnceRow { done: true, .. }) => RequestProgress::Done,
            Some(asked) => RequestProgress::Open {
                since: asked.begun_at,
            },
            // It expired between the two calls.
            None => RequestProgress::Open { since: now },
        })
    }

    /// Records that the request with this token is done.
    ///
    /// # Errors
    /// If the write fails.
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
            .map_err(Error::call("record that a request is done"))
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

/// A token may be any text a vendor chooses; its hash fits a key.
fn key(tenant: &TenantId, token: &str) -> Key {
    keys::heard(tenant, &hash(token.as_bytes()))
}

fn hash(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}
