//! Finding entities by words.

use std::collections::BTreeSet;

use carillon_domain::{
    access::Context,
    directory::{Entity, Kind, words::Search},
    id::EntityId,
};

use super::entities::WordRow;
use crate::{Store, error::Error, item, keys};

/// Calls for the words of one search; whoever types a word that thousands of people have, types more.
const CALLS: usize = 4;
/// Rows of one call: a few times the results, because an entity may have several words of one beginning.
const FEW: i32 = 60;
/// Rows of one call when several words were typed, of which one is looked up: about what fits into a response of 1 MB ("Query",
/// Amazon DynamoDB Developer Guide).
const MANY: i32 = 2_000;

/// What a search found.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Found {
    /// Entities, ordered by the word that they were found by.
    pub entities: Vec<Entity>,
    /// Whether there may be more.
    pub has_more: bool,
}

impl Store {
    /// The first entities that have all words of a search, in at most five calls however large the directory is.
    ///
    /// # Errors
    /// If a read fails or a row cannot be decoded.
    pub async fn search_directory(
        &self,
        context: &Context,
        search: &Search,
        kind: Option<Kind>,
        limit: usize,
    ) -> Result<Found, Error> {
        const DOING: &str = "search the directory";
        let lead = search.lead();
        let partition = keys::words_partition(&context.tenant, &lead.bucket);
        let at_a_time = if search.is_single() && kind.is_none() {
            FEW
        } else {
            MANY
        };
        let mut after: Option<String> = None;
        let mut found: Vec<(Kind, EntityId)> = Vec::new();
        let mut known = BTreeSet::new();
        let mut has_more = false;
        for call in 0..CALLS {
            let (rows, next) = self
                .query_partition(DOING, &self.directory, partition.clone(), &lead.text)
                // Whoever has just added somebody looks for them.
                .with(|query| query.consistent_read(true))
                .rows(after.as_deref(), at_a_time)
                .await?;
            for row in rows {
                let row: WordRow = item::read("a word", row)?;
                let is_wanted =
                    kind.is_none_or(|kind| kind == row.kind) && search.accepts(&row.words);
                if is_wanted && known.insert((row.kind, row.id.clone())) {
                    if found.len() == limit {
                        has_more = true;
                        break;
                    }
                    found.push((row.kind, row.id));
                }
            }
            if has_more {
                break;
            }
            has_more = next.is_some() && (call + 1 == CALLS);
            match next {
                Some(next) => after = Some(next),
                None => break,
            }
        }
        let mut entities = self.entities(context, &found, true).await?;
        let in_order = found.iter().filter_map(|key| entities.remove(key));
        Ok(Found {
            entities: in_order.collect(),
            has_more,
        })
    }
}
