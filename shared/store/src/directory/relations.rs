//! Relations. Each is two rows, one with either entity, so that both can list it in one query.

use aws_sdk_dynamodb::types::{Delete, Put};
use carillon_domain::{
    access::Context,
    directory::{Kind, Relation, RelationKind},
    id::EntityId,
};

use crate::{
    Page, PageRequest, Store,
    error::Error,
    item, keys,
    transact::{Conditions, delete, put},
};

/// From which end the relations of an entity are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// They start from it.
    Outgoing,
    /// They lead to it.
    Incoming,
}

/// Outcome of connecting two entities.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Related {
    /// They are connected.
    Done,
    /// The entity that the relation starts from does not exist.
    NoFrom,
    /// The entity that it leads to does not exist.
    NoTo,
}

impl Store {
    /// Connects two entities, or replaces what is known of their connection. Both must exist.
    ///
    /// # Errors
    /// If the write fails.
    pub async fn relate(&self, context: &Context, relation: &Relation) -> Result<Related, Error> {
        const DOING: &str = "connect two entities";
        let tenant = &context.tenant;
        let ends = [
            (relation.from_kind, &relation.from),
            (relation.to_kind, &relation.to),
        ];
        let mut writes = Vec::new();
        for (kind, id) in ends {
            let mut conditions = Conditions::default();
            conditions.require("attribute_exists(pk)");
            conditions.expect("is_removing", None);
            let key = keys::entity(tenant, kind, id);
            writes.push(conditions.check(DOING, &self.directory, &key)?);
        }
        for key in keys::relation(tenant, relation) {
            let row = item::write(&key, "a relation", relation)?;
            let builder = Put::builder()
                .table_name(&self.directory)
                .set_item(Some(row));
            writes.push(put(DOING, builder)?);
        }
        if self.transact(DOING, writes).await? {
            return Ok(Related::Done);
        }
        let from = self.entity(context, relation.from_kind, &relation.from);
        Ok(match from.await? {
            None => Related::NoFrom,
            Some(_) => Related::NoTo,
        })
    }

    /// Parts two entities. Nothing happens if they are not connected.
    ///
    /// # Errors
    /// If the write fails.
    pub async fn unrelate(&self, context: &Context, relation: &Relation) -> Result<(), Error> {
        const DOING: &str = "part two entities";
        let mut writes = Vec::new();
        for key in keys::relation(&context.tenant, relation) {
            let builder = Delete::builder()
                .table_name(&self.directory)
                .set_key(Some(item::key(&key)));
            writes.push(delete(DOING, builder)?);
        }
        self.transact(DOING, writes).await?;
        Ok(())
    }

    /// A page of the relations of an entity, all or of one kind (consistent read).
    ///
    /// # Errors
    /// If the read fails or a row cannot be decoded.
    pub async fn relations(
        &self,
        context: &Context,
        (kind, id): (Kind, &EntityId),
        direction: Direction,
        relation: Option<RelationKind>,
        page: &PageRequest,
    ) -> Result<Page<Relation>, Error> {
        let leads_to = direction == Direction::Incoming;
        let partition = keys::relations_partition(&context.tenant, leads_to, kind, id.part());
        let mut prefix = keys::relations_prefix(id);
        if let Some(relation) = relation {
            prefix.push_str(&format!("{relation}#"));
        }
        self.query_partition("list relations", &self.directory, partition, &prefix)
            .with(|query| query.consistent_read(true))
            .page(page, |row| item::read("a relation", row))
            .await
    }
}
