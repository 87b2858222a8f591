//! Suppressed addresses: addresses excluded from all campaigns of their tenant.

use aws_sdk_dynamodb::types::ReturnValue;
use carillon_domain::{
    access::Context,
    channel::Channel,
    channel_address::ChannelAddress,
    id::TenantId,
    suppressions::{Suppression, SuppressionSource},
};
use jiff::Timestamp;

use crate::{
    Page, PageRequest, Store,
    error::{Error, condition_failed},
    item,
    keys::{self, Key},
    page::page_of_shards,
    partiql::{Statement, Written, pauses},
};

/// Parts of a tenant's suppressions: one for each hexadecimal digit.
const PARTS: u16 = 16;

/// Outcome of suppressing an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Suppressed {
    /// Newly suppressed.
    Now,
    /// Suppressed before.
    Before(Suppression),
}

impl Store {
    /// Suppresses an address. An existing suppression is left as it is: the first time and source are kept.
    ///
    /// # Errors
    /// If the write fails.
    pub async fn suppress(
        &self,
        context: &Context,
        suppression: &Suppression,
    ) -> Result<Suppressed, Error> {
        const DOING: &str = "suppress an address";
        let tenant = &context.tenant;
        let key = key_of(tenant, &suppression.address);
        let row = item::write(&key, "a suppression", suppression)?;
        let mut pauses = pauses();
        loop {
            let result = self
                .dynamodb
                .put_item()
                .table_name(&self.catalog)
                .set_item(Some(row.clone()))
                .condition_expression("attribute_not_exists(pk)")
                .send()
                .await;
            match result {
                Ok(_) => return Ok(Suppressed::Now),
                Err(error) if condition_failed(&error) => {}
                Err(error) => return Err(Error::call(DOING)(error)),
            }
            if let Some(before) = self.suppression(context, &suppression.address).await? {
                return Ok(Suppressed::Before(before));
            }
            // It was lifted between the two calls.
            let Some(pause) = pauses.next() else {
                return Err(Error::Contended { doing: DOING });
            };
            tokio::time::sleep(pause).await;
        }
    }

    /// Suppresses many addresses, 25 per call, and returns how many were new. Existing suppressions are left as they
    /// are.
    ///
    /// # Errors
    /// If the write fails; some may have been suppressed, and repeating the call suppresses the rest.
    pub async fn suppress_all(
        &self,
        context: &Context,
        suppressions: &[Suppression],
    ) -> Result<usize, Error> {
        let tenant = &context.tenant;
        let inserts = suppressions.iter().map(|suppression| {
            let key = key_of(tenant, &suppression.address);
            let row = item::write(&key, "a suppression", suppression)?;
            Ok(Statement::insert(&self.catalog, row))
        });
        let inserts = inserts.collect::<Result<Vec<_>, Error>>()?;
        let written = self.execute("suppress addresses", inserts).await?;
        let added = written.iter().filter(|it| **it == Written::Applied);
        Ok(added.count())
    }

    /// Lifts the suppression of an address and returns whether there was one.
    ///
    /// # Errors
    /// If the write fails.
    pub async fn unsuppress(
        &self,
        context: &Context,
        address: &ChannelAddress,
    ) -> Result<bool, Error> {
        let tenant = &context.tenant;
        let answer = self
            .dynamodb
            .delete_item()
            .table_name(&self.catalog)
            .set_key(Some(item::key(&key_of(tenant, address))))
            .return_values(ReturnValue::AllOld)
            .send()
            .await
            .map_err(Error::call("lift a suppression"))?;
        Ok(answer.attributes.is_some_and(|row| !row.is_empty()))
    }

    /// Lifts a suppression if it is unchanged since it was read; returns whether it was.
    ///
    /// # Errors
    /// If the write fails.
    pub async fn lift(&self, context: &Context, standing: &Suppression) -> Result<bool, Error> {
        let tenant = &context.tenant;
        let result = self
            .dynamodb
            .delete_item()
            .table_name(&self.catalog)
            .set_key(Some(item::key(&key_of(tenant, &standing.address))))
            .condition_expression("#at = :at")
            .expression_attribute_names("#at", "at")
            .expression_attribute_values(":at", item::attribute("at", &standing.at)?)
            .send()
            .await;
        match result {
            Ok(_) => Ok(true),
            Err(error) if condition_failed(&error) => Ok(false),
            Err(error) => Err(Error::call("lift a suppression")(error)),
        }
    }

    /// Resubscribes an address that unsubscribed before this time and returns whether it had. Addresses suppressed by
    /// a bounce or an operator stay suppressed.
    ///
    /// # Errors
    /// If the write fails or the row cannot be decoded.
    pub async fn resubscribe(
        &self,
        context: &Context,
        address: &ChannelAddress,
        before: Timestamp,
    ) -> Result<bool, Error> {
        let standing = self.suppression(context, address).await?;
        let left = standing.filter(|standing| {
            standing.source == SuppressionSource::Unsubscribed && standing.at <= before
        });
        match left {
            Some(standing) => self.lift(context, &standing).await,
            None => Ok(false),
        }
    }

    /// The suppression of an address, if there is one (consistent read).
    ///
    /// # Errors
    /// If the read fails or the row cannot be decoded.
    pub async fn suppression(
        &self,
        context: &Context,
        address: &ChannelAddress,
    ) -> Result<Option<Suppression>, Error> {
        let tenant = &context.tenant;
        let key = key_of(tenant, address);
        let row = self
            .get_row("read a suppression", &self.catalog, &key, true)
            .await?;
        row.map(|row| item::read("a suppression", row)).transpose()
    }

    /// A page of the suppressions of a tenant, all or one channel's. They are ordered by hash, that is, arbitrarily.
    ///
    /// # Errors
    /// If the read fails or a row cannot be decoded.
    pub async fn suppressions(
        &self,
        context: &Context,
        channel: Option<Channel>,
        page: &PageRequest,
    ) -> Result<Page<Suppression>, Error> {
        let prefix = &channel.map_or_else(String::new, keys::suppressions_prefix);
        page_of_shards(PARTS, page, |cursor, wanted| async move {
            let part = format!("{:x}", cursor.shard);
            let partition = keys::suppressions_partition(&context.tenant, &part);
            let (rows, next) = self
                .query_partition("list suppressions", &self.catalog, partition, prefix)
                // An operator who has just suppressed an address looks for it.
                .with(|query| query.consistent_read(true))
                .rows(cursor.after.as_deref(), wanted)
                .await?;
            let rows = rows.into_iter();
            let found = rows.map(|row| item::read("a suppression", row));
            Ok((found.collect::<Result<_, _>>()?, next))
        })
        .await
    }
}

pub(crate) fn key_of(tenant: &TenantId, address: &ChannelAddress) -> Key {
    keys::suppression(tenant, address.channel(), &address.hash(tenant))
}
