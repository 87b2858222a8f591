//! Numbers for messages whose provider knows a repetition by a number.

use std::{collections::BTreeMap, vec};

use carillon_domain::id::{TenantId, TransportId};
use carillon_providers::{KeyKind, Provider};
use jiff::Timestamp;

use crate::{Consumer, consumer::Work, decide::AFTER_FAILURE, plan::Planned};

impl<P: Provider> Consumer<P> {
    /// Gives a number to each attempt that needs one and has none yet. It is written down with the
    /// claim, so all further attempts carry the same one. Where none is to be had, the message waits.
    pub(crate) async fn give_numbers<'a>(
        &self,
        planned: Vec<Planned<'a>>,
        work: &mut Work,
    ) -> Vec<Planned<'a>> {
        let mut wanted: BTreeMap<(TenantId, TransportId), u32> = BTreeMap::new();
        for account in planned.iter().filter_map(Planned::wants_number_of) {
            *wanted.entry(account).or_default() += 1;
        }
        if wanted.is_empty() {
            return planned;
        }
        let mut given: BTreeMap<(TenantId, TransportId), vec::IntoIter<u32>> = BTreeMap::new();
        for (account, count) in wanted {
            let (tenant, transport) = &account;
            let taken = self
                .store
                .take_numbers(tenant, transport, count, Timestamp::now())
                .await;
            match taken {
                Ok(numbers) => {
                    given.insert(account, numbers.into_iter());
                }
                Err(error) => {
                    tracing::warn!(error = &error as &dyn std::error::Error, %tenant, %transport, "no numbers were taken");
                }
            }
        }
        let mut ready = Vec::new();
        for mut plan in planned {
            if let Some(account) = plan.wants_number_of() {
                let numbers = given.get_mut(&account);
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
    /// The account that knows messages by a number, if this one has none yet.
    fn wants_number_of(&self) -> Option<(TenantId, TransportId)> {
        let ready = self.send.as_ref()?;
        let key = self.delivery.deduplication.as_ref()?;
        let is_wanted = ready.rules.deduplication?.key == KeyKind::Number && key.number.is_none();
        is_wanted.then(|| ready.account(self.message))
    }
}
