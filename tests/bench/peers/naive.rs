//! The naive design: a put and a message, then a get, a call and an update per receiver.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{
    KILLS, Kills, Peer, RECEIVERS, RECEIVERS_OF_KILLS, TEMPLATE, Undisturbed, authorization, got,
    kill_at_moments,
};
use crate::{
    binaries::program,
    harness::stage::Stage,
    support::{
        function::{Ended, Function, Setup, batch},
        proxy::{CallOutcome, Proxy, Rule, Side},
    },
};

const NUMBERS: &str = "447400";
/// Six times the time limit of a function, as for our own queues.
const HIDDEN_SECONDS: i64 = 360;

/// The function with its own table and queue.
struct Naive<'a> {
    stage: &'a Stage,
    table: &'static str,
    queue: String,
    proxy: Proxy,
    function: Option<Function>,
    /// Lambda's requests to the queue.
    polled: usize,
}

impl<'a> Naive<'a> {
    async fn new(stage: &'a Stage, table: &'static str, rule: Rule) -> Self {
        let aws = &stage.aws;
        let described = json!({
            "TableName": table,
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{ "AttributeName": "pk", "AttributeType": "S" }],
            "KeySchema": [{ "AttributeName": "pk", "KeyType": "HASH" }],
        });
        aws.json("dynamodb", "DynamoDB_20120810.CreateTable", &described)
            .await;
        let visibility = json!({ "VisibilityTimeout": HIDDEN_SECONDS.to_string() });
        let queue = json!({ "QueueName": table, "Attributes": visibility });
        let made = aws.json("sqs", "AmazonSQS.CreateQueue", &queue).await;
        let details = stage.stack.details();
        Self {
            stage,
            table,
            queue: made["QueueUrl"].as_str().unwrap().to_owned(),
            proxy: Proxy::between(&details.endpoint(), details.simulator_url(), rule).await,
            function: None,
            polled: 0,
        }
    }

    async fn start(&self) -> Function {
        let mut environment = self.stage.stack.details().environment(None);
        for (name, value) in &mut environment {
            if *name == "AWS_ENDPOINT_URL" {
                self.proxy.url().clone_into(value);
            }
        }
        environment.extend([
            (
                "PROVIDER_SIMULATOR_URL",
                self.proxy.provider_url().to_owned(),
            ),
            ("NAIVE_TABLE", self.table.to_owned()),
            ("NAIVE_QUEUE_URL", self.queue.clone()),
            ("AUTHORIZATION", authorization()),
            ("TEMPLATE", TEMPLATE.to_owned()),
        ]);
        let setup = Setup {
            program: Some(program("naive")),
            ..Setup::default()
        };
        let function = Function::start_with("naive", &environment, setup).await;
        self.proxy.aim_at(function.pid());
        function
    }

    async fn invoke(&mut self, event: &Value) -> Ended {
        let mut function = match self.function.take() {
            Some(function) => function,
            None => self.start().await,
        };
        let ended = function.invoke(event).await;
        if ended != Ended::Died {
            self.function = Some(function);
        }
        ended
    }

    async fn add(&mut self, receivers: usize) {
        let ended = self
            .invoke(&json!({ "first": 0, "count": receivers }))
            .await;
        assert!(matches!(ended, Ended::Answered(_)), "{ended:?}");
        // The worker is measured separately.
        self.function = None;
    }

    /// Plays Lambda until no message is left.
    async fn send(&mut self) {
        let sqs = &self.stage.aws.sqs.clone();
        loop {
            let answer = sqs
                .receive_message()
                .queue_url(&self.queue)
                .max_number_of_messages(10)
                .send()
                .await;
            let messages = answer.unwrap().messages.unwrap_or_default();
            if messages.is_empty() {
                if self.stage.aws.backlog_of(&self.queue).await.all() == 0 {
                    return;
                }
                self.stage
                    .clock
                    .advance(SignedDuration::from_secs(HIDDEN_SECONDS));
                continue;
            }
            self.polled += 1;
            let bodies: Vec<String> = messages.iter().filter_map(|it| it.body.clone()).collect();
            if !matches!(
                self.invoke(&batch("naive", &bodies)).await,
                Ended::Answered(_)
            ) {
                continue;
            }
            self.polled += 1;
            for message in &messages {
                let handle = message.receipt_handle().unwrap();
                sqs.delete_message()
                    .queue_url(&self.queue)
                    .receipt_handle(handle)
                    .send()
                    .await
                    .unwrap();
            }
        }
    }

    /// Receivers that the table shows as sent.
    async fn recorded(&self) -> usize {
        let call =
            json!({ "TableName": self.table, "FilterExpression": "attribute_exists(delivery)" });
        self.stage.aws.scan(call).await.len()
    }
}

pub(super) async fn run(stage: &Stage) -> Peer {
    stage.simulator().clear();
    let mut naive = Naive::new(stage, "naive", Arc::new(|_| CallOutcome::Pass)).await;
    naive.add(RECEIVERS).await;
    naive.send().await;
    let worker = naive.function.as_ref().unwrap().pid();
    let requests = naive.proxy.count(|seen| seen.side == Side::Aws) + naive.polled;
    let mut undisturbed = Undisturbed::of_worker(worker, Duration::MAX, requests as f64);
    assert_eq!(got(stage, NUMBERS).taken, RECEIVERS);
    for _ in 0..5 {
        let began = Instant::now();
        let mut function = naive.start().await;
        let start = function.ready().await.duration_since(began);
        undisturbed.start = undisturbed.start.min(start);
    }
    Peer::new("Naive functions", &undisturbed, killed(stage).await)
}

async fn killed(stage: &Stage) -> Kills {
    stage.simulator().clear();
    let mut naive = Naive::new(stage, "naive-killed", Arc::new(kill_at_moments())).await;
    naive.add(RECEIVERS_OF_KILLS).await;
    naive.send().await;
    assert_eq!(naive.proxy.strikes(), KILLS);
    got(stage, NUMBERS).kills(RECEIVERS_OF_KILLS, naive.recorded().await)
}
