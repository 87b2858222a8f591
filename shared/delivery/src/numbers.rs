//! Numbers for messages whose provider recognizes a repetition by number.

use std::{collections::BTreeMap, vec};

use carillon_domain::id::TenantId;
use carillon_providers::{KeyKind, Provider};
use jiff::Timestamp;

use crate::{Consumer, consumer::Work, decide::AFTER_FAILURE, plan::Planned};

impl<P: Provider> Consumer<P> {
    /// Assigns a number to each attempt that needs one and has none yet. It is stored with the claim,
    /// so all further attempts carry the same one. Without a number the message waits.
    pub(crate) async fn give_numbers<'a>(
        &self,
        planned: Vec<Planned<'a>>,
        work: &mut Work,
    ) -> Vec<Planned<'a>> {
        let mut wanted: BTreeMap<&TenantId, u32> = BTreeMap::new();
        for plan in planned.iter().filter(|plan| plan.wants_number()) {
            *wanted.entry(&plan.message.task.tenant).or_default() += 1;
        }
        if wanted.is_empty() {
            return planned;
        }
        let mut given: BTreeMap<&TenantId, vec::IntoIter<u32>> = BTreeMap::new();
        for (tenant, count) in wanted {
            let taken = self
                .store
                .take_numbers(tenant, P::CHANNEL, count, Timestamp::now())
                .await;
            match taken {
                Ok(numbers) => {
                    given.insert(tenant, numbers.into_iter());
                }
                Err(error) => {
                    tracing::warn!(error = &error as &dyn std::error::Error, %tenant, "could not take numbers");
                }
            }
        }
        let mut ready = Vec::new();
        for mut plan in planned {
            if plan.wants_number() {
                let numbers = given.get_mut(&plan.message.task.tenant);
                let Some(number) = numbers.and_then(Iterator::next) else {
                    work.defer(plan.message, AFTER_FAILURE);
                    self.give_back_probe(&plan).await;
                    continue;
                };
                if let Some(key) = &mut plan.delivery.deduplication {
                    key.number = Some(number);
                }
            }
            ready.push(plan);
        }
        ready
    }
}

impl Planned<'_> {
    fn wants_number(&self) -> bool {
        let rules = self
            .send
            .as_ref()
            .and_then(|ready| ready.rules.deduplication);
        let key = self.delivery.deduplication.as_ref();
        rules.is_some_and(|rules| rules.key == KeyKind::Number)
            && key.is_some_and(|key| key.number.is_none())
    }
}
