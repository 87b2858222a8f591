//! The DynamoDB tables: protection against loss, and expiry.

use aws_sdk_dynamodb::{
    Client,
    types::{
        ContinuousBackupsDescription, PointInTimeRecoveryStatus, TableDescription,
        TimeToLiveDescription, TimeToLiveStatus,
    },
};
use futures::future::join_all;

use super::{
    report::{Area, Finding},
    stack::{Deployed, Resource},
    unanswered::Unanswered,
    without_stack,
};

/// The TTL attribute of every table.
const EXPIRES: &str = "expires_at";

pub(super) async fn examine(client: &Client, stack: Option<&Deployed>) -> Vec<Finding> {
    let Some(stack) = stack else {
        return vec![without_stack(Area::Tables)];
    };
    let tables = stack.resources("AWS::DynamoDB::Table");
    let findings: Vec<_> = join_all(tables.map(|table| of_table(client, table))).await;
    findings.into_iter().flatten().collect()
}

async fn of_table(client: &Client, table: &Resource) -> [Finding; 3] {
    let (label, name) = (&table.logical, &table.physical);
    let (described, backups, expiring) = tokio::join!(
        client.describe_table().table_name(name).send(),
        client.describe_continuous_backups().table_name(name).send(),
        client.describe_time_to_live().table_name(name).send(),
    );
    let backups = backups.map_err(Unanswered::to("dynamodb:DescribeContinuousBackups"));
    let described = described.map_err(Unanswered::to("dynamodb:DescribeTable"));
    let expiring = expiring.map_err(Unanswered::to("dynamodb:DescribeTimeToLive"));
    [
        match backups {
            Ok(answer) => recovery(label, name, answer.continuous_backups_description.as_ref()),
            Err(unanswered) => {
                unanswered.finding(Area::Tables, format!("{label}, point-in-time recovery"))
            }
        },
        match described {
            Ok(answer) => protection(label, name, answer.table.as_ref()),
            Err(unanswered) => {
                unanswered.finding(Area::Tables, format!("{label}, deletion protection"))
            }
        },
        match expiring {
            Ok(answer) => expiry(label, name, answer.time_to_live_description.as_ref()),
            Err(unanswered) => unanswered.finding(Area::Tables, format!("{label}, expiry")),
        },
    ]
}

fn recovery(label: &str, name: &str, backups: Option<&ContinuousBackupsDescription>) -> Finding {
    let check = format!("{label}, point-in-time recovery");
    let recovery = backups.and_then(|backups| backups.point_in_time_recovery_description.as_ref());
    let status = recovery.and_then(|recovery| recovery.point_in_time_recovery_status.as_ref());
    if status != Some(&PointInTimeRecoveryStatus::Enabled) {
        return Finding::failed(
            Area::Tables,
            check,
            "off: deleted or overwritten data cannot be restored",
            format!(
                "aws dynamodb update-continuous-backups --table-name {name} \
                 --point-in-time-recovery-specification PointInTimeRecoveryEnabled=true"
            ),
        );
    }
    let days = recovery.and_then(|recovery| recovery.recovery_period_in_days);
    let found = days.map_or_else(
        || "on".to_owned(),
        |days| format!("on, for the last {days} days"),
    );
    Finding::ok(Area::Tables, check, found)
}

fn protection(label: &str, name: &str, table: Option<&TableDescription>) -> Finding {
    let check = format!("{label}, deletion protection");
    match table.and_then(|table| table.deletion_protection_enabled) {
        Some(true) => Finding::ok(Area::Tables, check, "on"),
        _ => Finding::warning(
            Area::Tables,
            check,
            "off: one call deletes the table",
            format!("aws dynamodb update-table --table-name {name} --deletion-protection-enabled"),
        ),
    }
}

fn expiry(label: &str, name: &str, expiring: Option<&TimeToLiveDescription>) -> Finding {
    let check = format!("{label}, expiry");
    let status = expiring.and_then(|expiring| expiring.time_to_live_status.as_ref());
    let attribute = expiring.and_then(|expiring| expiring.attribute_name.as_deref());
    match (status, attribute) {
        (Some(TimeToLiveStatus::Enabled | TimeToLiveStatus::Enabling), Some(EXPIRES)) => {
            Finding::ok(Area::Tables, check, format!("on, by {EXPIRES}"))
        }
        _ => Finding::warning(
            Area::Tables,
            check,
            "off: personal data outlives its retention, and storage only grows",
            format!(
                "aws dynamodb update-time-to-live --table-name {name} \
                 --time-to-live-specification Enabled=true,AttributeName={EXPIRES}"
            ),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{report::Status, testing::aws_answering};
    use super::*;

    async fn client(body: &'static str) -> Client {
        Client::new(&aws_answering(200, body).await)
    }

    #[tokio::test]
    async fn disabled_point_in_time_recovery_is_a_failure() {
        for (body, status, found) in [
            (
                include_str!("fixtures/backups_enabled.json"),
                Status::Ok,
                "on, for the last 35 days",
            ),
            (
                include_str!("fixtures/backups_disabled.json"),
                Status::Failed,
                "off: deleted or overwritten data cannot be restored",
            ),
        ] {
            let answer = client(body)
                .await
                .describe_continuous_backups()
                .table_name("c")
                .send()
                .await
                .unwrap();
            let finding = recovery(
                "CatalogTable",
                "c",
                answer.continuous_backups_description.as_ref(),
            );
            assert_eq!((finding.status, finding.found.as_str()), (status, found));
        }
    }

    #[tokio::test]
    async fn missing_deletion_protection_is_a_warning() {
        for (body, status) in [
            (
                r#"{"Table": {"TableName": "c", "TableStatus": "ACTIVE", "DeletionProtectionEnabled": true}}"#,
                Status::Ok,
            ),
            (
                r#"{"Table": {"TableName": "c", "TableStatus": "ACTIVE", "DeletionProtectionEnabled": false}}"#,
                Status::Warning,
            ),
            (
                r#"{"Table": {"TableName": "c", "TableStatus": "ACTIVE"}}"#,
                Status::Warning,
            ),
        ] {
            let answer = client(body)
                .await
                .describe_table()
                .table_name("c")
                .send()
                .await
                .unwrap();
            assert_eq!(
                protection("CatalogTable", "c", answer.table.as_ref()).status,
                status,
                "{body}"
            );
        }
    }

    #[tokio::test]
    async fn expiry_must_use_the_attribute_that_rows_are_written_with() {
        for (body, status) in [
            (
                r#"{"TimeToLiveDescription": {"AttributeName": "expires_at", "TimeToLiveStatus": "ENABLED"}}"#,
                Status::Ok,
            ),
            (
                r#"{"TimeToLiveDescription": {"AttributeName": "ttl", "TimeToLiveStatus": "ENABLED"}}"#,
                Status::Warning,
            ),
            (
                r#"{"TimeToLiveDescription": {"TimeToLiveStatus": "DISABLED"}}"#,
                Status::Warning,
            ),
        ] {
            let answer = client(body)
                .await
                .describe_time_to_live()
                .table_name("c")
                .send()
                .await
                .unwrap();
            let finding = expiry(
                "CatalogTable",
                "c",
                answer.time_to_live_description.as_ref(),
            );
            assert_eq!(finding.status, status, "{body}");
        }
    }
}
