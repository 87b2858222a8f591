//! Creating a campaign.

use std::collections::{BTreeMap, BTreeSet};

use axum::{extract::State, response::Response};
use carillon_domain::{
    access::{Context, permission::require},
    address::Region,
    campaigns::{Campaign, OnUnknown, SHARDS, Status},
    channel::{Channel, Priority},
    content::Content,
    id::CampaignId,
    transports::routing::Failover,
};
use carillon_http::{
    authentication::Allowed,
    body::{Json, Object, not_null},
    failure::Failure,
    findings::Findings,
    idempotency::FreshId,
    names::{ChannelName, OnUnknownName, PriorityName},
};
use carillon_store::Created;
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::{
    campaigns::{
        campaign::{CampaignBody, present},
        values::{self, ValuesGiven},
    },
    content::{
        body::ContentBody,
        documents::{PresetDocument, TemplateDocument},
        templates::starting_template,
    },
    failover::FailoverBody,
    fields,
    state::AppState,
};

/// A new campaign. Only the name is required.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateCampaign {
    /// The name: 1 to 200 characters.
    #[schema(examples("November news"))]
    name: String,
    /// A template to start from. Its content is copied; later changes to the campaign do not affect the template.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = TemplateReference, required = false)]
    template: Option<Object<TemplateReference>>,
    /// The id of a library template to start from.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = String, required = false, examples("outage-notice"))]
    library: Option<String>,
    /// The id of a preset to start from.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = String, format = "uuid", required = false)]
    preset: Option<String>,
    /// The channels of the campaign.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = Vec<ChannelName>, required = false)]
    channels: Option<Vec<String>>,
    /// The content. It cannot be combined with a template, a preset or a library template, because it would replace all
    /// of their content: set `values` for their placeholders, or change the campaign afterwards.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = ContentBody, required = false)]
    content: Option<Object<ContentBody>>,
    /// Placeholder values for every receiver who has no value of their own, by nested names or dotted paths.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = Object, required = false, examples(json!({ "outage.area": "Riverside" })))]
    values: Option<Map<String, Value>>,
    /// Placeholder values by language tag; they take precedence over `values`.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = BTreeMap<String, Object>, required = false)]
    values_by_language: Option<BTreeMap<String, Map<String, Value>>>,
    /// The priority. Default `normal`.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = PriorityName, required = false)]
    priority: Option<String>,
    /// The region (ISO 3166-1, two letters) used to complete national phone numbers. Default: the region of the tenant.
    #[serde(default)]
    #[schema(examples("GB"))]
    default_region: Option<String>,
    /// What happens to deliveries if it is unknown whether the provider accepted them. Default `hold`.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = OnUnknownName, required = false)]
    on_unknown: Option<String>,
    /// Limits for trying other transports of a route when a provider refused a message or could not deliver it.
    /// Default: no other transport is tried.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = FailoverBody, required = false)]
    failover: Option<FailoverBody>,
}

/// A template, in its current or an earlier version.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TemplateReference {
    /// The template id.
    #[schema(format = "uuid")]
    id: String,
    /// The version. Default: the latest.
    #[serde(default)]
    version: Option<u64>,
}

/// Create a campaign
///
/// A new campaign is a draft and may be incomplete. It starts blank, or from a template, a preset or a library
/// template. Channels, priority and other fields replace those of the starting point, and `values` fill its
/// placeholders.
#[utoipa::path(
    post,
    path = "/v1/campaigns",
    operation_id = "create_campaign",
    tag = "campaigns",
    request_body = CreateCampaign,
    responses((status = CREATED, description = "The campaign.", body = CampaignBody)),
)]
pub(crate) async fn create(
    State(state): State<AppState>,
    Allowed(context, _): Allowed<require::WriteCampaigns>,
    FreshId(id): FreshId,
    Json(body): Json<CreateCampaign>,
) -> Result<Response, Failure> {
    let mut findings = Findings::default();
    let name = fields::name(&mut findings, &body.name);
    let start = start(&state, &context, &body, &mut findings).await?;
    let channels = body
        .channels
        .map(|names| fields::channels(&mut findings, &names));
    let priority = body
        .priority
        .and_then(|name| fields::priority(&mut findings, &name));
    let default_region = body
        .default_region
        .and_then(|text| fields::default_region(&mut findings, text));
    let on_unknown = body
        .on_unknown
        .and_then(|name| fields::on_unknown(&mut findings, &name));
    let failover = body
        .failover
        .and_then(|failover| failover.read(&mut findings));
    let content = body
        .content
        .map(|Object(content)| content.read(&mut findings));
    let mut content = content.unwrap_or(start.content);
    let given = ValuesGiven {
        all: body.values,
        languages: body.values_by_language,
    };
    if given.is_any() {
        given.put_into(&mut content, &mut findings);
        values::check(&state, &context.tenant, &content, &mut findings).await?;
    }
    let Some(name) = name.filter(|_| findings.is_empty()) else {
        return Err(findings.into());
    };
    let draft = Draft {
        name,
        channels: channels.unwrap_or(start.channels),
        priority: priority.unwrap_or(start.priority),
        default_region: default_region.or(start.default_region),
        on_unknown: on_unknown.unwrap_or(start.on_unknown),
        failover: failover.or(start.failover),
        content,
    };
    draft.make(&state, &context, CampaignId::new(id)).await
}

/// The starting point of a campaign.
async fn start(
    state: &AppState,
    context: &Context,
    body: &CreateCampaign,
    findings: &mut Findings,
) -> Result<PresetDocument, Failure> {
    let given = [
        body.template.is_some(),
        body.library.is_some(),
        body.preset.is_some(),
    ];
    if given.into_iter().filter(|is_given| *is_given).count() > 1 {
        findings.add(
            "template",
            "ambiguous",
            "one of template, library and preset",
        );
        return Ok(PresetDocument::blank());
    }
    if body.content.is_some() && given.contains(&true) {
        findings.add(
            "content",
            "ambiguous",
            "it would replace all the content that the campaign starts with; set values for placeholders, or change the content afterwards (PATCH)",
        );
        return Ok(PresetDocument::blank());
    }
    if let Some(Object(reference)) = &body.template {
        let template = template(state, context, reference, findings).await?;
        return Ok(template.map_or_else(PresetDocument::blank, PresetDocument::from));
    }
    if let Some(id) = &body.library {
        let template = starting_template(id);
        let template =
            template.ok_or("no library template with this id exists; GET /v1/library lists them");
        let template = findings.keep("library", "unknown_template", template);
        return Ok(template.map_or_else(PresetDocument::blank, |start| start.document.into()));
    }
    let Some(id) = &body.preset else {
        return Ok(PresetDocument::blank());
    };
    let preset = match id.parse() {
        Ok(id) => state.store.document::<PresetDocument>(context, &id).await?,
        Err(_) => None,
    };
    let preset = preset.ok_or("no preset with this id exists");
    let preset = findings.keep("preset", "unknown_preset", preset);
    Ok(preset.map_or_else(PresetDocument::blank, |written| written.body))
}

async fn template(
    state: &AppState,
    context: &Context,
    reference: &TemplateReference,
    findings: &mut Findings,
) -> Result<Option<TemplateDocument>, Failure> {
    let store = &state.store;
    let newest = match reference.id.parse() {
        Ok(id) => store.document::<TemplateDocument>(context, &id).await?,
        Err(_) => None,
    };
    let is_offered = newest.as_ref().is_some_and(|newest| newest.body.active);
    let written = match (newest, reference.version) {
        (Some(newest), Some(version)) => {
            store
                .document_version::<TemplateDocument>(context, &newest.id, version)
                .await?
        }
        (newest, _) => newest,
    };
    let Some(written) = written else {
        let detail = "no template with this id and version exists";
        findings.add("template", "unknown_template", detail);
        return Ok(None);
    };
    if !is_offered {
        findings.add(
            "template",
            "inactive_template",
            "the template is no longer offered",
        );
    }
    Ok(Some(written.body))
}

/// A campaign about to be created.
pub(crate) struct Draft {
    /// Its name.
    pub(crate) name: String,
    /// Its channels.
    pub(crate) channels: BTreeSet<Channel>,
    /// Its priority.
    pub(crate) priority: Priority,
    /// Its default region.
    pub(crate) default_region: Option<Region>,
    /// How unknown deliveries are handled.
    pub(crate) on_unknown: OnUnknown,
    /// How far to fail over to other transports.
    pub(crate) failover: Option<Failover>,
    /// Its content.
    pub(crate) content: Content,
}

impl Draft {
    /// Creates the campaign, or finds the one that the same request created before.
    ///
    /// # Errors
    /// If the store fails.
    pub(crate) async fn make(
        self,
        state: &AppState,
        context: &Context,
        id: CampaignId,
    ) -> Result<Response, Failure> {
        let now = state.clock.now();
        let default_region = match self.default_region {
            Some(region) => Some(region),
            None => {
                let row = state.store.tenant(&context.tenant).await?;
                row.and_then(|tenant| tenant.default_region)
            }
        };
        let campaign = Campaign {
            tenant: context.tenant.clone(),
            id,
            name: self.name,
            status: Status::Draft,
            channels: self.channels,
            priority: self.priority,
            default_region,
            version: 1,
            content_version: 1,
            generation: 0,
            shards: SHARDS,
            created_by: context.actor.to_string(),
            created_at: now,
            updated_at: now,
            published_at: None,
            completed_at: None,
            schedule: None,
            holds: BTreeSet::new(),
            imports: BTreeSet::new(),
            on_unknown: self.on_unknown,
            failover: self.failover,
            via: None,
            test_of: None,
            composed: None,
            stopped: None,
            schedule_changes: Vec::new(),
            stalled: None,
        };
        let body = match state
            .store
            .create_campaign(context, &campaign, &self.content)
            .await?
        {
            Created::New => present(state, context, campaign, Some(self.content)).await?,
            Created::Existing(existing) => present(state, context, *existing, None).await?,
        };
        Ok(body.answer_created())
    }
}
