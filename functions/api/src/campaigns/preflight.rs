//! Preflight: checking a campaign before it is published.

mod gate;
mod report;

use std::time::{Duration, SystemTime};

use axum::{Json, extract::State};
use carillon_domain::{
    access::{Context, permission::require},
    campaigns::{Campaign, preflight::View},
    content::Content,
    operations::job::{JobStatus, Work},
};
use carillon_http::{
    authentication::Allowed,
    failure::{Failure, chain},
    query::Query,
};
use carillon_preflight::{Progress, advance};
use carillon_store::Preflight;
pub(super) use gate::require_good;
use jiff::{SignedDuration, Timestamp};
use report::{PreflightBody, report};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use utoipa::IntoParams;
use uuid::Uuid;

use crate::{
    content::composing::as_written_and_sent, found::find, path::CampaignPath, state::AppState,
};

/// How long a request checks receivers itself; the rest continues in the background.
const PATIENCE: Duration = Duration::from_secs(5);
/// Up to this many receivers, results are computed anew each time.
const SMALL: u64 = 2_000;
/// Above it, results are reused for this long.
const RECENT: SignedDuration = SignedDuration::from_mins(10);
/// A run without progress for this long is enqueued again.
const STILL: SignedDuration = SignedDuration::from_mins(1);

/// Whether to start a new run.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PreflightQuery {
    /// `true` starts a new preflight run, even if there is one from the last ten minutes.
    #[serde(default)]
    fresh: bool,
}

/// Run preflight on a campaign
///
/// Checks every receiver: who gets the message on which channel and in which language, who does not and why, which
/// values are missing, how long sending will take and what it will cost. Up to a few thousand receivers are checked while
/// you wait. For more, `status` is `running` until all have been checked in the background. Results for more than 2,000
/// receivers are reused for ten minutes.
#[utoipa::path(
    get,
    path = "/v1/campaigns/{campaign}/preflight",
    operation_id = "show_preflight",
    tag = "campaigns",
    params(CampaignPath, PreflightQuery),
    responses((status = OK, description = "The preflight results.", body = PreflightBody)),
)]
pub(crate) async fn show(
    State(state): State<AppState>,
    Allowed(context, _): Allowed<require::ReadCampaigns>,
    path: CampaignPath,
    Query(query): Query<PreflightQuery>,
) -> Result<Json<PreflightBody>, Failure> {
    let campaign = find(&state, &context, &path).await?;
    let (written, made) = as_written_and_sent(&state, &context, &campaign).await?;
    let content = match made {
        Ok(content) => content,
        Err(failure) if failure.errors().is_empty() => return Err(failure),
        Err(failure) => {
            return report(&state, &context, &campaign, &written, None, Some(&failure))
                .await
                .map(Json);
        }
    };
    let now = state.clock.now();
    let last = Last::read(&state, &context, &campaign, &content).await?;
    let preflight = match last.look.clone().filter(|_| !query.fresh) {
        Some(look) if look.finished_at.is_none() => {
            let is_still = now.duration_since(look.updated_at) > STILL;
            match is_still && !continue_later(&state, &context, &campaign, &look.run).await {
                true => begin(&state, &context, &campaign, &content, &last.basis).await?,
                false => look,
            }
        }
        Some(look) if last.is_recent(now) => look,
        _ => begin(&state, &context, &campaign, &content, &last.basis).await?,
    };
    let seen = Some((&content, preflight));
    report(&state, &context, &campaign, &written, seen, None)
        .await
        .map(Json)
}

/// The latest preflight run of a campaign as it is now, if any.
struct Last {
    /// Identifies the content and the prices.
    basis: String,
    look: Option<Preflight>,
    /// Whether receivers were added or removed since.
    is_outdated: bool,
}

impl Last {
    async fn read(
        state: &AppState,
        context: &Context,
        campaign: &Campaign,
        content: &Content,
    ) -> Result<Self, Failure> {
        let Campaign { tenant, id, .. } = campaign;
        let (look, row, counters) = tokio::try_join!(
            Box::pin(state.store.preflight(context, id)),
            Box::pin(state.store.tenant(tenant)),
            Box::pin(state.store.counters(tenant, id)),
        )?;
        let prices = row.and_then(|tenant| tenant.prices);
        let basis = serde_json::to_vec(&(content, prices)).map_err(Failure::internal)?;
        let basis = hex::encode(Sha256::digest(&basis));
        let is_same =
            |look: &Preflight| look.campaign_version == campaign.version && look.basis == basis;
        let look = look.filter(is_same);
        let is_whole = look.as_ref().filter(|look| look.finished_at.is_some());
        let is_outdated =
            is_whole.is_some_and(|look| look.view.receivers != counters.get("receivers"));
        Ok(Self {
            basis,
            look,
            is_outdated,
        })
    }

    /// Whether the results are reused: they took long and are still valid.
    fn is_recent(&self, now: Timestamp) -> bool {
        let Some(look) = &self.look else {
            return false;
        };
        let Some(at) = look.finished_at else {
            return true;
        };
        let took = at.duration_since(look.started_at);
        let is_large = look.view.receivers > SMALL || took.unsigned_abs() > PATIENCE;
        is_large && !self.is_outdated && now.duration_since(at) < RECENT
    }
}

async fn begin(
    state: &AppState,
    context: &Context,
    campaign: &Campaign,
    content: &Content,
    basis: &str,
) -> Result<Preflight, Failure> {
    let now = state.clock.now();
    let preflight = Preflight {
        run: Uuid::now_v7().to_string(),
        campaign_version: campaign.version,
        basis: basis.to_owned(),
        started_at: now,
        updated_at: now,
        finished_at: None,
        steps: 0,
        cursor: None,
        view: View::default(),
    };
    state
        .store
        .begin_preflight(context, campaign, &preflight, content)
        .await?;
    let end = SystemTime::now() + PATIENCE;
    let progress = advance(&state.store, campaign, preflight.clone(), end).await;
    match progress.map_err(Failure::internal)? {
        Progress::Seen(seen) => {
            if seen.finished_at.is_none() {
                continue_later(state, context, campaign, &seen.run).await;
            }
            Ok(*seen)
        }
        // Another request has started a run meanwhile, which has seen as much.
        Progress::Overtaken => {
            let last = state.store.preflight(context, &campaign.id).await?;
            Ok(last.unwrap_or(preflight))
        }
    }
}

/// Continues a run in the background, unless its job was canceled. If that fails, the next request tries again.
async fn continue_later(
    state: &AppState,
    context: &Context,
    campaign: &Campaign,
    run: &str,
) -> bool {
    let Ok(id) = run.parse() else {
        return false;
    };
    let work = Work::Preflight {
        campaign: campaign.id.clone(),
        run: run.to_owned(),
    };
    match state.reconciler.start_job(context, id, work).await {
        Ok(job) => job.status != JobStatus::Canceled,
        Err(error) => {
            tracing::warn!(error = chain(&error), "could not start a preflight job");
            true
        }
    }
}
