//! Problems with the fields of a person or thing that a client or a file gives, and the checks that all texts share.

use crate::address::InvalidAddress;

/// A problem with one field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldProblem {
    /// The field, as in `email` or `variables.note`.
    pub field: String,
    /// The stable code of the reason.
    pub code: &'static str,
    /// The problem, or what would be valid.
    pub reason: String,
}

impl FieldProblem {
    pub(crate) fn new(field: &str, code: &'static str, reason: impl Into<String>) -> Self {
        Self {
            field: field.to_owned(),
            code,
            reason: reason.into(),
        }
    }

    pub(crate) fn of_address(field: &str, error: &InvalidAddress) -> Self {
        Self::new(field, error.code(), error.to_string())
    }

    pub(crate) fn control_character(field: &str, character: char) -> Self {
        let field: String = field.chars().filter(|c| !c.is_control()).collect();
        let reason = format!(
            "no control characters allowed; this has U+{:04X}",
            u32::from(character)
        );
        Self::new(&field, "control_character", reason)
    }
}

/// The first forbidden control character in a text. Multi-line texts may have line ends and tabs.
pub(crate) fn control_character(text: &str, has_lines: bool) -> Option<char> {
    text.chars().find(|character| {
        character.is_control() && !(has_lines && matches!(character, '\n' | '\r' | '\t'))
    })
}

/// A text without the space around it; `None` if nothing is left.
pub(crate) fn present(text: Option<String>) -> Option<String> {
    text.map(|text| text.trim().to_owned())
        .filter(|text| !text.is_empty())
}

/// A text of one line, joined if it was written on several lines of a cell; `None` if it is empty.
pub(crate) fn one_line(
    field: &str,
    text: Option<String>,
    most: usize,
    problems: &mut Vec<FieldProblem>,
) -> Option<String> {
    let text = present(text.map(|text| joined(&text)))?;
    let length = text.chars().count();
    if length > most {
        let reason = format!("at most {most} characters; this has {length}");
        problems.push(FieldProblem::new(field, "too_long", reason));
    }
    if let Some(character) = control_character(&text, false) {
        problems.push(FieldProblem::control_character(field, character));
    }
    Some(text)
}

fn joined(text: &str) -> String {
    let lines = text.split(['\r', '\n', '\t']).map(str::trim);
    let lines: Vec<&str> = lines.filter(|line| !line.is_empty()).collect();
    lines.join(" ")
}
