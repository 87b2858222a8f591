//! Responses stored for idempotency keys, so that a repeated request gets the first response again.
//!
//! The row is written before the work and holds the id that the work will use, so repeating a
//! request that crashed midway creates the same thing rather than a second one.

use carillon_domain::access::Context;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    Store,
    error::{Error, condition_failed},
    item, keys,
};

/// How long a response is kept.
const KEPT_DAYS: u32 = 1;
/// How long a request may take before a repetition takes over; API Gateway times out after 30 s.
const LOCK: SignedDuration = SignedDuration::from_secs(30);

/// Identifies a repeated request, by hashes because a key may contain anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyKey {
    /// Hash of route and key.
    pub key: String,
    /// Hash of the body.
    pub fingerprint: String,
}

/// A stored response.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The headers that matter: `ETag` and `Location`.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
}

/// How to handle a request with an idempotency key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IdempotencyOutcome {
    /// Do the work; give anything it creates this id.
    Proceed(Uuid),
    /// Return this response again.
    Repeat(Answer),
    /// Another request with this key is in progress.
    InProgress,
    /// The key was used with another body.
    OtherBody,
}

#[derive(Serialize, Deserialize)]
struct Row {
    fingerprint: String,
    id: Uuid,
    locked_until: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    answer: Option<Answer>,
}

impl Store {
    /// Begins a request. `id` is used if the key is new.
    ///
    /// # Errors
    /// If the read fails.
    pub async fn begin_idempotent(
        &self,
        context: &Context,
        key: &IdempotencyKey,
        id: Uuid,
    ) -> Result<IdempotencyOutcome, Error> {
        const DOING: &str = "begin an idempotent request";
        let tenant = &context.tenant;
        let now = context.now;
        let at = keys::idempotency(tenant, &key.key);
        let locked_until = now + LOCK;
        let row = Row {
            fingerprint: key.fingerprint.clone(),
            id,
            locked_until,
            answer: None,
        };
        let mut fresh = item::write(&at, "an idempotency key", &row)?;
        fresh.insert("expires_at".to_owned(), item::expiry(now, KEPT_DAYS));
        let result = self
            .dynamodb
            .put_item()
            .table_name(&self.catalog)
            .set_item(Some(fresh))
            .condition_expression("attribute_not_exists(pk)")
            .send()
            .await;
        match result {
            Ok(_) => return Ok(IdempotencyOutcome::Proceed(id)),
            Err(error) if condition_failed(&error) => {}
            Err(error) => return Err(Error::call(DOING)(error)),
        }
        let kept = self.get_row(DOING, &self.catalog, &at, true).await?;
        let Some(kept) = kept else {
            return Ok(IdempotencyOutcome::InProgress);
        };
        let kept: Row = item::read("an idempotency key", kept)?;
        if kept.fingerprint != key.fingerprint {
            return Ok(IdempotencyOutcome::OtherBody);
        }
        if let Some(answer) = kept.answer {
            return Ok(IdempotencyOutcome::Repeat(answer));
        }
        if kept.id == id {
            // Our own row: the SDK retried a write whose response was lost.
            return Ok(IdempotencyOutcome::Proceed(id));
        }
        if kept.locked_until > now {
            return Ok(IdempotencyOutcome::InProgress);
        }
        let taken = self
            .dynamodb
            .update_item()
            .table_name(&self.catalog)
            .set_key(Some(item::key(&at)))
            .update_expression("SET locked_until = :until")
            .condition_expression("locked_until = :seen AND attribute_not_exists(answer)")
            .expression_attribute_values(":until", item::attribute("a time", &locked_until)?)
            .expression_attribute_values(":seen", item::attribute("a time", &kept.locked_until)?)
            .send()
            .await;
        match taken {
            Ok(_) => Ok(IdempotencyOutcome::Proceed(kept.id)),
            Err(error) if condition_failed(&error) => Ok(IdempotencyOutcome::InProgress),
            Err(error) => Err(Error::call(DOING)(error)),
        }
    }

    /// Stores the response.
    ///
    /// # Errors
    /// If the write fails.
    pub async fn finish_idempotent(
        &self,
        context: &Context,
        key: &IdempotencyKey,
        answer: &Answer,
    ) -> Result<(), Error> {
        let tenant = &context.tenant;
        self.dynamodb
            .update_item()
            .table_name(&self.catalog)
            .set_key(Some(item::key(&keys::idempotency(tenant, &key.key))))
            .update_expression("SET answer = :answer")
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_values(":answer", item::attribute("an answer", answer)?)
            .send()
            .await
            .map(|_| ())
            .map_err(Error::call("store a response"))
    }

    /// Releases a key whose request failed without a response worth keeping.
    ///
    /// # Errors
    /// If the write fails.
    pub async fn abandon_idempotent(
        &self,
        context: &Context,
        key: &IdempotencyKey,
    ) -> Result<(), Error> {
        let tenant = &context.tenant;
        let now = context.now;
        self.dynamodb
            .update_item()
            .table_name(&self.catalog)
            .set_key(Some(item::key(&keys::idempotency(tenant, &key.key))))
            .update_expression("SET locked_until = :now")
            .condition_expression("attribute_exists(pk) AND attribute_not_exists(answer)")
            .expression_attribute_values(":now", item::attribute("a time", &now)?)
            .send()
            .await
            .map(|_| ())
            .map_err(Error::call("release an idempotency key"))
    }
}
