//! Making a campaign.

use std::collections::BTreeSet;

use axum::{extract::State, response::Response};
use carillon_domain::{
    address::Region,
    campaign::{Campaign, OnUnknown, SHARDS, Status},
    channel::{Channel, Priority},
    content::Content,
    id::CampaignId,
    routing::Failover,
};
use carillon_store::Created;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{
    campaign::{CampaignBody, present},
    content::ContentBody,
    failover::FailoverBody,
    fields,
};
use crate::{
    authentication::Caller,
    body::{Json, Object, not_null},
    failure::Failure,
    findings::Findings,
    idempotency::FreshId,
    names::{ChannelName, OnUnknownName, PriorityName},
    state::AppState,
};

/// A campaign to make. All but the name can wait.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateCampaign {
    /// What to call it: 1 to 200 characters.
    #[schema(examples("November news"))]
    name: String,
    /// The channels that it uses.
    #[serde(default)]
    #[schema(value_type = Vec<ChannelName>, required = false)]
    channels: Vec<String>,
    /// What it says.
    #[serde(default)]
    #[schema(value_type = ContentBody, required = false)]
    content: Object<ContentBody>,
    /// How urgent it is; normal unless it is said.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = PriorityName, required = false)]
    priority: Option<String>,
    /// The region (ISO 3166-1, two letters) that completes national phone numbers.
    #[serde(default)]
    #[schema(examples("GB"))]
    default_region: Option<String>,
    /// What becomes of deliveries of which nobody knows whether the provider took them; hold unless it is said.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = OnUnknownName, required = false)]
    on_unknown: Option<String>,
    /// How far other transports of a route are tried for a message that a provider refused or could not deliver; not at
    /// all unless it is said.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = FailoverBody, required = false)]
    failover: Option<FailoverBody>,
}

/// Make a campaign
///
/// It begins as a draft, which may be incomplete.
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
    caller: Caller,
    FreshId(id): FreshId,
    Json(body): Json<CreateCampaign>,
) -> Result<Response, Failure> {
    let mut findings = Findings::default();
    let name = fields::name(&mut findings, &body.name);
    let channels = fields::channels(&mut findings, &body.channels);
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
    let content = body.content.0.read(&mut findings);
    let Some(name) = name.filter(|_| findings.is_empty()) else {
        return Err(findings.into());
    };
    let draft = Draft {
        name,
        channels,
        priority: priority.unwrap_or_default(),
        default_region,
        on_unknown: on_unknown.unwrap_or_default(),
        failover,
        content,
    };
    draft.make(&state, &caller, CampaignId::new(id)).await
}

/// A campaign that is about to be made.
pub(crate) struct Draft {
    /// Its name.
    pub(crate) name: String,
    /// Its channels.
    pub(crate) channels: BTreeSet<Channel>,
    /// Its priority.
    pub(crate) priority: Priority,
    /// Its default region.
    pub(crate) default_region: Option<Region>,
    /// What becomes of deliveries of which nobody knows.
    pub(crate) on_unknown: OnUnknown,
    /// How far other transports are tried.
    pub(crate) failover: Option<Failover>,
    /// Its content.
    pub(crate) content: Content,
}

impl Draft {
    /// Makes the campaign, or finds the one that the same request made before.
    ///
    /// # Errors
    /// If the store does not do it.
    pub(crate) async fn make(
        self,
        state: &AppState,
        caller: &Caller,
        id: CampaignId,
    ) -> Result<Response, Failure> {
        let now = state.clock.now();
        let campaign = Campaign {
            tenant: caller.tenant.clone(),
            id,
            name: self.name,
            status: Status::Draft,
            channels: self.channels,
            priority: self.priority,
            default_region: self.default_region,
            version: 1,
            content_version: 1,
            generation: 0,
            shards: SHARDS,
            created_by: caller.key_id.to_string(),
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
            stopped: None,
            stalled: None,
        };
        let body = match state
            .store
            .create_campaign(&campaign, &self.content)
            .await?
        {
            Created::New => present(state, campaign, Some(self.content)).await?,
            Created::Existing(existing) => present(state, *existing, None).await?,
        };
        Ok(body.answer_created())
    }
}
