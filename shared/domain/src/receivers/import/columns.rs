//! The meaning of a file's columns, and turning a row into a receiver.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::{
    CELL_BYTES, FileLocale, FileProblem, Row,
    headings::{Heading, known},
    languages,
};
use crate::{
    address::{EmailAddress, Region, plain},
    content::insert_at,
    field_problem::FieldProblem,
    id::ImportId,
    push_address::PushAddress,
    receivers::{NewReceiver, OnBadAddress, Receiver, Source},
};

/// The longest placeholder name derived from a heading, in characters.
const NAME_CHARACTERS: usize = 64;

#[derive(Debug, Clone, PartialEq, Eq)]
enum Meaning {
    FirstName,
    LastName,
    Email,
    Mobile,
    Push,
    Language,
    /// The region of the row's number, if it names one; also a value for placeholders.
    Region(Vec<String>),
    /// The country of the row's number; also a value for placeholders.
    Country(Vec<String>),
    Variable(Vec<String>),
    /// A column without a name.
    Nothing,
}

/// The columns of a file, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Columns {
    names: Vec<String>,
    meanings: Vec<Meaning>,
}

/// How a column is interpreted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TakenFor {
    /// Its name in the file.
    pub column: String,
    /// The field of a receiver, as in `email` or `variables.city`; `None` for a column without a name.
    pub field: Option<String>,
    /// Whether it gives the country of a row's phone number.
    pub is_region: bool,
}

/// How the rows of a file are read.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// Completes national phone numbers of rows that name no region.
    pub region: Option<Region>,
    /// How a row with both valid and invalid addresses is handled.
    pub on_bad_address: OnBadAddress,
    /// The file's conventions for numbers and dates, if they are to be converted.
    pub locale: Option<FileLocale>,
}

/// What happened to a row with a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// It was refused.
    Refused,
    /// It was loaded without the invalid fields.
    LeftOut,
    /// The receiver was already there, and did not change.
    Duplicate,
}

/// A finding about a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowFinding {
    /// The line on which the row begins, from 1.
    pub line: u64,
    /// The column at fault, as the file names it.
    pub column: Option<String>,
    /// The stable code of the reason.
    pub code: &'static str,
    /// The problem, or what would be valid.
    pub reason: String,
    /// What happened to the row.
    pub effect: Effect,
}

/// The result of reading a row.
#[derive(Debug, Clone, PartialEq)]
pub enum Read {
    /// A receiver, and the fields that were left out.
    Receiver(Box<Receiver>, Vec<RowFinding>),
    /// Why it is not a receiver.
    Refused(Vec<RowFinding>),
}

impl Columns {
    /// Reads the names in a file's first row.
    ///
    /// Known headings have their meaning (`import::headings`); of several phone columns the mobile one is used. Every other column is a
    /// value for placeholders, under its name in lower case with underscores.
    ///
    /// # Errors
    /// Why no row could become a receiver.
    pub fn parse<'a>(names: impl IntoIterator<Item = &'a str>) -> Result<Self, FileProblem> {
        let names: Vec<String> = names.into_iter().map(plain).collect();
        let headings: Vec<Option<Heading>> = names.iter().map(|name| known(name)).collect();
        let has_mobile = headings.contains(&Some(Heading::Mobile));
        let mut taken: BTreeSet<String> = names
            .iter()
            .filter_map(|name| written_path(name)?.into_iter().next())
            .collect();
        let mut meanings: Vec<Meaning> = Vec::with_capacity(names.len());
        for (index, (name, heading)) in names.iter().zip(&headings).enumerate() {
            let has_before = |heading| headings[..index].contains(&Some(heading));
            meanings.push(match heading {
                _ if name.is_empty() => Meaning::Nothing,
                Some(Heading::FirstName) => Meaning::FirstName,
                Some(Heading::LastName) => Meaning::LastName,
                Some(Heading::Email) => Meaning::Email,
                Some(Heading::Mobile) => Meaning::Mobile,
                Some(Heading::Phone) if !has_mobile => Meaning::Mobile,
                Some(Heading::Push) => Meaning::Push,
                Some(Heading::Language) if !has_before(Heading::Language) => Meaning::Language,
                Some(Heading::Region) if !has_before(Heading::Region) => {
                    Meaning::Region(path(name, index, &mut taken))
                }
                Some(Heading::Country) if !has_before(Heading::Country) => {
                    Meaning::Country(path(name, index, &mut taken))
                }
                _ => Meaning::Variable(path(name, index, &mut taken)),
            });
        }
        // Checked first: usually the file begins with a person instead of column names.
        if !meanings
            .iter()
            .any(|meaning| matches!(meaning, Meaning::Email | Meaning::Mobile | Meaning::Push))
        {
            let found = names
                .iter()
                .take(20)
                .map(String::as_str)
                .collect::<Vec<_>>()
                .join(", ");
            return Err(FileProblem::NoUsableColumn {
                found: found.chars().take(300).collect(),
            });
        }
        for (index, meaning) in meanings.iter().enumerate() {
            if let Some(other) = meanings[..index]
                .iter()
                .position(|other| conflict(meaning, other))
            {
                return Err(FileProblem::ConflictingColumns {
                    first: names[other].clone(),
                    second: names[index].clone(),
                });
            }
        }
        Ok(Self { names, meanings })
    }

    /// The names, stored with the import so that another invocation can continue.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// How each column is interpreted.
    pub fn taken_for(&self) -> Vec<TakenFor> {
        self.names
            .iter()
            .zip(&self.meanings)
            .map(|(name, meaning)| TakenFor {
                column: name.clone(),
                field: meaning.field(),
                is_region: matches!(meaning, Meaning::Region(_) | Meaning::Country(_)),
            })
            .collect()
    }

    /// Refuses a row whose quoted cell contains other rows: a quote was left open, and a later one happened to close it where a cell
    /// ends.
    ///
    /// # Errors
    /// The line of the quote.
    pub fn check_quotes(&self, row: &Row<'_>, delimiter: u8) -> Result<(), FileProblem> {
        let mut line = row.line;
        for cell in row.cells() {
            if !cell.contains(['\r', '\n']) {
                continue;
            }
            let lines: Vec<&str> = cell
                .split("\r\n")
                .flat_map(|part| part.split(['\r', '\n']))
                .collect();
            if lines
                .iter()
                .skip(1)
                .any(|line| self.looks_like_row(line, delimiter))
            {
                return Err(FileProblem::UnclosedQuote { line });
            }
            line += u64::try_from(lines.len() - 1).unwrap_or_default();
        }
        Ok(())
    }

    /// Whether a line has several cells, and an address where the rows have one. The number of cells proves nothing: a row may be short,
    /// a cell may contain quotes, and the last line lacks everything behind the closing quote.
    fn looks_like_row(&self, line: &str, delimiter: u8) -> bool {
        let cells: Vec<&str> = line.split(char::from(delimiter)).collect();
        let is_address = |(cell, meaning): (&&str, &Meaning)| {
            let cell = cell.trim().trim_matches('"');
            match meaning {
                Meaning::Email => EmailAddress::parse(cell).is_ok(),
                Meaning::Mobile => {
                    cell.bytes().filter(u8::is_ascii_digit).count() >= 7
                        && (cell.starts_with(['+', '0']) || !cell.contains(char::is_alphabetic))
                }
                Meaning::Push => PushAddress::parse(cell).is_ok(),
                _ => false,
            }
        };
        (cells.len() > 1 || self.names.len() == 1)
            && cells.iter().zip(&self.meanings).any(is_address)
    }

    /// The receiver in a row. Missing cells at the end count as empty; superfluous empty ones are ignored.
    pub fn receiver(&self, row: &Row<'_>, import: &ImportId, options: &Options) -> Read {
        let line = row.line;
        let finding = |column: Option<String>, code, reason, effect| RowFinding {
            line,
            column,
            code,
            reason,
            effect,
        };
        let surplus = row
            .cells()
            .skip(self.names.len())
            .any(|cell| !cell.trim().is_empty());
        if surplus {
            let reason = format!(
                "{} cells, but the first line names {}",
                row.cells().len(),
                self.names.len()
            );
            let finding = finding(None, "wrong_number_of_cells", reason, Effect::Refused);
            return Read::Refused(vec![finding]);
        }
        let mut new = NewReceiver::default();
        let mut refusals = Vec::new();
        let (mut region, mut country) = (None, None);
        for ((cell, meaning), name) in row.cells().zip(&self.meanings).zip(&self.names) {
            let cell = cell.trim();
            if cell.len() > CELL_BYTES {
                let reason = format!(
                    "at most {CELL_BYTES} bytes in a cell; this has {}",
                    cell.len()
                );
                refusals.push(finding(
                    Some(name.clone()),
                    "too_long",
                    reason,
                    Effect::Refused,
                ));
                continue;
            }
            if cell.is_empty() {
                continue;
            }
            let text = cell.to_owned();
            match meaning {
                Meaning::FirstName => new.first_name = Some(text),
                Meaning::LastName => new.last_name = Some(text),
                Meaning::Email => new.email = Some(text),
                Meaning::Mobile => new.mobile = Some(text),
                Meaning::Push => new.push = Some(text),
                Meaning::Language => {
                    let text = plain(cell);
                    let tag = languages::tag_of(&text).map(str::to_owned);
                    new.language = Some(tag.unwrap_or(text));
                }
                Meaning::Region(path) => {
                    // It may be a sales region; then the number belongs to the import's region.
                    region = Region::named(cell).is_ok().then(|| text.clone());
                    insert(&mut new.variables, path, text);
                }
                Meaning::Country(path) => {
                    let of_code = Region::of_calling_code(cell).map(String::from);
                    country = Some(of_code.unwrap_or_else(|_| text.clone()));
                    insert(&mut new.variables, path, text);
                }
                Meaning::Variable(path) => {
                    let read = options.locale.and_then(|locale| locale.read(cell));
                    insert(&mut new.variables, path, read.unwrap_or(text));
                }
                Meaning::Nothing => {}
            }
        }
        if !refusals.is_empty() {
            return Read::Refused(refusals);
        }
        new.region = region.or(country);
        let source = Source::Import {
            import: import.clone(),
            line,
        };
        let findings = |problems: Vec<FieldProblem>, effect| {
            let problems = problems.into_iter().map(|problem| {
                let column = self.column_of(&problem.field);
                finding(column, problem.code, problem.reason, effect)
            });
            problems.collect()
        };
        match new.read(options.region, source, options.on_bad_address) {
            Ok((receiver, left_out)) => {
                Read::Receiver(Box::new(receiver), findings(left_out, Effect::LeftOut))
            }
            Err(problems) => Read::Refused(findings(problems, Effect::Refused)),
        }
    }

    fn column_of(&self, field: &str) -> Option<String> {
        let position = self.meanings.iter().position(|meaning| match meaning {
            Meaning::Region(_) | Meaning::Country(_) if field == "region" => true,
            meaning => meaning.field().as_deref() == Some(field),
        })?;
        self.names.get(position).cloned()
    }
}

impl Meaning {
    /// The receiver's field that a column fills.
    fn field(&self) -> Option<String> {
        Some(match self {
            Meaning::FirstName => "first_name".to_owned(),
            Meaning::LastName => "last_name".to_owned(),
            Meaning::Email => "email".to_owned(),
            Meaning::Mobile => "mobile".to_owned(),
            Meaning::Push => "push".to_owned(),
            Meaning::Language => "language".to_owned(),
            Meaning::Region(path) | Meaning::Country(path) | Meaning::Variable(path) => {
                format!("variables.{}", path.join("."))
            }
            Meaning::Nothing => return None,
        })
    }

    fn path(&self) -> Option<&[String]> {
        match self {
            Meaning::Region(path) | Meaning::Country(path) | Meaning::Variable(path) => Some(path),
            _ => None,
        }
    }
}

/// The placeholder path of a heading that is a valid path, in lower case and with underscores for spaces and hyphens.
fn written_path(name: &str) -> Option<Vec<String>> {
    let segments: Vec<String> = folded(name).split('.').map(str::to_owned).collect();
    let is_usable = segments.len() <= 4
        && segments.iter().all(|segment| {
            segment.chars().next().is_some_and(char::is_alphabetic)
                && segment.chars().all(|c| c.is_alphanumeric() || c == '_')
        });
    is_usable.then_some(segments)
}

fn folded(name: &str) -> String {
    name.to_lowercase()
        .chars()
        .map(|c| if c == ' ' || c == '-' { '_' } else { c })
        .collect()
}

/// The placeholder path of a heading: the heading itself if it is a valid path, else its letters and digits (`Customer #` becomes
/// `customer`), with a number appended if another column has that name.
fn path(name: &str, index: usize, taken: &mut BTreeSet<String>) -> Vec<String> {
    if let Some(written) = written_path(name) {
        return written;
    }
    let folded = folded(name);
    let words: Vec<&str> = folded
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    let mut made: String = words.join("_").chars().take(NAME_CHARACTERS).collect();
    if made.is_empty() {
        made = format!("column_{}", index + 1);
    } else if !made.starts_with(char::is_alphabetic) {
        made = format!("column_{made}");
    }
    let mut candidates =
        std::iter::once(made.clone()).chain((2..).map(|number| format!("{made}_{number}")));
    let free = candidates.find(|name| !taken.contains(name));
    let name = free.unwrap_or(made);
    taken.insert(name.clone());
    vec![name]
}

fn conflict(one: &Meaning, other: &Meaning) -> bool {
    match (one, other) {
        (Meaning::Nothing, _) => false,
        _ => match (one.path(), other.path()) {
            (Some(one), Some(other)) => one.starts_with(other) || other.starts_with(one),
            _ => one == other,
        },
    }
}

fn insert(variables: &mut Map<String, Value>, path: &[String], cell: String) {
    let path = path.iter().map(String::as_str);
    insert_at(variables, path, Value::String(cell));
}

#[cfg(test)]
mod tests;
