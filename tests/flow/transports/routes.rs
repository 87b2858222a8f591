//! Routes with several transports per channel, and failover between them.

use carillon_domain::delivery::{rate_limiter::BreakerState, waiting::WaitsFor};
use carillon_local::simulator::{
    Call, CallFilter, EventKind, Fault, FaultKind, INFOBIP_API_KEY, Provider, TWILIO_AUTH_TOKEN,
};
use jiff::Timestamp;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{
    World, eventually,
    function::{Ended, Function},
    proxy::{Kill, Proxy},
};

/// Two accounts in order of preference.
struct Two {
    world: World,
    urls: [String; 2],
    /// The priority of its campaigns. High ones do not wait behind other tests' messages.
    priority: &'static str,
}

const NAMES: [&str; 2] = ["first", "second"];

impl Two {
    async fn new() -> Self {
        let world = World::new().await;
        let accounts = [
            json!({
                "vendor": "twilio",
                "sender_id": "+15005550006",
                "credentials": {
                    "account_sid": "AC00000000000000000000000000000001",
                    "auth_token": TWILIO_AUTH_TOKEN,
                },
            }),
            json!({
                "vendor": "infobip",
                "sender_id": "Carillon",
                "settings": { "base_url": "abc123.api.infobip.com" },
                "credentials": { "api_key": INFOBIP_API_KEY },
            }),
        ];
        let mut urls = [String::new(), String::new()];
        for ((name, account), url) in NAMES.iter().zip(&accounts).zip(&mut urls) {
            let path = format!("/v1/transports/{name}");
            let made = put(&world, &path, account).await;
            assert_eq!(made["in_use"], false, "{made}");
            *url = made["callback_url"].as_str().unwrap().to_owned();
        }
        let two = Self {
            world,
            urls,
            priority: "high",
        };
        two.route(&json!([
            { "transport": "first", "price": "0.05" },
            { "transport": "second", "price": "0.08" },
        ]))
        .await;
        two
    }

    async fn route(&self, transports: &Value) {
        let routes = json!({ "routes": [{ "transports": transports }] });
        put(&self.world, "/v1/routes/sms", &routes).await;
    }

    fn number(&self, place: usize) -> String {
        let tenant = u64::from_str_radix(&self.world.tenant.as_str()[1..9], 16).unwrap();
        format!("+4475{:08}", (tenant * 100 + place as u64) % 100_000_000)
    }

    /// Sends to this many receivers and waits for completion.
    async fn send(&self, people: usize, failover: Option<Value>) -> String {
        let campaign = self.begin(people, failover).await;
        self.world.completed(&campaign).await;
        campaign
    }

    /// Publishes a campaign to this many receivers.
    async fn begin(&self, people: usize, failover: Option<Value>) -> String {
        let world = &self.world;
        let campaign = world.campaign_of_priority(&["sms"], self.priority).await;
        if let Some(failover) = failover {
            let path = format!("/v1/campaigns/{campaign}");
            let body = json!({ "failover": failover }).to_string().into_bytes();
            let version = [("if-match", "\"1\"")];
            let changed = world.api.call(Method::PATCH, &path, &version, Some(body));
            let changed = changed.await.unwrap();
            assert_eq!(changed.status, 200, "{}", changed.body);
            assert_eq!(changed.body["failover"], failover);
        }
        let people: Vec<Value> = (0..people)
            .map(|place| json!({ "mobile": self.number(place) }))
            .collect();
        let path = format!("/v1/campaigns/{campaign}/receivers");
        let body = json!({ "receivers": people });
        world.api.post(&path, &body).await.unwrap();
        world.publish(&campaign).await;
        campaign
    }

    async fn change(&self, transport: &str, change: &Value) {
        let path = format!("/v1/transports/{transport}");
        let body = Some(change.to_string().into_bytes());
        let changed = self.world.api.call(Method::PATCH, &path, &[], body).await;
        let changed = changed.unwrap();
        assert_eq!(changed.status, 200, "{}", changed.body);
    }

    /// What a campaign is recorded as waiting for.
    async fn waits_for(&self, campaign: &str) -> Option<WaitsFor> {
        let rows = self.world.store.waiting(Timestamp::MAX, 1_000).await;
        let rows = rows.unwrap().into_iter().flatten();
        let ours = rows.filter(|row| row.campaign.as_str() == campaign);
        ours.map(|row| row.waits_for).next()
    }

    async fn sweep(&self) {
        let proxy = Proxy::start(&self.world.stack.details().endpoint(), Kill::Never).await;
        let mut release = Function::behind(&proxy, "release", &self.world, &[]).await;
        let ended = release.invoke(&json!({ "kind": "sweep" })).await;
        assert!(matches!(ended, Ended::Answered(_)), "{ended:?}");
    }

    async fn generation(&self, campaign: &str) -> u32 {
        let id = campaign.parse().unwrap();
        let found = self.world.store.campaign(&self.world.context, &id).await;
        found.unwrap().unwrap().generation
    }

    async fn deliveries(&self, campaign: &str) -> Vec<Value> {
        let path = format!("/v1/campaigns/{campaign}/deliveries");
        self.world.api.all(&path, "/deliveries").await.unwrap()
    }

    /// The number of calls to each of the two.
    fn calls(&self) -> [usize; 2] {
        let calls = self.world.simulator().calls(&CallFilter::default());
        let numbers: Vec<String> = (0..100).map(|place| self.number(place)).collect();
        let of = |provider: Provider| {
            let ours = calls.iter().filter(|call| {
                let mut to = call.recipients.iter();
                call.provider == provider
                    && to.any(|to| numbers.contains(&format!("+{}", to.trim_start_matches('+'))))
            });
            ours.count()
        };
        [of(Provider::Twilio), of(Provider::Infobip)]
    }

    fn strike_once(&self, fault: FaultKind, provider: Provider, place: usize) {
        let fault = Fault::new(fault).times(1);
        let fault = fault.provider(provider).address(self.number(place));
        self.world.simulator().add_fault(fault).unwrap();
    }

    fn strike(&self, fault: FaultKind, provider: Provider, place: usize) {
        let fault = Fault::new(fault)
            .provider(provider)
            .address(self.number(place));
        self.world.simulator().add_fault(fault).unwrap();
    }
}

async fn put(world: &World, path: &str, body: &Value) -> Value {
    let body = body.to_string().into_bytes();
    let answer = world.api.call(Method::PUT, path, &[], Some(body)).await;
    let answer = answer.unwrap();
    assert!(answer.status.is_success(), "{}", answer.body);
    answer.body
}

fn refused() -> FaultKind {
    FaultKind::Reject {
        code: None,
        message: None,
    }
}

fn failover() -> Value {
    json!({ "attempts": 50, "minutes": 60, "cost": null })
}

#[tokio::test]
async fn a_rejected_message_fails_over_if_the_campaign_allows_it() {
    let two = Two::new().await;
    two.strike(refused(), Provider::Twilio, 0);
    let without = two.send(2, None).await;
    let rows = two.deliveries(&without).await;
    let mut states: Vec<&str> = rows
        .iter()
        .map(|row| row["state"].as_str().unwrap())
        .collect();
    states.sort_unstable();
    assert_eq!((states, two.calls()), (vec!["failed", "sent"], [2, 0]));

    let with = two.send(1, Some(failover())).await;
    let row = &two.deliveries(&with).await[0];
    assert_eq!(
        (
            &row["state"],
            &row["transport"],
            &row["vendor"],
            &row["attempt"]
        ),
        (
            &json!("sent"),
            &json!("second"),
            &json!("infobip"),
            &json!(2)
        )
    );
    assert_eq!(row["tried"][0]["transport"], "first", "{row}");
    assert_eq!(two.calls(), [3, 1]);
}

#[tokio::test]
async fn failover_ends_when_all_reject_or_the_budget_is_spent() {
    let two = Two::new().await;
    two.strike(refused(), Provider::Twilio, 0);
    two.strike(refused(), Provider::Infobip, 0);
    let campaign = two.send(1, Some(failover())).await;
    let row = &two.deliveries(&campaign).await[0];
    assert_eq!(
        (&row["state"], &row["attempt"]),
        (&json!("failed"), &json!(2))
    );
    assert_eq!(two.calls(), [1, 1]);

    let dear = json!({ "attempts": 50, "minutes": 60, "cost": "0.07" });
    let campaign = two.send(1, Some(dear)).await;
    let row = &two.deliveries(&campaign).await[0];
    assert_eq!(
        (&row["state"], &row["attempt"]),
        (&json!("failed"), &json!(1))
    );
    assert_eq!(two.calls(), [2, 1], "the second one costs more than that");
}

#[tokio::test]
async fn a_possibly_accepted_message_does_not_fail_over() {
    let two = Two::new().await;
    two.strike(FaultKind::DropAfter, Provider::Twilio, 0);
    let campaign = two.send(1, Some(failover())).await;
    let row = &two.deliveries(&campaign).await[0];
    assert_eq!(row["state"], "unknown", "{row}");
    assert_eq!(two.calls(), [1, 0]);
}

#[tokio::test]
async fn a_failing_account_is_skipped() {
    const PEOPLE: usize = 30;
    let two = Two::new().await;
    for place in 0..PEOPLE {
        let fault = FaultKind::ServerError { status: 503 };
        two.strike(fault, Provider::Twilio, place);
    }
    let campaign = two.send(PEOPLE, None).await;
    let rows = two.deliveries(&campaign).await;
    let of = |transport: &str| {
        rows.iter()
            .filter(|row| row["transport"] == transport)
            .count()
    };
    assert!(rows.iter().all(|row| row["state"] == "sent"), "{rows:?}");
    assert_eq!((of("first"), of("second")), (0, PEOPLE));
    let [first, second] = two.calls();
    assert!(first < PEOPLE, "{first}");
    assert_eq!(second, PEOPLE);
}

#[tokio::test]
async fn an_undelivered_message_fails_over() {
    // A resend uses the normal queue, which campaigns share.
    let two = Two {
        priority: "normal",
        ..Two::new().await
    };
    let campaign = two.send(2, Some(failover())).await;
    assert_eq!(two.calls(), [2, 0]);
    let calls = two.world.simulator().calls(&CallFilter::default());
    let to = two.number(0);
    let call = calls
        .iter()
        .find(|call| call.recipients.contains(&to))
        .unwrap();
    for _ in 0..2 {
        let told = two.world.simulator();
        let told = told.call_back(call.id, EventKind::Bounced, Some(&two.urls[0]));
        assert_eq!(told.await.unwrap().status, 200);
    }
    let row = eventually("the second one has it", async || {
        let rows = two.deliveries(&campaign).await;
        rows.into_iter()
            .find(|row| row["transport"] == "second" && row["state"] == "sent")
    })
    .await;
    assert_eq!(row["tried"][0]["transport"], "first");
    assert_eq!(row["tried"][0]["cost"], "0.05", "it had taken it: {row}");
    assert_eq!(row["fate"], Value::Null, "{row}");
    // A later receipt from the first one is about a message that the row no longer tracks.
    let told = two.world.simulator();
    let told = told.call_back(call.id, EventKind::Delivered, Some(&two.urls[0]));
    assert_eq!(told.await.unwrap().status, 200);
    two.world.completed(&campaign).await;
    assert_eq!(two.calls(), [2, 1]);
}

/// An Infobip report about the only message of a campaign, with this status group and error.
fn report(call: &Call, row: &Value, campaign: &str, status: [u32; 2], error: u32) -> String {
    let receiver = row["receiver"]["id"].as_str().unwrap();
    let [group, id] = status;
    json!({ "results": [{
        "messageId": call.message_id,
        "callbackData": format!("{campaign}.{receiver}"),
        "status": { "groupId": group, "id": id, "name": "STATUS", "description": "Words" },
        "error": { "groupId": 2, "id": error, "name": "ERROR", "description": "Words" },
    }] })
    .to_string()
}

impl Two {
    /// Sends to one receiver through the second one, which then reports this for the message.
    async fn reports(&self, campaign: &str, status: [u32; 2], error: u32) {
        let row = &self.deliveries(campaign).await[0];
        let calls = self.world.simulator().calls(&CallFilter::default());
        let number = row["address"].as_str().unwrap();
        let mut ours = calls.iter().filter(|call| call.is_for(number));
        let call = ours.find(|call| call.provider == Provider::Infobip);
        let body = report(call.unwrap(), row, campaign, status, error);
        let told = reqwest::Client::new().post(&self.urls[1]).body(body).send();
        assert_eq!(told.await.unwrap().status(), 200);
    }
}

#[tokio::test]
async fn an_opt_out_reported_later_suppresses_without_failover() {
    let two = Two::new().await;
    two.route(&json!([{ "transport": "second" }, { "transport": "first" }]))
        .await;
    let campaign = two.send(1, Some(failover())).await;
    assert_eq!(two.calls(), [0, 1]);
    two.reports(&campaign, [2, 9], 603).await;
    let standing = eventually("the number is suppressed", async || {
        let standing = two.world.api.all("/v1/suppressions", "/suppressions");
        let standing = standing.await.unwrap();
        (!standing.is_empty()).then_some(standing)
    })
    .await;
    assert_eq!(standing[0]["source"], "unsubscribed", "{standing:?}");
    let row = &two.deliveries(&campaign).await[0];
    assert_eq!(row["state"], "failed", "{row}");
    assert_eq!(row["reason"]["code"], "ERROR", "{row}");
    assert_eq!(two.calls(), [0, 1], "no other transport was called");
}

#[tokio::test]
async fn an_account_failure_reported_later_fails_no_delivery() {
    let two = Two::new().await;
    two.route(&json!([{ "transport": "second" }])).await;
    let campaign = two.send(1, None).await;
    assert_eq!(two.calls(), [0, 1]);
    // No credits are left.
    two.reports(&campaign, [5, 12], 0).await;
    let row = eventually("it is due for a retry", async || {
        let rows = two.deliveries(&campaign).await;
        rows.into_iter().find(|row| row["state"] == "retrying")
    })
    .await;
    assert_eq!(row["reason"]["code"], "STATUS", "{row}");
    let (tenant, second) = (&two.world.tenant, "second".parse().unwrap());
    let rate_limiter = two.world.store.rate_limiter(tenant, &second).await.unwrap();
    let breaker = rate_limiter.breaker;
    assert_ne!(breaker.state(Timestamp::now()), BreakerState::Closed);
    assert_eq!(breaker.reason.unwrap().code, "STATUS");
    let row = eventually("it is sent again", async || {
        let rows = two.deliveries(&campaign).await;
        rows.into_iter().find(|row| row["state"] == "sent")
    })
    .await;
    assert_eq!(row["attempt"], 2, "{row}");
    assert_eq!(two.calls(), [0, 2]);
}

#[tokio::test]
async fn a_resend_may_try_every_transport_again() {
    let two = Two::new().await;
    two.strike_once(refused(), Provider::Twilio, 0);
    two.strike_once(refused(), Provider::Infobip, 0);
    let failover = json!({ "attempts": 2, "minutes": 60, "cost": null });
    let campaign = two.send(1, Some(failover)).await;
    let row = &two.deliveries(&campaign).await[0];
    assert_eq!(
        (&row["state"], &row["attempt"]),
        (&json!("failed"), &json!(2))
    );
    let receiver = row["receiver"]["id"].as_str().unwrap();
    let path = format!("/v1/campaigns/{campaign}/deliveries/{receiver}/sms/resend");
    two.world.api.post(&path, &json!({})).await.unwrap();
    let row = eventually("it is sent", async || {
        let rows = two.deliveries(&campaign).await;
        rows.into_iter().find(|row| row["state"] == "sent")
    })
    .await;
    assert_eq!(row["transport"], "first", "{row}");
    assert_eq!(row["tried"], Value::Null, "{row}");
}

#[tokio::test]
async fn a_number_without_a_route_fails_with_that_reason() {
    let two = Two::new().await;
    let routes =
        json!({ "routes": [{ "prefix": "+27", "transports": [{ "transport": "first" }] }] });
    put(&two.world, "/v1/routes/sms", &routes).await;
    let campaign = two.send(1, None).await;
    let row = &two.deliveries(&campaign).await[0];
    assert_eq!(
        (&row["state"], &row["reason"]["code"]),
        (&json!("failed"), &json!("no_route"))
    );
    assert_eq!(two.calls(), [0, 0]);
}

#[tokio::test]
async fn a_transport_is_tested_with_a_test_message() {
    let two = Two::new().await;
    let test = async |name: &str, body: Value| {
        let path = format!("/v1/transports/{name}/test");
        let body = Some(body.to_string().into_bytes());
        let answer = two.world.api.call(Method::POST, &path, &[], body).await;
        answer.unwrap()
    };
    let to = json!({ "to": two.number(0) });
    let off = json!({ "enabled": false }).to_string().into_bytes();
    let path = "/v1/transports/second";
    let off = two
        .world
        .api
        .call(Method::PATCH, path, &[], Some(off))
        .await;
    assert_eq!(off.unwrap().body["enabled"], false);
    let taken = test("second", to.clone()).await;
    assert_eq!(taken.status, 200, "{}", taken.body);
    let delivery = &taken.body["delivery"];
    assert_eq!(
        (&delivery["state"], &delivery["transport"]),
        (&json!("sent"), &json!("second")),
        "{delivery}"
    );
    assert!(delivery["provider_id"].is_string(), "{delivery}");
    two.strike(FaultKind::ServerError { status: 503 }, Provider::Twilio, 0);
    let refused = test("first", to).await;
    let delivery = &refused.body["delivery"];
    assert_eq!(
        (&delivery["state"], &delivery["attempt"]),
        (&json!("failed"), &json!(1)),
        "{delivery}"
    );
    assert!(delivery["reason"]["text"].is_string(), "{delivery}");
    assert_eq!(two.calls(), [1, 1]);
    let wrong = test("first", json!({ "to": "ann@example.com" })).await;
    assert_eq!(wrong.status, 422);
    assert_eq!(wrong.body["errors"][0]["field"], "to");
    let listed = two.world.api.get("/v1/campaigns").await.unwrap();
    assert_eq!(listed.body["campaigns"], json!([]), "tests are not listed");
}

#[tokio::test]
async fn routes_match_prefixes_and_keep_their_transports() {
    let two = Two::new().await;
    let routes = json!({ "routes": [
        { "prefix": "+44", "transports": [{ "transport": "second" }] },
        { "transports": [{ "transport": "first" }] },
    ] });
    put(&two.world, "/v1/routes/sms", &routes).await;
    two.send(2, None).await;
    assert_eq!(two.calls(), [0, 2]);

    let call = async |method: Method, path: &str, body: Option<Value>| {
        let body = body.map(|body| body.to_string().into_bytes());
        two.world.api.call(method, path, &[], body).await.unwrap()
    };
    let refused = call(Method::DELETE, "/v1/transports/second", None).await;
    assert_eq!(refused.status, 409);
    assert!(refused.text("/type").ends_with("transport-in-use"));
    let off = json!({ "enabled": false });
    let off = call(Method::PATCH, "/v1/transports/second", Some(off)).await;
    assert_eq!(
        (&off.body["enabled"], &off.body["in_use"]),
        (&json!(false), &json!(false))
    );
    let shown = call(Method::GET, "/v1/routes/sms", None).await;
    assert_eq!(shown.body["routes"][0]["prefix"], "+44");
    let gone = call(Method::DELETE, "/v1/routes/sms", None).await;
    assert_eq!(gone.status, 204);
    let listed = call(Method::GET, "/v1/routes", None).await;
    assert_eq!(listed.body, json!({ "channels": [] }));
    let gone = call(Method::DELETE, "/v1/transports/second", None).await;
    assert_eq!(gone.status, 204);
}

#[tokio::test]
async fn messages_without_a_usable_transport_do_not_wait_in_a_queue() {
    let two = Two::new().await;
    for name in NAMES {
        two.change(name, &json!({ "per_day": 10 })).await;
    }
    let campaign = two.begin(30, None).await;
    eventually("the rest waits", async || two.waits_for(&campaign).await).await;
    eventually("both quotas are used", async || {
        (two.calls() == [10, 10]).then_some(())
    })
    .await;
    two.change("second", &json!({ "per_day": 1_000 })).await;
    eventually("the sweep enqueues it again", async || {
        two.sweep().await;
        (two.generation(&campaign).await == 2).then_some(())
    })
    .await;
    two.world.completed(&campaign).await;
    assert_eq!(two.calls(), [10, 20]);
}

#[tokio::test]
async fn a_transport_that_does_not_serve_an_address_ends_no_wait() {
    let two = Two::new().await;
    let routes = json!({ "routes": [
        { "prefix": "+44", "transports": [{ "transport": "first" }] },
        { "transports": [{ "transport": "second" }] },
    ]});
    put(&two.world, "/v1/routes/sms", &routes).await;
    two.change("first", &json!({ "enabled": false })).await;
    let campaign = two.begin(3, None).await;
    let waits = eventually("it waits", async || two.waits_for(&campaign).await).await;
    assert_eq!(waits.to_string(), "transport/sms");
    two.sweep().await;
    assert_eq!(two.generation(&campaign).await, 1);
    assert!(two.waits_for(&campaign).await.is_some());
    two.change("first", &json!({ "enabled": true })).await;
    eventually("the sweep enqueues it again", async || {
        two.sweep().await;
        (two.generation(&campaign).await == 2).then_some(())
    })
    .await;
    two.world.completed(&campaign).await;
    assert_eq!(two.calls(), [3, 0]);
}
