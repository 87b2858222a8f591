//! Entities, each written together with its words.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_dynamodb::types::{Delete, Put, TransactWriteItem};
use carillon_domain::{
    access::Context,
    directory::{Entity, Fields, Kind},
    id::{EntityId, TenantId},
};
use serde::{Deserialize, Serialize};

use crate::{
    Page, PageRequest, Store,
    error::Error,
    item::{self, Item},
    keys,
    page::page_of_shards,
    transact::{Conditions, delete, put},
};

/// Outcome of writing an entity.
#[derive(Debug, Clone, PartialEq)]
pub enum EntityWritten {
    /// It is written.
    Done(Entity),
    /// It exists already, or has changed since it was read; this is how it is now.
    Stale(Entity),
    /// There is none.
    NotFound,
}

/// The row of an entity.
#[derive(Serialize, Deserialize)]
pub(super) struct EntityRow {
    #[serde(flatten)]
    pub(super) entity: Entity,
    /// It is being removed: nothing finds it anymore, and its relations are going.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) is_removing: bool,
}

/// The row of a word.
#[derive(Serialize, Deserialize)]
pub(super) struct WordRow {
    /// The entity.
    pub(super) kind: Kind,
    /// The entity.
    pub(super) id: EntityId,
    /// All words of the entity, so that a search for several words reads only the rows of one.
    pub(super) words: Vec<String>,
}

impl Store {
    /// An entity (consistent read).
    ///
    /// # Errors
    /// If the read fails or the row cannot be decoded.
    pub async fn entity(
        &self,
        context: &Context,
        kind: Kind,
        id: &EntityId,
    ) -> Result<Option<Entity>, Error> {
        let row = self.entity_row(context, kind, id).await?;
        Ok(row.filter(|row| !row.is_removing).map(|row| row.entity))
    }

    pub(super) async fn entity_row(
        &self,
        context: &Context,
        kind: Kind,
        id: &EntityId,
    ) -> Result<Option<EntityRow>, Error> {
        let key = keys::entity(&context.tenant, kind, id);
        let row = self
            .get_row("read an entity", &self.directory, &key, true)
            .await?;
        row.map(read).transpose()
    }

    /// Entities by id; missing ones are left out.
    ///
    /// # Errors
    /// If the read fails or a row cannot be decoded.
    pub async fn entities(
        &self,
        context: &Context,
        wanted: impl IntoIterator<Item = &(Kind, EntityId)>,
        consistent: bool,
    ) -> Result<HashMap<(Kind, EntityId), Entity>, Error> {
        let keys: Vec<_> = wanted
            .into_iter()
            .map(|(kind, id)| keys::entity(&context.tenant, *kind, id))
            .collect();
        let rows = self
            .rows_by_key("read entities", &self.directory, &keys, consistent)
            .await?;
        let mut found = HashMap::with_capacity(rows.len());
        for row in rows.into_values() {
            let row = read(row)?;
            if !row.is_removing {
                found.insert((row.entity.kind, row.entity.id.clone()), row.entity);
            }
        }
        Ok(found)
    }

    /// A page of the entities of a kind, ordered by id, that is, arbitrarily.
    ///
    /// # Errors
    /// If the read fails or a row cannot be decoded.
    pub async fn entity_page(
        &self,
        context: &Context,
        kind: Kind,
        page: &PageRequest,
    ) -> Result<Page<Entity>, Error> {
        page_of_shards(keys::ENTITY_PARTS, page, |cursor, wanted| async move {
            let part = format!("{:x}", cursor.shard);
            let partition = keys::entities_partition(&context.tenant, kind, &part);
            let (rows, next) = self
                .query_partition("list entities", &self.directory, partition, "")
                // Whoever has just added somebody looks for them.
                .with(|query| query.consistent_read(true))
                .rows(cursor.after.as_deref(), wanted)
                .await?;
            let rows = rows.into_iter().map(read).collect::<Result<Vec<_>, _>>()?;
            let present = rows.into_iter().filter(|row| !row.is_removing);
            Ok((present.map(|row| row.entity).collect(), next))
        })
        .await
    }

    /// Creates an entity with its words.
    ///
    /// # Errors
    /// If the write fails.
    pub async fn create_entity(
        &self,
        context: &Context,
        kind: Kind,
        id: &EntityId,
        fields: Fields,
    ) -> Result<EntityWritten, Error> {
        let new = Entity {
            kind,
            id: id.clone(),
            version: 1,
            created_at: context.now,
            updated_at: context.now,
            fields,
        };
        self.write_entity(context, None, new).await
    }

    /// Changes an entity that is as it was read. If nothing differs, nothing is written.
    ///
    /// # Errors
    /// If the write fails.
    pub async fn change_entity(
        &self,
        context: &Context,
        before: &Entity,
        fields: Fields,
    ) -> Result<EntityWritten, Error> {
        if before.fields == fields {
            return Ok(EntityWritten::Done(before.clone()));
        }
        let after = Entity {
            version: before.version + 1,
            updated_at: context.now,
            fields,
            ..before.clone()
        };
        self.write_entity(context, Some(before), after).await
    }

    async fn write_entity(
        &self,
        context: &Context,
        before: Option<&Entity>,
        after: Entity,
    ) -> Result<EntityWritten, Error> {
        const DOING: &str = "write an entity";
        let mut writes = vec![self.put_entity(DOING, context, before, &after, false)?];
        writes.extend(self.move_words(DOING, &context.tenant, before, Some(&after))?);
        if self.transact(DOING, writes).await? {
            return Ok(EntityWritten::Done(after));
        }
        let stands = self.entity(context, after.kind, &after.id).await?;
        Ok(stands.map_or(EntityWritten::NotFound, EntityWritten::Stale))
    }

    /// Puts the row of an entity, on condition that it is as it was read.
    pub(super) fn put_entity(
        &self,
        doing: &'static str,
        context: &Context,
        before: Option<&Entity>,
        after: &Entity,
        is_removing: bool,
    ) -> Result<TransactWriteItem, Error> {
        let key = keys::entity(&context.tenant, after.kind, &after.id);
        let row = EntityRow {
            entity: after.clone(),
            is_removing,
        };
        let mut conditions = Conditions::default();
        match before {
            None => conditions.require("attribute_not_exists(pk)"),
            Some(before) => {
                conditions.expect("version", Some(item::number(before.version)));
                conditions.expect("is_removing", None);
            }
        }
        let row = item::write(&key, "an entity", &row)?;
        conditions.put(doing, &self.directory, row)
    }

    /// The writes by which the index has the words of an entity as it is after. Rows that stay as they are, are not written.
    pub(super) fn move_words(
        &self,
        doing: &'static str,
        tenant: &TenantId,
        before: Option<&Entity>,
        after: Option<&Entity>,
    ) -> Result<Vec<TransactWriteItem>, Error> {
        let mut stale = before.map_or_else(|| Ok(BTreeMap::new()), |it| word_rows(tenant, it))?;
        let wanted = after.map_or_else(|| Ok(BTreeMap::new()), |it| word_rows(tenant, it))?;
        let mut writes = Vec::new();
        for (place, row) in wanted {
            if stale.remove(&place).is_some_and(|stands| stands == row) {
                continue;
            }
            let builder = Put::builder()
                .table_name(&self.directory)
                .set_item(Some(row));
            writes.push(put(doing, builder)?);
        }
        for row in stale.into_values() {
            let key = item::key_of(&row).map(|key| item::key(&key));
            let builder = Delete::builder().table_name(&self.directory).set_key(key);
            writes.push(delete(doing, builder)?);
        }
        Ok(writes)
    }
}

/// The rows of the words of an entity, by key.
fn word_rows(
    tenant: &TenantId,
    entity: &Entity,
) -> Result<BTreeMap<(String, String), Item>, Error> {
    let words = entity.fields.words();
    let mut texts: Vec<String> = words.iter().map(|word| word.text.clone()).collect();
    texts.sort();
    texts.dedup();
    let row = WordRow {
        kind: entity.kind,
        id: entity.id.clone(),
        words: texts,
    };
    let rows = words.iter().map(|word| {
        let key = keys::word(tenant, word, entity.kind, &entity.id);
        let item = item::write(&key, "a word", &row)?;
        Ok(((key.partition, key.sort), item))
    });
    rows.collect()
}

pub(super) fn read(row: Item) -> Result<EntityRow, Error> {
    item::read("an entity", row)
}
