//! The stream records that were counted recently.
//!
//! DynamoDB orders the changes of one item and guarantees no order across the items of a partition ("Streams", DynamoDB
//! Developer Guide: "for each item that is modified … the stream records appear in the same sequence as the actual
//! modifications to the item"). A large or busy partition may be split by sort key, as our table has no local secondary
//! index ("split for heat", AWS Database Blog, "Scaling DynamoDB, part 2"); its items are then in two shards of the
//! stream, which Lambda reads concurrently, one perhaps far behind the other. A single stream position therefore cannot
//! tell what was counted. We remember individual records instead; the memory can be short, because only a failed batch
//! is delivered again.

use std::collections::HashSet;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::delivery::totals::StreamPosition;

/// Records remembered beside the batches that are always remembered. A row is written once per batch and must stay
/// within a kilobyte, including what a batch of a large campaign holds for one of 16 shards, some 60 records: that is
/// one write unit, of which a campaign of a million takes 50,000 for its totals.
const RECORDS: usize = 96;
const BATCHES: usize = 2;
/// A batch absorbs the next one until it has this many records; many small batches would make the row long.
const FULL: usize = 48;
/// Bytes of a record's mark. One record in 10 thousand million is mistaken for another one of a hundred; the recount
/// after the campaign has ended corrects any miscount.
const MARK: usize = 5;

/// What is known of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Known {
    /// Counted.
    Counted,
    /// Not counted.
    New,
    /// Too old to tell.
    Forgotten,
}

/// The records of a shard that were counted recently.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Memory {
    /// Something at or before this position was forgotten.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    forgotten: Option<StreamPosition>,
    /// The others, oldest first.
    #[serde(default)]
    batches: Vec<Batch>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Batch {
    /// Its last position.
    last: StreamPosition,
    marks: Marks,
}

/// A memory indexed for looking up a batch.
pub(crate) struct Look<'a> {
    forgotten: Option<&'a StreamPosition>,
    marks: HashSet<[u8; MARK]>,
}

impl Look<'_> {
    pub(crate) fn up(&self, position: &StreamPosition) -> Known {
        if self.marks.contains(&mark(position)) {
            return Known::Counted;
        }
        match self.forgotten {
            Some(forgotten) if position <= forgotten => Known::Forgotten,
            _ => Known::New,
        }
    }
}

impl Memory {
    pub(crate) fn look(&self) -> Look<'_> {
        let marks = self.batches.iter().flat_map(|batch| batch.marks.each());
        Look {
            forgotten: self.forgotten.as_ref(),
            marks: marks.collect(),
        }
    }

    /// Remembers records as counted.
    pub(crate) fn keep<'a>(&mut self, positions: impl IntoIterator<Item = &'a StreamPosition>) {
        let mut positions = positions.into_iter().peekable();
        let Some(first) = positions.peek() else {
            return;
        };
        if self
            .batches
            .last()
            .is_none_or(|batch| batch.marks.len() >= FULL)
        {
            self.batches.push(Batch {
                last: Clone::clone(*first),
                marks: Marks(Vec::new()),
            });
        }
        if let Some(batch) = self.batches.last_mut() {
            positions.for_each(|position| batch.add(position));
        }
        let mut records: usize = self.batches.iter().map(|batch| batch.marks.len()).sum();
        while records > RECORDS && self.batches.len() > BATCHES {
            let oldest = self.batches.remove(0);
            records -= oldest.marks.len();
            self.forgotten = self.forgotten.take().max(Some(oldest.last));
        }
    }
}

impl Batch {
    fn add(&mut self, position: &StreamPosition) {
        self.marks.0.extend(mark(position));
        if *position > self.last {
            self.last = position.clone();
        }
    }
}

/// The number, spread over all bits by multiplication (Knuth, "The Art of Computer Programming", volume 3, 6.4).
fn mark(position: &StreamPosition) -> [u8; MARK] {
    const ODD: u128 = 0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835;
    let digits = position.as_str().bytes();
    let number = digits.fold(0_u128, |number, digit| {
        number.wrapping_mul(10).wrapping_add(u128::from(digit & 15))
    });
    let spread = (number ^ (number >> 64)).wrapping_mul(ODD).to_be_bytes();
    let mut mark = [0; MARK];
    mark.copy_from_slice(&spread[..MARK]);
    mark
}

/// Concatenated marks, as binary data.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Marks(Vec<u8>);

impl Marks {
    fn len(&self) -> usize {
        self.0.len() / MARK
    }

    fn each(&self) -> impl Iterator<Item = [u8; MARK]> {
        let marks = self.0.chunks_exact(MARK);
        marks.filter_map(|mark| mark.try_into().ok())
    }
}

impl Serialize for Marks {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Marks {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Bytes;
        impl de::Visitor<'_> for Bytes {
            type Value = Marks;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("binary data")
            }

            fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<Marks, E> {
                Ok(Marks(bytes.to_vec()))
            }

            fn visit_byte_buf<E: de::Error>(self, bytes: Vec<u8>) -> Result<Marks, E> {
                Ok(Marks(bytes))
            }
        }
        deserializer.deserialize_byte_buf(Bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(number: usize) -> StreamPosition {
        StreamPosition::new(&format!("{number:021}"))
    }

    #[test]
    fn records_are_recognized_individually_in_any_order() {
        let mut memory = Memory::default();
        memory.keep([&at(10), &at(12), &at(14)]);
        assert_eq!(memory.look().up(&at(12)), Known::Counted);
        assert_eq!(
            memory.look().up(&at(11)),
            Known::New,
            "another shard is behind"
        );
        memory.keep([&at(11)]);
        assert_eq!(memory.look().up(&at(11)), Known::Counted);
    }

    #[test]
    fn forgotten_records_are_not_taken_for_new() {
        let mut memory = Memory::default();
        for number in 0..2_000 {
            memory.keep([&at(number * 2)]);
        }
        let look = memory.look();
        assert_eq!(look.up(&at(3_998)), Known::Counted);
        assert_eq!(look.up(&at(3_900)), Known::Counted);
        assert_eq!(look.up(&at(2)), Known::Forgotten);
        assert_eq!(look.up(&at(5)), Known::Forgotten);
        assert_eq!(look.up(&at(4_001)), Known::New);
        let marks: usize = memory.batches.iter().map(|batch| batch.marks.len()).sum();
        assert!(marks <= RECORDS + FULL, "{marks}");
        assert!(memory.batches.len() <= RECORDS / FULL + 1);
    }

    #[test]
    fn a_full_lambda_batch_can_be_redelivered() {
        let mut memory = Memory::default();
        let batch: Vec<StreamPosition> = (0..1_000).map(at).collect();
        memory.keep(&batch);
        let next: Vec<StreamPosition> = (1_000..2_000).map(at).collect();
        memory.keep(&next);
        let look = memory.look();
        let is_known = |it: &StreamPosition| look.up(it) == Known::Counted;
        assert!(batch.iter().chain(&next).all(is_known));
    }

    #[test]
    fn a_million_marks_are_distinct() {
        let marks: HashSet<[u8; MARK]> = (0..1_000_000).map(|it| mark(&at(it))).collect();
        assert_eq!(marks.len(), 1_000_000);
    }
}
