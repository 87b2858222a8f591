//! A tenant's transports, and the routes of its channels.

mod identities;

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use carillon_domain::{
    access::Context,
    channel::Channel,
    id::{TenantId, TransportId},
    transports::{
        Transport,
        routing::{Routes, Setup},
    },
};

use crate::{
    Store,
    error::{Error, condition_failed},
    item::{self, Item},
    keys,
    partiql::pauses,
};

/// Outcome of setting or deleting a transport.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TransportSet {
    /// Done.
    Done,
    /// It was changed since it was read; nothing was done.
    ChangedMeanwhile,
}

/// The transports of all tenants, as far as they were read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AllTransports {
    /// Those that were read, each with its tenant.
    pub transports: Vec<(TenantId, Transport)>,
    /// How many rows this release cannot read.
    pub unreadable: usize,
    /// Whether the whole catalog was read.
    pub complete: bool,
}

impl Store {
    /// The transports of all tenants, for the operator of a deployment. No key leads to them, so this scans at most
    /// this many 1 MiB pages of the catalog. No function's role allows `dynamodb:Scan`.
    ///
    /// # Errors
    /// If the read fails.
    pub async fn transports_of_all(&self, pages: usize) -> Result<AllTransports, Error> {
        let mut all = AllTransports::default();
        let mut start = None;
        for _ in 0..pages {
            let answer = self
                .dynamodb
                .scan()
                .table_name(&self.catalog)
                .filter_expression("begins_with(sk, :prefix)")
                .expression_attribute_values(":prefix", item::text(keys::TRANSPORT_PREFIX))
                .set_exclusive_start_key(start)
                .send()
                .await
                .map_err(Error::call("read the transports of all tenants"))?;
            for row in answer.items.unwrap_or_default() {
                let tenant = item::string(&row, "pk").and_then(|tenant| tenant.parse().ok());
                match (tenant, read(row)) {
                    (Some(tenant), Ok(transport)) => all.transports.push((tenant, transport)),
                    _ => all.unreadable += 1,
                }
            }
            start = answer.last_evaluated_key;
            if start.is_none() {
                all.complete = true;
                break;
            }
        }
        Ok(all)
    }

    /// Sets a transport in place of the one read before, or of none. Overwriting another row would leak its
    /// credentials.
    ///
    /// # Errors
    /// If the write fails.
    pub async fn set_transport(
        &self,
        context: &Context,
        before: Option<&Transport>,
        transport: &Transport,
    ) -> Result<TransportSet, Error> {
        let tenant = &context.tenant;
        let key = keys::transport(tenant, &transport.id);
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
            // This very write may have succeeded before, with its response lost.
            Err(error) if condition_failed(&error) => {
                let stands = self.transport_now(context, &transport.id).await?;
                Ok(match stands.as_ref() == Some(transport) {
                    true => TransportSet::Done,
                    false => TransportSet::ChangedMeanwhile,
                })
            }
            Err(error) => Err(Error::call("set a transport")(error)),
        }
    }

    /// Deletes a transport if it is unchanged since it was read.
    ///
    /// # Errors
    /// If the write fails.
    pub async fn delete_transport(
        &self,
        context: &Context,
        before: &Transport,
    ) -> Result<TransportSet, Error> {
        let tenant = &context.tenant;
        let (condition, values) = is_as_read(before)?;
        let result = self
            .dynamodb
            .delete_item()
            .table_name(&self.catalog)
            .set_key(Some(item::key(&keys::transport(tenant, &before.id))))
            .condition_expression(condition)
            .set_expression_attribute_values(Some(values))
            .send()
            .await;
        match result {
            Ok(_) => Ok(TransportSet::Done),
            // Likewise, this very call may have deleted it.
            Err(error) if condition_failed(&error) => {
                let stands = self.transport_now(context, &before.id).await?;
                Ok(match stands {
                    None => TransportSet::Done,
                    Some(_) => TransportSet::ChangedMeanwhile,
                })
            }
            Err(error) => Err(Error::call("delete a transport")(error)),
        }
    }

    /// Sets a transport unconditionally.
    ///
    /// # Errors
    /// If the write fails.
    pub async fn put_transport(
        &self,
        context: &Context,
        transport: &Transport,
    ) -> Result<(), Error> {
        let tenant = &context.tenant;
        let row = item::write(
            &keys::transport(tenant, &transport.id),
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

    /// A transport, if there is one. Eventually consistent.
    ///
    /// # Errors
    /// If the read fails or the row cannot be decoded.
    pub async fn transport(
        &self,
        context: &Context,
        transport: &TransportId,
    ) -> Result<Option<Transport>, Error> {
        let tenant = &context.tenant;
        self.read_transport(tenant, transport, false).await
    }

    /// A transport (consistent read, at twice the price).
    ///
    /// # Errors
    /// If the read fails or the row cannot be decoded.
    pub async fn transport_now(
        &self,
        context: &Context,
        transport: &TransportId,
    ) -> Result<Option<Transport>, Error> {
        let tenant = &context.tenant;
        self.read_transport(tenant, transport, true).await
    }

    async fn read_transport(
        &self,
        tenant: &TenantId,
        transport: &TransportId,
        consistent: bool,
    ) -> Result<Option<Transport>, Error> {
        let key = keys::transport(tenant, transport);
        let row = self.get_row("read a transport", &self.catalog, &key, consistent);
        let row = row.await?;
        row.map(read).transpose()
    }

    /// All transports and routes of a tenant, and the identities it may send as, in two calls unless the routes are
    /// very long. Eventually consistent.
    ///
    /// # Errors
    /// If the read fails. A transport that cannot be decoded is left out.
    pub async fn setup(&self, context: &Context) -> Result<Setup, Error> {
        let tenant = &context.tenant;
        self.read_setup(tenant, false).await
    }

    /// The same, as consistent reads at twice the price.
    ///
    /// # Errors
    /// If the read fails.
    pub async fn setup_now(&self, context: &Context) -> Result<Setup, Error> {
        let tenant = &context.tenant;
        self.read_setup(tenant, true).await
    }

    async fn read_setup(&self, tenant: &TenantId, consistent: bool) -> Result<Setup, Error> {
        let (mut setup, identities) = tokio::try_join!(
            Box::pin(self.read_transports(tenant, consistent)),
            Box::pin(self.read_identities(tenant, consistent))
        )?;
        setup.identities = identities;
        Ok(setup)
    }

    async fn read_transports(&self, tenant: &TenantId, consistent: bool) -> Result<Setup, Error> {
        let partition = keys::tenant_partition(tenant);
        let doing = "read the transports";
        let rows = self.rows_beginning_with(doing, &partition, keys::SETUP_PREFIX, consistent);
        let mut setup = Setup::default();
        for row in rows.await? {
            let sort = item::string(&row, "sk").unwrap_or_default();
            if let Some(channel) = sort.strip_prefix(keys::ROUTES_PREFIX) {
                // Routes of a channel that only a newer release knows are left to that release.
                if let Ok(channel) = channel.parse() {
                    setup.routes.insert(channel, item::read("routes", row)?);
                }
            } else {
                // A row written by an older or a newer release must not block the others.
                match read(row) {
                    Ok(transport) => {
                        setup.transports.insert(transport.id.clone(), transport);
                    }
                    Err(error) => {
                        tracing::error!(%tenant, error = &error as &dyn std::error::Error, "skipping a transport that cannot be decoded");
                    }
                }
            }
        }
        Ok(setup)
    }

    /// Sets the routes of a channel, or removes them.
    ///
    /// # Errors
    /// If the write fails.
    pub async fn set_routes(
        &self,
        context: &Context,
        channel: Channel,
        routes: Option<&Routes>,
    ) -> Result<(), Error> {
        const DOING: &str = "set the routes of a channel";
        let tenant = &context.tenant;
        let key = keys::routes(tenant, channel);
        match routes {
            Some(routes) => {
                let put = self.dynamodb.put_item().table_name(&self.catalog);
                let row = item::write(&key, "routes", routes)?;
                let result = put.set_item(Some(row)).send().await;
                result.map(|_| ()).map_err(Error::call(DOING))
            }
            None => {
                let delete = self.dynamodb.delete_item().table_name(&self.catalog);
                let result = delete.set_key(Some(item::key(&key))).send().await;
                result.map(|_| ()).map_err(Error::call(DOING))
            }
        }
    }

    /// Changes the limits of a transport and whether it is switched on, and returns it as it is then; `None` if there
    /// is none. `change` may be called several times, with the current transport each time, until no other writer comes
    /// first. Any other change it makes is discarded.
    ///
    /// # Errors
    /// If the write fails or the row keeps changing.
    pub async fn change_transport(
        &self,
        context: &Context,
        transport: &TransportId,
        change: impl Fn(&mut Transport),
    ) -> Result<Option<Transport>, Error> {
        const DOING: &str = "change a transport";
        let tenant = &context.tenant;
        let key = keys::transport(tenant, transport);
        let mut pauses = pauses();
        loop {
            let row = self.get_row(DOING, &self.catalog, &key, true).await?;
            let Some(before) = row.map(read).transpose()? else {
                return Ok(None);
            };
            let mut after = before.clone();
            change(&mut after);
            if (after.limits, after.enabled) == (before.limits, before.enabled) {
                return Ok(Some(before));
            }
            // Only these are written, because another request may be changing the rest.
            let (condition, values) = has_switches_of(&before)?;
            let result = self
                .dynamodb
                .update_item()
                .table_name(&self.catalog)
                .set_key(Some(item::key(&key)))
                .update_expression("SET limits = :after, enabled = :enabled_after")
                .condition_expression(format!("attribute_exists(pk) AND {condition}"))
                .set_expression_attribute_values(Some(values))
                .expression_attribute_values(":after", item::attribute("limits", &after.limits)?)
                .expression_attribute_values(":enabled_after", AttributeValue::Bool(after.enabled))
                .send()
                .await;
            match result {
                Ok(_) => return Ok(Some(after)),
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

/// Decodes a transport. When a channel had only one, the row held no id but its key.
fn read(mut row: Item) -> Result<Transport, Error> {
    let sort = item::string(&row, "sk").unwrap_or_default();
    if let Some(id) = sort.strip_prefix(keys::TRANSPORT_PREFIX) {
        let id = item::text(id);
        row.entry("id".to_owned()).or_insert(id);
    }
    item::read("a transport", row)
}

/// Requires that a row's limits and switch are unchanged since it was read.
fn has_switches_of(before: &Transport) -> Result<(String, HashMap<String, AttributeValue>), Error> {
    let values = HashMap::from([
        (
            ":limits".to_owned(),
            item::attribute("limits", &before.limits)?,
        ),
        (":enabled".to_owned(), AttributeValue::Bool(before.enabled)),
    ]);
    let mut condition = match before.limits.are_set() {
        true => "limits = :limits".to_owned(),
        false => "(limits = :limits OR attribute_not_exists(limits))".to_owned(),
    };
    condition.push_str(match before.enabled {
        true => " AND (enabled = :enabled OR attribute_not_exists(enabled))",
        false => " AND enabled = :enabled",
    });
    Ok((condition, values))
}

/// Requires that a row's credentials and switch are unchanged since it was read: otherwise credentials it names now
/// would be left behind and other changes undone.
fn is_as_read(before: &Transport) -> Result<(String, HashMap<String, AttributeValue>), Error> {
    let (mut condition, mut values) = has_switches_of(before)?;
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
