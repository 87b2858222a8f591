//! The governors of provider accounts: one row for each, shared by all sandboxes.

use std::collections::BTreeMap;

use carillon_domain::{
    governor::Governor,
    id::{TenantId, TransportId},
};

use crate::{
    Store,
    error::{Error, condition_failed},
    item, keys,
    partiql::pauses,
};

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
        let row = self
            .get_row(
                "read a governor",
                &self.catalog,
                &keys::governor(tenant, transport),
                true,
            )
            .await?;
        let governor = row.map(|row| item::read("a governor", row)).transpose()?;
        Ok(governor.unwrap_or_default())
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
        const DOING: &str = "change a governor";
        let key = keys::governor(tenant, transport);
        let mut before = known.clone();
        let mut pauses = pauses();
        loop {
            let mut after = before.clone();
            let answer = change(&mut after);
            if after == before {
                return Ok(answer);
            }
            after.version = before.version + 1;
            let result = self
                .dynamodb
                .put_item()
                .table_name(&self.catalog)
                .set_item(Some(item::write(&key, "a governor", &after)?))
                .condition_expression(if before.version == 0 {
                    "attribute_not_exists(pk) OR version = :before"
                } else {
                    "version = :before"
                })
                .expression_attribute_values(":before", item::number(before.version))
                .send()
                .await;
            match result {
                Ok(_) => return Ok(answer),
                Err(error) if condition_failed(&error) => {}
                Err(error) => return Err(Error::call(DOING)(error)),
            }
            let Some(pause) = pauses.next() else {
                return Err(Error::Contended { doing: DOING });
            };
            tokio::time::sleep(pause).await;
            before = self.governor(tenant, transport).await?;
        }
    }
}
