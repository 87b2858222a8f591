//! Parses a message's body: one or more of our tasks, or unreadable.

use carillon_domain::{
    channel::Channel,
    delivery::task::{DeliveryTask, FanoutTask, ReceiptTask},
    id::{CampaignId, ReceiverId, TenantId},
    operations::task::Task,
    reason::Reason,
};
use carillon_queue::JobsMessage;
use serde::{Deserialize, de::IgnoredAny};

/// A body in any of the forms that our queues carry. The forms are disjoint: ours refuse unknown
/// fields, and AWS services use other field names.
#[derive(Deserialize)]
#[serde(untagged)]
enum Body {
    Delivery(DeliveryTask),
    Fanout(FanoutTask),
    Jobs(JobsMessage),
    Receipt(SesEvent),
    Text(TextEvent),
}

/// An SES event in its EventBridge envelope. Only the tags that every mail of ours has are read,
/// each with one value.
#[derive(Deserialize)]
struct SesEvent {
    detail: SesDetail,
}

#[derive(Deserialize)]
struct SesDetail {
    mail: SesMail,
}

#[derive(Deserialize)]
struct SesMail {
    tags: SesTags,
}

#[derive(Deserialize)]
struct SesTags {
    tenant: [TenantId; 1],
    campaign: [CampaignId; 1],
    receiver: [ReceiverId; 1],
}

/// An event of End User Messaging. Only the context that every text message of ours has is read.
#[derive(Deserialize)]
struct TextEvent {
    context: TextContext,
}

#[derive(Deserialize)]
struct TextContext {
    tenant: TenantId,
    campaign: CampaignId,
    receiver: ReceiverId,
}

impl From<TextEvent> for ReceiptTask {
    fn from(event: TextEvent) -> Self {
        let TextContext {
            tenant,
            campaign,
            receiver,
        } = event.context;
        Self {
            tenant,
            campaign,
            receiver,
            channel: Channel::Sms,
        }
    }
}

impl From<SesEvent> for ReceiptTask {
    fn from(event: SesEvent) -> Self {
        let SesTags {
            tenant: [tenant],
            campaign: [campaign],
            receiver: [receiver],
        } = event.detail.mail.tags;
        Self {
            tenant,
            campaign,
            receiver,
            channel: Channel::Email,
        }
    }
}

/// The tasks in a body: one, unless an S3 notification reports several uploads.
///
/// # Errors
/// What is wrong with it, without quoting its content.
pub(crate) fn read(body: &str) -> Result<Vec<Task>, Reason> {
    let tasks = match serde_json::from_str(body) {
        // The address hash is not kept; it is computed anew when the task is redriven.
        Ok(Body::Delivery(task)) => vec![Task::Delivery(DeliveryTask {
            address: None,
            ..task
        })],
        Ok(Body::Fanout(task)) => vec![Task::Fanout(task)],
        Ok(Body::Jobs(JobsMessage::Job(task))) => vec![Task::Job(task)],
        Ok(Body::Jobs(JobsMessage::Uploads(tasks))) => {
            tasks.into_iter().map(Task::Upload).collect()
        }
        Ok(Body::Receipt(event)) => vec![Task::Receipt(event.into())],
        Ok(Body::Text(event)) => vec![Task::Receipt(event.into())],
        Err(_) => return Err(fault(body)),
    };
    if tasks.is_empty() {
        let text = "The message is an S3 notification that is not about an upload of ours.";
        return Err(Reason::new("no_upload", text));
    }
    Ok(tasks)
}

/// Serde's messages quote the input, so they are not included.
fn fault(body: &str) -> Reason {
    match serde_json::from_str::<IgnoredAny>(body) {
        Ok(_) => Reason::new("no_task", "The body is JSON but not a task of ours."),
        Err(_) if body.trim().is_empty() => Reason::new("no_json", "The body is empty."),
        Err(error) => {
            let (line, column) = (error.line(), error.column());
            let text = format!("The body is not JSON: line {line}, column {column}.");
            Reason::new("no_json", text)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "019a0000-0000-7000-8000-000000000000";

    fn code(body: &str) -> String {
        read(body).unwrap_err().code
    }

    #[test]
    fn every_kind_of_task_is_recognized() {
        let shard = format!(r#"{{"tenant":"demo","campaign":"{ID}","generation":1,"shard":7}}"#);
        assert!(matches!(read(&shard).unwrap()[..], [Task::Fanout(_)]));
        let delivery = shard.replace(
            '}',
            r#","receiver":"0123456789abcdef0123456789abcdef","channel":"email"}"#,
        );
        assert!(matches!(read(&delivery).unwrap()[..], [Task::Delivery(_)]));
        let record = format!(r#"{{"s3":{{"object":{{"key":"imports/demo/{ID}.csv","size":7}}}}}}"#);
        let notice = format!(r#"{{"Records":[{record},{record}]}}"#);
        assert!(matches!(
            read(&notice).unwrap()[..],
            [Task::Upload(_), Task::Upload(_)]
        ));
    }

    #[test]
    fn only_the_delivery_is_read_from_a_provider_event() {
        let receiver = "0123456789abcdef0123456789abcdef";
        let tags = format!(
            r#"{{"tenant":["demo"],"campaign":["{ID}"],"receiver":["{receiver}"],"ses:from-domain":["a.example"]}}"#
        );
        let event = format!(
            r#"{{"source":"aws.ses","detail":{{"eventType":"Bounce","mail":{{"destination":["ann@example.com"],"tags":{tags}}}}}}}"#
        );
        let tasks = read(&event).unwrap();
        assert_eq!(tasks.len(), 1);
        assert_eq!(
            serde_json::to_string(&tasks[0]).unwrap(),
            format!(
                r#"{{"kind":"receipt","body":{{"tenant":"demo","campaign":"{ID}","receiver":"{receiver}","channel":"email"}}}}"#
            )
        );
        let of_nobody = event.replace("tenant", "ten-ant");
        assert_eq!(code(&of_nobody), "no_task");
        let text = format!(
            r#"{{"eventType":"TEXT_INVALID","destinationPhoneNumber":"+14255550156","context":{{"tenant":"demo","campaign":"{ID}","receiver":"{receiver}"}}}}"#
        );
        assert_eq!(
            serde_json::to_string(&read(&text).unwrap()).unwrap(),
            format!(
                r#"[{{"kind":"receipt","body":{{"tenant":"demo","campaign":"{ID}","receiver":"{receiver}","channel":"sms"}}}}]"#
            )
        );
    }

    #[test]
    fn the_fault_is_reported_without_the_content() {
        assert_eq!(code(r#"{"Event":"s3:TestEvent"}"#), "no_upload");
        for body in ["7", "[]", r#"{"ann@example.com":1}"#] {
            assert_eq!(code(body), "no_task", "{body}");
        }
        for body in ["", " ", "{", "ann@example.com"] {
            assert_eq!(code(body), "no_json", "{body}");
        }
        let text = read("{\n\"ann@example.com\"").unwrap_err().text;
        assert_eq!(text, "The body is not JSON: line 2, column 17.");
    }
}
