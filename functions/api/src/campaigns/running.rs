//! Shared by pausing, resuming and canceling.

use std::time::{Duration, Instant};

use axum::response::{IntoResponse, Response};
use carillon_domain::{
    access::Context,
    campaigns::{Campaign, Status, Stopped},
    delivery::totals::{Counters, Totals},
};
use carillon_http::{failure::Failure, precondition::IfMatch};
use carillon_store::{Error, StopOutcome};
use http::header;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    campaigns::{
        campaign::{CampaignBody, present},
        totals::{Counts, TotalsBody},
    },
    found::{TRIES, changed_meanwhile, find, not_running},
    path::CampaignPath,
    settling::{Waited, until_nothing_begins},
    state::AppState,
};

/// Maximum time for reading the ledger; a million receivers take longer.
const COUNTING: Duration = Duration::from_secs(5);
/// How often to check whether the totals have caught up with the ledger, and the interval.
const LOOKS: usize = 5;
const BETWEEN_LOOKS: Duration = Duration::from_secs(1);

/// A paused or canceled campaign with its delivery counts.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = StoppedCampaign)]
pub(super) struct StoppedBody {
    #[serde(flatten)]
    campaign: CampaignBody,
    /// The deliveries on all channels, counted once no new provider calls could begin.
    counts: Counts,
}

/// A way to stop a campaign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stop {
    /// Temporarily.
    Pause,
    /// Permanently.
    Cancel,
}

impl Stop {
    /// The resulting status.
    fn status(self) -> Status {
        match self {
            Stop::Pause => Status::Paused,
            Stop::Cancel => Status::Canceled,
        }
    }

    fn applies_to(self, status: Status) -> bool {
        match self {
            Stop::Pause => status == Status::Published,
            Stop::Cancel => matches!(status, Status::Published | Status::Paused),
        }
    }

    async fn write(
        self,
        state: &AppState,
        context: &Context,
        campaign: &Campaign,
        IfMatch(version): IfMatch,
        by: &Stopped,
    ) -> Result<StopOutcome, Error> {
        let id = &campaign.id;
        match self {
            Stop::Pause => state.store.pause(context, id, version, by).await,
            Stop::Cancel => state.store.cancel(context, id, version, by).await,
        }
    }
}

/// Stops a campaign and responds once no new calls begin. A campaign that is already stopped gets the
/// same response, and nothing is written.
///
/// # Errors
/// If there is no such campaign, or its status or version does not allow it.
pub(super) async fn stop(
    state: &AppState,
    context: &Context,
    path: &CampaignPath,
    if_match: IfMatch,
    stop: Stop,
) -> Result<Response, Failure> {
    for _ in 0..TRIES {
        let campaign = find(state, context, path).await?;
        if_match.check(&campaign)?;
        if campaign.status == stop.status() {
            return answer(state, context, campaign).await;
        }
        if !stop.applies_to(campaign.status) {
            return Err(not_running(campaign.status));
        }
        let by = Stopped {
            by: context.actor.to_string(),
            at: state.clock.now(),
        };
        match stop.write(state, context, &campaign, if_match, &by).await? {
            StopOutcome::Done(campaign) => return answer(state, context, *campaign).await,
            StopOutcome::NotFound => return Err(Failure::not_found()),
            // Another request came first; read the current state.
            StopOutcome::Refused(_) => {}
        }
    }
    Err(changed_meanwhile())
}

async fn answer(
    state: &AppState,
    context: &Context,
    campaign: Campaign,
) -> Result<Response, Failure> {
    let stopped_at = campaign.stopped.as_ref().map(|stopped| stopped.at);
    let waited = until_nothing_begins(state, context, stopped_at).await?;
    if waited == Waited::Done {
        wait_for_totals(state, &campaign).await?;
    }
    let counted = count_ledger(state, &campaign).await?;
    let campaign = present(state, context, campaign, None).await?;
    let tag = campaign.entity_tag();
    let counts = counted.unwrap_or_else(|| campaign.counts());
    let body = StoppedBody { campaign, counts };
    let mut response = (waited.status(), axum::Json(body)).into_response();
    if let Some(tag) = tag {
        response.headers_mut().insert(header::ETAG, tag);
    }
    Ok(response)
}

/// Waits until the totals have been stable for a moment: they follow the ledger through its stream.
async fn wait_for_totals(state: &AppState, campaign: &Campaign) -> Result<(), Error> {
    let mut before: Option<Counters> = None;
    for _ in 0..LOOKS {
        let counters = state.store.counters(&campaign.tenant, &campaign.id).await?;
        if before.as_ref() == Some(&counters) {
            break;
        }
        before = Some(counters);
        tokio::time::sleep(BETWEEN_LOOKS).await;
    }
    Ok(())
}

/// Counts from the ledger itself, if it can be read completely in a few seconds: under load the totals
/// lag behind. `None` if the campaign is too large for that.
async fn count_ledger(state: &AppState, campaign: &Campaign) -> Result<Option<Counts>, Error> {
    let (deadline, now) = (Instant::now() + COUNTING, state.clock.now());
    let mut sum = Counters::default();
    for shard in 0..campaign.shards {
        let Some((recount, _)) = state.store.recount(campaign, shard, deadline, now).await? else {
            return Ok(None);
        };
        sum.merge(&recount.counters);
    }
    let channels = campaign.channels.iter().copied();
    let totals = Totals::from_counters(&sum, channels, campaign.status);
    Ok(Some(TotalsBody::from(totals).counts()))
}
