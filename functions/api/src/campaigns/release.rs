//! The EventBridge schedules that call the release function.
//!
//! They are a shortcut: the catalog has every schedule, and the sweep releases whatever EventBridge did not. So
//! nothing here fails a request.

use aws_sdk_scheduler::{
    operation::{create_schedule::CreateScheduleError, delete_schedule::DeleteScheduleError},
    types::{
        ActionAfterCompletion, FlexibleTimeWindow, FlexibleTimeWindowMode, RetryPolicy, Target,
    },
};
use carillon_domain::{
    campaigns::{Campaign, schedule::Schedule},
    delivery::task::ReleaseTask,
    id::{CampaignId, TenantId},
};
use carillon_http::failure::chain;
use jiff::{RoundMode, Timestamp, TimestampRound, Unit, tz::TimeZone};
use sha2::{Digest, Sha256};

use crate::state::Schedules;

/// How often and for how long EventBridge retries the release function. The sweep takes over after that.
const TRIES: i32 = 10;
const TRIES_WITHIN_SECONDS: i32 = 3_600;

/// Creates the schedule of a campaign.
pub(super) async fn create(schedules: &Schedules, campaign: &Campaign, schedule: &Schedule) {
    if let Err(cause) = try_create(schedules, campaign, schedule).await {
        let error = chain(cause.as_ref());
        tracing::warn!(error, "could not schedule a release; the sweep will");
    }
}

async fn try_create(
    schedules: &Schedules,
    campaign: &Campaign,
    schedule: &Schedule,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let task = ReleaseTask::Release {
        tenant: campaign.tenant.clone(),
        campaign: campaign.id.clone(),
        version: schedule.version,
    };
    let retries = RetryPolicy::builder()
        .maximum_retry_attempts(TRIES)
        .maximum_event_age_in_seconds(TRIES_WITHIN_SECONDS)
        .build();
    let target = Target::builder()
        .arn(&schedules.release_arn)
        .role_arn(&schedules.role_arn)
        .input(serde_json::to_string(&task)?)
        .retry_policy(retries)
        .build()?;
    let result = schedules
        .client
        .create_schedule()
        .name(schedule_name(
            &campaign.tenant,
            &campaign.id,
            schedule.version,
        ))
        .group_name(&schedules.group)
        .schedule_expression(expression(schedule.at)?)
        .schedule_expression_timezone("UTC")
        .flexible_time_window(
            FlexibleTimeWindow::builder()
                .mode(FlexibleTimeWindowMode::Off)
                .build()?,
        )
        .action_after_completion(ActionAfterCompletion::Delete)
        .target(target)
        .send()
        .await;
    let is_there = |error: &CreateScheduleError| error.is_conflict_exception();
    match result {
        Ok(_) => Ok(()),
        // A response was lost, and the SDK retried.
        Err(error) if error.as_service_error().is_some_and(is_there) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Deletes a canceled schedule. One left behind has no effect, because no campaign has its version any more.
pub(super) async fn delete(schedules: &Schedules, campaign: &Campaign, schedule: &Schedule) {
    let result = schedules
        .client
        .delete_schedule()
        .group_name(&schedules.group)
        .name(schedule_name(
            &campaign.tenant,
            &campaign.id,
            schedule.version,
        ))
        .send()
        .await;
    let is_gone = |error: &DeleteScheduleError| error.is_resource_not_found_exception();
    if let Err(error) = result
        && !error.as_service_error().is_some_and(is_gone)
    {
        tracing::warn!(
            error = chain(&error),
            "could not delete a schedule; its release will be ignored"
        );
    }
}

/// The name of the EventBridge schedule for one version of a campaign.
///
/// A name has at most 64 characters, so it contains the beginning of the tenant's hash and the campaign without
/// its hyphens: at most 10 + 1 + 32 + 1 + 20.
pub fn schedule_name(tenant: &TenantId, campaign: &CampaignId, version: u64) -> String {
    let tenant = hex::encode(&Sha256::digest(tenant.as_str())[..5]);
    format!("{tenant}-{}-{version}", campaign.as_str().replace('-', ""))
}

/// The time in EventBridge's format, which has whole seconds only; rounded up, because early would be wrong.
fn expression(at: Timestamp) -> Result<String, jiff::Error> {
    let whole = at.round(
        TimestampRound::new()
            .smallest(Unit::Second)
            .mode(RoundMode::Ceil),
    )?;
    Ok(format!(
        "at({})",
        whole
            .to_zoned_datetime(TimeZone::UTC)
            .strftime("%Y-%m-%dT%H:%M:%S")
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schedule_names_fit_and_differ() {
        let tenant: TenantId = "a".repeat(32).parse().unwrap();
        let campaign: CampaignId = "019a0000-0000-7000-8000-000000000000".parse().unwrap();
        let name = schedule_name(&tenant, &campaign, u64::MAX);
        assert!(name.len() <= 64, "{name}");
        assert!(
            name.bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        );
        assert_eq!(name, schedule_name(&tenant, &campaign, u64::MAX));
        assert_ne!(
            name,
            schedule_name(&"b".parse().unwrap(), &campaign, u64::MAX)
        );
        assert_ne!(
            schedule_name(&tenant, &campaign, 1),
            schedule_name(&tenant, &campaign, 2)
        );
    }

    #[test]
    fn times_are_rounded_up_to_whole_seconds() {
        let at = |text: &str| expression(text.parse().unwrap()).unwrap();
        assert_eq!(at("2026-11-22T09:00:00Z"), "at(2026-11-22T09:00:00)");
        assert_eq!(at("2026-11-22T09:00:00.001Z"), "at(2026-11-22T09:00:01)");
        assert_eq!(at("2026-11-22T23:59:59.5+02:00"), "at(2026-11-22T22:00:00)");
    }
}
