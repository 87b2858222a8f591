//! What owners do in a case, step by step.

use carillon_domain::delivery::{Delivery, State};
use carillon_store::{Claimed, Recorded};

use super::{
    case::Case,
    operations::{Actor, Answer, Place},
    owners::{self, Held, Owner, View},
    writes::{Ending, Outcome, Replacement, Write},
};

impl Case<'_> {
    fn owner(&mut self, number: usize) -> &mut Owner {
        let lives = &mut self.lives;
        self.owners.entry(number).or_insert_with(|| {
            *lives += 1;
            Owner::new(format!("owner-{number}-{lives}"))
        })
    }

    /// Reads rows, which are equal on both sides after every write.
    pub(super) fn look(&mut self, number: usize, places: &[Place]) {
        for place in places {
            let view = View {
                row: self.ledger.rows.get(place).cloned(),
                status: self.status,
                generation: self.generation,
            };
            self.owner(number).views.insert(*place, view);
        }
    }

    fn wanted(&mut self, number: usize, places: &[Place]) -> Vec<Replacement> {
        let (on_unknown, now) = (self.on_unknown, self.now);
        let owner = self.owner(number);
        places
            .iter()
            .filter_map(|place| {
                let view = owner.views.get(place)?;
                Some(Replacement {
                    place: *place,
                    before: view.row.clone(),
                    after: owner.wants(view, on_unknown, now)?,
                })
            })
            .collect()
    }

    pub(super) async fn claim(
        &mut self,
        number: usize,
        places: &[Place],
        heeds: bool,
    ) -> Result<(), String> {
        let wanted = self.wanted(number, places);
        let outcome = self
            .execute(Actor::Owner(number), Write::Claim(wanted.clone()))
            .await?;
        self.learn_claims(number, &wanted, &outcome, heeds)
    }

    /// Ends claimable deliveries without a claim.
    pub(super) async fn refuse(
        &mut self,
        number: usize,
        places: &[Place],
        state: State,
    ) -> Result<(), String> {
        let now = self.now;
        let mut wanted = self.wanted(number, places);
        wanted.retain(|replacement| replacement.after.state == State::Claimed);
        for replacement in &mut wanted {
            let claim = &replacement.after;
            let unclaimed = || Delivery::unclaimed(claim.generation, now);
            let before = replacement.before.clone().unwrap_or_else(unclaimed);
            let in_doubt = claim.in_doubt;
            let before = Delivery { in_doubt, ..before };
            replacement.after = owners::ended(&before, state, "refused_before", now);
        }
        let outcome = self
            .execute(Actor::Owner(number), Write::Claim(wanted.clone()))
            .await?;
        self.learn_claims(number, &wanted, &outcome, true)
    }

    fn learn_claims(
        &mut self,
        number: usize,
        wanted: &[Replacement],
        outcome: &Outcome,
        heeds: bool,
    ) -> Result<(), String> {
        let Outcome::Claimed(results) = outcome else {
            return Ok(());
        };
        for (replacement, result) in wanted.iter().zip(results) {
            let (place, claim) = (replacement.place, &replacement.after);
            let is_ours = *result == Claimed::Won;
            if !is_ours && heeds {
                self.owner(number).views.remove(&place);
                continue;
            }
            // Its view is its own row until the next read.
            if let Some(view) = self.owner(number).views.get_mut(&place) {
                view.row = Some(claim.clone());
            }
            if claim.state != State::Claimed {
                continue;
            }
            let is_new = !is_ours || self.calls.permit(place, claim, self.on_unknown)?;
            if is_new {
                self.owner(number).held.push(Held {
                    place,
                    claim: claim.clone(),
                    is_ours,
                    answer: None,
                });
            }
        }
        Ok(())
    }

    /// Calls the provider for the oldest claim without a call at each place.
    pub(super) fn call(&mut self, number: usize, places: &[Place], answer: Answer) {
        let Some(owner) = self.owners.get_mut(&number) else {
            return;
        };
        for place in places {
            let held = owner
                .held
                .iter_mut()
                .find(|held| held.place == *place && held.is_ours && held.answer.is_none());
            if let Some(held) = held {
                let message = self.calls.make(*place, &held.claim, answer);
                held.answer = Some((answer, message));
            }
        }
    }

    /// Records the oldest call at each place. A lost claim is recorded as if it had been won.
    pub(super) async fn record(&mut self, number: usize, places: &[Place]) -> Result<(), String> {
        let (on_unknown, now) = (self.on_unknown, self.now);
        let endings = self.take(number, places, |held| {
            let (answer, message) = match &held.answer {
                Some((answer, message)) => (*answer, message.as_str()),
                None if held.is_ours => return None,
                None => (Answer::Accepted, "never-called"),
            };
            let claim = &held.claim;
            Some(owners::recorded(claim, answer, message, on_unknown, now))
        });
        self.write_records(number, endings).await
    }

    /// Releases the oldest claim without a call at each place.
    pub(super) async fn put_back(&mut self, number: usize, places: &[Place]) -> Result<(), String> {
        let now = self.now;
        let endings = self.take(number, places, |held| {
            let is_open = held.is_ours && held.answer.is_none();
            is_open.then(|| owners::put_back(&held.claim, now))
        });
        self.write_records(number, endings).await
    }

    /// Takes the oldest claim at each place for which there is something to record.
    fn take(
        &mut self,
        number: usize,
        places: &[Place],
        after: impl Fn(&Held) -> Option<Delivery>,
    ) -> Vec<Ending> {
        let held = &mut self.owner(number).held;
        let mut endings = Vec::new();
        for place in places {
            let found = held.iter().enumerate().find_map(|(index, held)| {
                let is_here = held.place == *place;
                Some((index, after(held).filter(|_| is_here)?))
            });
            if let Some((index, after)) = found {
                endings.push(Ending {
                    place: *place,
                    claim: held.remove(index).claim,
                    after,
                });
            }
        }
        endings
    }

    async fn write_records(&mut self, number: usize, endings: Vec<Ending>) -> Result<(), String> {
        let outcome = self
            .execute(Actor::Owner(number), Write::Record(endings.clone()))
            .await?;
        self.learn_records(&endings, &outcome);
        Ok(())
    }

    fn learn_records(&mut self, endings: &[Ending], outcome: &Outcome) {
        let Outcome::Recorded(results) = outcome else {
            return;
        };
        for (ending, result) in endings.iter().zip(results) {
            if *result != Recorded::Done {
                continue;
            }
            if self.calls.is_made(ending.place, &ending.claim) {
                self.calls.record(ending.place, &ending.claim);
            } else {
                self.calls.withdraw(ending.place, &ending.claim);
            }
        }
    }

    /// An actor repeats its last write, and learns from the result what it would have learnt the first time.
    pub(super) async fn again(&mut self, actor: Actor) -> Result<(), String> {
        let Some(write) = self.last.get(&actor).cloned() else {
            return Ok(());
        };
        let outcome = self.execute(actor, write.clone()).await?;
        match (&write, actor) {
            (Write::Claim(wanted), Actor::Owner(number)) => {
                self.learn_claims(number, wanted, &outcome, true)
            }
            (Write::Record(endings), _) => {
                self.learn_records(endings, &outcome);
                Ok(())
            }
            _ => Ok(()),
        }
    }
}
