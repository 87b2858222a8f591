//! What the columns of a file mean, and turning a row into a receiver.

use serde_json::{Map, Value};

use super::{CELL_BYTES, FileProblem, Row};
use crate::{
    address::Region,
    id::ImportId,
    receiver::{NewReceiver, Receiver, Source},
};

#[derive(Debug, Clone, PartialEq, Eq)]
enum Meaning {
    FirstName,
    LastName,
    Email,
    Mobile,
    Push,
    Language,
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

/// A row that is not loaded, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowRefusal {
    /// The line on which the row begins, from 1.
    pub line: u64,
    /// The column at fault, as the file names it.
    pub column: Option<String>,
    /// A stable name of the reason.
    pub code: &'static str,
    /// What is wrong and what would be right.
    pub reason: String,
}

impl Columns {
    /// Reads the names in a file's first row.
    ///
    /// # Errors
    /// Why no receiver could come of it.
    pub fn parse<'a>(names: impl IntoIterator<Item = &'a str>) -> Result<Self, FileProblem> {
        let names: Vec<String> = names
            .into_iter()
            .map(|name| name.trim().to_owned())
            .collect();
        let meanings: Vec<Result<Meaning, FileProblem>> =
            names.iter().map(|name| meaning(name)).collect();
        // Said before anything about a single name: mostly the file begins with a person and names no columns at all.
        if !meanings.iter().any(|meaning| {
            matches!(
                meaning,
                Ok(Meaning::Email | Meaning::Mobile | Meaning::Push)
            )
        }) {
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
        let meanings = meanings.into_iter().collect::<Result<Vec<_>, _>>()?;
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

    /// The receiver in a row.
    ///
    /// # Errors
    /// Everything that is wrong with it, with line and column.
    pub fn receiver(
        &self,
        row: &Row<'_>,
        import: &ImportId,
        region: Option<Region>,
    ) -> Result<Receiver, Vec<RowRefusal>> {
        let line = row.line;
        if row.cells().len() != self.names.len() {
            return Err(vec![RowRefusal {
                line,
                column: None,
                code: "wrong_number_of_cells",
                reason: format!(
                    "{} cells, but the first line names {}",
                    row.cells().len(),
                    self.names.len()
                ),
            }]);
        }
        let mut new = NewReceiver::default();
        let mut refusals = Vec::new();
        for ((cell, meaning), name) in row.cells().zip(&self.meanings).zip(&self.names) {
            let cell = cell.trim();
            if cell.len() > CELL_BYTES {
                refusals.push(RowRefusal {
                    line,
                    column: Some(name.clone()),
                    code: "too_long",
                    reason: format!(
                        "at most {CELL_BYTES} bytes in a cell; this has {}",
                        cell.len()
                    ),
                });
                continue;
            }
            if cell.is_empty() {
                continue;
            }
            let cell = cell.to_owned();
            match meaning {
                Meaning::FirstName => new.first_name = Some(cell),
                Meaning::LastName => new.last_name = Some(cell),
                Meaning::Email => new.email = Some(cell),
                Meaning::Mobile => new.mobile = Some(cell),
                Meaning::Push => new.push = Some(cell),
                Meaning::Language => new.language = Some(cell),
                Meaning::Variable(path) => insert(&mut new.variables, path, cell),
                Meaning::Nothing => {}
            }
        }
        if !refusals.is_empty() {
            return Err(refusals);
        }
        new.parse(
            region,
            Source::Import {
                import: import.clone(),
                line,
            },
        )
        .map_err(|problems| {
            problems
                .into_iter()
                .map(|problem| RowRefusal {
                    line,
                    column: self.column_of(problem.field),
                    code: problem.code,
                    reason: problem.reason,
                })
                .collect()
        })
    }

    fn column_of(&self, field: &str) -> Option<String> {
        let position = self.meanings.iter().position(|meaning| {
            matches!(
                (field, meaning),
                ("first_name", Meaning::FirstName)
                    | ("last_name", Meaning::LastName)
                    | ("email", Meaning::Email)
                    | ("mobile", Meaning::Mobile)
                    | ("push", Meaning::Push)
                    | ("language", Meaning::Language)
            )
        })?;
        self.names.get(position).cloned()
    }
}

fn meaning(name: &str) -> Result<Meaning, FileProblem> {
    let folded: String = name
        .to_lowercase()
        .chars()
        .map(|c| if c == ' ' || c == '-' { '_' } else { c })
        .collect();
    Ok(match folded.as_str() {
        "" => Meaning::Nothing,
        "first_name" | "firstname" | "given_name" | "forename" | "member.first_name" => {
            Meaning::FirstName
        }
        "last_name" | "lastname" | "surname" | "family_name" | "member.last_name" => {
            Meaning::LastName
        }
        "email" | "e_mail" | "mail" | "email_address" | "member.email" => Meaning::Email,
        "mobile" | "phone" | "mobile_number" | "phone_number" | "mobile_phone" | "cell"
        | "telephone" | "member.mobile" => Meaning::Mobile,
        "push" | "push_address" | "member.push" => Meaning::Push,
        "language" | "lang" | "locale" | "preferred_language" | "member.language" => {
            Meaning::Language
        }
        path => {
            let segments: Vec<String> = path.split('.').map(str::to_owned).collect();
            let usable = segments.len() <= 4
                && segments.iter().all(|segment| {
                    segment.chars().next().is_some_and(char::is_alphabetic)
                        && segment.chars().all(|c| c.is_alphanumeric() || c == '_')
                });
            if !usable {
                return Err(FileProblem::UnusableColumn {
                    name: name.chars().take(100).collect(),
                });
            }
            Meaning::Variable(segments)
        }
    })
}

fn conflict(one: &Meaning, other: &Meaning) -> bool {
    match (one, other) {
        (Meaning::Nothing, _) => false,
        (Meaning::Variable(one), Meaning::Variable(other)) => {
            one.starts_with(other) || other.starts_with(one)
        }
        _ => one == other,
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
mod tests {
    use super::*;
    use crate::import::{RowReader, Step};

    fn import() -> ImportId {
        "019a0000-0000-7000-8000-000000000000".parse().unwrap()
    }

    fn load(header: &str, row: &str) -> Result<Receiver, Vec<RowRefusal>> {
        let columns = Columns::parse(header.split(',')).unwrap();
        let mut reader = RowReader::new(b',', 0, 2);
        let text = format!("{row}\n");
        match reader.read(&mut text.as_bytes(), true).unwrap() {
            Step::Row(row) => columns.receiver(&row, &import(), None),
            other => panic!("no row: {other:?}"),
        }
    }

    #[test]
    fn columns_are_known_by_the_names_that_people_use() {
        let receiver = load(
            "E-Mail,Given Name,Surname,Phone,Locale,account.balance,City",
            "a@example.com,Ann,Lee,+442079460000,el,10,Athens",
        )
        .unwrap();
        assert_eq!(receiver.first_name.as_deref(), Some("Ann"));
        assert_eq!(
            receiver
                .mobile
                .as_ref()
                .map(crate::address::PhoneNumber::expose),
            Some("+442079460000")
        );
        assert_eq!(receiver.variables["account"]["balance"], "10");
        assert_eq!(receiver.variables["city"], "Athens");
        assert_eq!(
            receiver.source,
            Source::Import {
                import: import(),
                line: 2
            }
        );
    }

    #[test]
    fn refusals_name_line_and_column() {
        let refusals = load("E-Mail,Phone", "nobody,12").unwrap_err();
        let named: Vec<_> = refusals
            .iter()
            .map(|refusal| (refusal.line, refusal.column.as_deref(), refusal.code))
            .collect();
        assert_eq!(
            named,
            [
                (2, Some("E-Mail"), "invalid_email"),
                (2, Some("Phone"), "invalid_phone")
            ]
        );
        assert_eq!(
            load("email,name", "a@example.com").unwrap_err()[0].code,
            "wrong_number_of_cells"
        );
        assert_eq!(
            load(
                "email,note",
                &format!("a@example.com,{}", "x".repeat(5_000))
            )
            .unwrap_err()[0]
                .code,
            "too_long"
        );
    }

    #[test]
    fn files_that_nobody_can_be_reached_by_are_refused() {
        let code = |header: &str| Columns::parse(header.split(',')).unwrap_err().code();
        assert_eq!(code("name,city"), "no_usable_column");
        assert_eq!(code("email,mail"), "conflicting_columns");
        assert_eq!(code("email,account,account.balance"), "conflicting_columns");
        assert_eq!(code("email,1st"), "unusable_column");
    }
}
