//! Finding dead letters.

use std::collections::HashMap;

use carillon_domain::{access::Context, id::DeadLetterId};

use super::{DeadLetter, UnreadableDeadLetter};
use crate::{
    Cursor, Store,
    error::Error,
    item::{self, Item},
    keys::{self, Key},
};

impl Store {
    /// A tenant's dead letters, waiting ones first, with the cursor of the next page.
    ///
    /// # Errors
    /// If the read fails or a row cannot be decoded.
    pub async fn dead_letters(
        &self,
        context: &Context,
        after: Option<&Cursor>,
        limit: i32,
    ) -> Result<(Vec<DeadLetter>, Option<Cursor>), Error> {
        let tenant = &context.tenant;
        let partition = keys::dead_letters_partition(tenant);
        let (rows, next) = self.dead_partition(partition, "", after, limit).await?;
        Ok((read_all(rows)?, next))
    }

    /// A tenant's waiting dead letters, in no particular order.
    ///
    /// # Errors
    /// If the read fails or a row cannot be decoded.
    pub async fn waiting_dead_letters(
        &self,
        context: &Context,
        limit: i32,
    ) -> Result<Vec<DeadLetter>, Error> {
        let tenant = &context.tenant;
        let partition = keys::dead_letters_partition(tenant);
        let (rows, _) = self
            .dead_partition(partition, keys::WAITING_PREFIX, None, limit)
            .await?;
        read_all(rows)
    }

    /// Dead letters of a tenant by id; missing ones are left out.
    ///
    /// # Errors
    /// If the read fails or a row cannot be decoded.
    pub async fn dead_letters_by_id(
        &self,
        context: &Context,
        ids: &[DeadLetterId],
    ) -> Result<HashMap<DeadLetterId, DeadLetter>, Error> {
        let tenant = &context.tenant;
        let wanted: Vec<Key> = ids
            .iter()
            .flat_map(|id| {
                [
                    keys::waiting_dead_letter(tenant, id),
                    keys::settled_dead_letter(tenant, id),
                ]
            })
            .collect();
        let rows = self
            .rows_by_key("read dead letters", &self.catalog, &wanted, true)
            .await?;
        rows.into_values()
            .map(|row| read(row).map(|letter| (letter.id.clone(), letter)))
            .collect()
    }

    /// Unreadable dead letters, with the cursor of the next page.
    ///
    /// # Errors
    /// If the read fails or a row cannot be decoded.
    pub async fn unreadable_dead_letters(
        &self,
        after: Option<&Cursor>,
        limit: i32,
    ) -> Result<(Vec<UnreadableDeadLetter>, Option<Cursor>), Error> {
        let partition = keys::DEAD_PARTITION.to_owned();
        let (rows, next) = self.dead_partition(partition, "", after, limit).await?;
        let letters = rows
            .into_iter()
            .map(|row| item::read("an unreadable dead letter", row))
            .collect::<Result<_, _>>()?;
        Ok((letters, next))
    }

    /// A page of a partition, in reverse, so that waiting ones come first.
    async fn dead_partition(
        &self,
        partition: String,
        prefix: &str,
        after: Option<&Cursor>,
        limit: i32,
    ) -> Result<(Vec<Item>, Option<Cursor>), Error> {
        let start = after.and_then(|cursor| cursor.after.clone()).map(|sort| {
            item::key(&Key {
                partition: partition.clone(),
                sort,
            })
        });
        let query = self
            .dynamodb
            .query()
            .table_name(&self.catalog)
            .expression_attribute_values(":pk", item::text(partition))
            .consistent_read(true)
            .scan_index_forward(false)
            .set_exclusive_start_key(start)
            .limit(limit);
        let query = if prefix.is_empty() {
            query.key_condition_expression("pk = :pk")
        } else {
            query
                .key_condition_expression("pk = :pk AND begins_with(sk, :prefix)")
                .expression_attribute_values(":prefix", item::text(prefix))
        };
        let answer = query
            .send()
            .await
            .map_err(Error::call("list dead letters"))?;
        let next = answer
            .last_evaluated_key
            .as_ref()
            .and_then(item::key_of)
            .map(|key| Cursor {
                shard: 0,
                after: Some(key.sort),
            });
        Ok((answer.items.unwrap_or_default(), next))
    }
}

fn read(row: Item) -> Result<DeadLetter, Error> {
    item::read("a dead letter", row)
}

fn read_all(rows: Vec<Item>) -> Result<Vec<DeadLetter>, Error> {
    rows.into_iter().map(read).collect()
}
