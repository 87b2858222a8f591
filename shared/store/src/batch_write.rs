//! Writing many rows at once, without conditions.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::WriteRequest;

use crate::{Store, error::Error, partiql::pauses};

/// Writes in one BatchWriteItem (API reference).
const BATCH: usize = 25;

impl Store {
    /// Makes writes to one table, and asks again for what DynamoDB leaves out.
    pub(crate) async fn batch_write(
        &self,
        doing: &'static str,
        table: &str,
        writes: &[WriteRequest],
    ) -> Result<(), Error> {
        for chunk in writes.chunks(BATCH) {
            let mut open = HashMap::from([(table.to_owned(), chunk.to_vec())]);
            let mut pauses = pauses();
            loop {
                let answer = self
                    .dynamodb
                    .batch_write_item()
                    .set_request_items(Some(open))
                    .send()
                    .await
                    .map_err(Error::call(doing))?;
                open = answer.unprocessed_items.unwrap_or_default();
                open.retain(|_, writes| !writes.is_empty());
                if open.is_empty() {
                    break;
                }
                match pauses.next() {
                    Some(pause) => tokio::time::sleep(pause).await,
                    None => {
                        let left = open.values().map(Vec::len).sum();
                        return Err(Error::Partial { doing, left });
                    }
                }
            }
        }
        Ok(())
    }
}
