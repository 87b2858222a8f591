//! All-or-nothing writes.

use std::collections::HashMap;

use aws_sdk_dynamodb::{
    operation::transact_write_items::TransactWriteItemsError,
    types::{
        AttributeValue, ConditionCheck, Delete, Put, TransactWriteItem, Update,
        builders::{DeleteBuilder, PutBuilder},
    },
};

use crate::{
    Store,
    error::Error,
    item::{self, Item},
    keys::Key,
    partiql::pauses,
};

/// Transient reasons for a canceled transaction.
const PASSING: [&str; 3] = [
    "TransactionConflict",
    "ThrottlingError",
    "ProvisionedThroughputExceeded",
];

impl Store {
    /// Writes all or nothing; `false` if a condition does not hold. Conflicts with a concurrent write and throttled
    /// partitions are retried. The SDK does not do that itself, because both come as the reason of a
    /// `TransactionCanceledException` (TransactWriteItems, API reference: on-demand tables give `ThrottlingError`,
    /// others `ProvisionedThroughputExceeded`).
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

/// Conditions on a row in a transaction.
#[derive(Default)]
pub(crate) struct Conditions {
    clauses: Vec<String>,
    names: HashMap<String, String>,
    values: HashMap<String, AttributeValue>,
}

impl Conditions {
    /// Adds a clause.
    pub(crate) fn require(&mut self, clause: &str) {
        self.clauses.push(clause.to_owned());
    }

    /// A column must have this value, or be absent.
    pub(crate) fn expect(&mut self, name: &str, value: Option<AttributeValue>) {
        let name = self.name(name);
        let clause = match value {
            Some(value) => format!("{name} = {}", self.value(value)),
            None => format!("attribute_not_exists({name})"),
        };
        self.clauses.push(clause);
    }

    /// A column must have this value if it is present.
    pub(crate) fn expect_or_none(&mut self, name: &str, value: AttributeValue) {
        let (name, value) = (self.name(name), self.value(value));
        let clause = format!("(attribute_not_exists({name}) OR {name} = {value})");
        self.clauses.push(clause);
    }

    /// The row must be absent, or its column have this value.
    pub(crate) fn require_none_or(&mut self, name: &str, value: AttributeValue) {
        let (name, value) = (self.name(name), self.value(value));
        let clause = format!("(attribute_not_exists(pk) OR {name} = {value})");
        self.clauses.push(clause);
    }

    /// Sets columns of the row, or removes those without a value. A missing row is created.
    pub(crate) fn update(
        mut self,
        doing: &'static str,
        table: &str,
        key: &Key,
        columns: impl IntoIterator<Item = (&'static str, Option<AttributeValue>)>,
    ) -> Result<TransactWriteItem, Error> {
        let (mut set, mut remove) = (Vec::new(), Vec::new());
        for (name, value) in columns {
            let name = self.name(name);
            match value {
                Some(value) => set.push(format!("{name} = {}", self.value(value))),
                None => remove.push(name),
            }
        }
        let clause = |word: &str, parts: &[String]| match parts {
            [] => String::new(),
            parts => format!("{word} {} ", parts.join(", ")),
        };
        let expression = clause("SET", &set) + &clause("REMOVE", &remove);
        let update = Update::builder()
            .table_name(table)
            .set_key(Some(item::key(key)))
            .update_expression(expression.trim_end())
            .condition_expression(self.clauses.join(" AND "))
            .set_expression_attribute_names(Some(self.names))
            .set_expression_attribute_values(Some(self.values))
            .build()
            .map_err(unbuildable(doing))?;
        Ok(TransactWriteItem::builder().update(update).build())
    }

    /// Only requires the conditions of the row.
    pub(crate) fn check(
        self,
        doing: &'static str,
        table: &str,
        key: &Key,
    ) -> Result<TransactWriteItem, Error> {
        let check = ConditionCheck::builder()
            .table_name(table)
            .set_key(Some(item::key(key)))
            .condition_expression(self.clauses.join(" AND "))
            .set_expression_attribute_names(Some(self.names).filter(|it| !it.is_empty()))
            .set_expression_attribute_values(Some(self.values).filter(|it| !it.is_empty()))
            .build()
            .map_err(unbuildable(doing))?;
        Ok(TransactWriteItem::builder().condition_check(check).build())
    }

    /// Puts a whole row.
    pub(crate) fn put(
        self,
        doing: &'static str,
        table: &str,
        row: Item,
    ) -> Result<TransactWriteItem, Error> {
        let builder = Put::builder()
            .table_name(table)
            .set_item(Some(row))
            .condition_expression(self.clauses.join(" AND "))
            .set_expression_attribute_names(Some(self.names).filter(|it| !it.is_empty()))
            .set_expression_attribute_values(Some(self.values).filter(|it| !it.is_empty()));
        put(doing, builder)
    }

    /// Deletes the row.
    pub(crate) fn delete(
        self,
        doing: &'static str,
        table: &str,
        key: &Key,
    ) -> Result<TransactWriteItem, Error> {
        let builder = Delete::builder()
            .table_name(table)
            .set_key(Some(item::key(key)))
            .condition_expression(self.clauses.join(" AND "))
            .set_expression_attribute_names(Some(self.names))
            .set_expression_attribute_values(Some(self.values));
        delete(doing, builder)
    }

    /// A placeholder for a column, whose own name may be a reserved word of DynamoDB.
    fn name(&mut self, name: &str) -> String {
        let alias = format!("#{name}");
        self.names.insert(alias.clone(), name.to_owned());
        alias
    }

    fn value(&mut self, value: AttributeValue) -> String {
        let place = format!(":v{}", self.values.len());
        self.values.insert(place.clone(), value);
        place
    }
}

/// Requires that a row does not exist, as part of a transaction.
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

/// Why each write of a transaction was not made, where DynamoDB tells.
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
