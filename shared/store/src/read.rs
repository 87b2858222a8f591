//! Reading rows by key, one or many.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::KeysAndAttributes;

use crate::{
    Store,
    error::Error,
    item::{self, Item},
    keys::Key,
    partiql::pauses,
};

/// Rows in one BatchGetItem (API reference).
const BATCH: usize = 100;

impl Store {
    /// Reads one row; `None` if there is none.
    pub(crate) async fn get_row(
        &self,
        doing: &'static str,
        table: &str,
        key: &Key,
        consistent: bool,
    ) -> Result<Option<Item>, Error> {
        let answer = self
            .dynamodb
            .get_item()
            .table_name(table)
            .set_key(Some(item::key(key)))
            .consistent_read(consistent)
            .send()
            .await
            .map_err(Error::call(doing))?;
        Ok(answer.item)
    }

    /// Reads all rows of a catalog partition with a sort-key prefix; for small numbers of rows.
    pub(crate) async fn rows_beginning_with(
        &self,
        doing: &'static str,
        partition: &str,
        prefix: &str,
        consistent: bool,
    ) -> Result<Vec<Item>, Error> {
        self.query_partition(doing, &self.catalog, partition.to_owned(), prefix)
            .with(|query| query.consistent_read(consistent))
            .all()
            .await
    }

    /// Reads rows of one table; missing ones are left out.
    pub(crate) async fn rows_by_key(
        &self,
        doing: &'static str,
        table: &str,
        wanted: &[Key],
        consistent: bool,
    ) -> Result<HashMap<Key, Item>, Error> {
        let mut rows = HashMap::new();
        for chunk in wanted.chunks(BATCH) {
            let request = request_for(doing, chunk, consistent)?;
            let requests = HashMap::from([(table.to_owned(), request)]);
            rows.extend(by_key(self.batch_get_tables(doing, requests).await?));
        }
        Ok(rows)
    }

    /// Reads rows of several tables in one call, retrying unprocessed keys.
    pub(crate) async fn batch_get_tables(
        &self,
        doing: &'static str,
        mut requests: HashMap<String, KeysAndAttributes>,
    ) -> Result<HashMap<String, Vec<Item>>, Error> {
        let mut rows: HashMap<String, Vec<Item>> = HashMap::new();
        let mut pauses = pauses();
        requests.retain(|_, request| !request.keys().is_empty());
        while !requests.is_empty() {
            let answer = self
                .dynamodb
                .batch_get_item()
                .set_request_items(Some(requests))
                .send()
                .await
                .map_err(Error::call(doing))?;
            for (table, found) in answer.responses.unwrap_or_default() {
                rows.entry(table).or_default().extend(found);
            }
            requests = answer.unprocessed_keys.unwrap_or_default();
            requests.retain(|_, request| !request.keys().is_empty());
            if !requests.is_empty() {
                let left = requests.values().map(|request| request.keys().len()).sum();
                match pauses.next() {
                    Some(pause) => tokio::time::sleep(pause).await,
                    None => {
                        return Err(Error::Partial { doing, left });
                    }
                }
            }
        }
        Ok(rows)
    }
}

/// The BatchGetItem request for one table.
pub(crate) fn request_for(
    doing: &'static str,
    wanted: &[Key],
    consistent: bool,
) -> Result<KeysAndAttributes, Error> {
    KeysAndAttributes::builder()
        .set_keys(Some(wanted.iter().map(item::key).collect()))
        .consistent_read(consistent)
        .build()
        .map_err(|error| Error::Call {
            doing,
            code: None,
            source: Box::new(error),
        })
}

/// Rows of any tables, by key.
pub(crate) fn by_key(answer: HashMap<String, Vec<Item>>) -> HashMap<Key, Item> {
    answer
        .into_values()
        .flatten()
        .filter_map(|row| Some((item::key_of(&row)?, row)))
        .collect()
}
