//! The text of a filter.

mod lexer;
mod parser;
mod printer;

pub(super) use parser::parse;
pub(super) use printer::{print, print_condition};

/// The most bytes of a text. That of the largest filter has fewer.
pub const TEXT_BYTES: usize = 200_000;

/// Words that begin a condition. An attribute of such a name is written in backticks.
const BEGINNINGS: [&str; 10] = [
    "all",
    "and",
    "any",
    "not",
    "or",
    "structure",
    "in",
    "has",
    "consent",
    "opted_out",
];

/// Whether a name has to be written in backticks.
fn begins_condition(name: &str) -> bool {
    BEGINNINGS.contains(&name) || name.parse::<crate::directory::RelationKind>().is_ok()
}
