//! Reconciling a campaign.

use std::time::{Duration, Instant};

use axum::{Json, extract::State};
use carillon_domain::access::permission::require;
use carillon_http::{authentication::Allowed, body::NoBody, failure::Failure};
use carillon_reconcile::{Found, Release, ShardTotals};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{delivery::ReasonBody, path::CampaignPath, state::AppState};

/// Recounting stops after this time; the function has 29 seconds in all.
const COUNTING: Duration = Duration::from_secs(15);

/// What was found and fixed.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Reconciled {
    /// Whether the campaign was due and has been released now.
    released: bool,
    /// Why the campaign was not released although it is due.
    #[serde(skip_serializing_if = "Option::is_none")]
    held: Option<ReasonBody>,
    /// Whether all deliveries were final and the campaign has been marked as completed now.
    completed: bool,
    /// The number of shards of the audience whose fan-out had stopped and was restarted.
    restarted_shards: u16,
    /// The generation in which all deliveries that are not final were enqueued again.
    #[serde(skip_serializing_if = "Option::is_none")]
    new_generation: Option<u32>,
    /// Claims that expired long ago and that no message has settled.
    lapsed_claims: usize,
    /// Retries that are long overdue.
    overdue_retries: usize,
    /// Whether the campaign is waiting for a provider account that is not working or has used up its quota.
    waits_for_an_account: bool,
    /// The number of shards recounted now.
    recounted_shards: u16,
    /// The number of shards being recounted in the background, because time ran out.
    recounts_queued: u16,
    /// Totals that differed from the recount.
    totals: Vec<ShardDifference>,
}

/// The totals of a shard that differed from a recount of its deliveries.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ShardDifference {
    /// The shard.
    shard: u16,
    /// Whether the totals are correct now. If not, deliveries have changed within the last minute and the totals may
    /// just be slightly behind. Repeat the request.
    mended: bool,
    /// The counters that differed.
    differences: Vec<CounterDifference>,
}

/// A counter that differed.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CounterDifference {
    /// The counter, for example `email.sent`.
    #[schema(examples("email.sent"))]
    counter: String,
    /// The value in the totals.
    counted: i64,
    /// The value according to the deliveries.
    recounted: i64,
}

/// Reconcile a campaign
///
/// Carillon does this automatically every few minutes for running campaigns. It releases campaigns that are due,
/// restarts work that has stopped, settles claims that were never finished, recounts the deliveries and corrects the
/// totals. It does not cause any message to be sent twice.
#[utoipa::path(
    post,
    path = "/v1/campaigns/{campaign}/reconcile",
    operation_id = "reconcile_campaign",
    tag = "campaigns",
    params(CampaignPath),
    responses((status = OK, description = "What was found and fixed.", body = Reconciled)),
)]
pub(crate) async fn reconcile(
    State(state): State<AppState>,
    Allowed(context, _): Allowed<require::SendCampaigns>,
    path: CampaignPath,
    NoBody: NoBody,
) -> Result<Json<Reconciled>, Failure> {
    let campaign = crate::found::find(&state, &context, &path).await?;
    let found = state
        .reconciler
        .examine(
            &context.tenant,
            &path.campaign,
            Instant::now() + COUNTING,
            state.clock.now(),
        )
        .await
        .map_err(Failure::internal)?
        .ok_or_else(Failure::not_found)?;
    Ok(Json(Reconciled::new(found, campaign.shards)))
}

impl Reconciled {
    fn new(found: Found, shards: u16) -> Self {
        let Found {
            release,
            moved,
            recounted_shards,
            totals,
            lapsed,
            overdue,
            waits_for_an_account,
            was_counted,
        } = found;
        let recounts_queued = if was_counted {
            shards.saturating_sub(recounted_shards)
        } else {
            0
        };
        Self {
            released: release == Some(Release::OnItsWay),
            held: match release {
                Some(Release::Held(reason)) => Some(reason.into()),
                _ => None,
            },
            completed: moved.completed,
            restarted_shards: moved.restarted_shards,
            new_generation: moved.generation,
            lapsed_claims: lapsed,
            overdue_retries: overdue,
            waits_for_an_account,
            recounted_shards,
            recounts_queued,
            totals: totals.into_iter().map(ShardDifference::from).collect(),
        }
    }
}

impl From<ShardTotals> for ShardDifference {
    fn from(totals: ShardTotals) -> Self {
        let differences = totals
            .differences
            .into_iter()
            .map(|difference| CounterDifference {
                counter: difference.counter,
                counted: difference.counted,
                recounted: difference.recounted,
            });
        Self {
            shard: totals.shard,
            mended: totals.mended,
            differences: differences.collect(),
        }
    }
}
