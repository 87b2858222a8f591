//! Scheduling a draft.

use axum::{extract::State, response::Response};
use carillon_domain::{
    access::permission::require,
    campaigns::{
        Status,
        schedule::{InvalidSchedule, Schedule, Wanted},
    },
    wall_clock::parse_wall_clock,
};
use carillon_http::{
    authentication::Allowed,
    body::{Json, not_null},
    failure::{Failure, Members},
    findings::Findings,
    precondition::IfMatch,
    problem::Problem,
};
use carillon_store::Scheduled;
use http::StatusCode;
use jiff::Timestamp;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    campaigns::{
        campaign::{CampaignBody, present},
        preflight, readiness, release,
    },
    content::composing::composed,
    found::{TRIES, changed_meanwhile, find, require_draft},
    path::CampaignPath,
    state::AppState,
};

/// When to publish: either a point in time, or a wall-clock time with its time zone. At least 60 seconds in the future.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ScheduleCampaign {
    /// The point in time (RFC 3339).
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = String, format = DateTime, required = false, examples("2026-11-22T09:00:00Z"))]
    at: Option<String>,
    /// The wall-clock time: a date and a time of day, without an offset.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = String, required = false, examples("2026-11-22T09:00"))]
    local_time: Option<String>,
    /// The time zone of `local_time` (IANA).
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = String, required = false, examples("Europe/Athens"))]
    time_zone: Option<String>,
    /// `false` schedules only if preflight (`GET …/preflight`) has found no warnings. Default true.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = bool, required = false)]
    accept_warnings: Option<bool>,
}

/// Schedule a campaign
///
/// The draft is checked now, as for publishing, and published automatically at the given time. A campaign that is
/// already scheduled is moved: it is checked again, and its content is composed again. `schedule_changes` records who
/// moved it and when.
#[utoipa::path(
    post,
    path = "/v1/campaigns/{campaign}/schedule",
    operation_id = "schedule_campaign",
    tag = "campaigns",
    params(CampaignPath),
    request_body = ScheduleCampaign,
    responses((status = OK, description = "The scheduled campaign.", body = CampaignBody)),
    extensions(
        ("x-problems" = json!(["not-a-draft", "stale-version", "invalid-schedule", "no-channels", "no-content", "no-transport", "no-receivers", "loading", "preflight-findings", "changed-meanwhile"])),
        ("x-if-match" = json!("optional")),
    ),
)]
pub(crate) async fn schedule(
    State(state): State<AppState>,
    Allowed(context, _): Allowed<require::SendCampaigns>,
    path: CampaignPath,
    if_match: IfMatch,
    Json(body): Json<ScheduleCampaign>,
) -> Result<Response, Failure> {
    let mut wanted = None;
    for _ in 0..TRIES {
        let campaign = find(&state, &context, &path).await?;
        if campaign.status != Status::Scheduled {
            require_draft(&campaign)?;
        }
        if_match.check(&campaign)?;
        let wanted = match &wanted {
            Some(wanted) => wanted,
            None => wanted.insert(body.read()?),
        };
        let now = state.clock.now();
        let schedule = Wanted::clone(wanted)
            .resolve(now, campaign.version + 1)
            .map_err(|error| invalid(&error))?;
        let schedule = Schedule {
            by: Some(context.actor.to_string()),
            ..schedule
        };
        let content = readiness::check(&state, &context, &campaign).await?;
        let composed = composed(&state, &context, &context.tenant, &content).await?;
        let accepts = body.accept_warnings.unwrap_or(true);
        let said = (&content, &composed);
        let good = preflight::require_good(&state, &context, &campaign, said, accepts);
        Box::pin(good).await?;
        if let Scheduled::Done(scheduled) = state
            .store
            .schedule(&context, &campaign, &composed, schedule.clone())
            .await?
        {
            release::create(&state.schedules, &scheduled, &schedule).await;
            if let Some(before) = &campaign.schedule {
                release::delete(&state.schedules, &campaign, before).await;
            }
            return Ok(present(&state, &context, *scheduled, Some(content))
                .await?
                .answer(StatusCode::OK));
        }
    }
    Err(changed_meanwhile())
}

impl ScheduleCampaign {
    fn read(&self) -> Result<Wanted, Failure> {
        let mut findings = Findings::default();
        let wanted = match (&self.at, &self.local_time, &self.time_zone) {
            (Some(at), None, None) => findings
                .keep(
                    "at",
                    "invalid_time",
                    // A time zone in brackets may contradict the offset, which alone would count.
                    at.parse::<Timestamp>()
                        .ok()
                        .filter(|_| !at.contains('['))
                        .ok_or("a time, for example 2026-11-22T09:00:00Z"),
                )
                .map(Wanted::At),
            (None, Some(time), Some(zone)) => findings
                .keep("local_time", "invalid_time", parse_wall_clock(time))
                .map(|time| Wanted::Local {
                    time,
                    zone: zone.clone(),
                }),
            (None, Some(_), None) => {
                findings.add(
                    "time_zone",
                    "missing",
                    "local_time requires a time zone, for example Europe/Athens",
                );
                None
            }
            (None, None, Some(_)) => {
                findings.add("local_time", "missing", "time_zone requires local_time");
                None
            }
            (Some(_), _, _) => {
                findings.add("at", "ambiguous", "either at, or local_time with time_zone");
                None
            }
            (None, None, None) => {
                findings.add("at", "missing", "either at, or local_time with time_zone");
                None
            }
        };
        wanted.ok_or_else(|| findings.into())
    }
}

fn invalid(error: &InvalidSchedule) -> Failure {
    let code = match error {
        InvalidSchedule::TooSoon { .. } => "too_soon",
        InvalidSchedule::TooFar => "too_far",
        InvalidSchedule::UnknownZone => "unknown_zone",
        InvalidSchedule::SkippedTime => "skipped_time",
    };
    let members = Members {
        code: Some(code.to_owned()),
        ..Members::default()
    };
    Failure::new(Problem::InvalidSchedule, error.to_string()).with(members)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn either_a_point_in_time_or_a_wall_clock_time() {
        let read = |json: &str| {
            carillon_http::body::parse::<ScheduleCampaign>(json.as_bytes())
                .and_then(|body| body.read())
        };
        assert!(matches!(
            read(r#"{"at":"2026-11-22T09:00:00Z"}"#),
            Ok(Wanted::At(_))
        ));
        let local = r#"{"local_time":"2026-11-22T09:00","time_zone":"Europe/Athens"}"#;
        assert!(matches!(read(local), Ok(Wanted::Local { .. })));
        for bad in [
            "{}",
            r#"{"at":"tomorrow"}"#,
            r#"{"at":"2026-11-22T09:00:00"}"#,
            r#"{"local_time":"2026-11-22T09:00"}"#,
            r#"{"local_time":"2026-11-22T09:00Z","time_zone":"Europe/Athens"}"#,
            r#"{"local_time":"2026-11-22T09:00+02:00","time_zone":"UTC"}"#,
            r#"{"local_time":"2026-11-22T09:00[Europe/Athens]","time_zone":"Europe/Athens"}"#,
            r#"{"local_time":"2026-11-22","time_zone":"Europe/Athens"}"#,
            r#"{"time_zone":"Europe/Athens"}"#,
            r#"{"at":"2026-11-22T09:00:00Z","time_zone":"Europe/Athens"}"#,
            r#"{"at":null}"#,
        ] {
            assert_eq!(
                read(bad).unwrap_err().problem(),
                Problem::InvalidField,
                "{bad}"
            );
        }
    }
}
