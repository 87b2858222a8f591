//! What comes in through the intake queue: our own tasks, and S3's notices of uploads.

use carillon_domain::{
    id::{ImportId, TenantId},
    task::IntakeTask,
};
use serde::Deserialize;

/// A message of the intake queue.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "Wire")]
pub(crate) enum IntakeMessage {
    /// A task of ours.
    Task(IntakeTask),
    /// Files that were uploaded; none in S3's test message, or where the key is none of ours.
    Uploaded(Vec<Upload>),
}

/// A file that was uploaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Upload {
    pub(crate) tenant: TenantId,
    pub(crate) import: ImportId,
    pub(crate) bytes: u64,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Wire {
    Task(IntakeTask),
    Notice(Notice),
    /// S3 sends it once when the notification is set up (S3 User Guide, "Event message structure").
    Test {
        #[serde(rename = "Event")]
        #[expect(
            dead_code,
            reason = "its presence is what tells the test message from the others"
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
        match wire {
            Wire::Task(task) => IntakeMessage::Task(task),
            Wire::Test { .. } => IntakeMessage::Uploaded(Vec::new()),
            Wire::Notice(notice) => IntakeMessage::Uploaded(
                notice
                    .records
                    .into_iter()
                    .filter_map(|record| upload(&record.s3.object))
                    .collect(),
            ),
        }
    }
}

/// Our keys hold no character that S3 would encode in a notice, so there is nothing to decode.
fn upload(object: &NoticeObject) -> Option<Upload> {
    let (tenant, file) = object.key.strip_prefix("imports/")?.split_once('/')?;
    let import = file.strip_suffix(".csv")?;
    Some(Upload {
        tenant: tenant.parse().ok()?,
        import: import.parse().ok()?,
        bytes: object.size,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tasks_and_notices_are_told_apart() {
        let id = "019a0000-0000-7000-8000-000000000000";
        let task = format!(r#"{{"kind":"import","tenant":"demo","import":"{id}"}}"#);
        assert!(matches!(
            serde_json::from_str(&task),
            Ok(IntakeMessage::Task(IntakeTask::Import { .. }))
        ));
        let notice = format!(
            r#"{{"Records":[{{"s3":{{"object":{{"key":"imports/demo/{id}.csv","size":7}}}}}},{{"s3":{{"object":{{"key":"other","size":7}}}}}}]}}"#
        );
        match serde_json::from_str(&notice).unwrap() {
            IntakeMessage::Uploaded(uploads) => {
                assert_eq!(uploads.len(), 1);
                assert_eq!(
                    (
                        uploads[0].tenant.as_str(),
                        uploads[0].import.as_str(),
                        uploads[0].bytes
                    ),
                    ("demo", id, 7)
                );
            }
            other => panic!("{other:?}"),
        }
        let test = r#"{"Service":"Amazon S3","Event":"s3:TestEvent","Bucket":"b"}"#;
        assert_eq!(
            serde_json::from_str::<IntakeMessage>(test).unwrap(),
            IntakeMessage::Uploaded(Vec::new())
        );
        assert!(serde_json::from_str::<IntakeMessage>("{}").is_err());
    }
}
