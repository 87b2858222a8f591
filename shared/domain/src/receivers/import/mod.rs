//! Reading a CSV file of receivers (RFC 4180, and the variants that spreadsheets write).
//!
//! A file is read twice: once to check it as a whole, so that an unusable file leaves nothing
//! behind, and once to load it. Both passes work on chunks of any size and keep one row in memory,
//! so a million rows need no more than a thousand.

mod columns;
mod headings;
mod languages;
mod rows;
mod values;

pub use columns::{Columns, Effect, Options, Read, RowFinding, TakenFor};
pub use rows::{Row, RowReader, Separation, Step};
pub use values::{FileLocale, UnknownLocale};

/// The most bytes of one row, with all its cells.
pub const ROW_BYTES: usize = 64 * 1024;
/// The most bytes of one cell.
pub const CELL_BYTES: usize = 4 * 1024;
/// The most columns.
pub const COLUMNS: usize = 200;
/// The most bytes of a file.
pub const FILE_BYTES: u64 = 512 * 1024 * 1024;

/// Why a whole file is refused. None of its rows is loaded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FileProblem {
    /// Bytes that are not UTF-8.
    #[error("line {line} is not UTF-8; save the file as \"CSV UTF-8\"")]
    NotUtf8 {
        /// The line, from 1.
        line: u64,
    },
    /// A quote that is never closed, or whose cell contains the rows after it.
    #[error(
        "the quote at line {line} is not closed at the end of its cell; close it, or double it if it is part of the text"
    )]
    UnclosedQuote {
        /// The line of the quote, from 1.
        line: u64,
    },
    /// A row that is too long.
    #[error("the row at line {line} has more than {ROW_BYTES} bytes")]
    RowTooLong {
        /// The line, from 1.
        line: u64,
    },
    /// Too many columns.
    #[error("line {line} has more than {COLUMNS} columns")]
    TooManyColumns {
        /// The line, from 1.
        line: u64,
    },
    /// The file is too large.
    #[error("the file has {bytes} bytes; at most {FILE_BYTES} are allowed")]
    FileTooLarge {
        /// Its size.
        bytes: u64,
    },
    /// The file is empty.
    #[error("the file is empty; its first line must name the columns")]
    Empty,
    /// No address column.
    #[error(
        "no column can be used as an address; name one of them email or mobile (found: {found})"
    )]
    NoUsableColumn {
        /// The names that were found.
        found: String,
    },
    /// Two columns with the same meaning, or one nested in the other.
    #[error("the columns {first:?} and {second:?} name the same thing")]
    ConflictingColumns {
        /// The first.
        first: String,
        /// The second.
        second: String,
    },
}

impl FileProblem {
    /// The stable code of this reason in the API.
    pub fn code(&self) -> &'static str {
        match self {
            FileProblem::NotUtf8 { .. } => "not_utf8",
            FileProblem::UnclosedQuote { .. } => "unclosed_quote",
            FileProblem::RowTooLong { .. } => "row_too_long",
            FileProblem::TooManyColumns { .. } => "too_many_columns",
            FileProblem::FileTooLarge { .. } => "file_too_large",
            FileProblem::Empty => "empty_file",
            FileProblem::NoUsableColumn { .. } => "no_usable_column",
            FileProblem::ConflictingColumns { .. } => "conflicting_columns",
        }
    }
}
