//! Changing a draft.

use std::collections::BTreeMap;

use axum::{extract::State, response::Response};
use carillon_domain::{
    access::{Context, permission::require},
    content::Content,
};
use carillon_http::{
    authentication::Allowed,
    body::{Json, Object, clearable, not_null},
    failure::Failure,
    findings::Findings,
    names::{ChannelName, OnUnknownName, PriorityName},
    precondition::IfMatch,
};
use carillon_store::{CampaignChange, Changed};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::{
    campaigns::{
        campaign::{CampaignBody, present},
        values::{self, ValuesGiven},
    },
    content::{body::ContentBody, documents},
    failover::FailoverBody,
    fields,
    found::not_a_draft,
    path::CampaignPath,
    state::AppState,
};

/// The changes. Absent fields stay unchanged.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangeCampaign {
    /// The name: 1 to 200 characters.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = String, required = false)]
    name: Option<String>,
    /// The channels of the campaign.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = Vec<ChannelName>, required = false)]
    channels: Option<Vec<String>>,
    /// The content. Replaces all content; `values` stay unchanged.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = ContentBody, required = false)]
    content: Option<Object<ContentBody>>,
    /// Placeholder values for every receiver who has no value of their own. Replaces all values.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = Object, required = false, examples(json!({ "outage.area": "Riverside" })))]
    values: Option<Map<String, Value>>,
    /// Placeholder values by language tag. Replaces the values of all languages.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = BTreeMap<String, Object>, required = false)]
    values_by_language: Option<BTreeMap<String, Map<String, Value>>>,
    /// The priority.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = PriorityName, required = false)]
    priority: Option<String>,
    /// The region (ISO 3166-1, two letters) used to complete national phone numbers; `null` removes it.
    #[serde(default, deserialize_with = "clearable")]
    #[schema(value_type = Option<String>)]
    default_region: Option<Option<String>>,
    /// What happens to deliveries if it is unknown whether the provider accepted them.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = OnUnknownName, required = false)]
    on_unknown: Option<String>,
    /// Limits for trying other transports of a route; `null` to try none.
    #[serde(default, deserialize_with = "clearable")]
    #[schema(value_type = Option<FailoverBody>)]
    failover: Option<Option<FailoverBody>>,
}

/// Change a draft
///
/// The If-Match header must name the version that the change is based on. If the draft has changed since, the response
/// contains its current state (`current`).
#[utoipa::path(
    patch,
    path = "/v1/campaigns/{campaign}",
    operation_id = "change_campaign",
    tag = "campaigns",
    params(CampaignPath),
    request_body = ChangeCampaign,
    responses((status = OK, description = "The updated campaign.", body = CampaignBody)),
    extensions(("x-problems" = json!(["not-a-draft", "stale-version", "precondition-required"])), ("x-if-match" = json!("required"))),
)]
pub(crate) async fn change(
    State(state): State<AppState>,
    Allowed(context, _): Allowed<require::WriteCampaigns>,
    path: CampaignPath,
    if_match: IfMatch,
    Json(body): Json<ChangeCampaign>,
) -> Result<Response, Failure> {
    let version = if_match.required()?;
    let mut findings = Findings::default();
    let given = ValuesGiven {
        all: body.values,
        languages: body.values_by_language,
    };
    let content = body
        .content
        .map(|Object(content)| content.read(&mut findings));
    let content = with_values(&state, &context, &path, content, given, &mut findings).await?;
    let change = CampaignChange {
        name: body
            .name
            .and_then(|name| fields::name(&mut findings, &name)),
        channels: body
            .channels
            .map(|names| fields::channels(&mut findings, &names)),
        content,
        priority: body
            .priority
            .and_then(|name| fields::priority(&mut findings, &name)),
        on_unknown: body
            .on_unknown
            .and_then(|name| fields::on_unknown(&mut findings, &name)),
        failover: body
            .failover
            .map(|given| given.and_then(|failover| failover.read(&mut findings))),
        default_region: body
            .default_region
            .map(|region| region.and_then(|text| fields::default_region(&mut findings, text))),
    };
    // Findings come before a version conflict.
    if !findings.is_empty() {
        crate::found::find(&state, &context, &path).await?;
    }
    findings.finish()?;
    let content = change.content.clone();
    match state
        .store
        .change_campaign(&context, &path.campaign, version, change)
        .await?
    {
        Changed::Done(campaign) => Ok(present(&state, &context, *campaign, content)
            .await?
            .answer(StatusCode::OK)),
        Changed::NotFound => Err(Failure::not_found()),
        // After a conflict, show the current state.
        Changed::Stale(campaign) => {
            let current = campaign.version;
            let shown = documents::shown(present(&state, &context, *campaign, None).await?);
            Err(documents::stale(current, version, shown))
        }
        Changed::NotDraft(status) => Err(not_a_draft(status)),
    }
}

/// The content to write, with its values: content without values keeps the existing values, and values without content
/// go with the existing content. If either changes meanwhile, so does the campaign's version.
async fn with_values(
    state: &AppState,
    context: &Context,
    path: &CampaignPath,
    written: Option<Content>,
    given: ValuesGiven,
    findings: &mut Findings,
) -> Result<Option<Content>, Failure> {
    if written.is_none() && !given.is_any() {
        return Ok(None);
    }
    let kept = state.store.content(context, &path.campaign).await?;
    let kept = kept.map(|(_, content)| content).unwrap_or_default();
    let mut content = match written {
        Some(written) => Content {
            values: kept.values,
            ..written
        },
        None => kept,
    };
    given.put_into(&mut content, findings);
    values::check(state, &context.tenant, &content, findings).await?;
    Ok(Some(content))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absent_and_null_are_different() {
        let read = |json: &str| carillon_http::body::parse::<ChangeCampaign>(json.as_bytes());
        assert_eq!(read("{}").unwrap().default_region, None);
        assert_eq!(
            read(r#"{"default_region":null}"#).unwrap().default_region,
            Some(None)
        );
        assert_eq!(
            read(r#"{"default_region":"GB"}"#).unwrap().default_region,
            Some(Some("GB".to_owned()))
        );
        for bad in [
            r#"{"name":null}"#,
            r#"{"channels":null}"#,
            r#"{"content":null}"#,
            r#"{"values":null}"#,
            r#"{"values_by_language":{"de":null}}"#,
            r#"{"priority":null}"#,
        ] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
