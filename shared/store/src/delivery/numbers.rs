//! Numbers that are issued once: one counter per channel of a tenant, shared by all execution environments, because two
//! transports may belong to one account.

use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use carillon_domain::{
    channel::Channel,
    delivery::number::{least_count, number_of},
    id::TenantId,
};
use jiff::Timestamp;

use crate::{
    Store,
    error::{Error, condition_failed},
    item, keys,
};

impl Store {
    /// Takes a range of numbers that nobody else gets for at least a day.
    ///
    /// One write, or two if more are taken than the clock leaves room for.
    ///
    /// # Errors
    /// If the write fails.
    pub async fn take_numbers(
        &self,
        tenant: &TenantId,
        channel: Channel,
        count: u32,
        now: Timestamp,
    ) -> Result<Vec<u32>, Error> {
        const DOING: &str = "take numbers";
        let update = || {
            self.dynamodb
                .update_item()
                .table_name(&self.catalog)
                .set_key(Some(item::key(&keys::numbers(tenant, channel))))
                .return_values(ReturnValue::UpdatedNew)
        };
        let least = least_count(now);
        let caught_up = update()
            .update_expression("SET next_number = :next")
            .condition_expression("attribute_not_exists(next_number) OR next_number < :least")
            .expression_attribute_values(":next", item::number(least + u64::from(count)))
            .expression_attribute_values(":least", item::number(least))
            .send()
            .await;
        let answer = match caught_up {
            Ok(answer) => answer,
            Err(error) if condition_failed(&error) => update()
                .update_expression("ADD next_number :count")
                .expression_attribute_values(":count", item::number(count))
                .send()
                .await
                .map_err(Error::call(DOING))?,
            Err(error) => return Err(Error::call(DOING)(error)),
        };
        let next = answer
            .attributes
            .as_ref()
            .and_then(|row| row.get("next_number"))
            .and_then(|value| AttributeValue::as_n(value).ok())
            .and_then(|number| number.parse::<u64>().ok())
            .ok_or_else(|| Error::malformed("a count of numbers", "there is no number"))?;
        Ok((next.saturating_sub(count.into())..next)
            .map(number_of)
            .collect())
    }
}
