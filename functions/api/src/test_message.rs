//! Test messages: through a transport to test it, or of a campaign to see it.

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use carillon_domain::{
    access::Context,
    campaigns::{Campaign, OnUnknown, Status},
    channel::{Channel, Priority, PriorityQueue},
    content::Content,
    delivery::task::DeliveryTask,
    id::{CampaignId, TransportId},
    receivers::Receiver,
};
use carillon_http::{
    failure::Failure,
    share::{self, Slot},
};
use carillon_store::{AddOutcome, DeliveryRow};
use uuid::Uuid;

use crate::{delivery::DeliveryBody, state::AppState};

/// How long the response waits for the providers. API Gateway waits for 30 seconds at most.
const PATIENCE: Duration = Duration::from_secs(20);
/// The polling interval.
const PAUSE: Duration = Duration::from_millis(250);

/// Test messages.
pub(crate) struct TestMessage {
    /// The name of the test's campaign.
    pub(crate) name: String,
    /// The transport to test.
    pub(crate) via: Option<TransportId>,
    /// The campaign to test.
    pub(crate) test_of: Option<CampaignId>,
    /// The content as sent.
    pub(crate) content: Content,
    /// The receivers, each with the channels to use.
    pub(crate) receivers: Vec<(BTreeSet<Channel>, Receiver)>,
}

impl TestMessage {
    /// Sends them and returns the result of each.
    ///
    /// # Errors
    /// If the store or a queue fails, or the tenant has no slot left for a long-running request.
    pub(crate) async fn send(
        self,
        state: &AppState,
        context: &Context,
        fresh: Uuid,
    ) -> Result<(CampaignId, Vec<DeliveryBody>), Failure> {
        let gate = state.gate();
        let place = Slot::take(&gate, context).await?;
        let place = place.ok_or_else(share::no_slot)?;
        let sent = self.send_and_look(state, context, fresh).await;
        place.give_back().await;
        sent
    }

    async fn send_and_look(
        self,
        state: &AppState,
        context: &Context,
        fresh: Uuid,
    ) -> Result<(CampaignId, Vec<DeliveryBody>), Failure> {
        let tenant = &context.tenant;
        let now = state.clock.now();
        let channels = self
            .receivers
            .iter()
            .flat_map(|(channels, _)| channels.iter().copied());
        let channels: BTreeSet<Channel> = channels.collect();
        let campaign = Campaign {
            tenant: tenant.clone(),
            id: CampaignId::new(fresh),
            name: self.name,
            status: Status::Published,
            channels,
            priority: Priority::Urgent,
            default_region: None,
            version: 1,
            content_version: 1,
            generation: 1,
            shards: 1,
            created_by: context.actor.to_string(),
            created_at: now,
            updated_at: now,
            published_at: Some(now),
            completed_at: None,
            schedule: None,
            holds: BTreeSet::new(),
            imports: BTreeSet::new(),
            on_unknown: OnUnknown::Hold,
            failover: None,
            via: self.via,
            test_of: self.test_of,
            composed: None,
            stopped: None,
            schedule_changes: Vec::new(),
            stalled: None,
        };
        state
            .store
            .create_campaign(context, &campaign, &self.content)
            .await?;
        let mut tasks = Vec::new();
        for (channels, receiver) in &self.receivers {
            let people = std::slice::from_ref(receiver);
            let added = state
                .store
                .add_receivers(context, &campaign, people)
                .await?;
            let Some(
                AddOutcome::Added(id) | AddOutcome::Corrected(id) | AddOutcome::Duplicate(id, _),
            ) = added.into_iter().next()
            else {
                return Err(Failure::internal("nobody was added to a test"));
            };
            for channel in channels {
                let task = DeliveryTask {
                    tenant: tenant.clone(),
                    campaign: campaign.id.clone(),
                    generation: campaign.generation,
                    shard: 0,
                    receiver: id.clone(),
                    channel: *channel,
                    resend: 0,
                    address: receiver.address_hash(tenant, *channel),
                };
                let one = std::slice::from_ref(&task);
                let sent = state.deliveries.send(*channel, PriorityQueue::Urgent, one);
                sent.await.map_err(Failure::internal)?;
                tasks.push((task, receiver.clone()));
            }
        }
        let begun = Instant::now();
        let mut bodies = Vec::new();
        for (task, receiver) in tasks {
            let row = loop {
                let row = state
                    .store
                    .delivery(tenant, &campaign.id, 0, &task.receiver, task.channel)
                    .await?;
                let is_final = row.as_ref().is_some_and(|row| row.state.is_final());
                if is_final || begun.elapsed() > PATIENCE {
                    break row;
                }
                tokio::time::sleep(PAUSE).await;
            };
            let row = DeliveryRow::new(&campaign, task.receiver, receiver, task.channel, row);
            bodies.push(DeliveryBody::new(row));
        }
        Ok((campaign.id, bodies))
    }
}
