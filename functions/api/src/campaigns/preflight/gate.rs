//! Whether preflight findings prevent publishing.

use carillon_domain::{access::Context, campaigns::Campaign, content::Content};
use carillon_http::{
    failure::{Failure, Members},
    finding::Finding,
    problem::Problem,
};
use carillon_store::Preflight;

use super::{Last, begin, report::report};
use crate::state::AppState;

/// When to retry.
const AGAIN_SECONDS: u32 = 5;

/// Passes if there are no blocking findings, and no warnings unless they are accepted.
///
/// # Errors
/// The findings, if there are any.
pub(in crate::campaigns) async fn require_good(
    state: &AppState,
    context: &Context,
    campaign: &Campaign,
    (written, content): (&Content, &Content),
    accepts_warnings: bool,
) -> Result<(), Failure> {
    let id = &campaign.id;
    if accepts_warnings {
        // Receivers may have been added since, so only an up-to-date run can block.
        let look = state.store.preflight(context, id).await?;
        let reaches_nobody = |look: &Preflight| {
            look.finished_at.is_some()
                && look.view.channels.values().all(|view| view.receivers == 0)
        };
        if !look.as_ref().is_some_and(reaches_nobody) {
            return Ok(());
        }
    }
    let last = Last::read(state, context, campaign, content).await?;
    let now = state.clock.now();
    let is_running = |look: &Preflight| look.finished_at.is_none();
    if !accepts_warnings && last.look.as_ref().is_some_and(is_running) {
        return Err(not_finished());
    }
    let preflight = match last
        .look
        .clone()
        .filter(|_| !accepts_warnings && last.is_recent(now))
    {
        Some(look) => look,
        None => begin(state, context, campaign, content, &last.basis).await?,
    };
    if preflight.finished_at.is_none() {
        return if accepts_warnings {
            Ok(())
        } else {
            Err(not_finished())
        };
    }
    let report = report(
        state,
        context,
        campaign,
        written,
        Some((content, preflight)),
        None,
    )
    .await?;
    let stands = |finding: &Finding| finding.is_blocking() || !accepts_warnings;
    let standing: Vec<Finding> = report.findings.into_iter().filter(stands).collect();
    match standing
        .iter()
        .find(|finding| finding.is_blocking())
        .or(standing.first())
    {
        None => Ok(()),
        Some(first) => {
            let code = if first.is_blocking() {
                "blocking"
            } else {
                "warnings"
            };
            let detail = first.detail.clone();
            Err(refused(code, &detail, standing))
        }
    }
}

fn not_finished() -> Failure {
    let members = Members {
        code: Some("not_finished".to_owned()),
        retry_after_seconds: Some(AGAIN_SECONDS),
        ..Members::default()
    };
    let detail =
        "not every receiver has been checked yet; repeat GET …/preflight until it is finished";
    Failure::new(Problem::PreflightFindings, detail).with(members)
}

fn refused(code: &str, detail: &str, findings: Vec<Finding>) -> Failure {
    let members = Members {
        code: Some(code.to_owned()),
        findings,
        ..Members::default()
    };
    Failure::new(Problem::PreflightFindings, detail).with(members)
}
