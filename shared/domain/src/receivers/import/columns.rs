//! What the columns of a file mean, and turning a row into a receiver.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::{
    CELL_BYTES, FileLocale, FileProblem, Row,
    headings::{Heading, known},
    languages,
};
use crate::{
    address::{EmailAddress, Region, plain},
    id::ImportId,
    push_address::PushAddress,
    receivers::{NewReceiver, OnBadAddress, Receiver, ReceiverProblem, Source},
};

/// The most characters of a placeholder that is made from a heading.
const NAME_CHARACTERS: usize = 64;

#[derive(Debug, Clone, PartialEq, Eq)]
enum Meaning {
    FirstName,
    LastName,
    Email,
    Mobile,
    Push,
    Language,
    /// The region of the row's number, if it names one; a value for placeholders in any case.
    Region(Vec<String>),
    /// The country of the row's number; a value for placeholders in any case.
    Country(Vec<String>),
    Variable(Vec<String>),
    /// A column without a name.
    Nothing,
}

/// The columns of a file, in their order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Columns {
    names: Vec<String>,
    meanings: Vec<Meaning>,
}

/// What a column is taken for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TakenFor {
    /// Its name in the file.
    pub column: String,
    /// The field of a receiver, as in `email` or `variables.city`; `None` for a column without a name.
    pub field: Option<String>,
    /// Whether it says of which country a row's phone number is.
    pub is_region: bool,
}

/// How the rows of a file are read.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// Completes national phone numbers of rows that name no region.
    pub region: Option<Region>,
    /// What becomes of a row in which one address is bad and another is good.
    pub on_bad_address: OnBadAddress,
    /// How the file writes numbers and dates, if they are to be read.
    pub locale: Option<FileLocale>,
}

/// What became of a row about which there is something to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// It was not loaded.
    Refused,
    /// It was loaded without what is bad.
    LeftOut,
    /// It is about somebody who was there already, and changed nothing.
    Duplicate,
}

/// Something about a row that somebody should know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowFinding {
    /// The line on which the row begins, from 1.
    pub line: u64,
    /// The column at fault, as the file names it.
    pub column: Option<String>,
    /// A stable name of the reason.
    pub code: &'static str,
    /// What is wrong and what would be right.
    pub reason: String,
    /// What became of the row.
    pub effect: Effect,
}

/// What came of reading a row.
#[derive(Debug, Clone, PartialEq)]
pub enum Read {
    /// A receiver, and what was left out.
    Receiver(Box<Receiver>, Vec<RowFinding>),
    /// Why it is none.
    Refused(Vec<RowFinding>),
}

impl Columns {
    /// Reads the names in a file's first row.
    ///
    /// A known heading is what it says (`import::headings`); of several numbers the one that is said to be a mobile is taken.
    /// Every other column is a value for placeholders, under its name in lower case with underscores.
    ///
    /// # Errors
    /// Why no receiver could come of it.
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
        // Said before anything else: mostly the file begins with a person and names no columns at all.
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

    /// The names, to be kept with the import so that reading can go on elsewhere.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// What each column is taken for.
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

    /// Refuses a row whose quoted cell holds other rows: a quote was left open, and a later one happened to close it where a
    /// cell ends.
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

    /// Whether a line has cells, and an address where the rows have one. A row may be short, a cell may have quotes of its own, and what
    /// stands behind the quote that closes is missing in the last line, so the number of cells says nothing.
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

    /// The receiver in a row. Cells that are missing at its end are empty, and empty ones too many are nothing.
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
                    // A region may be one of sales; then the number is of the import's region.
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
        let findings = |problems: Vec<ReceiverProblem>, effect| {
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
    /// The field of a receiver that a column fills.
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

/// The path of a placeholder for a heading that can be one, in lower case and with underscores for spaces and hyphens.
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

/// The path of a placeholder for a heading: the heading itself if it can be one, else its letters and digits (`Customer #`
/// becomes `customer`), with a number after them if another column has that name.
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
    match path {
        [] => {}
        [last] => {
            variables.insert(last.clone(), Value::String(cell));
        }
        [first, rest @ ..] => {
            let inner = variables
                .entry(first.clone())
                .or_insert_with(|| Value::Object(Map::new()));
            if let Value::Object(inner) = inner {
                insert(inner, rest, cell);
            }
        }
    }
}

#[cfg(test)]
mod tests;
