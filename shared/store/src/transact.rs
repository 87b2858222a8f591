//! Writes that are made together or not at all.

use aws_sdk_dynamodb::{
    operation::transact_write_items::TransactWriteItemsError,
    types::{
        ConditionCheck, TransactWriteItem,
        builders::{DeleteBuilder, PutBuilder},
    },
};

use crate::{Store, error::Error, item, keys::Key, partiql::pauses};

/// Reasons of a canceled transaction that pass by themselves.
const PASSING: [&str; 3] = [
    "TransactionConflict",
    "ThrottlingError",
    "ProvisionedThroughputExceeded",
];

impl Store {
    /// Writes all or nothing; `false` if a condition does not hold. A conflict with another write at the same moment, or a
    /// partition that is too busy, is no answer, so it is tried again. The SDK does not do that by itself, because either
    /// comes as the reason of a `TransactionCanceledException` (TransactWriteItems, API reference: on-demand tables give
    /// `ThrottlingError`, others `ProvisionedThroughputExceeded`).
    pub(crate) async fn transact(
        &self,
        doing: &'static str,
        writes: Vec<TransactWriteItem>,
    ) -> Result<bool, Error> {
        let mut pauses = pauses();
        loop {
            let result = self
                .dynamodb
                .transact_write_items()
                .set_transact_items(Some(writes.clone()))
                .send()
                .await;
            let error = match result {
                Ok(_) => return Ok(true),
                Err(error) => error,
            };
            let reasons = error
                .as_service_error()
                .map(cancellation_codes)
                .unwrap_or_default();
            if reasons.contains(&"ConditionalCheckFailed") {
                return Ok(false);
            }
            match pauses.next() {
                Some(pause) if reasons.iter().any(|reason| PASSING.contains(reason)) => {
                    tokio::time::sleep(pause).await;
                }
                _ => return Err(Error::call(doing)(error)),
            }
        }
    }
}

/// A put as part of a transaction.
pub(crate) fn put(doing: &'static str, put: PutBuilder) -> Result<TransactWriteItem, Error> {
    let put = put.build().map_err(unbuildable(doing))?;
    Ok(TransactWriteItem::builder().put(put).build())
}

/// A deletion as part of a transaction.
pub(crate) fn delete(
    doing: &'static str,
    delete: DeleteBuilder,
) -> Result<TransactWriteItem, Error> {
    let delete = delete.build().map_err(unbuildable(doing))?;
    Ok(TransactWriteItem::builder().delete(delete).build())
}

/// That a row must not exist, as part of a transaction.
pub(crate) fn require_none(
    doing: &'static str,
    table: &str,
    key: &Key,
) -> Result<TransactWriteItem, Error> {
    let check = ConditionCheck::builder()
        .table_name(table)
        .set_key(Some(item::key(key)))
        .condition_expression("attribute_not_exists(pk)")
        .build()
        .map_err(unbuildable(doing))?;
    Ok(TransactWriteItem::builder().condition_check(check).build())
}

fn unbuildable(doing: &'static str) -> impl FnOnce(aws_sdk_dynamodb::error::BuildError) -> Error {
    move |error| Error::Call {
        doing,
        code: None,
        source: Box::new(error),
    }
}

/// Why each write of a transaction was not made, where DynamoDB says it.
fn cancellation_codes(error: &TransactWriteItemsError) -> Vec<&str> {
    match error {
        TransactWriteItemsError::TransactionCanceledException(canceled) => canceled
            .cancellation_reasons()
            .iter()
            .filter_map(|reason| reason.code())
            .collect(),
        _ => Vec::new(),
    }
}
