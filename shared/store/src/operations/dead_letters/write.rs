//! Recording and settling dead letters.

use aws_sdk_dynamodb::types::{Delete, Put};
use futures::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;

use super::{DeadLetter, DeadLetterStatus, KEPT_DAYS, UnreadableDeadLetter};
use crate::{
    Store,
    error::{Error, condition_failed},
    item::{self, Item},
    keys,
    transact::{delete, put, require_none},
};

/// Concurrent calls.
const CALLS: usize = 8;

/// Outcome of recording a dead letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// Recorded now.
    Now,
    /// Recorded before; left as it is.
    Before,
}

impl Store {
    /// Records a dead letter. Idempotent, whatever its status is by now.
    ///
    /// # Errors
    /// If the write fails.
    pub async fn keep_dead_letter(&self, letter: &DeadLetter) -> Result<Kept, Error> {
        const DOING: &str = "record a dead letter";
        let [_, other] = letter.keys();
        let row = Put::builder()
            .table_name(&self.catalog)
            .set_item(Some(row_of(letter)?))
            .condition_expression("attribute_not_exists(pk)");
        let writes = vec![
            put(DOING, row)?,
            require_none(DOING, &self.catalog, &other)?,
        ];
        Ok(if self.transact(DOING, writes).await? {
            Kept::Now
        } else {
            Kept::Before
        })
    }

    /// Records an unreadable dead letter. Idempotent.
    ///
    /// # Errors
    /// If the write fails.
    pub async fn keep_unreadable_dead_letter(
        &self,
        letter: &UnreadableDeadLetter,
    ) -> Result<Kept, Error> {
        let key = keys::unreadable_dead_letter(&letter.id);
        let mut row = item::write(&key, "an unreadable dead letter", letter)?;
        row.insert(
            "expires_at".to_owned(),
            item::expiry(letter.recorded_at, KEPT_DAYS),
        );
        let result = self
            .dynamodb
            .put_item()
            .table_name(&self.catalog)
            .set_item(Some(row))
            .condition_expression("attribute_not_exists(pk)")
            .send()
            .await;
        match result {
            Ok(_) => Ok(Kept::Now),
            Err(error) if condition_failed(&error) => Ok(Kept::Before),
            Err(error) => Err(Error::call("record an unreadable dead letter")(error)),
        }
    }

    /// Marks waiting dead letters as redriven or closed and returns those it changed.
    /// Idempotent.
    ///
    /// # Errors
    /// If the write fails; some may have been marked.
    pub async fn settle_dead_letters(
        &self,
        letters: Vec<(DeadLetterStatus, DeadLetter)>,
        now: Timestamp,
    ) -> Result<Vec<DeadLetterStatus>, Error> {
        let settled: Vec<Option<DeadLetterStatus>> =
            stream::iter(letters.into_iter().map(|(status, letter)| async move {
                let is_new = self.settle_dead_letter(&letter, status, now).await?;
                Ok::<_, Error>(is_new.then_some(status))
            }))
            .buffer_unordered(CALLS)
            .try_collect()
            .await?;
        Ok(settled.into_iter().flatten().collect())
    }

    async fn settle_dead_letter(
        &self,
        waiting: &DeadLetter,
        status: DeadLetterStatus,
        now: Timestamp,
    ) -> Result<bool, Error> {
        const DOING: &str = "settle a dead letter";
        let settled = DeadLetter {
            status,
            settled_at: Some(now),
            ..waiting.clone()
        };
        let [_, before] = settled.keys();
        let row = Put::builder()
            .table_name(&self.catalog)
            .set_item(Some(row_of(&settled)?));
        let before = Delete::builder()
            .table_name(&self.catalog)
            .set_key(Some(item::key(&before)))
            .condition_expression("attribute_exists(pk)");
        self.transact(DOING, vec![delete(DOING, before)?, put(DOING, row)?])
            .await
    }
}

fn row_of(letter: &DeadLetter) -> Result<Item, Error> {
    let [key, _] = letter.keys();
    let mut row = item::write(&key, "a dead letter", letter)?;
    row.insert(
        "expires_at".to_owned(),
        item::expiry(letter.recorded_at, KEPT_DAYS),
    );
    Ok(row)
}
