//! Responses in the formats of DynamoDB, SQS and S3 for calls or batch entries that were not forwarded.

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header::CONTENT_TYPE, response::Parts};
use serde_json::{Map, Value, json};

type Answer = Response<Bytes>;

fn answer(status: StatusCode, body: &Value) -> Answer {
    let mut response = Response::new(body.to_string().into());
    *response.status_mut() = status;
    let json = HeaderValue::from_static("application/x-amz-json-1.0");
    response.headers_mut().insert(CONTENT_TYPE, json);
    response
}

/// The response to a throttled call.
pub(super) fn throttled(operation: &str) -> Answer {
    match operation.split_once('.') {
        Some(("AmazonSQS", _)) => {
            let body =
                json!({ "__type": "com.amazonaws.sqs#RequestThrottled", "message": "Throttled" });
            let mut response = answer(StatusCode::BAD_REQUEST, &body);
            let code = HeaderValue::from_static("RequestThrottled;Sender");
            response.headers_mut().insert("x-amzn-query-error", code);
            response
        }
        Some(("S3", _)) => {
            let body = "<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>";
            let mut response = Response::new(body.into());
            *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
            response
        }
        _ => answer(
            StatusCode::BAD_REQUEST,
            &json!({
                "__type": "com.amazonaws.dynamodb.v20120810#ThrottlingException",
                "message": "Throughput exceeds the current capacity of your table or index.",
            }),
        ),
    }
}

/// Where a batch has its entries, and how a response reports failed ones.
#[derive(Clone, Copy)]
enum Kind {
    Statements,
    /// The entries of each table, and the field for unprocessed ones.
    Tables(&'static str),
    Messages,
}

/// A split batch.
pub(super) struct Split {
    kind: Kind,
    request: Value,
    /// Which entries are not forwarded, in the order of the request.
    failed: Vec<bool>,
}

/// Splits a batch; `None` if the call is not a batch.
pub(super) fn split(
    operation: &str,
    body: &[u8],
    share: f64,
    mut dice: fastrand::Rng,
) -> Option<Split> {
    let kind = match operation.rsplit('.').next()? {
        "BatchExecuteStatement" => Kind::Statements,
        "BatchGetItem" => Kind::Tables("UnprocessedKeys"),
        "BatchWriteItem" => Kind::Tables("UnprocessedItems"),
        "SendMessageBatch" | "ChangeMessageVisibilityBatch" | "DeleteMessageBatch" => {
            Kind::Messages
        }
        _ => return None,
    };
    let request: Value = serde_json::from_slice(body).ok()?;
    let entries = match kind {
        Kind::Statements => request["Statements"].as_array()?.len(),
        Kind::Messages => request["Entries"].as_array()?.len(),
        Kind::Tables(_) => request["RequestItems"]
            .as_object()?
            .values()
            .map(|table| entries_of(table).len())
            .sum(),
    };
    let failed = (0..entries).map(|_| dice.f64() < share).collect();
    Some(Split {
        kind,
        request,
        failed,
    })
}

/// The keys of a table in BatchGetItem, or its writes in BatchWriteItem.
fn entries_of(table: &Value) -> &[Value] {
    let keys = table.get("Keys").unwrap_or(table);
    keys.as_array().map_or(&[], Vec::as_slice)
}

impl Split {
    fn keep(&self, entries: &[Value], first: usize, wanted: bool) -> Vec<Value> {
        let failed = self.failed.iter().skip(first);
        entries
            .iter()
            .zip(failed)
            .filter(|(_, failed)| **failed == wanted)
            .map(|(entry, _)| entry.clone())
            .collect()
    }

    /// The tables of the request with only the failed entries, or only the others.
    fn tables(&self, failed: bool) -> Value {
        let mut tables = Map::new();
        let mut first = 0;
        for (name, table) in self.request["RequestItems"]
            .as_object()
            .into_iter()
            .flatten()
        {
            let entries = entries_of(table);
            let kept = self.keep(entries, first, failed);
            first += entries.len();
            if kept.is_empty() {
                continue;
            }
            let mut table = table.clone();
            match table.get_mut("Keys") {
                Some(keys) => *keys = kept.into(),
                None => table = kept.into(),
            }
            tables.insert(name.clone(), table);
        }
        tables.into()
    }

    /// The call without the failing entries; `None` if nothing is left.
    pub(super) fn passed_on(&self) -> Option<Bytes> {
        if self.failed.iter().all(|failed| *failed) {
            return None;
        }
        let mut request = self.request.clone();
        match self.kind {
            Kind::Tables(_) => request["RequestItems"] = self.tables(false),
            Kind::Statements | Kind::Messages => {
                let name = match self.kind {
                    Kind::Statements => "Statements",
                    _ => "Entries",
                };
                let entries = self.request[name].as_array()?;
                request[name] = self.keep(entries, 0, false).into();
            }
        }
        Some(request.to_string().into())
    }

    /// The response if every entry fails.
    pub(super) fn answer_alone(&self) -> Answer {
        match self.kind {
            // "If none of the items can be processed …, BatchGetItem returns a ProvisionedThroughputExceededException"
            // (API reference); so does BatchWriteItem.
            Kind::Tables(_) => throttled("DynamoDB"),
            Kind::Statements | Kind::Messages => answer(StatusCode::OK, &self.merged(&json!({}))),
        }
    }

    /// Merges the response for the forwarded entries with the failed ones.
    pub(super) fn merge(&self, mut parts: Parts, body: &[u8]) -> Answer {
        let answered = serde_json::from_slice(body).unwrap_or_default();
        // The checksum no longer matches the body.
        parts.headers.remove("x-amz-crc32");
        let body = self.merged(&answered).to_string();
        Response::from_parts(parts, body.into())
    }

    fn merged(&self, answered: &Value) -> Value {
        let mut merged = answered.clone();
        match self.kind {
            Kind::Statements => {
                let mut passed_on = answered["Responses"].as_array().into_iter().flatten();
                let error =
                    json!({ "Error": { "Code": "ThrottlingError", "Message": "Throttled" } });
                merged["Responses"] = self
                    .failed
                    .iter()
                    .filter_map(|failed| match failed {
                        true => Some(error.clone()),
                        false => passed_on.next().cloned(),
                    })
                    .collect();
            }
            Kind::Tables(left_out) => {
                let mut tables = self.tables(true);
                // Entries that the table itself left unprocessed stay so.
                for (name, table) in answered[left_out].as_object().into_iter().flatten() {
                    match tables.get_mut(name) {
                        Some(_) => panic!("the local AWS leaves nothing out by itself"),
                        None => tables[name] = table.clone(),
                    }
                }
                merged[left_out] = tables;
            }
            Kind::Messages => {
                let entries = self.request["Entries"].as_array();
                let failed = self.keep(entries.map_or(&[], Vec::as_slice), 0, true);
                let failed = failed.iter().map(|entry| {
                    json!({ "Id": entry["Id"], "Code": "InternalError", "Message": "Try again", "SenderFault": false })
                });
                let by_itself = answered["Failed"].as_array().into_iter().flatten().cloned();
                merged["Failed"] = failed.chain(by_itself).collect();
                if merged.get("Successful").is_none() {
                    merged["Successful"] = json!([]);
                }
            }
        }
        merged
    }
}
