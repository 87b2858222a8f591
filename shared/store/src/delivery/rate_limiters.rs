//! State of accounts shared by all execution environments: each account's rate limiter, and the executions that slow
//! accounts hold.

use std::collections::BTreeMap;

use carillon_domain::{
    delivery::{executions::SlowExecutions, rate_limiter::RateLimiter},
    id::{TenantId, TransportId},
};
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    Store,
    error::{Error, condition_failed},
    item,
    keys::{self, Key},
    partiql::pauses,
};

/// A row with many writers; each write requires the version that it read.
trait Versioned: Clone + Default + PartialEq + Serialize + DeserializeOwned {
    /// The name of the row in errors.
    const WHAT: &'static str;

    fn version(&mut self) -> &mut u64;
}

impl Versioned for RateLimiter {
    const WHAT: &'static str = "a rate limiter";

    fn version(&mut self) -> &mut u64 {
        &mut self.version
    }
}

impl Versioned for SlowExecutions {
    const WHAT: &'static str = "the holders of executions";

    fn version(&mut self) -> &mut u64 {
        &mut self.version
    }
}

impl Store {
    /// The rate limiter of an account (consistent read).
    ///
    /// # Errors
    /// If the read fails or the row cannot be decoded.
    pub async fn rate_limiter(
        &self,
        tenant: &TenantId,
        transport: &TransportId,
    ) -> Result<RateLimiter, Error> {
        let key = keys::rate_limiter(tenant, transport);
        self.versioned("read a rate limiter", &key).await
    }

    /// The rate limiters of accounts that have ever been used. Eventually consistent.
    ///
    /// # Errors
    /// If the read fails or a row cannot be decoded.
    pub async fn rate_limiters(
        &self,
        tenant: &TenantId,
        transports: impl IntoIterator<Item = &TransportId>,
    ) -> Result<BTreeMap<TransportId, RateLimiter>, Error> {
        let transports: Vec<&TransportId> = transports.into_iter().collect();
        let wanted: Vec<keys::Key> = transports
            .iter()
            .map(|transport| keys::rate_limiter(tenant, transport))
            .collect();
        let mut rows = self
            .rows_by_key("read rate limiters", &self.catalog, &wanted, false)
            .await?;
        let mut rate_limiters = BTreeMap::new();
        for (transport, key) in transports.into_iter().zip(wanted) {
            if let Some(row) = rows.remove(&key) {
                rate_limiters.insert(transport.clone(), item::read("a rate limiter", row)?);
            }
        }
        Ok(rate_limiters)
    }

    /// Changes a rate limiter and returns the result of `change`, which is called again with the current row whenever
    /// another writer came first.
    ///
    /// `known` is the row as read before, which saves a read.
    ///
    /// # Errors
    /// If the write fails or the row keeps changing.
    pub async fn change_rate_limiter<T>(
        &self,
        tenant: &TenantId,
        transport: &TransportId,
        known: &RateLimiter,
        mut change: impl FnMut(&mut RateLimiter) -> T,
    ) -> Result<T, Error> {
        let doing = "change a rate limiter";
        let key = keys::rate_limiter(tenant, transport);
        self.change(doing, &key, known.clone(), &mut change).await
    }

    /// Changes which slow tenants hold executions of a queue and returns the result of `change`, which may be called
    /// several times.
    ///
    /// # Errors
    /// If the write fails or the row keeps changing.
    pub async fn change_slow_executions<T>(
        &self,
        queue: &str,
        mut change: impl FnMut(&mut SlowExecutions) -> T,
    ) -> Result<T, Error> {
        let doing = "change the holders of executions";
        let key = keys::slow_executions(queue);
        let known = self.versioned(doing, &key).await?;
        self.change(doing, &key, known, &mut change).await
    }

    async fn versioned<R: Versioned>(&self, doing: &'static str, key: &Key) -> Result<R, Error> {
        let row = self.get_row(doing, &self.catalog, key, true).await?;
        let row = row.map(|row| item::read(R::WHAT, row)).transpose()?;
        Ok(row.unwrap_or_default())
    }

    /// Changes a row, retrying while other writers come first. `known` is the row as read before.
    async fn change<R: Versioned, T>(
        &self,
        doing: &'static str,
        key: &Key,
        known: R,
        change: &mut impl FnMut(&mut R) -> T,
    ) -> Result<T, Error> {
        let mut before = known;
        let mut pauses = pauses();
        loop {
            let mut after = before.clone();
            let answer = change(&mut after);
            if after == before {
                return Ok(answer);
            }
            let version = *before.version();
            *after.version() = version + 1;
            let result = self
                .dynamodb
                .put_item()
                .table_name(&self.catalog)
                .set_item(Some(item::write(key, R::WHAT, &after)?))
                .condition_expression(if version == 0 {
                    "attribute_not_exists(pk) OR version = :before"
                } else {
                    "version = :before"
                })
                .expression_attribute_values(":before", item::number(version))
                .send()
                .await;
            match result {
                Ok(_) => return Ok(answer),
                Err(error) if condition_failed(&error) => {}
                Err(error) => return Err(Error::call(doing)(error)),
            }
            let Some(pause) = pauses.next() else {
                return Err(Error::Contended { doing });
            };
            tokio::time::sleep(pause).await;
            before = self.versioned(doing, key).await?;
        }
    }
}
