//! Tallies: reads the ledger's stream, maintains the totals, and detects when a campaign is complete.

use std::collections::BTreeSet;

use aws_lambda_events::event::dynamodb::{Event, EventRecord};
use carillon_domain::{
    access::Context,
    delivery::{State, receipt::DeliveryStatus, totals::Counters},
    id::{CampaignId, TenantId},
    receivers::Receiver,
};
use carillon_store::{
    Change, Store, StreamPosition,
    keys::{LedgerRow, parse_ledger},
};
use carillon_telemetry::{Line, Outcome};
use jiff::Timestamp;
use lambda_runtime::{Error, LambdaEvent};
use serde::Deserialize;
use serde_dynamo::Item;

/// The part of a delivery's row that the totals need.
#[derive(Deserialize)]
struct Counted {
    state: State,
    fate: Option<DeliveryStatus>,
}

/// The principal that deletes expired rows (DynamoDB Developer Guide, "DynamoDB Streams and Time to
/// Live").
const EXPIRY: &str = "dynamodb.amazonaws.com";

/// Counts one batch of stream records.
///
/// # Errors
/// If the totals could not be written; the batch is redelivered, and nothing is counted twice.
pub async fn handle(store: &Store, event: LambdaEvent<Event>) -> Result<(), Error> {
    let mut line = Line::begin("tally", &event.context);
    let result = count(store, &event.payload.records, &mut line).await;
    line.end(Outcome::of(&result));
    Ok(result?)
}

async fn count(
    store: &Store,
    records: &[EventRecord],
    line: &mut Line,
) -> Result<(), carillon_store::Error> {
    let changes: Vec<(Change, Turn)> = records.iter().filter_map(change).collect();
    let counted: Vec<Change> = changes.iter().map(|(change, _)| change.clone()).collect();
    store.count(&counted).await?;
    // No metric, because each line has it: the stream's lag and the sent messages say more.
    line.note("counted", counted.len());
    let in_which = |turn: Turn| -> BTreeSet<(&TenantId, &CampaignId)> {
        changes
            .iter()
            .filter(|(_, own)| *own == turn)
            .map(|(change, _)| (&change.tenant, &change.campaign))
            .collect()
    };
    let (reopened, finished) = (in_which(Turn::Reopened), in_which(Turn::Finished));
    // A delivery that was counted as final and is to be resent reopens a completed campaign.
    let now = Timestamp::now();
    for (tenant, campaign) in reopened {
        store
            .reopen_if_open(&Context::system(tenant, now), campaign)
            .await?;
    }
    for (tenant, campaign) in finished {
        let context = Context::system(tenant, now);
        if store.complete_if_done(&context, campaign).await? {
            line.count("completed", 1_u64);
        }
    }
    Ok(())
}

/// How a record changes whether its delivery is final.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Turn {
    /// It became final.
    Finished,
    /// It was final and no longer is.
    Reopened,
    /// Neither.
    Neither,
}

/// The changes in a record to the counters and to whether its delivery is final.
///
/// An unreadable record is logged and left out: it must not hold up everybody's totals.
fn change(record: &EventRecord) -> Option<(Change, Turn)> {
    if record
        .user_identity
        .as_ref()
        .is_some_and(|identity| identity.principal_id == EXPIRY)
    {
        return None;
    }
    let read = read(record);
    if read.is_none() {
        tracing::error!(event = record.event_id, "could not count a stream record");
    }
    read
}

fn read(record: &EventRecord) -> Option<(Change, Turn)> {
    let stream = &record.change;
    let key = |name: &str| match stream.keys.get(name) {
        Some(serde_dynamo::AttributeValue::S(text)) => Some(text.as_str()),
        _ => None,
    };
    let (tenant, campaign, shard, row) = parse_ledger(key("pk")?, key("sk")?)?;
    let position = StreamPosition::new(stream.sequence_number.as_deref()?);
    let at = Timestamp::from_millisecond(stream.approximate_creation_date_time.timestamp_millis())
        .ok()?;
    let mut counters = Counters::default();
    let (mut was_final, mut is_final) = (false, false);
    for (image, by) in [(&stream.old_image, -1), (&stream.new_image, 1)] {
        if image.is_empty() {
            continue;
        }
        match &row {
            LedgerRow::Receiver(_) if image.contains_key("alias_of") => {}
            LedgerRow::Receiver(_) => counters.count_receiver(&parse::<Receiver>(image)?, by),
            LedgerRow::Delivery(_, channel) => {
                let Counted { state, fate } = parse(image)?;
                counters.count_delivery(*channel, state, by);
                if let Some(fate) = fate {
                    counters.count_fate(*channel, fate, by);
                }
                if by > 0 {
                    is_final = state.is_final();
                } else {
                    was_final = state.is_final();
                }
            }
        }
    }
    let turn = match (was_final, is_final) {
        (_, true) => Turn::Finished,
        (true, false) if !stream.new_image.is_empty() => Turn::Reopened,
        _ => Turn::Neither,
    };
    Some((
        Change {
            tenant,
            campaign,
            shard,
            position,
            at,
            counters,
        },
        turn,
    ))
}

fn parse<T: serde::de::DeserializeOwned>(image: &Item) -> Option<T> {
    serde_dynamo::from_item(image.clone()).ok()
}
