//! One campaign: every operation is applied to the model and to the table, and everything is compared.

use std::collections::BTreeMap;

use carillon_domain::{
    campaigns::{OnUnknown, Status},
    delivery::{
        Delivery,
        receipt::{Receipt, StatusUpdate},
    },
    reason::Reason,
};
use carillon_store::{Error, Settlement};
use jiff::{SignedDuration, Timestamp};

use super::{
    calls::Calls,
    ledger::{Ledger, Rule},
    operations::{Actor, Operation, Place, Says, Scenario, Step, Telling},
    owners::Owner,
    statistics::Statistics,
    table::Table,
    writes::{Rows, Write},
};
use crate::support::World;

/// Both sides and all actors.
pub(super) struct Case<'a> {
    pub(super) table: Table<'a>,
    pub(super) ledger: Ledger,
    pub(super) on_unknown: OnUnknown,
    pub(super) status: Status,
    pub(super) generation: u32,
    began: Timestamp,
    pub(super) now: Timestamp,
    pub(super) owners: BTreeMap<usize, Owner>,
    /// Owners so far, those that have ended included.
    pub(super) lives: usize,
    pub(super) calls: Calls,
    /// The operator's view.
    read: BTreeMap<Place, Option<Delivery>>,
    /// The reconciler's findings.
    lapsed: Vec<(Place, Delivery)>,
    /// The last write of each actor.
    pub(super) last: BTreeMap<Actor, Write>,
    pub(super) statistics: Statistics,
}

/// A successful case.
pub(super) struct Ended<'a> {
    pub(super) table: Table<'a>,
    pub(super) rows: Rows,
    pub(super) status: Status,
    pub(super) statistics: Statistics,
}

/// Runs a scenario with a model without some rules.
///
/// # Errors
/// With the first difference, or the first invariant that does not hold.
pub(super) async fn play<'a>(
    world: &'a World,
    scenario: &Scenario,
    without: &[Rule],
) -> Result<Ended<'a>, String> {
    let mut case = Case::begin(world, scenario.on_unknown, without)
        .await
        .map_err(|error| told(&error))?;
    for (number, operation) in scenario.operations.iter().enumerate() {
        case.perform(operation)
            .await
            .map_err(|why| format!("operation {number}, {operation:?}: {why}"))?;
    }
    case.compare_all()
        .await
        .map_err(|why| format!("at the end: {why}"))?;
    case.statistics.calls += case.calls.count();
    Ok(Ended {
        table: case.table,
        rows: case.ledger.rows,
        status: case.status,
        statistics: case.statistics,
    })
}

impl<'a> Case<'a> {
    async fn begin(
        world: &'a World,
        on_unknown: OnUnknown,
        without: &[Rule],
    ) -> Result<Self, Error> {
        let table = Table::new(world, on_unknown).await?;
        let second = Timestamp::now().as_second();
        let began = Timestamp::from_second(second).unwrap_or(Timestamp::UNIX_EPOCH);
        Ok(Self {
            generation: table.campaign.generation,
            table,
            ledger: Ledger::new(without),
            on_unknown,
            status: Status::Published,
            began,
            now: began,
            owners: BTreeMap::new(),
            lives: 0,
            calls: Calls::default(),
            read: BTreeMap::new(),
            lapsed: Vec::new(),
            last: BTreeMap::new(),
            statistics: Statistics::default(),
        })
    }

    async fn perform(&mut self, operation: &Operation) -> Result<(), String> {
        self.statistics.operations += 1;
        match operation {
            Operation::Wait(seconds) => self.now += SignedDuration::from_secs(*seconds),
            Operation::Turn(status) => self.turn(*status),
            Operation::Work {
                owner,
                places,
                steps,
                answer,
            } => {
                for step in steps {
                    match step {
                        Step::ProgressCheck => self.look(*owner, places),
                        Step::Claim => self.claim(*owner, places, true).await?,
                        Step::Call => self.call(*owner, places, *answer),
                        Step::Record => self.record(*owner, places).await?,
                    }
                }
            }
            Operation::Race {
                first,
                second,
                places,
                heeds,
            } => {
                self.look(*first, places);
                self.look(*second, places);
                self.claim(*first, places, true).await?;
                self.claim(*second, places, *heeds).await?;
            }
            Operation::Refuse {
                owner,
                places,
                state,
            } => self.refuse(*owner, places, *state).await?,
            Operation::PutBack { owner, places } => self.put_back(*owner, places).await?,
            Operation::Die { owner } => {
                self.owners.remove(owner);
                self.last.remove(&Actor::Owner(*owner));
            }
            Operation::Settle {
                places,
                settlement,
                reads_first,
            } => self.settle(places, *settlement, *reads_first).await?,
            Operation::GiveUpClaims { recounts_first } => {
                if *recounts_first {
                    self.lapsed = self.recount().await?;
                }
                let write = Write::GiveUpClaims(self.lapsed.clone(), self.now);
                self.commit(Actor::Reconciler, write).await?;
            }
            Operation::Tell(tellings) => {
                let receipts = tellings
                    .iter()
                    .map(|telling| (telling.place, self.receipt(telling)))
                    .collect();
                let write = Write::ApplyReceipts(receipts, self.now);
                self.commit(Actor::Provider, write).await?;
            }
            Operation::Again(actor) => self.again(*actor).await?,
        }
        Ok(())
    }

    fn turn(&mut self, status: Status) {
        match (self.status, status) {
            (Status::Published, Status::Paused)
            | (Status::Published | Status::Paused, Status::Canceled) => self.status = status,
            (Status::Paused, Status::Published) => {
                self.status = status;
                self.generation += 1;
            }
            _ => {}
        }
    }

    async fn settle(
        &mut self,
        places: &[Place],
        settlement: Settlement,
        reads_first: bool,
    ) -> Result<(), String> {
        if reads_first {
            for place in places {
                let row = self.ledger.rows.get(place).cloned();
                self.read.insert(*place, row);
            }
        }
        let read = places
            .iter()
            .filter_map(|place| Some((*place, self.read.get(place)?.clone())))
            .collect();
        let write = Write::Settle(read, settlement, self.now);
        self.commit(Actor::Operator, write).await
    }

    fn receipt(&self, telling: &Telling) -> Receipt {
        let messages = self.calls.messages(telling.place);
        let message = messages.get(telling.message).copied();
        Receipt {
            tenant: self.table.campaign.tenant.clone(),
            campaign: self.table.campaign.id.clone(),
            receiver: self.table.receiver(telling.place),
            channel: telling.place.1,
            transport: None,
            provider_id: message.unwrap_or("message-of-somebody-else").to_owned(),
            at: self.began + SignedDuration::from_secs(telling.at),
            news: match telling.says {
                Says::Accepted => StatusUpdate::Accepted,
                Says::Refused => StatusUpdate::Refused(Reason::new("refused", "")),
                Says::Became(fate) => StatusUpdate::Became(fate),
            },
        }
    }
}

/// An error with its causes.
pub(super) fn told(error: &Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(next) = cause {
        text = format!("{text}: {next}");
        cause = next.source();
    }
    text
}
