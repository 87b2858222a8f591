//! The local stack of the harness: the deployed template, in which only the API runs by itself.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use carillon_local::{
    simulator::Simulator,
    stack::{Options, Stack},
};
use carillon_store::Store;
use serde_json::{Value, json};

use crate::support::policies::Gateway;

use super::{
    clock::{Clock, Face},
    lambda::{self, Configuration, Mapping},
};

/// A client of the local AWS for direct reads and writes.
pub(crate) struct Aws {
    http: reqwest::Client,
    endpoint: String,
    pub(crate) sqs: aws_sdk_sqs::Client,
}

/// A running stack whose clock the harness sets and whose functions the harness runs.
pub(crate) struct Stage {
    pub(crate) stack: Stack,
    pub(crate) clock: Clock,
    pub(crate) face: Arc<Face>,
    pub(crate) aws: Aws,
    pub(crate) store: Store,
    pub(crate) mappings: Vec<Mapping>,
    pub(crate) functions: BTreeMap<String, Configuration>,
    /// The email account, if it is not Amazon SES.
    pub(crate) email: Option<Value>,
}

impl Stage {
    pub(crate) async fn start() -> Self {
        let clock = Clock::create(&super::directory().join("clock"));
        let face = clock.face(0);
        let mut options = Options::for_tests(super::name());
        options.environment = face.environment().to_vec();
        let gateway = Gateway::open(super::name());
        gateway.prepare(&mut options);
        let stack = Stack::start(options).await.unwrap();
        let details = stack.details();
        gateway.keep(details.outputs());
        let config = details.sdk_config();
        let outputs = details.outputs();
        let dynamodb = aws_sdk_dynamodb::Client::new(&config);
        let store = Store::new(
            dynamodb,
            &outputs.catalog_table,
            &outputs.directory_table,
            &outputs.ledger_table,
        );
        let aws = Aws {
            http: reqwest::Client::builder()
                .no_proxy()
                .timeout(Duration::from_mins(1))
                .build()
                .unwrap(),
            endpoint: details.endpoint(),
            sqs: aws_sdk_sqs::Client::new(&config),
        };
        let functions = lambda::configurations(&aws).await;
        let mappings = lambda::take_mappings(&aws).await;
        lambda::remove_schedules(&aws).await;
        Self {
            stack,
            clock,
            face,
            aws,
            store,
            mappings,
            functions,
            email: None,
        }
    }

    pub(crate) fn simulator(&self) -> &Simulator {
        self.stack
            .simulator()
            .expect("the simulator runs in this process")
    }

    /// The non-empty queues of the stack with their number of messages, including invisible ones.
    pub(crate) async fn backlog(&self) -> BTreeMap<String, Backlog> {
        let list = self.aws.sqs.list_queues().send().await.unwrap();
        let mut backlog = BTreeMap::new();
        for url in list.queue_urls() {
            let waiting = self.aws.backlog_of(url).await;
            if waiting.all() > 0 {
                backlog.insert(url.rsplit('/').next().unwrap().to_owned(), waiting);
            }
        }
        backlog
    }

    /// Removes the leftovers of a failed row.
    pub(crate) async fn clear(&self) {
        let list = self.aws.sqs.list_queues().send().await.unwrap();
        for url in list.queue_urls() {
            let purge = self.aws.sqs.purge_queue().queue_url(url);
            purge.send().await.unwrap();
        }
        let table = &self.stack.details().outputs().catalog_table;
        let due = json!({
            "TableName": table,
            "KeyConditionExpression": "pk = :due",
            "ExpressionAttributeValues": { ":due": { "S": "DUE" } },
        });
        let found = self
            .aws
            .json("dynamodb", "DynamoDB_20120810.Query", &due)
            .await;
        for row in found["Items"].as_array().unwrap() {
            let key = json!({ "TableName": table, "Key": { "pk": row["pk"], "sk": row["sk"] } });
            self.aws
                .json("dynamodb", "DynamoDB_20120810.DeleteItem", &key)
                .await;
        }
    }
}

/// How many messages a queue holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Backlog {
    pub(crate) visible: u64,
    pub(crate) hidden: u64,
}

impl Backlog {
    pub(crate) fn all(self) -> u64 {
        self.visible + self.hidden
    }
}

impl Aws {
    /// A call to a service with a JSON protocol and its operation in a header.
    pub(crate) async fn json(&self, service: &str, operation: &str, body: &Value) -> Value {
        let request = self
            .http
            .post(&self.endpoint)
            .header("x-amz-target", operation)
            .header("content-type", "application/x-amz-json-1.0")
            .body(body.to_string());
        self.answer(service, operation, request).await
    }

    /// All items of a table.
    pub(crate) async fn scan(&self, mut call: Value) -> Vec<Value> {
        let mut found = Vec::new();
        loop {
            let mut page = self.json("dynamodb", "DynamoDB_20120810.Scan", &call).await;
            let Value::Array(items) = page["Items"].take() else {
                panic!("a scan without items: {page}");
            };
            found.extend(items);
            match page["LastEvaluatedKey"].take() {
                Value::Null => return found,
                key => call["ExclusiveStartKey"] = key,
            }
        }
    }

    /// A call to a service that is addressed by method and path.
    pub(crate) async fn rest(&self, method: &str, service: &str, path: &str) -> Value {
        let url = format!("{}{path}", self.endpoint);
        let request = self.http.request(method.parse().unwrap(), url);
        self.answer(service, path, request).await
    }

    async fn answer(&self, service: &str, what: &str, request: reqwest::RequestBuilder) -> Value {
        // The local AWS does not check signatures, but reads the service from them.
        let signature = format!(
            "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/{service}/aws4_request, SignedHeaders=host, Signature=none"
        );
        let answer = request
            .header("authorization", signature)
            .send()
            .await
            .unwrap();
        let status = answer.status();
        let body = answer.text().await.unwrap();
        assert!(status.is_success(), "{what}: {status} {body}");
        serde_json::from_str(&body).unwrap_or_default()
    }

    pub(crate) async fn queue_url(&self, name: &str) -> String {
        let answer = self.sqs.get_queue_url().queue_name(name).send().await;
        answer.unwrap().queue_url().unwrap().to_owned()
    }

    pub(crate) async fn backlog_of(&self, url: &str) -> Backlog {
        const HIDDEN: [&str; 2] = [
            "ApproximateNumberOfMessagesNotVisible",
            "ApproximateNumberOfMessagesDelayed",
        ];
        let call = json!({ "QueueUrl": url, "AttributeNames": ["All"] });
        let answer = self
            .json("sqs", "AmazonSQS.GetQueueAttributes", &call)
            .await;
        let count = |name: &str| -> u64 {
            let count = answer["Attributes"][name].as_str();
            count.map_or(0, |count| count.parse().unwrap())
        };
        Backlog {
            visible: count("ApproximateNumberOfMessages"),
            hidden: HIDDEN.into_iter().map(count).sum(),
        }
    }
}
