//! Finding dead letters.

use std::collections::HashMap;

use carillon_domain::{access::Context, id::DeadLetterId};

use super::{DeadLetter, UnreadableDeadLetter};
use crate::{
    Page, PageRequest, Store,
    error::Error,
    item::{self, Item},
    keys::{self, Key},
    page::PartitionQuery,
};

impl Store {
    /// A page of a tenant's dead letters, waiting ones first.
    ///
    /// # Errors
    /// If the read fails or a row cannot be decoded.
    pub async fn dead_letters(
        &self,
        context: &Context,
        page: &PageRequest,
    ) -> Result<Page<DeadLetter>, Error> {
        let partition = keys::dead_letters_partition(&context.tenant);
        self.query_dead_letters(partition, "")
            .page(page, read)
            .await
    }

    /// A tenant's waiting dead letters, in no particular order.
    ///
    /// # Errors
    /// If the read fails or a row cannot be decoded.
    pub async fn waiting_dead_letters(
        &self,
        context: &Context,
        limit: u16,
    ) -> Result<Vec<DeadLetter>, Error> {
        let partition = keys::dead_letters_partition(&context.tenant);
        let page = self
            .query_dead_letters(partition, keys::WAITING_PREFIX)
            .page(&PageRequest::first(limit), read)
            .await?;
        Ok(page.items)
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

    /// A page of the unreadable dead letters.
    ///
    /// # Errors
    /// If the read fails or a row cannot be decoded.
    pub async fn unreadable_dead_letters(
        &self,
        page: &PageRequest,
    ) -> Result<Page<UnreadableDeadLetter>, Error> {
        self.query_dead_letters(keys::DEAD_PARTITION.to_owned(), "")
            .page(page, |row| item::read("an unreadable dead letter", row))
            .await
    }

    /// A query in reverse, so that waiting ones come first.
    fn query_dead_letters(&self, partition: String, prefix: &str) -> PartitionQuery {
        self.query_partition("list dead letters", &self.catalog, partition, prefix)
            .with(|query| query.consistent_read(true).scan_index_forward(false))
    }
}

fn read(row: Item) -> Result<DeadLetter, Error> {
    item::read("a dead letter", row)
}
