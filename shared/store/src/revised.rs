//! Rows that are rewritten as a whole, each time by whoever has read the latest revision.

use jiff::Timestamp;
use serde::{Serialize, de::DeserializeOwned};
use uuid::Uuid;

use crate::{
    Store,
    error::{Error, condition_failed},
    item::{self, Item},
    keys::Key,
};

/// What such a row holds.
pub(crate) trait Revised: Clone + Serialize + DeserializeOwned {
    /// What it is, for errors, and what creating, reading and saving one are called there.
    const WHAT: &'static str;
    const CREATE: &'static str;
    const READ: &'static str;
    const SAVE: &'static str;
    /// How long it is kept.
    const KEPT_DAYS: u32;

    /// Its key.
    fn key(&self) -> Key;

    /// When it was created.
    fn created_at(&self) -> Timestamp;

    /// Incremented on every change, so that of two writers one fails.
    fn revision(&self) -> u64;

    /// A new token for every change, by which a writer whose response was lost recognizes its own row.
    fn saved_by(&self) -> &str;

    /// Sets both.
    fn revise(&mut self, revision: u64, saved_by: String);
}

impl Store {
    /// Creates a row, or returns what the same call created before.
    pub(crate) async fn create_revised<T: Revised>(&self, new: &T) -> Result<T, Error> {
        let result = self
            .dynamodb
            .put_item()
            .table_name(&self.catalog)
            .set_item(Some(row_of(new)?))
            .condition_expression("attribute_not_exists(pk)")
            .send()
            .await;
        match result {
            Ok(_) => Ok(new.clone()),
            Err(error) if condition_failed(&error) => {
                let existing = self.read_revised(&new.key()).await?;
                existing.ok_or(Error::Contended { doing: T::CREATE })
            }
            Err(error) => Err(Error::call(T::CREATE)(error)),
        }
    }

    /// A row (consistent read).
    pub(crate) async fn read_revised<T: Revised>(&self, key: &Key) -> Result<Option<T>, Error> {
        let row = self.get_row(T::READ, &self.catalog, key, true).await?;
        row.map(|row| item::read(T::WHAT, row)).transpose()
    }

    /// Saves a row that is unchanged since it was read; `None` if it has changed.
    pub(crate) async fn save_revised<T: Revised>(&self, seen: &T) -> Result<Option<T>, Error> {
        let mut next = seen.clone();
        let token = Uuid::new_v4().simple().to_string();
        next.revise(seen.revision() + 1, token);
        let result = self
            .dynamodb
            .put_item()
            .table_name(&self.catalog)
            .set_item(Some(row_of(&next)?))
            .condition_expression("revision = :seen")
            .expression_attribute_values(":seen", item::number(seen.revision()))
            .send()
            .await;
        match result {
            Ok(_) => Ok(Some(next)),
            // The SDK retries a call whose response was lost; the conflicting row is then this very change.
            Err(error) if condition_failed(&error) => {
                let stands: Option<T> = self.read_revised(&next.key()).await?;
                Ok(stands.filter(|stands| stands.saved_by() == next.saved_by()))
            }
            Err(error) => Err(Error::call(T::SAVE)(error)),
        }
    }
}

fn row_of<T: Revised>(value: &T) -> Result<Item, Error> {
    let mut row = item::write(&value.key(), T::WHAT, value)?;
    row.insert(
        "expires_at".to_owned(),
        item::expiry(value.created_at(), T::KEPT_DAYS),
    );
    Ok(row)
}
