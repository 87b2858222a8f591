//! Removing the rows of a deleted campaign, page by page.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{DeleteRequest, WriteRequest};
use carillon_domain::id::{CampaignId, TenantId};

use crate::{
    Store,
    error::Error,
    item::{self, Item},
    keys,
    partiql::pauses,
};

/// Rows in one BatchWriteItem (API reference).
const BATCH: usize = 25;

impl Store {
    /// Removes up to one page of a shard's ledger rows; returns whether there were any.
    ///
    /// # Errors
    /// If the write fails; a repeated call continues.
    pub async fn purge_shard_page(
        &self,
        tenant: &TenantId,
        campaign: &CampaignId,
        shard: u16,
    ) -> Result<bool, Error> {
        let partition = keys::ledger_partition(tenant, campaign, shard);
        self.purge_page(&self.ledger, &partition).await
    }

    /// Removes up to one page of a campaign's totals and progress; returns whether there were any.
    ///
    /// # Errors
    /// If the write fails; a repeated call continues.
    pub async fn purge_progress_page(
        &self,
        tenant: &TenantId,
        campaign: &CampaignId,
    ) -> Result<bool, Error> {
        let partition = keys::progress_partition(tenant, campaign);
        self.purge_page(&self.catalog, &partition).await
    }

    async fn purge_page(&self, table: &str, partition: &str) -> Result<bool, Error> {
        const DOING: &str = "remove the rows of a deleted campaign";
        let answer = self
            .dynamodb
            .query()
            .table_name(table)
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", item::text(partition))
            .projection_expression("pk, sk")
            .limit(500)
            .send()
            .await
            .map_err(Error::call(DOING))?;
        let rows = answer.items.unwrap_or_default();
        self.delete_all(DOING, table, &rows).await?;
        Ok(!rows.is_empty())
    }

    /// Deletes rows, each given by its key.
    pub(crate) async fn delete_all(
        &self,
        doing: &'static str,
        table: &str,
        rows: &[Item],
    ) -> Result<(), Error> {
        for chunk in rows.chunks(BATCH) {
            self.delete_rows(doing, table, chunk).await?;
        }
        Ok(())
    }

    async fn delete_rows(
        &self,
        doing: &'static str,
        table: &str,
        rows: &[Item],
    ) -> Result<(), Error> {
        let requests = rows
            .iter()
            .map(|row| {
                let request = DeleteRequest::builder()
                    .set_key(Some(row.clone()))
                    .build()
                    .map_err(|error| Error::Call {
                        doing,
                        code: None,
                        source: Box::new(error),
                    })?;
                Ok(WriteRequest::builder().delete_request(request).build())
            })
            .collect::<Result<Vec<_>, Error>>()?;
        let mut open = HashMap::from([(table.to_owned(), requests)]);
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
            open.retain(|_, requests| !requests.is_empty());
            if open.is_empty() {
                return Ok(());
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
}
