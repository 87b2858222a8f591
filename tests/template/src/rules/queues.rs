//! Queues, their consumers and their dead-letter queues.

use std::collections::BTreeSet;

use super::{id_of, number, template, text};

#[test]
fn visibility_timeouts_are_six_times_the_function_timeout() {
    // "Set the source queue's visibility timeout to at least six times the timeout that you configure on your function"
    // (Lambda Developer Guide, "Using Lambda with Amazon SQS"), plus the batching window.
    let template = template();
    for (id, mapping) in template.of_kind("AWS::Lambda::EventSourceMapping") {
        let source = text(&mapping.properties, "EventSourceArn");
        if !source.contains(":sqs:") {
            continue;
        }
        let name = text(&mapping.properties, "FunctionName");
        let (_, function) = template
            .of_kind("AWS::Lambda::Function")
            .find(|(_, it)| it.properties["FunctionName"] == name)
            .unwrap();
        let window = mapping.properties["MaximumBatchingWindowInSeconds"]
            .as_u64()
            .unwrap_or(0);
        let least = 6 * number(&function.properties, "Timeout") + window;
        let queue = template.by_arn(source).unwrap().1;
        let hidden = number(&queue.properties, "VisibilityTimeout");
        assert!(hidden >= least, "{id}: {hidden} s, and {least} are needed");
    }
}

#[test]
fn every_queue_has_a_dead_letter_queue_that_is_read() {
    let template = template();
    let read: BTreeSet<&str> = template
        .of_kind("AWS::Lambda::EventSourceMapping")
        .filter_map(|(_, mapping)| {
            let source = text(&mapping.properties, "EventSourceArn");
            source.contains(":sqs:").then(|| id_of(&template, source))
        })
        .collect();
    let dead: BTreeSet<&str> = template
        .of_kind("AWS::SQS::Queue")
        .filter_map(|(_, queue)| {
            let redrive = &queue.properties["RedrivePolicy"];
            redrive
                .is_object()
                .then(|| id_of(&template, text(redrive, "deadLetterTargetArn")))
        })
        .collect();
    for (id, queue) in template.of_kind("AWS::SQS::Queue") {
        assert!(read.contains(id), "nobody reads {id}");
        let is_fifo = |it: &serde_json::Value| it["FifoQueue"] == true;
        let redrive = &queue.properties["RedrivePolicy"];
        if redrive.is_null() {
            assert!(dead.contains(id), "{id} gives nothing up");
            assert_eq!(
                number(&queue.properties, "MessageRetentionPeriod"),
                1_209_600,
                "{id}"
            );
            continue;
        }
        let target = &template
            .by_arn(text(redrive, "deadLetterTargetArn"))
            .unwrap()
            .1
            .properties;
        assert_eq!(is_fifo(&queue.properties), is_fifo(target), "{id}");
        // "at least 5, to avoid sending messages to the dead-letter queue due to throttling".
        assert!(number(redrive, "maxReceiveCount") >= 5, "{id}");
        let kept = queue.properties["MessageRetentionPeriod"]
            .as_u64()
            .unwrap_or(345_600);
        assert!(kept <= number(target, "MessageRetentionPeriod"), "{id}");
    }
}

#[test]
fn fifo_queues_have_high_throughput() {
    for (id, queue) in template().of_kind("AWS::SQS::Queue") {
        if queue.properties["FifoQueue"] == true {
            assert_eq!(
                queue.properties["DeduplicationScope"], "messageGroup",
                "{id}"
            );
            assert_eq!(
                queue.properties["FifoThroughputLimit"], "perMessageGroupId",
                "{id}"
            );
            assert!(
                text(&queue.properties, "QueueName").ends_with(".fifo"),
                "{id}"
            );
        }
        assert_eq!(queue.properties["SqsManagedSseEnabled"], true, "{id}");
    }
}

#[test]
fn every_queue_requires_tls() {
    let template = template();
    let roles = crate::roles::Roles::read(&template);
    for (id, queue) in template.of_kind("AWS::SQS::Queue") {
        let arn = crate::call::queue_arn(text(&queue.properties, "QueueName"));
        let plain = crate::policy::Request::new("sqs:SendMessage", arn.clone())
            .with("aws:SecureTransport", ["false"]);
        let statements = roles
            .of_resources
            .get(&arn)
            .map(Vec::as_slice)
            .unwrap_or_default();
        let verdict = crate::policy::evaluate(statements, &plain);
        assert_eq!(verdict, crate::policy::Verdict::Denied, "{id}");
    }
}
