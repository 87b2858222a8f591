//! Dead-letter queues: messages left in one are read by nobody.

use std::collections::HashMap;

use aws_sdk_sqs::{
    Client,
    types::QueueAttributeName::{
        self, ApproximateNumberOfMessages, ApproximateNumberOfMessagesNotVisible,
    },
};
use futures::future::join_all;

use super::{
    report::{Area, Finding},
    stack::{Deployed, Resource},
    unanswered::Unanswered,
    without_stack,
};

pub(super) async fn examine(client: &Client, stack: Option<&Deployed>) -> Vec<Finding> {
    let Some(stack) = stack else {
        return vec![without_stack(Area::Queues)];
    };
    let queues = stack.resources("AWS::SQS::Queue");
    let dead = queues.filter(|queue| queue.logical.ends_with("DeadQueue"));
    join_all(dead.map(|queue| of_queue(client, queue))).await
}

async fn of_queue(client: &Client, queue: &Resource) -> Finding {
    // The physical id of a queue is its URL ("Return values" of AWS::SQS::Queue, CloudFormation User Guide).
    let answer = client
        .get_queue_attributes()
        .queue_url(&queue.physical)
        .attribute_names(ApproximateNumberOfMessages)
        .attribute_names(ApproximateNumberOfMessagesNotVisible)
        .send()
        .await;
    match answer.map_err(Unanswered::to("sqs:GetQueueAttributes")) {
        Ok(answer) => waiting(&queue.logical, &answer.attributes.unwrap_or_default()),
        Err(unanswered) => unanswered.finding(Area::Queues, queue.logical.as_str()),
    }
}

fn waiting(label: &str, attributes: &HashMap<QueueAttributeName, String>) -> Finding {
    let number = |name| -> u64 {
        let text = attributes.get(&name);
        text.and_then(|text| text.parse().ok()).unwrap_or_default()
    };
    let waiting = number(ApproximateNumberOfMessages);
    let being_read = number(ApproximateNumberOfMessagesNotVisible);
    match (waiting, being_read) {
        (0, 0) => Finding::ok(Area::Queues, label, "empty"),
        (0, _) => Finding::ok(Area::Queues, label, format!("{being_read} in flight")),
        _ => Finding::warning(
            Area::Queues,
            label,
            format!("{waiting} waiting, and {being_read} in flight"),
            "The function dead_letters takes them from there within seconds. Run the doctor again; if they stay, see its log: \
             sam logs --stack-name NAME --name DeadLettersFunction --tail\n\
             GET /v1/dead-letters lists recorded dead letters; POST /v1/dead-letters/redrive redrives them.",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{report::Status, testing::aws_answering};
    use super::*;

    #[tokio::test]
    async fn waiting_dead_letters_are_counted() {
        for (body, status, found) in [
            (
                r#"{"Attributes": {"ApproximateNumberOfMessages": "0", "ApproximateNumberOfMessagesNotVisible": "0"}}"#,
                Status::Ok,
                "empty",
            ),
            (
                r#"{"Attributes": {"ApproximateNumberOfMessages": "0", "ApproximateNumberOfMessagesNotVisible": "3"}}"#,
                Status::Ok,
                "3 in flight",
            ),
            (
                r#"{"Attributes": {"ApproximateNumberOfMessages": "12", "ApproximateNumberOfMessagesNotVisible": "0"}}"#,
                Status::Warning,
                "12 waiting, and 0 in flight",
            ),
        ] {
            let client = Client::new(&aws_answering(200, body).await);
            let stack = Deployed::for_tests();
            let findings = examine(&client, Some(&stack)).await;
            assert_eq!(findings.len(), 1, "{findings:?}");
            assert_eq!(
                (
                    findings[0].check.as_str(),
                    findings[0].status,
                    findings[0].found.as_str()
                ),
                ("EmailDeadQueue", status, found)
            );
        }
    }
}
