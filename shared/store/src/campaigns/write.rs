//! Writing a campaign's row: parts of transactions, and updates that return the row.

use std::collections::HashMap;

use aws_sdk_dynamodb::{
    error::ProvideErrorMetadata,
    types::{AttributeValue, ReturnValue, TransactWriteItem, Update},
};
use carillon_domain::{
    access::Context,
    campaigns::{Campaign, Status},
    id::{CampaignId, TenantId},
};

use crate::{
    Store,
    error::{Error, condition_failed},
    item,
    item::Item,
    keys,
    partiql::pauses,
};

impl Store {
    /// An update of a campaign's row, conditional on its status and version.
    #[expect(
        clippy::too_many_arguments,
        reason = "private, part of three transactions"
    )]
    pub(super) fn head_update(
        &self,
        doing: &'static str,
        tenant: &TenantId,
        id: &CampaignId,
        status: Status,
        version: u64,
        set: Vec<(&'static str, AttributeValue)>,
        remove: &[&'static str],
    ) -> Result<TransactWriteItem, Error> {
        let mut names = HashMap::from([("#status".to_owned(), "status".to_owned())]);
        let mut values = HashMap::from([
            (":expected_status".to_owned(), item::text(status)),
            (":expected_version".to_owned(), item::number(version)),
        ]);
        let mut assignments = Vec::new();
        for (index, (name, value)) in set.into_iter().enumerate() {
            assignments.push(format!("#n{index} = :v{index}"));
            names.insert(format!("#n{index}"), name.to_owned());
            values.insert(format!(":v{index}"), value);
        }
        let mut expression = format!("SET {}", assignments.join(", "));
        if !remove.is_empty() {
            expression.push_str(&format!(" REMOVE {}", remove.join(", ")));
        }
        let update = Update::builder()
            .table_name(&self.catalog)
            .set_key(Some(item::key(&keys::campaign(tenant, id))))
            .update_expression(expression)
            .condition_expression("#status = :expected_status AND version = :expected_version")
            .set_expression_attribute_names(Some(names))
            .set_expression_attribute_values(Some(values))
            .build()
            .map_err(|error| Error::Call {
                doing,
                code: None,
                source: Box::new(error),
            })?;
        Ok(TransactWriteItem::builder().update(update).build())
    }

    /// Updates a campaign's row if a condition holds; otherwise returns the current row, if any.
    pub(crate) async fn update_campaign(
        &self,
        context: &Context,
        doing: &'static str,
        id: &CampaignId,
        expression: &str,
        condition: &str,
        values: Vec<(&str, AttributeValue)>,
    ) -> Result<Result<Campaign, Option<Campaign>>, Error> {
        let uses_status = expression.contains("#status") || condition.contains("#status");
        let names =
            uses_status.then(|| HashMap::from([("#status".to_owned(), "status".to_owned())]));
        let values: Item = values
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect();
        let mut pauses = pauses();
        loop {
            let result = self
                .dynamodb
                .update_item()
                .table_name(&self.catalog)
                .set_key(Some(item::key(&keys::campaign(&context.tenant, id))))
                .update_expression(expression)
                .condition_expression(format!("attribute_exists(pk) AND {condition}"))
                .set_expression_attribute_names(names.clone())
                .set_expression_attribute_values((!values.is_empty()).then(|| values.clone()))
                .return_values(ReturnValue::AllNew)
                .send()
                .await;
            let error = match result {
                Ok(answer) => {
                    return item::read("a campaign", answer.attributes.unwrap_or_default()).map(Ok);
                }
                Err(error) => error,
            };
            if condition_failed(&error) {
                return Ok(Err(self.campaign(context, id).await?));
            }
            match pauses.next() {
                Some(pause) if error.code() == Some("TransactionConflictException") => {
                    tokio::time::sleep(pause).await;
                }
                _ => return Err(Error::call(doing)(error)),
            }
        }
    }
}
