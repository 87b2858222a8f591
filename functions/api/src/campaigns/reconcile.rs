//! Putting a campaign right.

use std::time::{Duration, Instant};

use axum::{Json, extract::State};
use carillon_reconcile::{Found, Release, ShardTotals};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    authentication::Caller, body::NoBody, deliveries::ReasonBody, failure::Failure,
    path::CampaignPath, state::AppState,
};

/// The counting ends after this time; the function has 29 seconds in all.
const COUNTING: Duration = Duration::from_secs(15);

/// What was found about a campaign, and what was done.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Reconciled {
    /// Whether it was scheduled for a time that has passed and is on its way now.
    released: bool,
    /// Why it was not released although its time has passed.
    #[serde(skip_serializing_if = "Option::is_none")]
    held: Option<ReasonBody>,
    /// Whether all of it was done and nobody had noticed.
    completed: bool,
    /// Parts of the audience whose hand-over had stopped and was started again.
    restarted_shards: u16,
    /// The generation in which everything that is not settled was handed over again.
    #[serde(skip_serializing_if = "Option::is_none")]
    new_generation: Option<u32>,
    /// Claims that ran out long ago and that no message has settled.
    lapsed_claims: usize,
    /// Attempts whose time came long ago and that no message has made.
    overdue_retries: usize,
    /// Whether a provider account that does not work, or is used up, keeps it waiting.
    waits_for_an_account: bool,
    /// Parts of the audience that were counted anew just now.
    recounted_shards: u16,
    /// Parts that are counted in the background, because there was not enough time.
    recounts_queued: u16,
    /// Totals that differed from the count.
    totals: Vec<ShardDifference>,
}

/// Totals of a part of the audience that differed from a count of its deliveries.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ShardDifference {
    /// The part.
    shard: u16,
    /// Whether they are right now. If not, deliveries have changed within the last minute, and the
    /// totals may only be a little behind; ask again.
    mended: bool,
    /// What differed.
    differences: Vec<CounterDifference>,
}

/// A counter that differed.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CounterDifference {
    /// The counter, for example `email.sent`.
    #[schema(examples("email.sent"))]
    counter: String,
    /// What the totals said.
    counted: i64,
    /// What the deliveries say.
    recounted: i64,
}

/// Look at a campaign as a whole and put it right
///
/// Carillon does this by itself every few minutes for campaigns on their way. It releases what is
/// due, starts again what stopped moving, settles claims that nobody finished, counts the
/// deliveries anew and mends the totals where they differ. Nobody is sent to twice because of it.
#[utoipa::path(
    post,
    path = "/v1/campaigns/{campaign}/reconcile",
    operation_id = "reconcile_campaign",
    tag = "campaigns",
    params(CampaignPath),
    responses((status = OK, description = "What was found and done.", body = Reconciled)),
)]
pub(crate) async fn reconcile(
    State(state): State<AppState>,
    caller: Caller,
    path: CampaignPath,
    NoBody: NoBody,
) -> Result<Json<Reconciled>, Failure> {
    let campaign = super::find(&state, &caller, &path).await?;
    let found = state
        .reconciler
        .examine(
            &caller.tenant,
            &path.campaign,
            Instant::now() + COUNTING,
            state.clock.now(),
        )
        .await?
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
