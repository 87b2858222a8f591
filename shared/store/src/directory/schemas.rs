//! The attributes that a tenant added.

use carillon_domain::{
    access::Context,
    directory::{Kind, Schema},
};

use crate::{
    Store,
    error::{Error, condition_failed},
    item, keys,
};

/// Outcome of saving a schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SchemaWritten {
    /// It is saved, with its new version.
    Done(Schema),
    /// Somebody else changed it meanwhile.
    Stale,
}

impl Store {
    /// The attributes of a kind of entity (consistent read).
    ///
    /// # Errors
    /// If the read fails or the row cannot be decoded.
    pub async fn schema(&self, context: &Context, kind: Kind) -> Result<Schema, Error> {
        let key = keys::schema(&context.tenant, kind);
        let row = self
            .get_row("read attributes", &self.directory, &key, true)
            .await?;
        let schema = row.map(|row| item::read("attributes", row)).transpose()?;
        Ok(schema.unwrap_or_else(|| Schema::empty(kind)))
    }

    /// Saves the attributes of a kind, if they are still of the version that was changed.
    ///
    /// # Errors
    /// If the write fails.
    pub async fn save_schema(
        &self,
        context: &Context,
        changed: &Schema,
    ) -> Result<SchemaWritten, Error> {
        let key = keys::schema(&context.tenant, changed.kind);
        let mut next = changed.clone();
        next.version += 1;
        let result = self
            .dynamodb
            .put_item()
            .table_name(&self.directory)
            .set_item(Some(item::write(&key, "attributes", &next)?))
            .condition_expression("attribute_not_exists(pk) OR version = :seen")
            .expression_attribute_values(":seen", item::number(changed.version))
            .send()
            .await;
        match result {
            Ok(_) => Ok(SchemaWritten::Done(next)),
            // The SDK repeats a call whose response was lost; then the row is already this one.
            Err(error) if condition_failed(&error) => {
                let stands = self.schema(context, changed.kind).await?;
                Ok(match stands == next {
                    true => SchemaWritten::Done(next),
                    false => SchemaWritten::Stale,
                })
            }
            Err(error) => Err(Error::call("save attributes")(error)),
        }
    }
}
