//! Batches of conditional writes: BatchExecuteStatement takes 25 single-row statements in one call,
//! each with its own condition and result.

use std::time::Duration;

use aws_sdk_dynamodb::types::{AttributeValue, BatchStatementErrorCodeEnum, BatchStatementRequest};
use backon::{BackoffBuilder, ExponentialBuilder};
use futures::{StreamExt, TryStreamExt, stream};

use crate::{Store, error::Error, item::Item, keys::Key};

/// Statements per call (BatchExecuteStatement, API reference).
const STATEMENTS: usize = 25;
/// Concurrent calls.
const CALLS: usize = 4;

/// Outcome of one statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Written {
    /// The row was written.
    Applied,
    /// The row's condition does not hold (for an insert: the row exists). After a lost response it
    /// may be this very write that made the condition fail.
    Refused,
    /// DynamoDB failed every try.
    Failed,
}

/// A single-row write.
#[derive(Debug, Clone)]
pub(crate) struct Statement {
    text: String,
    parameters: Vec<AttributeValue>,
}

impl Statement {
    /// Inserts a row that must not exist yet.
    pub(crate) fn insert(table: &str, item: Item) -> Self {
        let (names, parameters): (Vec<String>, Vec<AttributeValue>) = item
            .into_iter()
            .map(|(name, value)| (format!("'{name}': ?"), value))
            .unzip();
        Self {
            text: format!("INSERT INTO \"{table}\" VALUE {{{}}}", names.join(", ")),
            parameters,
        }
    }

    /// Changes a row that must exist with these values.
    pub(crate) fn update(
        table: &str,
        key: &Key,
        set: Vec<(&str, AttributeValue)>,
        remove: &[&str],
        expected: Vec<(&str, AttributeValue)>,
    ) -> Self {
        let mut text = format!("UPDATE \"{table}\"");
        let mut parameters = Vec::new();
        for (name, value) in set {
            text.push_str(&format!(" SET \"{name}\"=?"));
            parameters.push(value);
        }
        for name in remove {
            text.push_str(&format!(" REMOVE \"{name}\""));
        }
        text.push_str(" WHERE \"pk\"=? AND \"sk\"=?");
        parameters.push(AttributeValue::S(key.partition.clone()));
        parameters.push(AttributeValue::S(key.sort.clone()));
        for (name, value) in expected {
            text.push_str(&format!(" AND \"{name}\"=?"));
            parameters.push(value);
        }
        Self { text, parameters }
    }

    /// Also requires that the row has none of these columns.
    pub(crate) fn and_missing(mut self, names: &[&str]) -> Self {
        for name in names {
            self.text.push_str(&format!(" AND \"{name}\" IS MISSING"));
        }
        self
    }
}

impl Store {
    /// Runs statements, which must be on different rows, and returns the outcome of each.
    ///
    /// Throttled or failed statements are retried individually; a permanent failure is an error.
    pub(crate) async fn execute(
        &self,
        doing: &'static str,
        statements: Vec<Statement>,
    ) -> Result<Vec<Written>, Error> {
        let results = self.execute_each(doing, statements).await?;
        let left = results
            .iter()
            .filter(|written| **written == Written::Failed)
            .count();
        if left > 0 {
            return Err(Error::Partial { doing, left });
        }
        Ok(results)
    }

    /// The same, but a statement that fails permanently does not fail the others.
    pub(crate) async fn execute_each(
        &self,
        doing: &'static str,
        statements: Vec<Statement>,
    ) -> Result<Vec<Written>, Error> {
        let chunks: Vec<Vec<Statement>> = statements
            .chunks(STATEMENTS)
            .map(<[Statement]>::to_vec)
            .collect();
        let results: Vec<Vec<Written>> = stream::iter(
            chunks
                .into_iter()
                .map(|chunk| self.execute_chunk(doing, chunk)),
        )
        .buffered(CALLS)
        .try_collect()
        .await?;
        Ok(results.into_iter().flatten().collect())
    }

    async fn execute_chunk(
        &self,
        doing: &'static str,
        statements: Vec<Statement>,
    ) -> Result<Vec<Written>, Error> {
        let mut results: Vec<Option<Written>> = vec![None; statements.len()];
        let mut pauses = pauses();
        loop {
            let open: Vec<usize> = results
                .iter()
                .enumerate()
                .filter(|(_, result)| result.is_none())
                .map(|(index, _)| index)
                .collect();
            if open.is_empty() {
                return Ok(results.into_iter().flatten().collect());
            }
            let requests = open
                .iter()
                .map(|index| {
                    BatchStatementRequest::builder()
                        .statement(&statements[*index].text)
                        .set_parameters(Some(statements[*index].parameters.clone()))
                        .build()
                        .map_err(|error| Error::Call {
                            doing,
                            code: None,
                            source: Box::new(error),
                        })
                })
                .collect::<Result<Vec<_>, _>>()?;
            let answer = self
                .dynamodb
                .batch_execute_statement()
                .set_statements(Some(requests))
                .send()
                .await
                .map_err(Error::call(doing))?;
            for (index, response) in open.iter().zip(answer.responses()) {
                results[*index] = match response.error().and_then(|error| error.code()) {
                    None => Some(Written::Applied),
                    Some(
                        BatchStatementErrorCodeEnum::ConditionalCheckFailed
                        | BatchStatementErrorCodeEnum::DuplicateItem,
                    ) => Some(Written::Refused),
                    Some(code) if is_transient(code) => None,
                    Some(code) => {
                        let message = response
                            .error()
                            .and_then(|error| error.message())
                            .unwrap_or_default();
                        return Err(Error::Call {
                            doing,
                            code: Some(code.as_str().to_owned()),
                            source: message.to_owned().into(),
                        });
                    }
                };
            }
            if results.iter().any(Option::is_none) {
                match pauses.next() {
                    Some(pause) => tokio::time::sleep(pause).await,
                    None => {
                        let written = results
                            .into_iter()
                            .map(|result| result.unwrap_or(Written::Failed));
                        return Ok(written.collect());
                    }
                }
            }
        }
    }
}

fn is_transient(code: &BatchStatementErrorCodeEnum) -> bool {
    matches!(
        code,
        BatchStatementErrorCodeEnum::InternalServerError
            | BatchStatementErrorCodeEnum::ProvisionedThroughputExceeded
            | BatchStatementErrorCodeEnum::RequestLimitExceeded
            | BatchStatementErrorCodeEnum::ThrottlingError
            | BatchStatementErrorCodeEnum::TransactionConflict
    )
}

/// Pauses between retries of what a batch call left over: 6 tries within about 3 seconds.
pub(crate) fn pauses() -> impl Iterator<Item = Duration> {
    ExponentialBuilder::default()
        .with_min_delay(Duration::from_millis(50))
        .with_max_delay(Duration::from_secs(1))
        .with_max_times(6)
        .with_jitter()
        .build()
}
