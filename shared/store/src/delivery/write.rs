//! The writes around a provider call. Their conditions keep a message from being sent twice.

use aws_sdk_dynamodb::types::TransactWriteItem;
use carillon_domain::delivery::{Delivery, State, task::DeliveryTask};
use jiff::Timestamp;

use crate::{
    RETENTION_DAYS, Store,
    error::Error,
    item::{self, Item},
    keys::{self, Key},
    partiql::{Statement, Written},
    transact::Conditions,
};

/// A first claim, or the first record of a delivery that fails without a provider call.
#[derive(Debug, Clone)]
pub struct Insert<'a> {
    /// The task.
    pub task: &'a DeliveryTask,
    /// The row, which must not exist yet.
    pub delivery: Delivery,
}

/// A claim on a delivery that already has a row: a further attempt.
#[derive(Debug, Clone)]
pub struct Reclaim<'a> {
    /// The task.
    pub task: &'a DeliveryTask,
    /// The row as read; it must still have this state and attempt.
    pub before: &'a Delivery,
    /// The new row.
    pub delivery: Delivery,
}

/// A write that claims a delivery, or settles it without a claim.
#[derive(Debug, Clone)]
pub enum Claim<'a> {
    /// The first one.
    Insert(Insert<'a>),
    /// A further one.
    Reclaim(Reclaim<'a>),
}

/// Outcome of a claim.
#[derive(Debug, Clone, PartialEq)]
pub enum Claimed {
    /// Won: the caller, and nobody else, may call the provider.
    Won,
    /// Another owner has it, with the current row; `None` if nobody could write it.
    Lost(Option<Box<Delivery>>),
}

/// The outcome of a provider call, recorded by the owner of the claim.
#[derive(Debug, Clone)]
pub struct Record<'a> {
    /// The task.
    pub task: &'a DeliveryTask,
    /// The claim as won; owner and attempt are the fence.
    pub claim: &'a Delivery,
    /// The new row.
    pub delivery: Delivery,
}

/// Outcome of recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recorded {
    /// Written.
    Done,
    /// The claim was lost; nothing was changed.
    Stale,
    /// DynamoDB failed every try. The claim's lease will lapse.
    Failed,
}

impl Store {
    /// Writes claims and returns who won each.
    ///
    /// # Errors
    /// If the write fails. Some claims may have been won; their leases lapse.
    pub async fn claim(&self, claims: &[Claim<'_>]) -> Result<Vec<Claimed>, Error> {
        let statements = claims
            .iter()
            .map(|claim| match claim {
                Claim::Insert(insert) => self.insert_delivery(insert),
                Claim::Reclaim(retake) => {
                    self.replace_delivery(retake.task, retake.before, &retake.delivery)
                }
            })
            .collect::<Result<Vec<_>, Error>>()?;
        let results = self.execute_each("claim deliveries", statements).await?;
        // If the response to a claim was lost, the retry finds our own row in place: the claim is
        // ours.
        let refused: Vec<usize> = indices(&results, Written::Refused);
        let rows = self
            .read_back(refused.iter().map(|index| claims[*index].task()))
            .await?;
        let mut outcomes: Vec<Claimed> = results
            .iter()
            .map(|written| {
                if *written == Written::Applied {
                    Claimed::Won
                } else {
                    Claimed::Lost(None)
                }
            })
            .collect();
        for (index, row) in refused.into_iter().zip(rows) {
            outcomes[index] = match row {
                Some(row) if row == *claims[index].delivery() => Claimed::Won,
                row => Claimed::Lost(row.map(Box::new)),
            };
        }
        Ok(outcomes)
    }

    /// Records the outcomes of provider calls. A lost claim changes nothing.
    ///
    /// # Errors
    /// If the write fails; the call may be repeated.
    pub async fn record(&self, records: &[Record<'_>]) -> Result<Vec<Recorded>, Error> {
        let statements = records
            .iter()
            .map(|record| {
                let expected = vec![
                    ("state", item::text(State::Claimed)),
                    (
                        "owner",
                        item::text(record.claim.owner.as_deref().unwrap_or_default()),
                    ),
                    ("attempt", item::number(record.claim.attempt)),
                ];
                self.update_delivery(record.task, &record.delivery, expected)
            })
            .collect::<Result<Vec<_>, Error>>()?;
        let results = self.record_statements(statements).await?;
        let refused: Vec<usize> = indices(&results, Written::Refused);
        let rows = self
            .read_back(refused.iter().map(|index| records[*index].task))
            .await?;
        let mut outcomes: Vec<Recorded> = results
            .iter()
            .map(|written| match written {
                Written::Applied => Recorded::Done,
                Written::Refused => Recorded::Stale,
                Written::Failed => Recorded::Failed,
            })
            .collect();
        for (index, row) in refused.into_iter().zip(rows) {
            if row.as_ref() == Some(&records[index].delivery) {
                outcomes[index] = Recorded::Done;
            }
        }
        Ok(outcomes)
    }

    /// Writes records, retrying those that DynamoDB fails: without a record the delivery ends as
    /// unknown although we know its outcome.
    async fn record_statements(&self, statements: Vec<Statement>) -> Result<Vec<Written>, Error> {
        let mut results = self
            .execute_each("record deliveries", statements.clone())
            .await?;
        for _ in 1..RECORD_ROUNDS {
            let failed = indices(&results, Written::Failed);
            if failed.is_empty() {
                break;
            }
            let again = failed
                .iter()
                .map(|index| statements[*index].clone())
                .collect();
            let written = self.execute_each("record deliveries", again).await?;
            for (index, written) in failed.into_iter().zip(written) {
                results[index] = written;
            }
        }
        Ok(results)
    }

    fn insert_delivery(&self, insert: &Insert<'_>) -> Result<Statement, Error> {
        let key = key_of(insert.task);
        let mut row = item::write(&key, "a delivery", &insert.delivery)?;
        row.insert(
            "expires_at".to_owned(),
            item::expiry(insert.delivery.changed_at, RETENTION_DAYS),
        );
        if let Some((partition, order)) = attention(insert.task, insert.delivery.state) {
            row.insert("attention".to_owned(), item::text(partition));
            row.insert("attention_order".to_owned(), item::text(order));
        }
        Ok(Statement::insert(&self.ledger, row))
    }

    /// Replaces a row that must be unchanged since it was read.
    ///
    /// State, attempt and owner alone do not prove that: a delivery returns to them if it ends and is
    /// to be sent again before anybody claims it, and a receipt may name its message meanwhile.
    pub(crate) fn replace_delivery(
        &self,
        task: &DeliveryTask,
        before: &Delivery,
        delivery: &Delivery,
    ) -> Result<Statement, Error> {
        let mut expected = vec![
            ("state", item::text(before.state)),
            ("attempt", item::number(before.attempt)),
        ];
        let mut missing = Vec::new();
        let resends = (before.resends > 0).then(|| item::number(before.resends));
        for (name, value) in [
            ("owner", before.owner.as_ref().map(item::text)),
            ("resends", resends),
            ("provider_id", before.provider_id.as_ref().map(item::text)),
        ] {
            match value {
                Some(value) => expected.push((name, value)),
                None => missing.push(name),
            }
        }
        Ok(self
            .update_delivery(task, delivery, expected)?
            .and_missing(&missing))
    }

    /// The same, as part of a transaction.
    pub(crate) fn replace_delivery_with_others(
        &self,
        doing: &'static str,
        task: &DeliveryTask,
        before: &Delivery,
        delivery: &Delivery,
    ) -> Result<TransactWriteItem, Error> {
        let mut condition = Conditions::default();
        condition.expect("state", Some(item::text(before.state)));
        condition.expect("attempt", Some(item::number(before.attempt)));
        condition.expect("owner", before.owner.as_ref().map(item::text));
        let resends = (before.resends > 0).then(|| item::number(before.resends));
        condition.expect("resends", resends);
        condition.expect("provider_id", before.provider_id.as_ref().map(item::text));
        let mut row = self.row_of(task, delivery)?;
        let columns = COLUMNS.map(|name| (name, row.remove(name)));
        condition.update(doing, &self.ledger, &key_of(task), columns)
    }

    /// A delivery's row, with the attributes of the index `attention`.
    fn row_of(&self, task: &DeliveryTask, delivery: &Delivery) -> Result<Item, Error> {
        let mut row = item::write(&key_of(task), "a delivery", delivery)?;
        if let Some((partition, order)) = attention(task, delivery.state) {
            row.insert("attention".to_owned(), item::text(partition));
            row.insert("attention_order".to_owned(), item::text(order));
        }
        Ok(row)
    }

    pub(super) fn update_delivery(
        &self,
        task: &DeliveryTask,
        delivery: &Delivery,
        expected: Vec<(&str, aws_sdk_dynamodb::types::AttributeValue)>,
    ) -> Result<Statement, Error> {
        let key = key_of(task);
        let mut row = self.row_of(task, delivery)?;
        let mut set = Vec::new();
        let mut remove = Vec::new();
        for name in COLUMNS {
            match row.remove(name) {
                Some(value) => set.push((name, value)),
                None => remove.push(name),
            }
        }
        Ok(Statement::update(
            &self.ledger,
            &key,
            set,
            &remove,
            expected,
        ))
    }

    pub(super) async fn read_back(
        &self,
        tasks: impl Iterator<Item = &DeliveryTask>,
    ) -> Result<Vec<Option<Delivery>>, Error> {
        let wanted: Vec<Key> = tasks.map(key_of).collect();
        let found = self
            .rows_by_key("re-read deliveries", &self.ledger, &wanted, true)
            .await?;
        wanted
            .iter()
            .map(|key| {
                found
                    .get(key)
                    .cloned()
                    .map(|row| item::read("a delivery", row))
                    .transpose()
            })
            .collect()
    }
}

/// Rounds of about three seconds for which a record is retried; the claim's lease is longer.
const RECORD_ROUNDS: usize = 4;

/// The columns of a delivery except its key and expiry.
const COLUMNS: [&str; 24] = [
    "state",
    "begun_at",
    "in_doubt",
    "deduplication",
    "resends",
    "fate",
    "fate_at",
    "heard_at",
    "earlier",
    "generation",
    "attempt",
    "owner",
    "lease_until",
    "retry_at",
    "provider_id",
    "transport",
    "vendor",
    "cost",
    "tried",
    "digest",
    "reason",
    "changed_at",
    "attention",
    "attention_order",
];

impl Claim<'_> {
    fn task(&self) -> &DeliveryTask {
        match self {
            Claim::Insert(insert) => insert.task,
            Claim::Reclaim(retake) => retake.task,
        }
    }

    fn delivery(&self) -> &Delivery {
        match self {
            Claim::Insert(insert) => &insert.delivery,
            Claim::Reclaim(retake) => &retake.delivery,
        }
    }
}

pub(super) fn key_of(task: &DeliveryTask) -> Key {
    keys::delivery(
        &task.tenant,
        &task.campaign,
        task.shard,
        &task.receiver,
        task.channel,
    )
}

fn attention(task: &DeliveryTask, state: State) -> Option<(String, String)> {
    state.needs_attention().then(|| {
        (
            keys::attention_partition(&task.tenant, &task.campaign, task.shard),
            keys::attention_order(state, task.channel, &task.receiver),
        )
    })
}

fn indices(results: &[Written], wanted: Written) -> Vec<usize> {
    results
        .iter()
        .enumerate()
        .filter(|(_, written)| **written == wanted)
        .map(|(index, _)| index)
        .collect()
}

/// Tolerance for a reader whose clock is slightly behind when a lease lapses.
pub(crate) const CLOCK_TOLERANCE: jiff::SignedDuration = jiff::SignedDuration::from_secs(5);

impl Store {
    /// Whether a claim's lease has lapsed, with tolerance for clock differences.
    pub fn has_lapsed(delivery: &Delivery, now: Timestamp) -> bool {
        delivery.state == State::Claimed
            && delivery
                .lease_until
                .is_none_or(|until| now > until + CLOCK_TOLERANCE)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use carillon_domain::{
        delivery::{DeduplicationKey, receipt::DeliveryStatus},
        reason::Reason,
        transports::{Vendor, routing::Tried},
    };

    use super::*;

    /// Names every field, so that a new one fails to compile until it is added here.
    fn full(now: Timestamp) -> Delivery {
        Delivery {
            state: State::Failed,
            generation: 1,
            attempt: 1,
            resends: 1,
            begun_at: Some(now),
            in_doubt: true,
            deduplication: Some(DeduplicationKey {
                account: "account".to_owned(),
                since: now,
                number: Some(1),
            }),
            owner: Some("owner".to_owned()),
            lease_until: Some(now),
            retry_at: Some(now),
            provider_id: Some("id".to_owned()),
            transport: Some("email".parse().unwrap()),
            vendor: Some(Vendor::Ses),
            cost: "0.01".parse().ok(),
            tried: vec![Tried {
                transport: "email".parse().unwrap(),
                code: "code".to_owned(),
                cost: None,
            }],
            digest: Some("digest".to_owned()),
            reason: Some(Reason::new("code", "text")),
            fate: Some(DeliveryStatus::Bounced),
            fate_at: Some(now),
            heard_at: Some(now),
            earlier: Delivery::unclaimed(1, now).again(true, now).earlier,
            changed_at: now,
        }
    }

    #[test]
    fn a_change_writes_every_field_that_a_delivery_has() {
        let key = Key {
            partition: "p".to_owned(),
            sort: "s".to_owned(),
        };
        let row = item::write(&key, "a delivery", &full(Timestamp::UNIX_EPOCH)).unwrap();
        let written: BTreeSet<&str> = row.keys().map(String::as_str).collect();
        let columns: BTreeSet<&str> = COLUMNS.into_iter().chain(["pk", "sk"]).collect();
        let of_index = BTreeSet::from(["attention", "attention_order"]);
        let known: BTreeSet<&str> = columns.difference(&of_index).copied().collect();
        assert_eq!(written, known);
    }
}
