//! Collecting everything that is wrong with a request, so that one answer names it all.

use std::fmt::Display;

use carillon_domain::content::ContentProblem;

use crate::failure::{Failure, FieldError};

/// The most characters of a detail. Some repeat what was sent, and nobody reads on for longer.
const DETAIL: usize = 500;

/// What was found so far.
#[derive(Debug, Default)]
pub struct Findings(Vec<FieldError>);

impl Findings {
    /// Notes a fault.
    pub fn add(&mut self, field: impl Into<String>, code: &str, detail: impl Into<String>) {
        self.0.push(FieldError {
            field: field.into(),
            code: code.to_owned(),
            detail: shortened(detail.into()),
        });
    }

    /// Notes the faults of content.
    pub fn add_content(&mut self, problems: Vec<ContentProblem>) {
        for problem in problems {
            self.add(problem.field, "invalid_content", problem.reason);
        }
    }

    /// The value, or a note of what is wrong with it.
    pub fn keep<T, E: Display>(
        &mut self,
        field: &str,
        code: &str,
        result: Result<T, E>,
    ) -> Option<T> {
        result
            .map_err(|error| self.add(field, code, error.to_string()))
            .ok()
    }

    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Goes on if nothing is wrong.
    ///
    /// # Errors
    /// Everything that was found.
    pub fn finish(self) -> Result<(), Failure> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(self.into())
        }
    }
}

fn shortened(detail: String) -> String {
    match detail.char_indices().nth(DETAIL) {
        None => detail,
        Some((end, _)) => format!("{}…", &detail[..end]),
    }
}

impl From<Findings> for Failure {
    fn from(findings: Findings) -> Self {
        Failure::fields(findings.0)
    }
}
