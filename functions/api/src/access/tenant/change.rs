//! Changing the tenant.

use axum::{Json, extract::State};
use carillon_domain::access::permission::require;
use carillon_http::{
    authentication::Allowed,
    body::{self, clearable, not_null},
    failure::Failure,
    findings::Findings,
};
use carillon_store::TenantChange;
use serde::Deserialize;
use utoipa::ToSchema;

use super::body::{PriceListBody, SenderBody, TenantBody};
use crate::{
    fields::{default_region, name},
    state::AppState,
};

/// One week.
const MOST_LATENESS_MINUTES: u32 = 7 * 24 * 60;

/// The changes. Absent fields stay unchanged.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ChangeTenant {
    /// The name: 1 to 200 characters.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = String, required = false)]
    name: Option<String>,
    /// How many minutes late a scheduled campaign can still be released automatically: 0 to 10,080 (one week). `null`
    /// resets it to 60.
    #[serde(default, deserialize_with = "clearable")]
    #[schema(value_type = Option<u32>, maximum = 10_080)]
    maximum_lateness_minutes: Option<Option<i64>>,
    /// The sender identity shown to recipients. Replaces all of it; `null` resets it to the name of the tenant.
    #[serde(default, deserialize_with = "clearable")]
    #[schema(value_type = Option<SenderBody>)]
    sender: Option<Option<SenderBody>>,
    /// The price list. Replaces all prices; `null` removes it.
    #[serde(default, deserialize_with = "clearable")]
    #[schema(value_type = Option<PriceListBody>)]
    prices: Option<Option<PriceListBody>>,
    /// The language (BCP 47) of content that does not specify one; `null` resets it to English.
    #[serde(default, deserialize_with = "clearable")]
    #[schema(value_type = Option<String>, examples("en"))]
    default_language: Option<Option<String>>,
    /// The region (ISO 3166-1, two letters) of the tenant's receivers. New campaigns without a region use it to
    /// complete phone numbers, and language tags without a region, such as `en`, use its formats for dates, numbers and
    /// amounts. `null` removes it.
    #[serde(default, deserialize_with = "clearable")]
    #[schema(value_type = Option<String>, examples("GB"))]
    default_region: Option<Option<String>>,
    /// The time zone (IANA) of content that does not specify one; `null` resets it to UTC.
    #[serde(default, deserialize_with = "clearable")]
    #[schema(value_type = Option<String>, examples("Europe/London"))]
    default_time_zone: Option<Option<String>>,
}

/// Change the tenant
#[utoipa::path(
    patch,
    path = "/v1/tenant",
    operation_id = "change_tenant",
    tag = "tenant",
    request_body = ChangeTenant,
    responses((status = OK, description = "The updated tenant.", body = TenantBody)),
    extensions(("x-problems" = json!(["not-found"]))),
)]
pub(crate) async fn change(
    State(state): State<AppState>,
    Allowed(context, _): Allowed<require::WriteSettings>,
    body::Json(body): body::Json<ChangeTenant>,
) -> Result<Json<TenantBody>, Failure> {
    let mut findings = Findings::default();
    let change = TenantChange {
        name: body.name.and_then(|text| name(&mut findings, &text)),
        maximum_lateness_minutes: body
            .maximum_lateness_minutes
            .map(|given| given.and_then(|minutes| lateness(&mut findings, minutes))),
        sender: body
            .sender
            .map(|given| given.map(|sender| sender.read(&mut findings))),
        prices: body
            .prices
            .map(|given| given.map(|prices| prices.read(&mut findings))),
        default_wrapper: None,
        default_language: body.default_language.map(|given| {
            given.and_then(|tag| findings.keep("default_language", "invalid_language", tag.parse()))
        }),
        default_region: body
            .default_region
            .map(|given| given.and_then(|text| default_region(&mut findings, text))),
        default_time_zone: body.default_time_zone.map(|given| {
            given.filter(|name| {
                let checked = carillon_compose::check_zone(name);
                findings
                    .keep("default_time_zone", "unknown_zone", checked)
                    .is_some()
            })
        }),
    };
    findings.finish()?;
    let tenant = state.store.change_tenant(&context, &change).await?;
    let tenant = tenant.ok_or_else(Failure::not_found)?;
    let identities = state.store.identities(&context).await?;
    Ok(Json(TenantBody::new(tenant, &identities)))
}

fn lateness(findings: &mut Findings, minutes: i64) -> Option<u32> {
    let minutes = u32::try_from(minutes).ok();
    let minutes = minutes.filter(|minutes| *minutes <= MOST_LATENESS_MINUTES);
    if minutes.is_none() {
        let detail = format!("a number of minutes from 0 to {MOST_LATENESS_MINUTES}");
        findings.add("maximum_lateness_minutes", "out_of_range", detail);
    }
    minutes
}
