//! What is wrong with a filter, and where.

use std::fmt;

/// The most characters of a snippet.
const SNIPPET: usize = 40;

/// A problem with a filter.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {reason}")]
pub struct Problem {
    /// Where it is.
    pub place: Place,
    /// The stable code of the reason.
    pub code: &'static str,
    /// The problem and what would be right.
    pub reason: String,
}

/// A place in a filter. `Debug` and `Display` show no values: they may be addresses.
#[derive(Clone, PartialEq, Eq)]
pub enum Place {
    /// In its text.
    Text {
        /// The byte at which it begins.
        offset: usize,
        /// What is written there.
        snippet: String,
    },
    /// In its JSON, as in `all[1].not.attribute`; empty for the whole.
    Json(String),
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text { offset, .. } => write!(formatter, "at byte {offset}"),
            Self::Json(path) if path.is_empty() => formatter.write_str("the filter"),
            Self::Json(path) => formatter.write_str(path),
        }
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Place({self})")
    }
}

/// A part of what a filter was read from: bytes of a text, or one of the paths of a JSON value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Spot {
    pub(super) start: usize,
    pub(super) end: usize,
}

impl Spot {
    /// No place, in what is only written.
    pub(super) const NONE: Self = Self { start: 0, end: 0 };

    /// From the beginning of this to the end of another.
    pub(super) fn to(self, other: Self) -> Self {
        Self {
            start: self.start,
            end: other.end.max(self.start),
        }
    }
}

/// What a filter was read from.
#[derive(Clone)]
pub(super) enum Source {
    Text(String),
    Json(Vec<String>),
}

impl Source {
    pub(super) fn place(&self, spot: Spot) -> Place {
        match self {
            Self::Text(text) => {
                let written = text.get(spot.start..spot.end).unwrap_or_default();
                let mut snippet: String = written.chars().take(SNIPPET).collect();
                if snippet.len() < written.len() {
                    snippet.push('…');
                }
                Place::Text {
                    offset: spot.start,
                    snippet,
                }
            }
            Self::Json(paths) => Place::Json(paths.get(spot.start).cloned().unwrap_or_default()),
        }
    }

    pub(super) fn problem(
        &self,
        spot: Spot,
        code: &'static str,
        reason: impl Into<String>,
    ) -> Problem {
        Problem {
            place: self.place(spot),
            code,
            reason: reason.into(),
        }
    }
}
