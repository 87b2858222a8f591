//! A tenant's share of the API and of the normal queue, so that none locks out the others.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use carillon_domain::{access::Context, campaigns::Campaign, channel::PriorityQueue};
use jiff::Timestamp;

use crate::{
    Store,
    error::{Error, condition_failed},
    item,
    keys::{self, Key},
};

/// How many days a count is kept. Nothing reads it after its second or minute; DynamoDB's time to live removes it.
const KEPT_DAYS: u32 = 1;

impl Store {
    /// Counts a tenant's request and returns how many it has made in this second.
    ///
    /// # Errors
    /// If the write fails.
    pub async fn count_request(&self, context: &Context) -> Result<u64, Error> {
        let tenant = &context.tenant;
        let now = context.now;
        let key = keys::requests(tenant, now.as_second());
        self.add("count a request", &key, 1, now).await
    }

    /// Adds to a counter and returns it.
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

    /// Chooses the queue for this many messages of a campaign with this many receivers. Many small campaigns at once
    /// get in the way of others as much as one large campaign does, so what a tenant enqueues on the normal queue
    /// within a minute is counted.
    ///
    /// # Errors
    /// If the write fails.
    pub async fn queue_priority(
        &self,
        campaign: &Campaign,
        receivers: u64,
        messages: usize,
        now: Timestamp,
    ) -> Result<PriorityQueue, Error> {
        let queue_priority = PriorityQueue::of(campaign.priority, receivers);
        if queue_priority != PriorityQueue::Usual || messages == 0 {
            return Ok(queue_priority);
        }
        let key = keys::usual_lane(&campaign.tenant, now.as_second() / 60);
        let messages = u64::try_from(messages).unwrap_or(u64::MAX);
        let counted = self.add("count enqueued messages", &key, messages, now);
        Ok(PriorityQueue::of(campaign.priority, counted.await?))
    }

    /// Takes one of a tenant's slots for long-running requests, until it is released or this time has come; `false` if
    /// it is taken.
    ///
    /// # Errors
    /// If the write fails.
    pub async fn take_slot(
        &self,
        context: &Context,
        place: u8,
        until: Timestamp,
    ) -> Result<bool, Error> {
        let tenant = &context.tenant;
        let now = context.now;
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
            Err(error) => Err(Error::call("take a tenant's slot")(error)),
        }
    }

    /// Releases a slot that was taken until this time.
    ///
    /// # Errors
    /// If the write fails.
    pub async fn release_slot(
        &self,
        context: &Context,
        place: u8,
        until: Timestamp,
    ) -> Result<(), Error> {
        let tenant = &context.tenant;
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
                .map_err(Error::call("release a tenant's slot")),
        }
    }
}
