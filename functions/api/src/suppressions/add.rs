//! Suppressing an address.

use axum::{Json, extract::State};
use carillon_domain::{
    access::permission::require,
    suppressions::{Suppression, SuppressionSource},
};
use carillon_http::{
    authentication::Allowed,
    body::{self, not_null},
    failure::Failure,
    findings::Findings,
    names::{self, ChannelName, SuppressionSourceName},
};
use carillon_store::Suppressed;
use http::StatusCode;
use jiff::Timestamp;
use serde::Deserialize;
use utoipa::ToSchema;

use super::suppression::{SuppressionBody, read_address, read_region, read_time};
use crate::{settling::until_nothing_begins, state::AppState};

/// An address to suppress.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AddSuppression {
    /// The channel.
    #[schema(value_type = ChannelName)]
    channel: String,
    /// An email address, or a phone number with its country code.
    #[schema(examples("ann@example.com"))]
    address: String,
    /// The source. Default `operator`.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = SuppressionSourceName, required = false)]
    source: Option<String>,
    /// The country of a national phone number (ISO 3166-1).
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = String, required = false, examples("GB"))]
    region: Option<String>,
    /// When the person asked for the suppression, if earlier than now. Kept as evidence.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = String, format = DateTime, required = false, examples("2024-05-01T08:30:00Z"))]
    at: Option<String>,
}

/// Suppress an address
///
/// The address gets no more messages from any campaign, including running ones. Their deliveries to it end as `skipped`
/// with the reason `suppressed`. An address that is already suppressed keeps its original time and source, and the
/// response is the same.
///
/// The response takes about four seconds: it is sent once no new provider calls to the address can begin. A consumer
/// checks the suppression right before it claims a delivery, and begins the call within three seconds of that check. After
/// the response, only a message that was claimed before can still be sent.
#[utoipa::path(
    post,
    path = "/v1/suppressions",
    operation_id = "add_suppression",
    tag = "suppressions",
    request_body = AddSuppression,
    responses(
        (status = OK, description = "The suppression.", body = SuppressionBody),
        (status = ACCEPTED, description = "As for 200, but too many of the tenant's requests are already waiting: calls to the address may still begin for another four seconds.", body = SuppressionBody),
    ),
)]
pub(crate) async fn add(
    State(state): State<AppState>,
    Allowed(context, _): Allowed<require::WriteSuppressions>,
    body::Json(body): body::Json<AddSuppression>,
) -> Result<(StatusCode, Json<SuppressionBody>), Failure> {
    let now = state.clock.now();
    let wanted = body.read(now)?;
    let (suppression, recorded_at) = match state.store.suppress(&context, &wanted).await? {
        Suppressed::Now => (wanted, Some(now)),
        // With an explicit time, the time of recording is unknown.
        Suppressed::Before(before) if body.at.is_some() => (before, None),
        Suppressed::Before(before) => {
            let at = before.at;
            (before, Some(at))
        }
    };
    let waited = until_nothing_begins(&state, &context, recorded_at).await?;
    Ok((waited.status(), Json(suppression.into())))
}

impl AddSuppression {
    fn read(&self, now: Timestamp) -> Result<Suppression, Failure> {
        let mut findings = Findings::default();
        let region = read_region(&mut findings, self.region.as_deref());
        let address = read_address(&mut findings, &self.channel, &self.address, region);
        let at = read_time(&mut findings, "at", self.at.as_deref(), now);
        let source = match &self.source {
            None => Some(SuppressionSource::Operator),
            Some(name) => findings.keep("source", "unknown_source", names::read(name)),
        };
        match (address, source) {
            (Some(address), Some(source)) if findings.is_empty() => Ok(Suppression {
                address,
                source,
                at: at.unwrap_or(now),
            }),
            _ => Err(findings.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use carillon_http::problem::Problem;

    use super::*;

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
    fn the_time_of_an_unsubscription_is_kept() {
        let json = r#"{"channel":"sms","address":"020 7946 0000","region":"GB","source":"unsubscribed","at":"2024-05-01T10:30:00+02:00"}"#;
        let body = body::parse::<AddSuppression>(json.as_bytes()).unwrap();
        let suppression = body.read("2026-11-21T09:00:00Z".parse().unwrap()).unwrap();
        assert_eq!(suppression.at, "2024-05-01T08:30:00Z".parse().unwrap());
        assert_eq!(suppression.address.expose(), "+442079460000");
    }

    #[test]
    fn an_address_is_parsed_for_its_channel() {
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
            r#"{"channel":"email","address":"ann@example.com","at":"2026-11-21T09:00:01Z"}"#,
            r#"{"channel":"email","address":"ann@example.com","at":null}"#,
            r#"{"channel":"sms","address":"020 7946 0000","region":"Atlantis"}"#,
        ] {
            assert_eq!(read(bad), Err(Problem::InvalidField), "{bad}");
        }
    }
}
