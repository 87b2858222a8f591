//! Lists, page by page.

use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;

use crate::{
    Cursor, Store,
    error::Error,
    item::{self, Item},
    keys::Key,
};

/// The requested page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageRequest {
    /// Where it starts: [`Page::next`] of the page before, or `None` for the first page.
    pub after: Option<Cursor>,
    /// Maximum number of entries.
    pub limit: u16,
}

impl PageRequest {
    /// The first page, with this maximum number of entries.
    pub fn first(limit: u16) -> Self {
        Self { after: None, limit }
    }
}

/// A page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The entries. There may be fewer than requested although more follow.
    pub items: Vec<T>,
    /// Where the next page starts; `None` on the last page.
    pub next: Option<Cursor>,
}

impl<T> Page<T> {
    /// The page with its entries converted.
    pub fn map<U>(self, convert: impl FnMut(T) -> U) -> Page<U> {
        Page {
            items: self.items.into_iter().map(convert).collect(),
            next: self.next,
        }
    }
}

/// A page of a list that spans shards, one after the other. `read` reads at most so many entries of a shard after a sort key, and says
/// after which one the next call continues.
pub(crate) async fn page_of_shards<T, Read>(
    shards: u16,
    page: &PageRequest,
    read: impl Fn(Cursor, i32) -> Read,
) -> Result<Page<T>, Error>
where
    Read: Future<Output = Result<(Vec<T>, Option<String>), Error>>,
{
    let mut cursor = page.after.clone().unwrap_or_default();
    let limit = usize::from(page.limit);
    let mut items = Vec::new();
    while cursor.shard < shards && items.len() < limit {
        let wanted = i32::try_from(limit - items.len()).unwrap_or(i32::MAX);
        let (found, next) = read(cursor.clone(), wanted).await?;
        items.extend(found);
        cursor.advance(next);
    }
    Ok(Page {
        items,
        next: cursor.within(shards),
    })
}

/// A query for rows of one partition.
pub(crate) struct PartitionQuery {
    doing: &'static str,
    partition: String,
    query: QueryFluentBuilder,
}

impl Store {
    /// A query for the rows of a partition whose sort keys begin with a prefix, or for all of its rows if the prefix
    /// is empty.
    pub(crate) fn query_partition(
        &self,
        doing: &'static str,
        table: &str,
        partition: String,
        prefix: &str,
    ) -> PartitionQuery {
        let query = self
            .dynamodb
            .query()
            .table_name(table)
            .expression_attribute_values(":pk", item::text(&partition));
        let query = if prefix.is_empty() {
            query.key_condition_expression("pk = :pk")
        } else {
            query
                .key_condition_expression("pk = :pk AND begins_with(sk, :prefix)")
                .expression_attribute_values(":prefix", item::text(prefix))
        };
        PartitionQuery {
            doing,
            partition,
            query,
        }
    }
}

impl PartitionQuery {
    /// The query with filters, a projection, another order or consistency.
    pub(crate) fn with(
        mut self,
        change: impl FnOnce(QueryFluentBuilder) -> QueryFluentBuilder,
    ) -> Self {
        self.query = change(self.query);
        self
    }

    /// The rows that one call finds after a sort key, and the sort key after which the next call continues.
    pub(crate) async fn rows(
        self,
        after: Option<&str>,
        limit: i32,
    ) -> Result<(Vec<Item>, Option<String>), Error> {
        let start = after.map(|sort| {
            item::key(&Key {
                partition: self.partition,
                sort: sort.to_owned(),
            })
        });
        let is_continued = start.is_some();
        let answer = self
            .query
            .set_exclusive_start_key(start)
            .limit(limit)
            .send()
            .await
            .map_err(Error::page(self.doing, is_continued))?;
        let next = answer.last_evaluated_key.as_ref().and_then(item::key_of);
        Ok((answer.items.unwrap_or_default(), next.map(|key| key.sort)))
    }

    /// A page of the list that the partition is.
    pub(crate) async fn page<T>(
        self,
        page: &PageRequest,
        decode: impl Fn(Item) -> Result<T, Error>,
    ) -> Result<Page<T>, Error> {
        let after = page
            .after
            .as_ref()
            .and_then(|cursor| cursor.after.as_deref());
        let (rows, next) = self.rows(after, page.limit.into()).await?;
        Ok(Page {
            items: rows.into_iter().map(decode).collect::<Result<_, _>>()?,
            next: next.map(|sort| Cursor {
                shard: 0,
                after: Some(sort),
            }),
        })
    }

    /// All rows, in as many calls as they need; for small numbers of rows.
    pub(crate) async fn all(self) -> Result<Vec<Item>, Error> {
        let mut rows = Vec::new();
        let mut start = None;
        loop {
            let answer = self
                .query
                .clone()
                .set_exclusive_start_key(start)
                .send()
                .await
                .map_err(Error::call(self.doing))?;
            rows.extend(answer.items.unwrap_or_default());
            start = answer.last_evaluated_key;
            if start.is_none() {
                return Ok(rows);
            }
        }
    }
}
