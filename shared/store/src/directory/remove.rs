//! Removing entities: first what finds them, then their relations, then their row, so that whatever is interrupted can be repeated.

use carillon_domain::{
    access::Context,
    directory::{Entity, Kind, Relation},
    id::EntityId,
};

use super::Direction;
use crate::{PageRequest, Store, error::Error, item, keys, transact::Conditions};

/// Relations read at a time.
const PAGE: u16 = 100;

/// Outcome of removing an entity.
#[derive(Debug, Clone, PartialEq)]
pub enum Removal {
    /// Nothing finds it anymore; its relations are still there ([`Store::finish_removal`]).
    Begun,
    /// It has changed since it was read; this is how it is now.
    Stale(Box<Entity>),
    /// There is none.
    NotFound,
}

impl Store {
    /// Begins to remove an entity that is as it was read: its words go, nothing can be connected to it anymore, and reads no longer show it.
    ///
    /// # Errors
    /// If the write fails.
    pub async fn begin_removal(&self, context: &Context, seen: &Entity) -> Result<Removal, Error> {
        const DOING: &str = "remove an entity";
        let mut writes = vec![self.put_entity(DOING, context, Some(seen), seen, true)?];
        writes.extend(self.move_words(DOING, &context.tenant, Some(seen), None)?);
        if self.transact(DOING, writes).await? {
            return Ok(Removal::Begun);
        }
        let stands = self.entity(context, seen.kind, &seen.id).await?;
        Ok(stands.map_or(Removal::NotFound, |stands| Removal::Stale(Box::new(stands))))
    }

    /// Removes a page of the relations of an entity that is being removed, and once none are left, its row. `false` if it has to be called
    /// again.
    ///
    /// # Errors
    /// If a write fails; a repeated call continues.
    pub async fn finish_removal(
        &self,
        context: &Context,
        kind: Kind,
        id: &EntityId,
    ) -> Result<bool, Error> {
        const DOING: &str = "remove an entity";
        let is_removing = |row: super::entities::EntityRow| row.is_removing;
        if !self
            .entity_row(context, kind, id)
            .await?
            .is_some_and(is_removing)
        {
            return Ok(true);
        }
        let page = PageRequest::first(PAGE);
        for direction in [Direction::Outgoing, Direction::Incoming] {
            let found = self
                .relations(context, (kind, id), direction, None, &page)
                .await?;
            if !found.items.is_empty() {
                self.unrelate_all(context, &found.items).await?;
                return Ok(false);
            }
        }
        let mut conditions = Conditions::default();
        conditions.expect(
            "is_removing",
            Some(aws_sdk_dynamodb::types::AttributeValue::Bool(true)),
        );
        let key = keys::entity(&context.tenant, kind, id);
        let removed = conditions.delete(DOING, &self.directory, &key)?;
        self.transact(DOING, vec![removed]).await?;
        Ok(true)
    }

    async fn unrelate_all(&self, context: &Context, relations: &[Relation]) -> Result<(), Error> {
        let keys = relations
            .iter()
            .flat_map(|relation| keys::relation(&context.tenant, relation));
        let rows: Vec<_> = keys.map(|key| item::key(&key)).collect();
        self.delete_all("remove relations", &self.directory, &rows)
            .await
    }
}
