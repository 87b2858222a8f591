//! Suppressing many addresses at once.

use std::collections::BTreeSet;

use axum::{Json, extract::State};
use carillon_domain::{
    channel::Channel,
    suppression::{ChannelAddress, Suppression, SuppressionSource},
};
use http::StatusCode;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    authentication::Caller,
    body::{self, not_null},
    failure::Failure,
    findings::Findings,
    names::{self, ChannelName, SuppressionSourceName},
    standing::until_nothing_begins,
    state::AppState,
};

/// The most addresses of one request.
const MOST: usize = 1_000;

/// Addresses that are to get nothing any more.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ImportSuppressions {
    /// The channel of all of them.
    #[schema(value_type = ChannelName)]
    channel: String,
    /// 1 to 1,000 addresses. Those that are not right are left out, and named in the answer.
    #[schema(examples(json!(["ann@example.com", "zoe@example.com"])))]
    addresses: Vec<String>,
    /// How they come about; operator unless it is said.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = SuppressionSourceName, required = false)]
    source: Option<String>,
}

/// What came of an import.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ImportedSuppressions {
    /// How many were suppressed.
    added: usize,
    /// How many were suppressed before, or stand in the request twice; they stay as they are.
    known: usize,
    /// Those that are not right.
    refused: Vec<RefusedSuppression>,
}

/// An address that is not right.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(super) struct RefusedSuppression {
    /// Its place in the request, from 0.
    index: usize,
    /// A stable name of the reason.
    #[schema(examples("invalid_email"))]
    code: &'static str,
    /// What is wrong and what would be right.
    detail: String,
}

/// Suppress many addresses
///
/// As a list that another system has kept: 1,000 at a time. Repeating a request changes nothing. Like suppressing one address, the answer takes about
/// four seconds, and after it at most messages that had been claimed before still go out.
#[utoipa::path(
    post,
    path = "/v1/suppressions/import",
    operation_id = "import_suppressions",
    tag = "suppressions",
    request_body = ImportSuppressions,
    responses(
        (status = OK, description = "What came of it.", body = ImportedSuppressions),
        (status = ACCEPTED, description = "The same, while too many requests of the tenant wait: calls to the addresses may begin for four seconds more.", body = ImportedSuppressions),
    ),
)]
pub(crate) async fn import(
    State(state): State<AppState>,
    caller: Caller,
    body::Json(body): body::Json<ImportSuppressions>,
) -> Result<(StatusCode, Json<ImportedSuppressions>), Failure> {
    let given = body.addresses.len();
    let (wanted, refused) = body.read(state.clock.now())?;
    let added = state.store.suppress_all(&caller.tenant, &wanted).await?;
    let now = state.clock.now();
    let status = match added {
        0 => StatusCode::OK,
        _ => until_nothing_begins(&state, &caller.tenant, Some(now))
            .await?
            .status(),
    };
    let imported = ImportedSuppressions {
        added,
        known: given - refused.len() - added,
        refused,
    };
    Ok((status, Json(imported)))
}

impl ImportSuppressions {
    /// What is to be suppressed, each once, and what cannot be.
    fn read(self, now: Timestamp) -> Result<(Vec<Suppression>, Vec<RefusedSuppression>), Failure> {
        let mut findings = Findings::default();
        let channel: Option<Channel> =
            findings.keep("channel", "unknown_channel", self.channel.parse());
        let source = match &self.source {
            None => Some(SuppressionSource::Operator),
            Some(name) => findings.keep("source", "unknown_source", names::read(name)),
        };
        if !(1..=MOST).contains(&self.addresses.len()) {
            findings.add(
                "addresses",
                "out_of_range",
                format!("1 to {MOST} addresses"),
            );
        }
        let (Some(channel), Some(source), true) = (channel, source, findings.is_empty()) else {
            return Err(findings.into());
        };
        let mut addresses = BTreeSet::new();
        let mut refused = Vec::new();
        for (index, text) in self.addresses.iter().enumerate() {
            match ChannelAddress::parse(channel, text) {
                Ok(address) => {
                    addresses.insert(address);
                }
                Err(error) => refused.push(RefusedSuppression {
                    index,
                    code: error.code(),
                    detail: error.to_string(),
                }),
            }
        }
        let wanted = addresses.into_iter().map(|address| Suppression {
            address,
            source,
            at: now,
        });
        Ok((wanted.collect(), refused))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_right_is_named_and_the_rest_is_taken_once() {
        let now = "2026-11-22T09:00:00Z".parse().unwrap();
        let read = |json: &str| {
            let body: ImportSuppressions = serde_json::from_str(json).unwrap();
            body.read(now)
                .map_err(|failure| failure.members().errors.len())
        };
        let (wanted, refused) = read(
            r#"{"channel":"email","addresses":["ann@example.com","nobody"," ANN@example.com","zoe@example.com"]}"#,
        )
        .unwrap();
        let wanted: Vec<&str> = wanted.iter().map(|it| it.address.expose()).collect();
        assert_eq!(wanted, ["ann@example.com", "zoe@example.com"]);
        assert_eq!(
            (refused.len(), refused[0].index, refused[0].code),
            (1, 1, "invalid_email")
        );
        assert_eq!(
            read(r#"{"channel":"fax","addresses":[],"source":"x"}"#),
            Err(3)
        );
        let many = format!(
            r#"{{"channel":"sms","addresses":{:?}}}"#,
            vec!["+442079460000"; 1_001]
        );
        assert_eq!(read(&many), Err(1));
    }
}
