//! A naive implementation that the benchmark compares Carillon with: one put and one message per receiver; one get, one call
//! and one update to send. No claim, no batches, no totals.

use std::collections::HashMap;

use aws_sdk_dynamodb::{Client as DynamoDb, types::AttributeValue};
use aws_sdk_sqs::Client as Sqs;
use carillon_providers::http::Http;
use carillon_store::environment::variable;
use handlebars::Handlebars;
use http::{Request, header};
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde_json::{Value, json};

struct Naive {
    dynamodb: DynamoDb,
    sqs: Sqs,
    http: Http,
    templates: Handlebars<'static>,
    table: String,
    queue: String,
    authorization: String,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let config = carillon_aws::config();
    let mut templates = Handlebars::new();
    templates.register_template_string("sms", variable("TEMPLATE")?)?;
    let naive = Naive {
        dynamodb: DynamoDb::new(&config),
        sqs: Sqs::new(&config),
        http: Http::new(Some(&variable("PROVIDER_SIMULATOR_URL")?))?,
        templates,
        table: variable("NAIVE_TABLE")?,
        queue: variable("NAIVE_QUEUE_URL")?,
        authorization: variable("AUTHORIZATION")?,
    };
    run(service_fn(|event| naive.handle(event))).await
}

impl Naive {
    /// `{"first", "count"}` adds receivers and enqueues them; an event of SQS sends.
    async fn handle(&self, event: LambdaEvent<Value>) -> Result<Value, Error> {
        let number = |name: &str| event.payload[name].as_u64();
        if let (Some(first), Some(count)) = (number("first"), number("count")) {
            for id in first..first + count {
                self.add(id).await?;
            }
            return Ok(Value::Null);
        }
        let records = event.payload["Records"].as_array();
        for record in records.into_iter().flatten() {
            self.deliver(record["body"].as_str().unwrap_or_default())
                .await?;
        }
        Ok(json!({ "batchItemFailures": [] }))
    }

    async fn add(&self, id: u64) -> Result<(), Error> {
        let text = |text: String| AttributeValue::S(text);
        self.dynamodb
            .put_item()
            .table_name(&self.table)
            .item("pk", text(format!("receiver-{id}")))
            .item("mobile", text(format!("+447400{id:06}")))
            .item("first_name", text("Aurelia".to_owned()))
            .item("number", text(format!("M-{id}")))
            .item("amount", text("48.00 EUR".to_owned()))
            .item("due", text("31 March".to_owned()))
            .send()
            .await?;
        self.sqs
            .send_message()
            .queue_url(&self.queue)
            .message_body(format!("receiver-{id}"))
            .send()
            .await?;
        Ok(())
    }

    async fn deliver(&self, id: &str) -> Result<(), Error> {
        let key = AttributeValue::S(id.to_owned());
        let found = self
            .dynamodb
            .get_item()
            .table_name(&self.table)
            .key("pk", key.clone())
            .consistent_read(true)
            .send()
            .await?;
        let person: HashMap<String, String> = found
            .item
            .unwrap_or_default()
            .into_iter()
            .filter_map(|(name, value)| Some((name, value.as_s().ok()?.clone())))
            .collect();
        let text = self.templates.render("sms", &person)?;
        let body = json!({ "to": person.get("mobile"), "body": text });
        let request = Request::post("https://api.bulksms.com/v1/messages?auto-unicode=true")
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::AUTHORIZATION, &self.authorization)
            .body(body.to_string().into_bytes())?;
        let answer = self.http.call(request).await;
        let answer =
            answer.map_err(|outcome| format!("the provider was called in vain: {outcome:?}"))?;
        if answer.status() != 201 {
            return Err(format!("the provider answered {}", answer.status()).into());
        }
        self.dynamodb
            .update_item()
            .table_name(&self.table)
            .key("pk", key)
            .update_expression("SET delivery = :sent")
            .expression_attribute_values(":sent", AttributeValue::S("sent".to_owned()))
            .send()
            .await?;
        Ok(())
    }
}
