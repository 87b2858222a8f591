//! The other side: the same writes by the store to a real table.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use carillon_domain::{
    access::Context,
    campaigns::{Campaign, OnUnknown, Status},
    channel::Channel,
    delivery::{Delivery, State, receipt::Receipt, task::DeliveryTask, totals::Totals},
    id::ReceiverId,
    receivers::Receiver,
};
use carillon_store::{
    Claim, Claimed, DeliveryFilter, DeliveryRow, Error, Insert, PageRequest, Reclaim, Record,
    Recount, Store,
};
use jiff::Timestamp;

use super::{
    operations::{Place, RECEIVERS},
    writes::{Ending, Outcome, Replacement, Rows, Write},
};
use crate::{
    store::{content, person, with_status},
    support::World,
};

/// A separate campaign in the shared tables.
pub(super) struct Table<'a> {
    store: &'a Store,
    pub(super) campaign: Campaign,
    people: Vec<(ReceiverId, Receiver)>,
}

impl<'a> Table<'a> {
    /// A published campaign with its receivers, in one shard, so that one query returns all.
    pub(super) async fn new(world: &'a World, on_unknown: OnUnknown) -> Result<Self, Error> {
        let mut campaign = with_status(world, Status::Published);
        campaign.channels = super::CHANNELS.into();
        campaign.shards = 1;
        campaign.on_unknown = on_unknown;
        let store = &world.store;
        store
            .create_campaign(&world.context, &campaign, &content())
            .await?;
        let people: Vec<Receiver> = (0..RECEIVERS)
            .map(|number| {
                let has_phone = Place::all().contains(&Place(number, Channel::Sms));
                let mobile = format!("+44741431000{number}");
                person(&world.address(number), if has_phone { &mobile } else { "" })
            })
            .collect();
        store
            .add_receivers(
                &Context::system(&campaign.tenant, campaign.created_at),
                &campaign,
                &people,
            )
            .await?;
        let people = people
            .into_iter()
            .filter_map(|person| Some((person.id(&campaign.id)?, person)))
            .collect();
        Ok(Self {
            store,
            campaign,
            people,
        })
    }

    /// Makes a write.
    pub(super) async fn apply(&self, write: &Write) -> Result<Outcome, Error> {
        match write {
            Write::Claim(claims) => self.claim(claims).await.map(Outcome::Claimed),
            Write::Record(endings) => self.record(endings).await.map(Outcome::Recorded),
            Write::Settle(read, settlement, now) => {
                let rows: Vec<DeliveryRow> = read
                    .iter()
                    .map(|(place, delivery)| self.listed(*place, delivery.clone()))
                    .collect();
                let tasks = self
                    .store
                    .settle(
                        &Context::system(&self.campaign.tenant, *now),
                        &self.campaign,
                        &rows,
                        *settlement,
                    )
                    .await?;
                let places = tasks.iter().map(|task| (self.place(task), task.resend));
                Ok(Outcome::Settled(places.collect()))
            }
            Write::GiveUpClaims(lapsed, now) => {
                let lapsed: Vec<(DeliveryTask, Delivery)> = lapsed
                    .iter()
                    .map(|(place, delivery)| (self.task(*place), delivery.clone()))
                    .collect();
                let given_up = self.store.abandon_claims(&lapsed, *now).await?;
                Ok(Outcome::GivenUp(given_up))
            }
            Write::ApplyReceipts(receipts, now) => {
                let receipts: Vec<Receipt> = receipts
                    .iter()
                    .map(|(_, receipt)| receipt.clone())
                    .collect();
                let heard = self.store.apply_receipts(&receipts, *now).await?;
                Ok(Outcome::Receipts(heard))
            }
        }
    }

    async fn claim(&self, claims: &[Replacement]) -> Result<Vec<Claimed>, Error> {
        let tasks: Vec<DeliveryTask> = claims.iter().map(|claim| self.task(claim.place)).collect();
        let claims: Vec<Claim<'_>> = claims
            .iter()
            .zip(&tasks)
            .map(|(claim, task)| {
                let delivery = claim.after.clone();
                match &claim.before {
                    None => Claim::Insert(Insert { task, delivery }),
                    Some(before) => Claim::Reclaim(Reclaim {
                        task,
                        before,
                        delivery,
                    }),
                }
            })
            .collect();
        let mut outcomes = self.store.claim(&claims).await?;
        for outcome in &mut outcomes {
            if let Claimed::Lost(Some(row)) = outcome {
                **row = without_words((**row).clone());
            }
        }
        Ok(outcomes)
    }

    async fn record(&self, endings: &[Ending]) -> Result<Vec<carillon_store::Recorded>, Error> {
        let tasks: Vec<DeliveryTask> = endings
            .iter()
            .map(|ending| self.task(ending.place))
            .collect();
        let records: Vec<Record<'_>> = endings
            .iter()
            .zip(&tasks)
            .map(|(ending, task)| Record {
                task,
                claim: &ending.claim,
                delivery: ending.after.clone(),
            })
            .collect();
        self.store.record(&records).await
    }

    /// All rows.
    pub(super) async fn rows(&self) -> Result<Rows, Error> {
        let places = Place::all();
        let tasks: Vec<DeliveryTask> = places.iter().map(|place| self.task(*place)).collect();
        let tasks: Vec<&DeliveryTask> = tasks.iter().collect();
        let loaded = self.store.load_tasks(tasks).await?;
        Ok(places
            .into_iter()
            .zip(loaded)
            .filter_map(|(place, loaded)| Some((place, without_words(loaded.delivery?))))
            .collect())
    }

    /// The result of a recount: totals and everything else, with claims by place.
    pub(super) async fn recount(
        &self,
        status: Status,
        now: Timestamp,
    ) -> Result<(Totals, Recount, Rows), Error> {
        let mut campaign = self.campaign.clone();
        // A newly published campaign is not corrected: the tally's counts from the stream have to be
        // right by themselves.
        campaign.published_at = Some(Timestamp::MAX);
        let deadline = Instant::now() + Duration::from_secs(60);
        let recounted = self.store.recount(&campaign, 0, deadline, now).await?;
        let recount = recounted.map(|(recount, _)| recount).unwrap_or_default();
        let totals = Totals::from_counters(&recount.counters, super::CHANNELS, status);
        let lapsed = recount
            .lapsed
            .iter()
            .map(|(task, delivery)| (self.place(task), without_words(delivery.clone())))
            .collect();
        Ok((totals, recount, lapsed))
    }

    /// The tally's counts so far.
    pub(super) async fn counted(&self, status: Status) -> Result<Totals, Error> {
        let campaign = &self.campaign;
        let counters = self.store.counters(&campaign.tenant, &campaign.id).await?;
        Ok(Totals::from_counters(&counters, super::CHANNELS, status))
    }

    /// The deliveries listed to an operator, all of them or those in a state.
    pub(super) async fn list(
        &self,
        status: Status,
        state: Option<State>,
    ) -> Result<BTreeMap<Place, State>, Error> {
        let mut campaign = self.campaign.clone();
        campaign.status = status;
        let filter = DeliveryFilter {
            state,
            ..DeliveryFilter::default()
        };
        let page = PageRequest::first(100);
        let page = self.store.deliveries(&campaign, &filter, &page).await?;
        let number = |id: &ReceiverId| self.people.iter().position(|(own, _)| own == id);
        Ok(page
            .items
            .into_iter()
            .filter_map(|row| Some((Place(number(&row.receiver_id)?, row.channel), row.state)))
            .collect())
    }

    /// The id of a receiver.
    pub(super) fn receiver(&self, place: Place) -> ReceiverId {
        self.people[place.0].0.clone()
    }

    fn task(&self, place: Place) -> DeliveryTask {
        let (id, receiver) = &self.people[place.0];
        let tenant = &self.campaign.tenant;
        DeliveryTask {
            tenant: tenant.clone(),
            campaign: self.campaign.id.clone(),
            generation: self.campaign.generation,
            shard: 0,
            receiver: id.clone(),
            channel: place.1,
            resend: 0,
            address: receiver.address_hash(tenant, place.1),
        }
    }

    fn place(&self, task: &DeliveryTask) -> Place {
        let number = self
            .people
            .iter()
            .position(|(id, _)| *id == task.receiver)
            .unwrap_or(RECEIVERS);
        Place(number, task.channel)
    }

    fn listed(&self, place: Place, delivery: Option<Delivery>) -> DeliveryRow {
        let (id, receiver) = self.people[place.0].clone();
        DeliveryRow::new(&self.campaign, id, receiver, place.1, delivery)
    }
}

/// Removes the text of a reason, which is for people; only its code is compared.
fn without_words(mut delivery: Delivery) -> Delivery {
    if let Some(reason) = &mut delivery.reason {
        reason.text.clear();
    }
    delivery
}
