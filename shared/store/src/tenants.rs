//! Tenants and their transports.

use std::collections::BTreeMap;

use carillon_domain::{channel::Channel, id::TenantId, transport::Transport};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    Store,
    error::{Error, condition_failed},
    item, keys,
};

/// An organisation that uses Carillon.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tenant {
    /// Its id.
    pub id: TenantId,
    /// What it is called.
    pub name: String,
    /// When it was made.
    pub created_at: Timestamp,
}

impl Store {
    /// Makes a tenant; does nothing if it exists.
    ///
    /// # Errors
    /// If DynamoDB does not do it.
    pub async fn create_tenant(&self, tenant: &Tenant) -> Result<(), Error> {
        let row = item::write(&keys::tenant(&tenant.id), "a tenant", tenant)?;
        let result = self
            .dynamodb
            .put_item()
            .table_name(&self.catalog)
            .set_item(Some(row))
            .condition_expression("attribute_not_exists(pk)")
            .send()
            .await;
        match result {
            Err(error) if condition_failed(&error) => Ok(()),
            other => other.map(|_| ()).map_err(Error::call("make a tenant")),
        }
    }

    /// Sets the transport of its channel.
    ///
    /// # Errors
    /// If DynamoDB does not do it.
    pub async fn put_transport(
        &self,
        tenant: &TenantId,
        transport: &Transport,
    ) -> Result<(), Error> {
        let row = item::write(
            &keys::transport(tenant, transport.channel()),
            "a transport",
            transport,
        )?;
        self.dynamodb
            .put_item()
            .table_name(&self.catalog)
            .set_item(Some(row))
            .send()
            .await
            .map(|_| ())
            .map_err(Error::call("set a transport"))
    }

    /// The transport of a channel, if one is set.
    ///
    /// # Errors
    /// If DynamoDB does not answer, or the row cannot be read.
    pub async fn transport(
        &self,
        tenant: &TenantId,
        channel: Channel,
    ) -> Result<Option<Transport>, Error> {
        let row = self
            .get_row(
                "read a transport",
                &self.catalog,
                &keys::transport(tenant, channel),
                false,
            )
            .await?;
        row.map(|row| item::read("a transport", row)).transpose()
    }

    /// All transports of a tenant.
    ///
    /// # Errors
    /// If DynamoDB does not answer, or a row cannot be read.
    pub async fn transports(
        &self,
        tenant: &TenantId,
    ) -> Result<BTreeMap<Channel, Transport>, Error> {
        let answer = self
            .dynamodb
            .query()
            .table_name(&self.catalog)
            .key_condition_expression("pk = :pk AND begins_with(sk, :prefix)")
            .expression_attribute_values(":pk", item::text(keys::tenant_partition(tenant)))
            .expression_attribute_values(":prefix", item::text(keys::TRANSPORT_PREFIX))
            .send()
            .await
            .map_err(Error::call("read the transports"))?;
        answer
            .items
            .unwrap_or_default()
            .into_iter()
            .map(|row| {
                item::read::<Transport>("a transport", row)
                    .map(|transport| (transport.channel(), transport))
            })
            .collect()
    }
}
