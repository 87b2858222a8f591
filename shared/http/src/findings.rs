//! Collects all errors of a request, so that one response reports them all.

use std::fmt::Display;

use carillon_domain::{content::ContentProblem, field_problem::FieldProblem};

use crate::failure::{Failure, FieldError};

/// Maximum characters of a detail. Some repeat the input, which can be long.
const DETAIL: usize = 500;

/// The errors found so far.
#[derive(Debug, Default)]
pub struct Findings(Vec<FieldError>);

impl Findings {
    /// Records an error.
    pub fn add(&mut self, field: impl Into<String>, code: &str, detail: impl Into<String>) {
        self.0.push(FieldError {
            field: field.into(),
            code: code.to_owned(),
            detail: shortened(detail.into()),
        });
    }

    /// Records errors in content.
    pub fn add_content(&mut self, problems: Vec<ContentProblem>) {
        for problem in problems {
            self.add(problem.field, "invalid_content", problem.reason);
        }
    }

    /// Records errors in the fields of a person or thing.
    pub fn add_fields(&mut self, problems: Vec<FieldProblem>) {
        for problem in problems {
            self.add(problem.field, problem.code, problem.reason);
        }
    }

    /// Returns the value, or records the error.
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

    /// Whether there are no errors.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Passes if there are no errors.
    ///
    /// # Errors
    /// All recorded errors.
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
