//! The comparison of both sides, after each write and at the end.

use std::{collections::BTreeMap, fmt::Debug};

use carillon_domain::{
    campaigns::Status,
    delivery::{Delivery, State},
};
use jiff::{SignedDuration, Timestamp};

use super::{
    case::{Case, told},
    invariants,
    operations::{Actor, Place},
    totals::{shown, totals},
    writes::{Outcome, Rows, Write},
};

/// How long after its time a recount considers a claim lapsed or an attempt overdue.
const LONG_AGO: SignedDuration = SignedDuration::from_mins(10);

impl Case<'_> {
    /// Applies a write to both sides, and compares the results and the rows.
    pub(super) async fn execute(&mut self, actor: Actor, write: Write) -> Result<Outcome, String> {
        let before = self.ledger.rows.clone();
        let expected = self.ledger.apply(&write);
        if write.is_empty() {
            return Ok(expected);
        }
        let found = self
            .table
            .apply(&write)
            .await
            .map_err(|error| told(&error))?;
        let rows = self.table.rows().await.map_err(|error| told(&error))?;
        self.statistics.count(&found);
        invariants::check(&before, &rows, &write, &self.ledger)?;
        same(&format!("the answer to {write:?}"), &expected, &found)?;
        same_rows(&self.ledger.rows, &rows)?;
        self.last.insert(actor, write);
        Ok(found)
    }

    /// The same for a write whose result is not needed later.
    pub(super) async fn commit(&mut self, actor: Actor, write: Write) -> Result<(), String> {
        self.execute(actor, write).await.map(|_| ())
    }

    /// Recounts on both sides. Returns the claims that lapsed long ago.
    pub(super) async fn recount(&self) -> Result<Vec<(Place, Delivery)>, String> {
        let rows = &self.ledger.rows;
        let (found_totals, recount, lapsed) = self
            .table
            .recount(self.status, self.now)
            .await
            .map_err(|error| told(&error))?;
        same("the recount", &totals(rows, self.status), &found_totals)?;
        let is_past = |state: State, moment: fn(&Delivery) -> Option<Timestamp>| -> Rows {
            rows.iter()
                .filter(|(_, row)| row.state == state)
                .filter(|(_, row)| moment(row).is_some_and(|at| self.now > at + LONG_AGO))
                .map(|(place, row)| (*place, row.clone()))
                .collect()
        };
        let expected_lapsed = is_past(State::Claimed, |row| row.lease_until);
        same("the claims that lapsed", &expected_lapsed, &lapsed)?;
        let overdue = is_past(State::Retrying, |row| row.retry_at).len();
        same("the attempts that are overdue", &overdue, &recount.overdue)?;
        let newest = rows
            .values()
            .flat_map(|row| [Some(row.changed_at), row.heard_at])
            .max()
            .flatten();
        same("the last change", &newest, &recount.newest)?;
        Ok(lapsed.into_iter().collect())
    }

    /// Compares everything that an operator can see.
    pub(super) async fn compare_all(&self) -> Result<(), String> {
        self.recount().await?;
        self.compare_list(self.status, None).await?;
        self.compare_list(Status::Canceled, None).await?;
        self.compare_list(self.status, Some(State::Failed)).await?;
        self.compare_list(self.status, Some(State::Unknown)).await
    }

    async fn compare_list(&self, status: Status, state: Option<State>) -> Result<(), String> {
        let found = self.table.list(status, state).await;
        let found = found.map_err(|error| told(&error))?;
        let expected: BTreeMap<Place, State> = Place::with_those_that_are_skipped()
            .into_iter()
            .map(|place| (place, shown(&self.ledger.rows, place, status)))
            .filter(|(_, own)| state.is_none_or(|wanted| wanted == *own))
            .collect();
        let what = format!("the list of a campaign that is {status}, {state:?}");
        same(&what, &expected, &found)
    }
}

fn same<T: PartialEq + Debug>(what: &str, model: &T, store: &T) -> Result<(), String> {
    if model == store {
        return Ok(());
    }
    Err(format!(
        "{what} differs\nthe model: {model:?}\nthe store: {store:?}"
    ))
}

fn same_rows(model: &Rows, store: &Rows) -> Result<(), String> {
    for place in Place::all() {
        let (model, store) = (model.get(&place), store.get(&place));
        same(&format!("the row of {place:?}"), &model, &store)?;
    }
    Ok(())
}
