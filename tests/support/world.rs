//! The stack that all tests share, and the separate tenant of each test.

use std::time::{Duration, Instant};

use carillon_domain::{
    access::{Actor, Context},
    address::EmailAddress,
    id::{JobId, TenantId},
    operations::job::{Job, Work},
    transports::identity::Identity,
};
use carillon_local::{
    demo::{
        audit::{Audit, audit},
        client::Client,
    },
    simulator::{Call, CallFilter, Simulator},
    stack::{Options, Stack},
};
use carillon_store::{ImportStatus, NewKey, NewTenant, Store};
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::sync::OnceCell;
use uuid::Uuid;

use super::policies::{self, Gateway};

static STACK: OnceCell<Stack> = OnceCell::const_new();

/// The name of this program's recording for `cargo policies`, so that programs do not overwrite each other's.
const RECORDING: &str = match env!("CARGO_CRATE_NAME").as_bytes() {
    b"carillon" => "suite",
    _ => env!("CARGO_CRATE_NAME"),
};

/// Anything that takes longer is considered stuck.
const PATIENCE: Duration = Duration::from_secs(120);

/// A separate tenant on the shared stack.
pub(crate) struct World {
    pub(crate) stack: &'static Stack,
    pub(crate) tenant: TenantId,
    /// For calls to the store; its time is when the test began.
    pub(crate) context: Context,
    pub(crate) api: Client,
    pub(crate) key: String,
    pub(crate) store: Store,
    /// Part of every address of this test, to identify its calls.
    pub(crate) domain: String,
}

impl World {
    pub(crate) async fn new() -> Self {
        let stack = STACK.get_or_init(|| start("suite")).await;
        Self::on(stack).await
    }

    /// On a separate stack, for measurements and heavy load. It runs until all tests have ended.
    pub(crate) async fn alone(name: &str) -> Self {
        let stack = start(name).await;
        Self::on(Box::leak(Box::new(stack))).await
    }

    async fn on(stack: &'static Stack) -> Self {
        let details = stack.details();
        let dynamodb = aws_sdk_dynamodb::Client::new(&details.sdk_config());
        let outputs = details.outputs();
        let store = Store::new(
            dynamodb,
            &outputs.catalog_table,
            &outputs.directory_table,
            &outputs.ledger_table,
        );
        let id = format!("t{}", &Uuid::new_v4().simple().to_string()[..12]);
        let new = NewTenant {
            id: id.parse().unwrap(),
            name: "Test tenant".to_owned(),
            from: EmailAddress::parse("news@carillon.example").unwrap(),
            sender_id: None,
            configuration_set: None,
            identities: Vec::new(),
        };
        let tenant: TenantId = id.parse().unwrap();
        let key = NewKey::random();
        store.make_tenant(new, &key, "a test").await.unwrap();
        let key = key.written();
        let thread = std::thread::current();
        let test = thread.name().unwrap_or("a test");
        policies::authorizer(RECORDING).know_tenant(&id, test);
        Self {
            stack,
            context: Context::system(&tenant, Timestamp::now()),
            tenant,
            api: Client::new(details.api_url(), &key).unwrap(),
            key,
            store,
            domain: format!("{id}.example.com"),
        }
    }

    /// Grants the tenant these sender identities, as the platform's operator would.
    pub(crate) async fn grant(&self, identities: &[&str]) {
        let identities: Vec<Identity> = identities
            .iter()
            .map(|text| text.parse().unwrap())
            .collect();
        let granted = self
            .store
            .grant_identities(&self.context, &identities)
            .await;
        granted.unwrap();
    }

    pub(crate) fn simulator(&self) -> &Simulator {
        self.stack
            .simulator()
            .expect("the simulator runs in this process")
    }

    /// An email address that belongs to this test.
    pub(crate) fn address(&self, number: usize) -> String {
        format!("person{number}@{}", self.domain)
    }

    /// A campaign with content for email or for both channels.
    pub(crate) async fn campaign(&self, channels: &[&str]) -> String {
        self.campaign_of_priority(channels, "normal").await
    }

    /// The same with a priority. High and urgent ones do not wait behind other tests' emails.
    pub(crate) async fn campaign_of_priority(&self, channels: &[&str], priority: &str) -> String {
        let body = json!({
            "name": "Spring",
            "priority": priority,
            "channels": channels,
            "default_region": "GB",
            "content": {
                "email": { "subject": "Hello {{default member.first_name \"you\"}}", "html": "<p>Spring is here.</p>" },
                "sms": { "text": "Spring is here" },
                "push": { "title": "Spring", "body": "It is here", "url": "https://example.com/spring" },
            },
        });
        self.api
            .post("/v1/campaigns", &body)
            .await
            .unwrap()
            .text("/id")
            .to_owned()
    }

    /// Adds receivers manually, each with an email address.
    pub(crate) async fn add_people(&self, campaign: &str, numbers: std::ops::Range<usize>) {
        let numbers: Vec<usize> = numbers.collect();
        for chunk in numbers.chunks(500) {
            let receivers: Vec<Value> = chunk
                .iter()
                .map(|number| json!({ "email": self.address(*number) }))
                .collect();
            let path = format!("/v1/campaigns/{campaign}/receivers");
            self.api
                .post(&path, &json!({ "receivers": receivers }))
                .await
                .unwrap();
        }
    }

    pub(crate) async fn publish(&self, campaign: &str) {
        self.api
            .post(&format!("/v1/campaigns/{campaign}/publish"), &json!({}))
            .await
            .unwrap();
    }

    /// Waits until a campaign is completed and returns it.
    pub(crate) async fn completed(&self, campaign: &str) -> Value {
        self.completed_within(campaign, PATIENCE).await
    }

    pub(crate) async fn completed_within(&self, campaign: &str, patience: Duration) -> Value {
        within(patience, "the campaign is completed", async || {
            let shown = self
                .api
                .get(&format!("/v1/campaigns/{campaign}"))
                .await
                .unwrap();
            (shown.text("/status") == "completed").then_some(shown.body)
        })
        .await
    }

    /// An uploaded file attached to a campaign without a queue message, so that the deployed function does not load it.
    pub(crate) async fn queued_import(&self, campaign: &str, file: Vec<u8>) -> String {
        let created = self.api.begin_import(file.len()).await.unwrap();
        self.api.upload(&created, file).await.unwrap();
        let id = created.text("/id").parse().unwrap();
        let campaign = campaign.parse().unwrap();
        let mut import = eventually("the upload is noticed", async || {
            let import = self
                .store
                .import(&self.context, &id)
                .await
                .unwrap()
                .unwrap();
            (import.status == ImportStatus::Uploaded).then_some(import)
        })
        .await;
        self.store
            .attach_import(&self.context, &campaign, &id)
            .await
            .unwrap();
        import.campaign = Some(campaign);
        import.status = ImportStatus::Queued;
        self.store
            .save_import(&Context::system(&import.tenant, Timestamp::now()), &import)
            .await
            .unwrap()
            .unwrap();
        id.to_string()
    }

    /// Waits until a file is loaded or rejected, and returns the import.
    pub(crate) async fn imported(&self, import: &str) -> Value {
        eventually("the file is loaded", async || {
            let shown = self
                .api
                .get(&format!("/v1/imports/{import}"))
                .await
                .unwrap();
            matches!(shown.text("/status"), "completed" | "refused").then_some(shown.body)
        })
        .await
    }

    /// The provider calls for this test's receivers, by the domain of their addresses.
    pub(crate) fn calls(&self) -> Vec<Call> {
        let mut calls = self.simulator().calls(&CallFilter::default());
        calls.retain(|call| {
            call.recipients
                .iter()
                .any(|address| address.ends_with(&self.domain))
        });
        calls
    }

    /// Compares the ledger with this test's calls: those known to the ledger, and all to its domain.
    pub(crate) async fn audit(&self, campaign: &str) -> Audit {
        let calls = self.simulator().calls(&CallFilter::default());
        let to_us = |call: &Call| {
            call.recipients
                .iter()
                .any(|address| address.ends_with(&self.domain))
        };
        audit(&self.api, campaign, &calls, to_us).await.unwrap()
    }

    /// Waits until the totals have caught up with the ledger, and returns the comparison.
    pub(crate) async fn settled_audit(&self, campaign: &str) -> Audit {
        eventually("the totals equal a recount", async || {
            let audit = self.audit(campaign).await;
            (audit.wrong_totals.is_empty() && audit.wrong_fates.is_empty()).then_some(audit)
        })
        .await
    }

    /// Starts a job without enqueuing it. Returns the body of its message.
    pub(crate) async fn job(&self, work: Work) -> String {
        let id = JobId::new(Uuid::now_v7());
        let job = Job::new(
            self.tenant.clone(),
            id,
            work,
            &Actor::System,
            Timestamp::now(),
        );
        let job = self.store.start_job(&self.context, &job).await.unwrap();
        serde_json::to_string(&job.task()).unwrap()
    }

    /// The job that loads an import.
    pub(crate) async fn import_job(&self, import: &str) -> String {
        let import = import.parse().unwrap();
        self.job(Work::Import { import }).await
    }
}

/// A stack whose functions are limited to their roles.
async fn start(name: &str) -> Stack {
    let mut options = Options::for_tests(name);
    let gateway = Gateway::open(RECORDING);
    gateway.prepare(&mut options);
    let stack = Stack::start(options).await.unwrap();
    gateway.keep(stack.details().outputs());
    stack
}

impl Drop for World {
    /// A denied call fails its test, even if the function handled it.
    fn drop(&mut self) {
        let denials = policies::authorizer(RECORDING).denials(self.tenant.as_str());
        if !denials.is_empty() && !std::thread::panicking() {
            let lines: Vec<String> = denials.iter().map(ToString::to_string).collect();
            panic!("calls that the roles do not allow:\n{}", lines.join("\n"));
        }
    }
}

/// Polls until there is a result.
pub(crate) async fn eventually<T>(what: &str, ask: impl AsyncFnMut() -> Option<T>) -> T {
    within(PATIENCE, what, ask).await
}

async fn within<T>(patience: Duration, what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        let denials = policies::authorizer(RECORDING).all_denials();
        assert!(
            denials.is_empty(),
            "calls that the roles do not allow, while waiting until {what}: {denials:#?}"
        );
        assert!(started.elapsed() < patience, "it never came that {what}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}
