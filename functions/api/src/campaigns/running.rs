//! What pausing, resuming and canceling have in common.

use std::time::{Duration, Instant};

use axum::response::{IntoResponse, Response};
use carillon_domain::{access::Context, campaigns::{Campaign, Status, Stopped}, delivery::totals::{Counters, Totals}};
use carillon_http::{failure::Failure, precondition::IfMatch};
use carillon_store::{Error, Turned};
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

/// How long the ledger may be read for an answer; a million receivers take longer.
const COUNTING: Duration = Duration::from_secs(5);
/// How often to look whether the totals have caught up with the ledger, and how long between two looks.
const LOOKS: usize = 5;
const BETWEEN_LOOKS: Duration = Duration::from_secs(1);

/// A paused or canceled campaign with its delivery counts.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = StoppedCampaign)]
pub(super) struct StoppedBody {
    #[serde(flatten)]
    campaign: CampaignBody,
    /// The deliveries on all channels, counted after no more provider calls began.
    counts: Counts,
}

/// A way to stop a campaign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stop {
    /// For a while.
    Pause,
    /// For good.
    Cancel,
}

impl Stop {
    /// What the campaign is afterwards.
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
        campaign: &Campaign,
        IfMatch(version): IfMatch,
        by: &Stopped,
    ) -> Result<Turned, Error> {
        let (tenant, id) = (&campaign.tenant, &campaign.id);
        match self {
            Stop::Pause => state.store.pause(tenant, id, version, by).await,
            Stop::Cancel => state.store.cancel(tenant, id, version, by).await,
        }
    }
}

/// Stops a campaign, and answers once nothing more begins. A campaign that is stopped already is
/// answered the same way, and nothing is written.
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
            return answer(state, campaign).await;
        }
        if !stop.applies_to(campaign.status) {
            return Err(not_running(campaign.status));
        }
        let by = Stopped {
            by: context.actor.to_string(),
            at: state.clock.now(),
        };
        match stop.write(state, &campaign, if_match, &by).await? {
            Turned::Done(campaign) => return answer(state, *campaign).await,
            Turned::NotFound => return Err(Failure::not_found()),
            // Somebody came between; the next look says what it is now.
            Turned::Refused(_) => {}
        }
    }
    Err(changed_meanwhile())
}

async fn answer(state: &AppState, campaign: Campaign) -> Result<Response, Failure> {
    let stopped_at = campaign.stopped.as_ref().map(|stopped| stopped.at);
    let waited = until_nothing_begins(state, &campaign.tenant, stopped_at).await?;
    if waited == Waited::Done {
        wait_for_totals(state, &campaign).await?;
    }
    let counted = count_ledger(state, &campaign).await?;
    let campaign = present(state, campaign, None).await?;
    let tag = campaign.entity_tag();
    let counts = counted.unwrap_or_else(|| campaign.counts());
    let body = StoppedBody { campaign, counts };
    let mut response = (waited.status(), axum::Json(body)).into_response();
    if let Some(tag) = tag {
        response.headers_mut().insert(header::ETAG, tag);
    }
    Ok(response)
}

/// Waits until the totals have not changed for a moment: they follow the ledger through its stream.
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

/// What the ledger itself says, if it can be read as a whole in a few seconds: while much is going
/// on, the totals are behind it. `None` for a campaign that is too large for that.
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
