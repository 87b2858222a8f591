//! Every kind of problem that the API returns, in one table.

mod kinds;

use http::StatusCode;
pub use kinds::KINDS;
use serde::Serialize;

/// The prefix of every problem's `type`. Types are stable but need not be reachable.
pub const BASE: &str = "https://carillon.example/problems/";

/// A kind of problem, by RFC 9457.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(
    missing_docs,
    reason = "the table below documents each, also for clients"
)]
pub enum Problem {
    MalformedJson,
    MalformedRequest,
    Unauthorized,
    Forbidden,
    NotFound,
    MethodNotAllowed,
    NotADraft,
    NotScheduled,
    NotRunning,
    NotSettleable,
    PreflightFindings,
    Loading,
    ImportUsed,
    DuplicateAddress,
    IdempotencyKeyReused,
    RequestInProgress,
    ChangedMeanwhile,
    JobState,
    TransportInUse,
    AlreadyExists,
    TooManyTransports,
    StaleVersion,
    TooLarge,
    UnsupportedMediaType,
    InvalidField,
    InvalidHeader,
    InvalidSchedule,
    UnknownImport,
    NoChannels,
    NoContent,
    NoTransport,
    NoReceivers,
    NotRenderable,
    PreconditionRequired,
    TooManyRequests,
    Internal,
}

/// One row of the table.
#[derive(Debug, Clone, Copy)]
pub struct Kind {
    /// The problem.
    pub problem: Problem,
    /// The end of its `type`.
    pub slug: &'static str,
    /// The HTTP status.
    pub status: StatusCode,
    /// The title, the same for every occurrence.
    pub title: &'static str,
    /// What it means and what to do, for the documentation.
    pub meaning: &'static str,
}

/// A kind of problem as the documentation lists it.
#[derive(Debug, Serialize)]
pub struct Documented {
    r#type: String,
    status: u16,
    title: &'static str,
    meaning: &'static str,
}

impl Problem {
    /// The row of this problem.
    pub fn kind(self) -> &'static Kind {
        // A fieldless enum's discriminant is its declaration order, and a test checks the table
        // against it.
        &KINDS[self as usize]
    }

    /// The absolute URI that identifies this kind of problem.
    pub fn uri(self) -> String {
        format!("{BASE}{}", self.kind().slug)
    }

    /// The kind of problem with this slug.
    pub fn of_slug(slug: &str) -> Option<Self> {
        KINDS
            .iter()
            .find(|kind| kind.slug == slug)
            .map(|kind| kind.problem)
    }
}

/// The table as shown in the documentation.
pub fn documented() -> Vec<Documented> {
    KINDS
        .iter()
        .map(|kind| Documented {
            r#type: kind.problem.uri(),
            status: kind.status.as_u16(),
            title: kind.title,
            meaning: kind.meaning,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn the_table_is_in_declaration_order() {
        for (index, kind) in KINDS.iter().enumerate() {
            assert_eq!(kind.problem as usize, index, "{}", kind.slug);
            assert_eq!(Problem::of_slug(kind.slug), Some(kind.problem));
            assert!(kind.problem.uri().parse::<http::Uri>().is_ok());
        }
    }

    #[test]
    fn the_channels_that_a_problem_names_are_all_there_are() {
        let meaning = Problem::NoChannels.kind().meaning;
        let names = carillon_domain::channel::Channel::NAMES;
        assert!(meaning.ends_with(&format!("one of {names}.")), "{meaning}");
    }

    #[test]
    fn refusals_before_the_router_are_in_the_table() {
        let problem: serde_json::Value = serde_json::from_str(crate::MALFORMED).unwrap();
        let kind = Problem::MalformedRequest.kind();
        assert_eq!(problem["type"], kind.problem.uri());
        assert_eq!(problem["title"], kind.title);
        assert_eq!(problem["status"], kind.status.as_u16());
        assert_eq!(problem["detail"], kind.meaning);
    }

    #[test]
    fn slugs_are_unique_and_plain() {
        let slugs: HashSet<_> = KINDS.iter().map(|kind| kind.slug).collect();
        assert_eq!(slugs.len(), KINDS.len());
        assert!(slugs.iter().all(|slug| {
            slug.bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte == b'-')
        }));
    }
}
