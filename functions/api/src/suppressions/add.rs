//! Suppressing an address.

use axum::{Json, extract::State};
use carillon_domain::suppression::{Suppression, SuppressionSource};
use carillon_store::Suppressed;
use http::StatusCode;
use jiff::Timestamp;
use serde::Deserialize;
use utoipa::ToSchema;

use super::suppression::{SuppressionBody, read_address};
use crate::{
    authentication::Caller,
    body::{self, not_null},
    failure::Failure,
    findings::Findings,
    names::{self, ChannelName, SuppressionSourceName},
    standing::until_nothing_begins,
    state::AppState,
};

/// An address that is to get nothing any more.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AddSuppression {
    /// The channel.
    #[schema(value_type = ChannelName)]
    channel: String,
    /// An email address, or a phone number with its country code.
    #[schema(examples("ann@example.com"))]
    address: String,
    /// How it comes about; operator unless it is said.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = SuppressionSourceName, required = false)]
    source: Option<String>,
}

/// Suppress an address
///
/// It gets nothing any more, of no campaign: not of those on their way either. Their deliveries to
/// it end as `skipped` for the reason `suppressed`. An address that is suppressed already stays as
/// it is, with its first time and source, and is answered the same way.
///
/// The answer takes about four seconds: it comes once no provider call to the address begins any
/// more. A consumer looks at the suppression right before it claims a delivery, and begins the call
/// within three seconds of that look. So after the answer at most a message that had been claimed
/// before still goes out.
#[utoipa::path(
    post,
    path = "/v1/suppressions",
    operation_id = "add_suppression",
    tag = "suppressions",
    request_body = AddSuppression,
    responses(
        (status = OK, description = "The suppression as it stands.", body = SuppressionBody),
        (status = ACCEPTED, description = "The same, while too many requests of the tenant wait: calls to the address may begin for four seconds more.", body = SuppressionBody),
    ),
)]
pub(crate) async fn add(
    State(state): State<AppState>,
    caller: Caller,
    body::Json(body): body::Json<AddSuppression>,
) -> Result<(StatusCode, Json<SuppressionBody>), Failure> {
    let wanted = body.read(state.clock.now())?;
    let suppression = match state.store.suppress(&caller.tenant, &wanted).await? {
        Suppressed::Now => wanted,
        Suppressed::Before(before) => before,
    };
    let waited = until_nothing_begins(&state, &caller.tenant, Some(suppression.at)).await?;
    Ok((waited.status(), Json(suppression.into())))
}

impl AddSuppression {
    fn read(&self, now: Timestamp) -> Result<Suppression, Failure> {
        let mut findings = Findings::default();
        let address = read_address(&mut findings, &self.channel, &self.address);
        let source = match &self.source {
            None => Some(SuppressionSource::Operator),
            Some(name) => findings.keep("source", "unknown_source", names::read(name)),
        };
        match (address, source) {
            (Some(address), Some(source)) => Ok(Suppression {
                address,
                source,
                at: now,
            }),
            _ => Err(findings.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::Problem;

    fn read(json: &str) -> Result<(String, SuppressionSource), Problem> {
        body::parse::<AddSuppression>(json.as_bytes())
            .and_then(|body| body.read("2026-11-21T09:00:00Z".parse().unwrap()))
            .map(|suppression| {
                let address = suppression.address.expose().to_owned();
                (address, suppression.source)
            })
            .map_err(|failure| failure.problem())
    }

    #[test]
    fn an_address_is_read_as_its_channel_writes_it() {
        assert_eq!(
            read(r#"{"channel":"email","address":" Ann@Example.COM "}"#),
            Ok(("ann@example.com".to_owned(), SuppressionSource::Operator))
        );
        assert_eq!(
            read(r#"{"channel":"sms","address":"+44 20 7946 0000","source":"complained"}"#),
            Ok(("+442079460000".to_owned(), SuppressionSource::Complained))
        );
        for bad in [
            "{}",
            r#"{"channel":"email"}"#,
            r#"{"channel":"fax","address":"ann@example.com"}"#,
            r#"{"channel":"sms","address":"ann@example.com"}"#,
            r#"{"channel":"sms","address":"020 7946 0000"}"#,
            r#"{"channel":"email","address":"ann"}"#,
            r#"{"channel":"email","address":"ann@example.com","source":"dislike"}"#,
            r#"{"channel":"email","address":"ann@example.com","source":null}"#,
            r#"{"channel":"email","address":"ann@example.com","at":"now"}"#,
        ] {
            assert_eq!(read(bad), Err(Problem::InvalidField), "{bad}");
        }
    }
}
