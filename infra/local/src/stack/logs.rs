//! Reads the logs of functions.

use std::collections::HashSet;

use serde::Deserialize;
use serde_json::json;

use crate::aws;
use crate::aws::STACK_NAME;
use crate::error::Error;

/// How many lines the local AWS returns at once.
const LIMIT: usize = 10_000;

/// One line of a function's log.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Line {
    /// When the invocation ended, in milliseconds since 1970: the local AWS writes its lines then.
    pub timestamp: i64,
    /// The line.
    pub message: String,
    /// Identifies the invocation: the local AWS creates a stream for each.
    pub log_stream_name: String,
}

#[derive(Deserialize)]
struct Page {
    events: Vec<Line>,
}

/// Reads the log of one function and remembers its position.
#[derive(Debug)]
pub struct Reader {
    http: reqwest::Client,
    endpoint: String,
    group: String,
    since: i64,
    at_that_time: HashSet<String>,
}

impl Reader {
    /// A reader that starts at the beginning of the log.
    pub fn new(endpoint: &str, function: &str) -> Result<Self, Error> {
        Ok(Self {
            http: aws::http()?,
            endpoint: endpoint.to_owned(),
            group: format!("/aws/lambda/{STACK_NAME}-{function}"),
            since: 0,
            at_that_time: HashSet::new(),
        })
    }

    /// The lines written since the last call.
    pub async fn next(&mut self) -> Result<Vec<Line>, Error> {
        let mut new = Vec::new();
        loop {
            let page = self.page().await?;
            // A full page may end in the middle of an invocation, so lines with its last timestamp are left for the next page.
            let end = match page.events.last() {
                Some(last) if page.events.len() >= LIMIT && last.timestamp > self.since => {
                    Some(last.timestamp)
                }
                _ => None,
            };
            let seen = std::mem::take(&mut self.at_that_time);
            for line in page.events {
                if Some(line.timestamp) == end {
                    break;
                }
                if line.timestamp > self.since {
                    self.since = line.timestamp;
                    self.at_that_time.clear();
                }
                self.at_that_time.insert(line.log_stream_name.clone());
                if !seen.contains(&line.log_stream_name) {
                    new.push(line);
                }
            }
            let Some(end) = end else {
                return Ok(new);
            };
            self.since = end;
            self.at_that_time.clear();
        }
    }

    async fn page(&self) -> Result<Page, Error> {
        let failure = |source| Error::Http {
            what: format!("log {}", self.group),
            source,
        };
        self.http
            .post(&self.endpoint)
            .header("authorization", aws::authorization("logs"))
            .header("content-type", "application/x-amz-json-1.1")
            .header("x-amz-target", "Logs_20140328.FilterLogEvents")
            .body(json!({ "logGroupName": self.group, "startTime": self.since }).to_string())
            .send()
            .await
            .and_then(reqwest::Response::error_for_status)
            .map_err(failure)?
            .json()
            .await
            .map_err(failure)
    }
}
