//! The queues of jobs: our own tasks, and S3 notifications about uploads.

use carillon_domain::operations::job::{JobQueue, JobTask, UploadTask};
use serde::Deserialize;

use crate::{Producer, SendError, Sqs};

/// The environment variable with the URL of the queue for jobs that somebody waits for.
const INTERACTIVE: &str = "JOBS_INTERACTIVE_QUEUE_URL";
/// The environment variable with the URL of the queue for jobs that take as long as they take.
const BULK: &str = "JOBS_BULK_QUEUE_URL";

/// Both queues of jobs. Cheap to clone.
#[derive(Debug, Clone)]
pub struct JobQueues {
    interactive: Producer,
    bulk: Producer,
}

impl JobQueues {
    /// The queues whose URLs `url_of` returns for the names of environment variables.
    ///
    /// # Errors
    /// If `url_of` fails.
    pub fn new<E>(
        sqs: &Sqs,
        url_of: impl Fn(&'static str) -> Result<String, E>,
    ) -> Result<Self, E> {
        Ok(Self {
            interactive: Producer::new(sqs.clone(), url_of(INTERACTIVE)?),
            bulk: Producer::new(sqs.clone(), url_of(BULK)?),
        })
    }

    /// Enqueues a job. Its row says what to do, so repeating this is harmless.
    ///
    /// # Errors
    /// If the message could not be sent.
    pub async fn send(&self, task: &JobTask) -> Result<(), SendError> {
        let queue = match task.work.queue() {
            JobQueue::Interactive => &self.interactive,
            JobQueue::Bulk => &self.bulk,
        };
        queue.send(std::slice::from_ref(task)).await
    }

    /// Enqueues again that a file has arrived.
    ///
    /// # Errors
    /// If the message could not be sent.
    pub async fn send_upload(&self, task: &UploadTask) -> Result<(), SendError> {
        self.bulk.send(std::slice::from_ref(task)).await
    }
}

/// A message of a jobs queue.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "Wire")]
pub enum JobsMessage {
    /// Continue a job.
    Job(JobTask),
    /// Files have arrived, one per upload in a notification. Empty for S3's test message and for keys that are not ours.
    Uploads(Vec<UploadTask>),
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Wire {
    Job(JobTask),
    Upload(UploadTask),
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

impl From<Wire> for JobsMessage {
    fn from(wire: Wire) -> Self {
        match wire {
            Wire::Job(task) => Self::Job(task),
            Wire::Upload(task) => Self::Uploads(vec![task]),
            Wire::Test { .. } => Self::Uploads(Vec::new()),
            Wire::Notice(notice) => Self::Uploads(
                notice
                    .records
                    .into_iter()
                    .filter_map(|record| uploaded(&record.s3.object))
                    .collect(),
            ),
        }
    }
}

/// Our keys contain no character that S3 would encode, so nothing needs decoding.
fn uploaded(object: &NoticeObject) -> Option<UploadTask> {
    let (tenant, file) = object.key.strip_prefix("imports/")?.split_once('/')?;
    let import = file.strip_suffix(".csv")?;
    Some(UploadTask {
        tenant: tenant.parse().ok()?,
        import: import.parse().ok()?,
        bytes: object.size,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jobs_and_upload_notifications_are_distinguished() {
        let id = "019a0000-0000-7000-8000-000000000000";
        let read = |text: &str| serde_json::from_str::<JobsMessage>(text);
        let task = format!(r#"{{"tenant":"demo","job":"{id}","kind":"import","import":"{id}"}}"#);
        assert!(matches!(read(&task).unwrap(), JobsMessage::Job(_)));
        let notice = format!(
            r#"{{"Records":[{{"s3":{{"object":{{"key":"imports/demo/{id}.csv","size":7}}}}}},{{"s3":{{"object":{{"key":"other","size":7}}}}}}]}}"#
        );
        let uploaded = UploadTask {
            tenant: "demo".parse().unwrap(),
            import: id.parse().unwrap(),
            bytes: 7,
        };
        let uploads = JobsMessage::Uploads(vec![uploaded.clone()]);
        assert_eq!(read(&notice).unwrap(), uploads);
        let written = serde_json::to_string(&uploaded).unwrap();
        assert_eq!(read(&written).unwrap(), uploads);
        let test = r#"{"Service":"Amazon S3","Event":"s3:TestEvent","Bucket":"b"}"#;
        assert_eq!(read(test).unwrap(), JobsMessage::Uploads(Vec::new()));
        assert!(read("{}").is_err());
    }
}
