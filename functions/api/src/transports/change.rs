//! Changing the limits of a transport, and switching it on or off.

use axum::{Json, extract::State};
use carillon_domain::{
    access::permission::require,
    transports::{MOST_PER_DAY, MOST_PER_SECOND},
};
use carillon_http::{
    authentication::Allowed,
    body::{self, clearable, not_null},
    failure::Failure,
    findings::Findings,
};
use serde::Deserialize;
use utoipa::ToSchema;

use super::transport::{TransportBody, present};
use crate::{path::TransportPath, state::AppState};

/// The changes. Absent fields stay unchanged; `null` removes a limit.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ChangeTransport {
    /// The maximum number of provider calls per second: 1 to 100,000.
    #[serde(default, deserialize_with = "clearable")]
    #[schema(value_type = Option<u32>, minimum = 1, maximum = 100_000)]
    per_second: Option<Option<i64>>,
    /// The maximum number of provider calls per UTC day: 1 to 1,000,000,000.
    #[serde(default, deserialize_with = "clearable")]
    #[schema(value_type = Option<u64>, minimum = 1, maximum = 1_000_000_000)]
    per_day: Option<Option<i64>>,
    /// Whether messages are sent through the transport. Receipts for earlier messages are processed even if it is
    /// switched off.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = bool, required = false)]
    enabled: Option<bool>,
}

/// Change the limits of a transport, or switch it on or off
///
/// Set the limits to what the provider grants the account. Consumers cache transports for a minute, so a change takes
/// effect within a minute.
#[utoipa::path(
    patch,
    path = "/v1/transports/{transport}",
    operation_id = "change_transport",
    tag = "transports",
    params(TransportPath),
    request_body = ChangeTransport,
    responses((status = OK, description = "The updated transport.", body = TransportBody)),
)]
pub(crate) async fn change(
    State(state): State<AppState>,
    Allowed(context, _): Allowed<require::WriteChannels>,
    TransportPath { transport: id }: TransportPath,
    body::Json(body): body::Json<ChangeTransport>,
) -> Result<Json<TransportBody>, Failure> {
    let mut findings = Findings::default();
    let per_second = within(
        &mut findings,
        "per_second",
        body.per_second,
        MOST_PER_SECOND.into(),
    );
    let per_day = within(&mut findings, "per_day", body.per_day, MOST_PER_DAY);
    findings.finish()?;
    let changed = state
        .store
        .change_transport(&context, &id, |transport| {
            let limits = &mut transport.limits;
            if let Some(per_second) = per_second {
                limits.per_second = per_second
                    .and_then(|number| u32::try_from(number).ok())
                    .and_then(|number| number.try_into().ok());
            }
            if let Some(per_day) = per_day {
                limits.per_day = per_day.and_then(|number| number.try_into().ok());
            }
            transport.enabled = body.enabled.unwrap_or(transport.enabled);
        })
        .await?;
    let transport = changed.ok_or_else(Failure::not_found)?;
    present(&state, &context, &transport).await.map(Json)
}

/// A limit from 1 to `most`, or none; records errors.
fn within(
    findings: &mut Findings,
    field: &str,
    given: Option<Option<i64>>,
    most: u64,
) -> Option<Option<u64>> {
    given.map(|given| {
        let number = u64::try_from(given?).ok();
        let number = number.filter(|number| (1..=most).contains(number));
        if number.is_none() {
            let detail = format!("a number from 1 to {most}, or null for no limit");
            findings.add(field, "out_of_range", detail);
        }
        number
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_have_a_range_and_can_be_removed() {
        let read = |given| {
            let mut findings = Findings::default();
            let limit = within(&mut findings, "per_second", given, 100);
            findings.finish().map(|()| limit).map_err(|_| ())
        };
        assert_eq!(read(None), Ok(None));
        assert_eq!(read(Some(None)), Ok(Some(None)));
        assert_eq!(read(Some(Some(100))), Ok(Some(Some(100))));
        for bad in [0, 101, -1, i64::MIN, i64::MAX] {
            assert_eq!(read(Some(Some(bad))), Err(()), "{bad}");
        }
    }
}
