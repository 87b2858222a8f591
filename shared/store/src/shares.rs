//! A tenant's share of the API and of the usual lane, so that none of them keeps all others out.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use carillon_domain::{campaign::Campaign, channel::Lane, id::TenantId};
use jiff::Timestamp;

use crate::{
    Store,
    error::{Error, condition_failed},
    item,
    keys::{self, Key},
};

/// For how long a count is kept, in days. Nothing reads it after its second or minute; it is gone with DynamoDB's
/// time to live.
const KEPT_DAYS: u32 = 1;

impl Store {
    /// Counts a request of a tenant, and says how many it has made in this second.
    ///
    /// # Errors
    /// If the write fails.
    pub async fn count_request(&self, tenant: &TenantId, now: Timestamp) -> Result<u64, Error> {
        let key = keys::requests(tenant, now.as_second());
        self.add("count a request", &key, 1, now).await
    }

    /// Adds to a count, and gives it.
    async fn add(
        &self,
        doing: &'static str,
        key: &Key,
        added: u64,
        now: Timestamp,
    ) -> Result<u64, Error> {
        let answer = self
            .dynamodb
            .update_item()
            .table_name(&self.catalog)
            .set_key(Some(item::key(key)))
            .update_expression("ADD counted :added SET expires_at = :expiry")
            .expression_attribute_values(":added", item::number(added))
            .expression_attribute_values(":expiry", item::expiry(now, KEPT_DAYS))
            .return_values(ReturnValue::UpdatedNew)
            .send()
            .await
            .map_err(Error::call(doing))?;
        let count = answer.attributes.unwrap_or_default().remove("counted");
        let count = count.and_then(|it| it.as_n().ok()?.parse().ok());
        Ok(count.unwrap_or_default())
    }

    /// The lane for so many messages of a campaign with so many receivers. A tenant with many small campaigns at once is no
    /// less in the way of others than with a large one, so what it hands over on the usual lane within a minute is counted.
    ///
    /// # Errors
    /// If the write fails.
    pub async fn lane(
        &self,
        campaign: &Campaign,
        receivers: u64,
        messages: usize,
        now: Timestamp,
    ) -> Result<Lane, Error> {
        let lane = Lane::of(campaign.priority, receivers);
        if lane != Lane::Usual || messages == 0 {
            return Ok(lane);
        }
        let key = keys::usual_lane(&campaign.tenant, now.as_second() / 60);
        let messages = u64::try_from(messages).unwrap_or(u64::MAX);
        let counted = self.add("count what is handed over", &key, messages, now);
        Ok(Lane::of(campaign.priority, counted.await?))
    }

    /// Takes one of a tenant's places for requests that wait, until it is given back or this time has come; `false` if
    /// somebody has it.
    ///
    /// # Errors
    /// If the write fails.
    pub async fn take_place(
        &self,
        tenant: &TenantId,
        place: u8,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<bool, Error> {
        let mut row = item::key(&keys::place(tenant, place));
        row.insert(
            "held_until".to_owned(),
            item::number(until.as_millisecond()),
        );
        let result = self
            .dynamodb
            .put_item()
            .table_name(&self.catalog)
            .set_item(Some(row))
            .condition_expression("attribute_not_exists(pk) OR held_until < :now")
            .expression_attribute_values(":now", item::number(now.as_millisecond()))
            .send()
            .await;
        match result {
            Ok(_) => Ok(true),
            Err(error) if condition_failed(&error) => Ok(false),
            Err(error) => Err(Error::call("take a place of a tenant")(error)),
        }
    }

    /// Gives a place back that was taken until this time.
    ///
    /// # Errors
    /// If the write fails.
    pub async fn give_place_back(
        &self,
        tenant: &TenantId,
        place: u8,
        until: Timestamp,
    ) -> Result<(), Error> {
        let held: HashMap<String, AttributeValue> =
            HashMap::from([(":until".to_owned(), item::number(until.as_millisecond()))]);
        let result = self
            .dynamodb
            .delete_item()
            .table_name(&self.catalog)
            .set_key(Some(item::key(&keys::place(tenant, place))))
            .condition_expression("held_until = :until")
            .set_expression_attribute_values(Some(held))
            .send()
            .await;
        match result {
            Err(error) if condition_failed(&error) => Ok(()),
            other => other
                .map(|_| ())
                .map_err(Error::call("give a place of a tenant back")),
        }
    }
}
