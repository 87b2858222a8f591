//! The identities that tenants may send as. No function's role may write them; the platform's operator does, with
//! their own credentials.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use carillon_domain::{
    access::Context,
    id::TenantId,
    transports::identity::{Identities, Identity},
};
use serde::Deserialize;

use crate::{
    Store,
    error::Error,
    item::{self, Item},
    keys,
};

#[derive(Deserialize)]
struct Row {
    /// A DynamoDB set, absent when empty.
    #[serde(default)]
    granted: BTreeSet<String>,
}

/// Decodes the granted identities from the row.
fn read(row: Item) -> Result<Identities, Error> {
    let row: Row = item::read("the identities of a tenant", row)?;
    // Identities that only a newer release knows are of no use to this one.
    let granted = row.granted.iter().filter_map(|text| text.parse().ok());
    Ok(granted.collect())
}

impl Store {
    /// The identities a tenant may send as through the shared account.
    ///
    /// # Errors
    /// If the read fails or the row cannot be decoded.
    pub async fn identities(&self, context: &Context) -> Result<Identities, Error> {
        let tenant = &context.tenant;
        self.read_identities(tenant, true).await
    }

    pub(crate) async fn read_identities(
        &self,
        tenant: &TenantId,
        consistent: bool,
    ) -> Result<Identities, Error> {
        let key = keys::identities(tenant);
        let doing = "read the identities of a tenant";
        let row = self.get_row(doing, &self.catalog, &key, consistent).await?;
        row.map_or_else(|| Ok(Identities::default()), read)
    }

    /// Grants identities to a tenant and returns all it has then. Idempotent.
    ///
    /// # Errors
    /// If the write fails.
    pub async fn grant_identities(
        &self,
        context: &Context,
        identities: &[Identity],
    ) -> Result<Identities, Error> {
        self.change_identities(context, "ADD granted :these", identities)
            .await
    }

    /// Revokes identities of a tenant and returns those left. Sends in progress stop using them within a minute.
    ///
    /// # Errors
    /// If the write fails.
    pub async fn revoke_identities(
        &self,
        context: &Context,
        identities: &[Identity],
    ) -> Result<Identities, Error> {
        self.change_identities(context, "DELETE granted :these", identities)
            .await
    }

    async fn change_identities(
        &self,
        context: &Context,
        expression: &str,
        identities: &[Identity],
    ) -> Result<Identities, Error> {
        if identities.is_empty() {
            return self.identities(context).await;
        }
        let these = identities.iter().map(ToString::to_string).collect();
        let answer = self
            .dynamodb
            .update_item()
            .table_name(&self.catalog)
            .set_key(Some(item::key(&keys::identities(&context.tenant))))
            .update_expression(expression)
            .expression_attribute_values(":these", AttributeValue::Ss(these))
            .return_values(ReturnValue::AllNew)
            .send()
            .await
            .map_err(Error::call("change the identities of a tenant"))?;
        read(answer.attributes.unwrap_or_default())
    }
}
