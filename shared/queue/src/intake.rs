//! Messages of the intake queue: our own tasks, and S3 notifications about uploads.

use carillon_domain::delivery::task::IntakeTask;
use serde::Deserialize;

/// The tasks in one message of the intake queue: our own task, or one per upload in a notification. Empty for S3's test
/// message and for keys that are not ours.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "Wire")]
pub struct IntakeMessage(pub Vec<IntakeTask>);

#[derive(Deserialize)]
#[serde(untagged)]
enum Wire {
    Task(IntakeTask),
    Notice(Notice),
    /// Sent once, when the notification is configured (S3 User Guide, "Event message structure").
    Test {
        #[serde(rename = "Event")]
        #[expect(
            dead_code,
            reason = "only its presence matters: it identifies the test message"
        )]
        event: String,
    },
}

#[derive(Deserialize)]
struct Notice {
    #[serde(rename = "Records")]
    records: Vec<NoticeRecord>,
}

#[derive(Deserialize)]
struct NoticeRecord {
    s3: NoticeS3,
}

#[derive(Deserialize)]
struct NoticeS3 {
    object: NoticeObject,
}

#[derive(Deserialize)]
struct NoticeObject {
    key: String,
    #[serde(default)]
    size: u64,
}

impl From<Wire> for IntakeMessage {
    fn from(wire: Wire) -> Self {
        Self(match wire {
            Wire::Task(task) => vec![task],
            Wire::Test { .. } => Vec::new(),
            Wire::Notice(notice) => notice
                .records
                .into_iter()
                .filter_map(|record| uploaded(&record.s3.object))
                .collect(),
        })
    }
}

/// Our keys contain no character that S3 would encode, so nothing needs decoding.
fn uploaded(object: &NoticeObject) -> Option<IntakeTask> {
    let (tenant, file) = object.key.strip_prefix("imports/")?.split_once('/')?;
    let import = file.strip_suffix(".csv")?;
    Some(IntakeTask::Uploaded {
        tenant: tenant.parse().ok()?,
        import: import.parse().ok()?,
        bytes: object.size,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tasks_and_upload_notifications_are_distinguished() {
        let id = "019a0000-0000-7000-8000-000000000000";
        let read = |text: &str| serde_json::from_str::<IntakeMessage>(text).map(|read| read.0);
        let task = format!(r#"{{"kind":"import","tenant":"demo","import":"{id}"}}"#);
        assert!(matches!(
            read(&task).unwrap()[..],
            [IntakeTask::Import { .. }]
        ));
        let notice = format!(
            r#"{{"Records":[{{"s3":{{"object":{{"key":"imports/demo/{id}.csv","size":7}}}}}},{{"s3":{{"object":{{"key":"other","size":7}}}}}}]}}"#
        );
        let uploaded = IntakeTask::Uploaded {
            tenant: "demo".parse().unwrap(),
            import: id.parse().unwrap(),
            bytes: 7,
        };
        assert_eq!(read(&notice).unwrap(), std::slice::from_ref(&uploaded));
        let written = serde_json::to_string(&uploaded).unwrap();
        assert_eq!(read(&written).unwrap(), [uploaded]);
        let test = r#"{"Service":"Amazon S3","Event":"s3:TestEvent","Bucket":"b"}"#;
        assert_eq!(read(test).unwrap(), []);
        assert!(read("{}").is_err());
    }
}
