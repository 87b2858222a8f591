//! What all sandboxes share of accounts: the governor of each, and which executions slow ones hold.

use std::collections::BTreeMap;

use carillon_domain::{delivery::{executions::SlowExecutions, rate_limiter::Governor}, id::{TenantId, TransportId}};
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    Store,
    error::{Error, condition_failed},
    item,
    keys::{self, Key},
    partiql::pauses,
};

/// A row that many change, each on condition that it has read the version before.
trait Versioned: Clone + Default + PartialEq + Serialize + DeserializeOwned {
    /// What the row is, as errors name it.
    const WHAT: &'static str;

    fn version(&mut self) -> &mut u64;
}

impl Versioned for Governor {
    const WHAT: &'static str = "a governor";

    fn version(&mut self) -> &mut u64 {
        &mut self.version
    }
}

impl Versioned for SlowExecutions {
    const WHAT: &'static str = "who holds executions";

    fn version(&mut self) -> &mut u64 {
        &mut self.version
    }
}

impl Store {
    /// The governor of an account, as it stands this moment.
    ///
    /// # Errors
    /// If DynamoDB does not answer, or the row cannot be read.
    pub async fn governor(
        &self,
        tenant: &TenantId,
        transport: &TransportId,
    ) -> Result<Governor, Error> {
        let key = keys::governor(tenant, transport);
        self.versioned("read a governor", &key).await
    }

    /// The governors of accounts that have ever been used. A change of the moment before may not be seen.
    ///
    /// # Errors
    /// If DynamoDB does not answer, or a row cannot be read.
    pub async fn governors(
        &self,
        tenant: &TenantId,
        transports: impl IntoIterator<Item = &TransportId>,
    ) -> Result<BTreeMap<TransportId, Governor>, Error> {
        let transports: Vec<&TransportId> = transports.into_iter().collect();
        let wanted: Vec<keys::Key> = transports
            .iter()
            .map(|transport| keys::governor(tenant, transport))
            .collect();
        let mut rows = self
            .rows_by_key("read the governors", &self.catalog, &wanted, false)
            .await?;
        let mut governors = BTreeMap::new();
        for (transport, key) in transports.into_iter().zip(wanted) {
            if let Some(row) = rows.remove(&key) {
                governors.insert(transport.clone(), item::read("a governor", row)?);
            }
        }
        Ok(governors)
    }

    /// Changes a governor, and gives back what the change answers. `change` may be called several
    /// times, each time with the row as it is then, until nobody else has come between.
    ///
    /// `known` is the row as it was read before, which saves reading it again.
    ///
    /// # Errors
    /// If DynamoDB does not do it, or others change the row all the time.
    pub async fn change_governor<T>(
        &self,
        tenant: &TenantId,
        transport: &TransportId,
        known: &Governor,
        mut change: impl FnMut(&mut Governor) -> T,
    ) -> Result<T, Error> {
        let doing = "change a governor";
        let key = keys::governor(tenant, transport);
        self.change(doing, &key, known.clone(), &mut change).await
    }

    /// Changes who of the slow tenants holds executions of a queue, and gives back what the change answers. `change` may be
    /// called several times.
    ///
    /// # Errors
    /// If DynamoDB does not do it, or others change the row all the time.
    pub async fn change_slow_executions<T>(
        &self,
        queue: &str,
        mut change: impl FnMut(&mut SlowExecutions) -> T,
    ) -> Result<T, Error> {
        let doing = "change who holds executions";
        let key = keys::slow_executions(queue);
        let known = self.versioned(doing, &key).await?;
        self.change(doing, &key, known, &mut change).await
    }

    async fn versioned<R: Versioned>(&self, doing: &'static str, key: &Key) -> Result<R, Error> {
        let row = self.get_row(doing, &self.catalog, key, true).await?;
        let row = row.map(|row| item::read(R::WHAT, row)).transpose()?;
        Ok(row.unwrap_or_default())
    }

    /// Changes a row until nobody else has come between. `known` is the row as it was read before.
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
