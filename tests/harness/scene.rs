//! A separate tenant for each row, and the operator's actions for it.

use carillon_domain::address::EmailAddress;
use carillon_local::{
    demo::client::Client,
    simulator::{BULKSMS_TOKEN_SECRET, Call, CallFilter, Fault, FaultKind},
};
use carillon_operator::bulksms::{self, BulkSmsAccount};
use carillon_store::{NewKey, NewTenant};
use jiff::SignedDuration;
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use super::stage::Stage;

/// The data of one row, or of one of its tenants.
pub(crate) struct Scene<'a> {
    stage: &'a Stage,
    pub(crate) tenant: String,
    pub(crate) api: Client,
    /// Part of every email address and the prefix of every number, to distinguish calls from those of other rows.
    domain: String,
    numbers: String,
}

impl<'a> Scene<'a> {
    /// The place separates a tenant's phone numbers from those of others; at most 40 fit the numbering plan.
    pub(crate) async fn new(stage: &'a Stage, place: usize) -> Self {
        assert!(place < 40, "there are no numbers left");
        let id = format!("t{}", &Uuid::new_v4().simple().to_string()[..12]);
        let new = NewTenant {
            id: id.parse().unwrap(),
            name: "Chaos".to_owned(),
            from: EmailAddress::parse("news@carillon.example").unwrap(),
            sender_id: None,
            configuration_set: None,
            identities: Vec::new(),
        };
        let key = NewKey::random();
        stage.store.make_tenant(new, &key, "a row").await.unwrap();
        let api = Client::new(stage.stack.details().api_url(), key.written()).unwrap();
        if let Some(account) = &stage.email {
            let body = Some(account.to_string().into_bytes());
            let path = "/v1/transports/email";
            let set = api.call(Method::PUT, path, &[], body).await.unwrap();
            assert_eq!(set.status, 200, "{}", set.body);
        }
        Self {
            stage,
            api,
            domain: format!("@{id}.example.com"),
            numbers: format!("+4474{place:02}"),
            tenant: id,
        }
    }

    pub(crate) fn address(&self, number: usize) -> String {
        format!("person{number}{}", self.domain)
    }

    pub(crate) fn mobile(&self, number: usize) -> String {
        format!("{}{number:06}", self.numbers)
    }

    /// Whether an address is one of this tenant's receivers.
    pub(crate) fn is_ours(&self, address: &str) -> bool {
        address.ends_with(&self.domain) || address.starts_with(&self.numbers)
    }

    /// The provider calls for this tenant's receivers.
    pub(crate) fn calls(&self) -> Vec<Call> {
        let mut calls = self.stage.simulator().calls(&CallFilter::default());
        calls.retain(|call| call.recipients.iter().any(|address| self.is_ours(address)));
        calls
    }

    /// Sends this tenant's text messages through BulkSMS, which deduplicates by message id.
    pub(crate) async fn use_bulksms(&self) {
        let details = self.stage.stack.details();
        let account = BulkSmsAccount {
            token_id: format!("{}-token", self.tenant),
            token_secret: BULKSMS_TOKEN_SECRET.to_owned(),
            sender_id: None,
        };
        bulksms::use_bulksms(
            &details.sdk_config(),
            &self.stage.store,
            &details.outputs().secrets_prefix,
            &self.tenant.parse().unwrap(),
            account,
        )
        .await
        .unwrap();
    }

    /// Makes providers reject everything for this tenant's receivers. Returns the id of the fault.
    pub(crate) fn reject_all(&self) -> u64 {
        let reject = FaultKind::Reject {
            code: None,
            message: None,
        };
        let fault = Fault::new(reject).address_suffix(&self.domain);
        self.stage.simulator().add_fault(fault).unwrap().id
    }

    /// A draft. It has one ledger shard, which makes small campaigns cheap; the API cannot set that.
    pub(crate) async fn draft(&self, channels: &[&str], shards: u16) -> String {
        let body = json!({
            "name": "Spring",
            "channels": channels,
            "default_region": "GB",
            "content": {
                "email": { "subject": "Hello {{default member.first_name \"you\"}}", "html": "<p>Spring is here.</p>" },
                "sms": { "text": "Spring is here" },
            },
        });
        let made = self.api.post("/v1/campaigns", &body).await.unwrap();
        let id = made.text("/id").to_owned();
        let change = json!({
            "TableName": self.stage.stack.details().outputs().catalog_table,
            "Key": self.key(&id),
            "UpdateExpression": "SET shards = :shards",
            "ConditionExpression": "attribute_exists(shards)",
            "ExpressionAttributeValues": { ":shards": { "N": shards.to_string() } },
        });
        let aws = &self.stage.aws;
        aws.json("dynamodb", "DynamoDB_20120810.UpdateItem", &change)
            .await;
        id
    }

    fn key(&self, campaign: &str) -> Value {
        json!({ "pk": { "S": self.tenant }, "sk": { "S": format!("CAMPAIGN#{campaign}") } })
    }

    /// Whether a file of receivers is still being loaded, which blocks publishing. The API does not show it.
    pub(crate) async fn is_loading(&self, campaign: &str) -> bool {
        let call = json!({
            "TableName": self.stage.stack.details().outputs().catalog_table,
            "Key": self.key(campaign),
            "ConsistentRead": true,
        });
        let aws = &self.stage.aws;
        let found = aws
            .json("dynamodb", "DynamoDB_20120810.GetItem", &call)
            .await;
        found["Item"].get("imports").is_some()
    }

    /// Adds receivers manually.
    pub(crate) async fn add(&self, campaign: &str, people: std::ops::Range<usize>) {
        let people: Vec<usize> = people.collect();
        for chunk in people.chunks(500) {
            let receivers: Vec<Value> = chunk
                .iter()
                .map(|number| json!({ "email": self.address(*number), "mobile": self.mobile(*number) }))
                .collect();
            let path = format!("/v1/campaigns/{campaign}/receivers");
            let body = json!({ "receivers": receivers });
            self.api.post(&path, &body).await.unwrap();
        }
    }

    /// Uploads a file of receivers for the function `jobs`. Returns the id of the import.
    pub(crate) async fn upload(&self, campaign: &str, people: std::ops::Range<usize>) -> String {
        let mut file = "email,mobile\n".to_owned();
        for number in people {
            file.push_str(&format!(
                "{},{}\n",
                self.address(number),
                self.mobile(number)
            ));
        }
        self.api.import(campaign, file.into_bytes()).await.unwrap()
    }

    pub(crate) async fn publish(&self, campaign: &str) {
        let path = format!("/v1/campaigns/{campaign}/publish");
        self.api.post(&path, &json!({})).await.unwrap();
    }

    pub(crate) async fn cancel(&self, campaign: &str) {
        let path = format!("/v1/campaigns/{campaign}/cancel");
        self.api.post(&path, &json!({})).await.unwrap();
    }

    /// Schedules a campaign, moves the clock to its time, and returns the scheduler's event. The row decides whether and how
    /// often to send it.
    pub(crate) async fn schedule(&self, campaign: &str) -> Value {
        let ahead = SignedDuration::from_secs(90);
        let at = self.stage.clock.now() + ahead;
        let path = format!("/v1/campaigns/{campaign}/schedule");
        let answer = self.api.post(&path, &json!({ "at": at.to_string() })).await;
        let version = answer.unwrap().number("/version");
        super::lambda::remove_schedules(&self.stage.aws).await;
        self.stage.clock.advance(ahead);
        json!({ "kind": "release", "tenant": self.tenant, "campaign": campaign, "version": version })
    }

    pub(crate) async fn status(&self, campaign: &str) -> String {
        let path = format!("/v1/campaigns/{campaign}");
        self.api
            .get(&path)
            .await
            .unwrap()
            .text("/status")
            .to_owned()
    }
}
