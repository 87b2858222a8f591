//! Redriving dead letters.

use std::collections::BTreeSet;

use axum::{Json, extract::State};
use carillon_domain::{
    access::{Context, permission::require},
    id::DeadLetterId,
};
use carillon_http::{
    authentication::Allowed,
    body::{self, not_null},
    failure::Failure,
    findings::Findings,
};
use carillon_store::{DeadLetter, DeadLetterStatus};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::redrive_tasks;
use crate::state::AppState;

/// Maximum dead letters per call, so that it ends well within its 29 seconds.
const MOST: usize = 100;

/// The dead letters to redrive: either some, or all.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RedriveBody {
    /// The ids of dead letters, at most 100.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = Vec<String>, required = false, min_items = 1, max_items = 100)]
    ids: Option<Vec<String>>,
    /// All that are waiting, 100 per call.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = bool, required = false)]
    all: Option<bool>,
}

/// The result.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Redriven)]
pub(crate) struct RedrivenBody {
    /// Dead letters whose task was enqueued again.
    redriven: usize,
    /// Dead letters that need no action, because their task was resolved in another way.
    closed: usize,
    /// Whether more dead letters are waiting. With `all`, repeat the request while this is true.
    more: bool,
}

/// The dead letters that a request selects.
#[derive(Debug, PartialEq, Eq)]
enum Wanted {
    These(Vec<DeadLetterId>),
    All,
}

/// Redrive dead letters
///
/// Enqueues the tasks of dead letters again. A delivery is sent again if it failed for this reason and no other; an
/// `unknown` delivery must be resent or assumed sent instead. Repeating a request changes nothing: dead letters that were
/// already redriven or closed are ignored.
#[utoipa::path(
    post,
    path = "/v1/dead-letters/redrive",
    operation_id = "redrive_dead_letters",
    tag = "dead letters",
    request_body = RedriveBody,
    responses((status = OK, description = "The number of dead letters redriven.", body = RedrivenBody)),
)]
pub(crate) async fn redrive(
    State(state): State<AppState>,
    Allowed(context, _): Allowed<require::WriteDeadLetters>,
    body::Json(body): body::Json<RedriveBody>,
) -> Result<Json<RedrivenBody>, Failure> {
    let waiting = match body.read()? {
        Wanted::These(ids) => find(&state, &context, &ids).await?,
        Wanted::All => {
            let most = u16::try_from(MOST).unwrap_or(u16::MAX);
            state.store.waiting_dead_letters(&context, most).await?
        }
    };
    let settled = redrive_tasks::redrive(&state, &context, waiting).await?;
    let count = |wanted| settled.iter().filter(|status| **status == wanted).count();
    Ok(Json(RedrivenBody {
        redriven: count(DeadLetterStatus::Redriven),
        closed: count(DeadLetterStatus::Closed),
        more: !state
            .store
            .waiting_dead_letters(&context, 1)
            .await?
            .is_empty(),
    }))
}

/// The selected dead letters that are waiting.
async fn find(
    state: &AppState,
    context: &Context,
    ids: &[DeadLetterId],
) -> Result<Vec<DeadLetter>, Failure> {
    let mut found = state.store.dead_letters_by_id(context, ids).await?;
    let mut findings = Findings::default();
    for (index, id) in ids.iter().enumerate() {
        if !found.contains_key(id) {
            add_unknown(&mut findings, index);
        }
    }
    findings.finish()?;
    found.retain(|_, letter| letter.status == DeadLetterStatus::Waiting);
    Ok(found.into_values().collect())
}

fn add_unknown(findings: &mut Findings, index: usize) {
    findings.add(
        format!("ids[{index}]"),
        "unknown_dead_letter",
        "the id of a dead letter of the last 90 days",
    );
}

impl RedriveBody {
    fn read(self) -> Result<Wanted, Failure> {
        let ids = match (self.ids, self.all) {
            (Some(ids), None) => ids,
            (None, Some(true)) => return Ok(Wanted::All),
            _ => {
                let detail = "either ids, or all: true";
                return Err(Failure::field("ids", "ambiguous", detail));
            }
        };
        let mut findings = Findings::default();
        if !(1..=MOST).contains(&ids.len()) {
            let detail = format!("1 to {MOST} ids; there are {}", ids.len());
            findings.add("ids", "out_of_range", detail);
            return Err(findings.into());
        }
        // Text that cannot be an id is treated like an unknown id.
        let mut wanted = Vec::with_capacity(ids.len());
        for (index, id) in ids.iter().enumerate() {
            match id.parse::<DeadLetterId>() {
                Ok(id) => wanted.push(id),
                Err(_) => add_unknown(&mut findings, index),
            }
        }
        findings.finish()?;
        let mut seen = BTreeSet::new();
        wanted.retain(|id| seen.insert(id.clone()));
        Ok(Wanted::These(wanted))
    }
}

#[cfg(test)]
mod tests {
    use carillon_http::problem::Problem;

    use super::*;

    fn read(json: &str) -> Result<Wanted, Problem> {
        body::parse::<RedriveBody>(json.as_bytes())
            .and_then(RedriveBody::read)
            .map_err(|failure| failure.problem())
    }

    #[test]
    fn a_request_selects_either_ids_or_all() {
        let id = |text: &str| text.parse::<DeadLetterId>().unwrap();
        assert_eq!(read(r#"{"all":true}"#), Ok(Wanted::All));
        assert_eq!(
            read(r#"{"ids":["a-1","b","a-1"]}"#),
            Ok(Wanted::These(vec![id("a-1"), id("b")]))
        );
        let many = format!(r#"{{"ids":["x"{}]}}"#, r#","x""#.repeat(MOST));
        for bad in [
            "{}",
            r#"{"all":false}"#,
            r#"{"ids":["a"],"all":true}"#,
            r#"{"ids":[]}"#,
            r#"{"ids":["a#b"]}"#,
            r#"{"ids":null}"#,
            r#"{"ids":"a"}"#,
            &many,
        ] {
            assert_eq!(read(bad), Err(Problem::InvalidField), "{bad}");
        }
    }
}
