//! Pagination cursors. Clients get them as opaque text.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// A position in a list: a shard, where the list spans shards, and the last sort key seen.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    /// The shard, or 0 where there are none.
    pub(crate) shard: u16,
    /// The last sort key seen on it, if any.
    pub(crate) after: Option<String>,
}

impl Cursor {
    /// Moves on after a call on the shard: to the sort key after which it continues, or to the next shard.
    pub(crate) fn advance(&mut self, next: Option<String>) {
        self.shard += u16::from(next.is_none());
        self.after = next;
    }

    /// The cursor, unless the list has ended: it spans this many shards.
    pub(crate) fn within(self, shards: u16) -> Option<Self> {
        (self.shard < shards).then_some(self)
    }
}

/// Text that is not one of our cursors.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a cursor; pass on next_cursor from the answer before, unchanged")]
pub struct InvalidCursor;

impl fmt::Display for Cursor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plain = format!(
            "{}.{}",
            self.shard,
            self.after.as_deref().unwrap_or_default()
        );
        formatter.write_str(&hex::encode(plain))
    }
}

impl FromStr for Cursor {
    type Err = InvalidCursor;

    fn from_str(text: &str) -> Result<Self, InvalidCursor> {
        let plain = hex::decode(text).map_err(|_| InvalidCursor)?;
        let plain = String::from_utf8(plain).map_err(|_| InvalidCursor)?;
        let (shard, after) = plain.split_once('.').ok_or(InvalidCursor)?;
        let after = (!after.is_empty()).then(|| after.to_owned());
        if after.as_ref().is_some_and(|after| after.len() > 256) {
            return Err(InvalidCursor);
        }
        Ok(Self {
            shard: shard.parse().map_err(|_| InvalidCursor)?,
            after,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_moves_through_each_shard_to_the_end() {
        let mut cursor = Cursor::default();
        cursor.advance(Some("R#ab".to_owned()));
        let on_first = Cursor {
            shard: 0,
            after: Some("R#ab".to_owned()),
        };
        assert_eq!(cursor, on_first);
        cursor.advance(None);
        let second = Cursor {
            shard: 1,
            after: None,
        };
        assert_eq!(cursor.clone().within(2), Some(second));
        cursor.advance(None);
        assert_eq!(cursor.within(2), None);
    }

    #[test]
    fn a_cursor_reads_back() {
        for cursor in [
            Cursor {
                shard: 3,
                after: Some("R#ab".to_owned()),
            },
            Cursor {
                shard: 0,
                after: None,
            },
        ] {
            assert_eq!(cursor.to_string().parse(), Ok(cursor));
        }
        assert_eq!("zz".parse::<Cursor>(), Err(InvalidCursor));
    }
}
