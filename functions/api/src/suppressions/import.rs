//! Suppressing many addresses at once.

use std::collections::BTreeMap;

use axum::{Json, extract::State};
use carillon_domain::{
    access::permission::require,
    channel::Channel,
    channel_address::ChannelAddress,
    suppressions::{Suppression, SuppressionSource},
};
use carillon_http::{
    authentication::Allowed,
    body::{self, not_null},
    failure::Failure,
    findings::Findings,
    names::{self, ChannelName, SuppressionSourceName},
};
use http::StatusCode;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::suppression::{read_region, read_time};
use crate::{settling::until_nothing_begins, state::AppState};

/// Maximum addresses per request.
const MOST: usize = 1_000;

/// Addresses to suppress.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ImportSuppressions {
    /// The channel of all addresses.
    #[schema(value_type = ChannelName)]
    channel: String,
    /// 1 to 1,000 addresses, each with or without its own time. Invalid addresses are left out and listed in the
    /// response.
    #[schema(examples(json!(["ann@example.com", { "address": "zoe@example.com", "at": "2024-05-01T08:30:00Z" }])))]
    addresses: Vec<Entry>,
    /// The source. Default `operator`.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = SuppressionSourceName, required = false)]
    source: Option<String>,
    /// The country of national phone numbers (ISO 3166-1).
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = String, required = false, examples("GB"))]
    region: Option<String>,
    /// When the people asked for the suppression, if earlier than now. Applies to entries without their own time. Kept
    /// as evidence.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = String, format = DateTime, required = false)]
    at: Option<String>,
}

/// An address, alone or with the time of the opt-out.
#[derive(Deserialize, ToSchema)]
#[serde(
    untagged,
    expecting = "an address, or an object with address and at (RFC 3339) and nothing else"
)]
#[schema(as = SuppressedAddress)]
enum Entry {
    /// An address.
    Address(String),
    /// An address and a time.
    Dated(DatedAddress),
}

/// An address and the time of the opt-out.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct DatedAddress {
    /// An email address or a phone number.
    address: String,
    /// The time, in the past.
    #[schema(value_type = String, format = DateTime)]
    at: String,
}

impl Entry {
    fn parts(&self) -> (&str, Option<&str>) {
        match self {
            Entry::Address(address) => (address, None),
            Entry::Dated(dated) => (&dated.address, Some(&dated.at)),
        }
    }
}

/// The result of an import.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ImportedSuppressions {
    /// The number of addresses suppressed.
    added: usize,
    /// The number of addresses that were already suppressed or occur twice in the request; they stay unchanged.
    known: usize,
    /// The invalid addresses.
    refused: Vec<RefusedSuppression>,
}

/// An invalid address.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(super) struct RefusedSuppression {
    /// Its position in the request, starting at 0.
    index: usize,
    /// A stable code for the reason.
    #[schema(examples("invalid_email"))]
    code: &'static str,
    /// What is wrong and what would be valid.
    detail: String,
}

/// Suppress many addresses
///
/// For example, a list kept by another system, 1,000 addresses at a time. Repeating a request changes nothing. As for a
/// single address, the response takes about four seconds; after it, only messages that were claimed before can still be
/// sent.
#[utoipa::path(
    post,
    path = "/v1/suppressions/import",
    operation_id = "import_suppressions",
    tag = "suppressions",
    request_body = ImportSuppressions,
    responses(
        (status = OK, description = "The result.", body = ImportedSuppressions),
        (status = ACCEPTED, description = "As for 200, but too many of the tenant's requests are already waiting: calls to the addresses may still begin for another four seconds.", body = ImportedSuppressions),
    ),
)]
pub(crate) async fn import(
    State(state): State<AppState>,
    Allowed(context, _): Allowed<require::WriteSuppressions>,
    body::Json(body): body::Json<ImportSuppressions>,
) -> Result<(StatusCode, Json<ImportedSuppressions>), Failure> {
    let given = body.addresses.len();
    let (wanted, refused) = body.read(state.clock.now())?;
    let added = state.store.suppress_all(&context, &wanted).await?;
    let now = state.clock.now();
    let status = match added {
        0 => StatusCode::OK,
        _ => until_nothing_begins(&state, &context, Some(now))
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
    /// The addresses to suppress, each once, and those that are invalid.
    fn read(self, now: Timestamp) -> Result<(Vec<Suppression>, Vec<RefusedSuppression>), Failure> {
        let mut findings = Findings::default();
        let channel: Option<Channel> =
            findings.keep("channel", "unknown_channel", self.channel.parse());
        let source = match &self.source {
            None => Some(SuppressionSource::Operator),
            Some(name) => findings.keep("source", "unknown_source", names::read(name)),
        };
        let region = read_region(&mut findings, self.region.as_deref());
        let at = read_time(&mut findings, "at", self.at.as_deref(), now).unwrap_or(now);
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
        let mut wanted: BTreeMap<ChannelAddress, Timestamp> = BTreeMap::new();
        let mut refused = Vec::new();
        for (index, entry) in self.addresses.iter().enumerate() {
            let (text, own_time) = entry.parts();
            let mut findings = Findings::default();
            let at = match own_time {
                None => Some(at),
                Some(_) => read_time(&mut findings, "at", own_time, now),
            };
            let address = ChannelAddress::parse_in(channel, text, region);
            match (address, at) {
                (Ok(address), Some(at)) => {
                    // Of two times, keep the earlier one.
                    let known = wanted.entry(address).or_insert(at);
                    *known = at.min(*known);
                }
                (Err(error), _) => refused.push(RefusedSuppression {
                    index,
                    code: error.code(),
                    detail: error.to_string(),
                }),
                (Ok(_), None) => refused.push(RefusedSuppression {
                    index,
                    code: "invalid_time",
                    detail: "a time in the past, with an offset (RFC 3339), for example 2026-11-21T09:00:00Z"
                        .to_owned(),
                }),
            }
        }
        let wanted = wanted.into_iter().map(|(address, at)| Suppression {
            address,
            source,
            at,
        });
        Ok((wanted.collect(), refused))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invalid_entries_are_named_and_the_rest_is_deduplicated() {
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
        let (dated, refused) = read(
            r#"{"channel":"sms","region":"GB","at":"2025-01-01T00:00:00Z","addresses":["020 7946 0000",{"address":"020 7946 0001","at":"2024-05-01T08:30:00Z"},{"address":"020 7946 0002","at":"2027-01-01T00:00:00Z"},{"address":"020 7946 0000","at":"2024-06-01T00:00:00Z"}]}"#,
        )
        .unwrap();
        let dated: Vec<(&str, String)> = dated
            .iter()
            .map(|it| (it.address.expose(), it.at.to_string()))
            .collect();
        assert_eq!(
            dated,
            [
                ("+442079460000", "2024-06-01T00:00:00Z".to_owned()),
                ("+442079460001", "2024-05-01T08:30:00Z".to_owned())
            ]
        );
        assert_eq!(
            (refused.len(), refused[0].index, refused[0].code),
            (1, 2, "invalid_time")
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
