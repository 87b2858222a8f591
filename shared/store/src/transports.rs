//! The transports of a tenant, one for each channel.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_dynamodb::types::AttributeValue;
use carillon_domain::{
    channel::Channel,
    id::TenantId,
    transport::{Limits, Transport},
};

use crate::{
    Store,
    error::{Error, condition_failed},
    item, keys,
    partiql::pauses,
};

/// What came of setting or deleting a transport.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TransportSet {
    /// It is as it was asked for.
    Done,
    /// Somebody else has changed it since it was read; nothing was done.
    ChangedMeanwhile,
}

impl Store {
    /// Sets the transport of its channel in the place of the one that was read before, or of none. Another row may have
    /// come between, and its credentials would be left behind.
    ///
    /// # Errors
    /// If DynamoDB does not do it.
    pub async fn set_transport(
        &self,
        tenant: &TenantId,
        before: Option<&Transport>,
        transport: &Transport,
    ) -> Result<TransportSet, Error> {
        let key = keys::transport(tenant, transport.channel());
        let row = item::write(&key, "a transport", transport)?;
        let mut call = self
            .dynamodb
            .put_item()
            .table_name(&self.catalog)
            .set_item(Some(row));
        call = match before {
            None => call.condition_expression("attribute_not_exists(pk)"),
            Some(before) => {
                let (condition, values) = is_as_read(before)?;
                call.condition_expression(condition)
                    .set_expression_attribute_values(Some(values))
            }
        };
        match call.send().await {
            Ok(_) => Ok(TransportSet::Done),
            // An answer may have been lost, and this very write have come before.
            Err(error) if condition_failed(&error) => {
                let stands = self.transport_now(tenant, transport.channel()).await?;
                Ok(match stands.as_ref() == Some(transport) {
                    true => TransportSet::Done,
                    false => TransportSet::ChangedMeanwhile,
                })
            }
            Err(error) => Err(Error::call("set a transport")(error)),
        }
    }

    /// Deletes a transport, as it was read before.
    ///
    /// # Errors
    /// If DynamoDB does not do it.
    pub async fn delete_transport(
        &self,
        tenant: &TenantId,
        before: &Transport,
    ) -> Result<TransportSet, Error> {
        let (condition, values) = is_as_read(before)?;
        let result = self
            .dynamodb
            .delete_item()
            .table_name(&self.catalog)
            .set_key(Some(item::key(&keys::transport(tenant, before.channel()))))
            .condition_expression(condition)
            .set_expression_attribute_values(Some(values))
            .send()
            .await;
        match result {
            Ok(_) => Ok(TransportSet::Done),
            // The same: it may be gone by this very call.
            Err(error) if condition_failed(&error) => {
                let stands = self.transport_now(tenant, before.channel()).await?;
                Ok(match stands {
                    None => TransportSet::Done,
                    Some(_) => TransportSet::ChangedMeanwhile,
                })
            }
            Err(error) => Err(Error::call("delete a transport")(error)),
        }
    }

    /// Sets the transport of its channel, whatever was there.
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

    /// The transport of a channel, if one is set. A change of the moment before may not be seen.
    ///
    /// # Errors
    /// If DynamoDB does not answer, or the row cannot be read.
    pub async fn transport(
        &self,
        tenant: &TenantId,
        channel: Channel,
    ) -> Result<Option<Transport>, Error> {
        self.read_transport(tenant, channel, false).await
    }

    /// The transport of a channel as it stands this moment, for twice the price.
    ///
    /// # Errors
    /// If DynamoDB does not answer, or the row cannot be read.
    pub async fn transport_now(
        &self,
        tenant: &TenantId,
        channel: Channel,
    ) -> Result<Option<Transport>, Error> {
        self.read_transport(tenant, channel, true).await
    }

    async fn read_transport(
        &self,
        tenant: &TenantId,
        channel: Channel,
        consistent: bool,
    ) -> Result<Option<Transport>, Error> {
        let key = keys::transport(tenant, channel);
        let row = self.get_row("read a transport", &self.catalog, &key, consistent);
        let row = row.await?;
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

    /// Changes the limits of a channel's account, and gives back the transport as it is then;
    /// `None` if there is none. `change` may be called several times, each time with the limits as
    /// they are then, until nobody else has come between.
    ///
    /// # Errors
    /// If DynamoDB does not do it, or others change them all the time.
    pub async fn change_limits(
        &self,
        tenant: &TenantId,
        channel: Channel,
        change: impl Fn(&mut Limits),
    ) -> Result<Option<Transport>, Error> {
        const DOING: &str = "change the limits of a transport";
        let key = keys::transport(tenant, channel);
        let mut pauses = pauses();
        loop {
            let row = self.get_row(DOING, &self.catalog, &key, true).await?;
            let Some(mut transport) = row
                .map(|row| item::read::<Transport>("a transport", row))
                .transpose()?
            else {
                return Ok(None);
            };
            let before = transport.limits;
            change(&mut transport.limits);
            if transport.limits == before {
                return Ok(Some(transport));
            }
            // Only the limits are written, because somebody else may be changing the rest.
            let mut condition = "limits = :before".to_owned();
            if !before.are_set() {
                condition.push_str(" OR attribute_not_exists(limits)");
            }
            let result = self
                .dynamodb
                .update_item()
                .table_name(&self.catalog)
                .set_key(Some(item::key(&key)))
                .update_expression("SET limits = :after")
                .condition_expression(format!("attribute_exists(pk) AND ({condition})"))
                .expression_attribute_values(
                    ":after",
                    item::attribute("limits", &transport.limits)?,
                )
                .expression_attribute_values(":before", item::attribute("limits", &before)?)
                .send()
                .await;
            match result {
                Ok(_) => return Ok(Some(transport)),
                Err(error) if condition_failed(&error) => {}
                Err(error) => return Err(Error::call(DOING)(error)),
            }
            let Some(pause) = pauses.next() else {
                return Err(Error::Contended { doing: DOING });
            };
            tokio::time::sleep(pause).await;
        }
    }
}

/// That a row names the credentials and has the limits that it had when it was read. Credentials that it names now would be
/// left behind, and limits be taken back.
fn is_as_read(before: &Transport) -> Result<(String, HashMap<String, AttributeValue>), Error> {
    let mut values = HashMap::from([(
        ":limits".to_owned(),
        item::attribute("limits", &before.limits)?,
    )]);
    let mut condition = match before.limits.are_set() {
        true => "limits = :limits".to_owned(),
        false => "(limits = :limits OR attribute_not_exists(limits))".to_owned(),
    };
    condition.push_str(" AND attribute_exists(pk) AND ");
    match &before.credentials {
        Some(name) => {
            condition.push_str("credentials = :credentials");
            values.insert(":credentials".to_owned(), item::text(name.as_str()));
        }
        None => condition.push_str("attribute_not_exists(credentials)"),
    }
    Ok((condition, values))
}
