//! One campaign, from its file to its last record, with all its AWS usage counted.

use std::{collections::HashMap, fmt::Write as _, path::PathBuf};

use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::{
    dynamodb::{Key, key_of, size},
    harness::{
        feed::{Feed, Requests},
        functions::{Functions, log},
        scene::Scene,
        stage::Stage,
    },
    memory::peak_kilobytes,
    meter::Meter,
};

/// The campaign to send.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Audience {
    pub(crate) receivers: usize,
    /// The channel.
    pub(crate) channel: &'static str,
    /// Whether every receiver has a second address that this campaign does not use.
    pub(crate) has_second_address: bool,
    /// The share of AWS calls that is throttled.
    pub(crate) throttled: f64,
}

impl Audience {
    pub(crate) fn of(receivers: usize) -> Self {
        Self {
            receivers,
            channel: "email",
            has_second_address: false,
            throttled: 0.0,
        }
    }
}

/// The resources used.
pub(crate) struct Taken {
    pub(crate) receivers: f64,
    pub(crate) meter: Meter,
    pub(crate) invocations: HashMap<String, u64>,
    /// Lambda's requests to SQS.
    pub(crate) requests: Requests,
    pub(crate) log_bytes: usize,
    pub(crate) sizes: HashMap<Key, usize>,
    /// The sizes of the ledger's items.
    pub(crate) ledger_items: Vec<usize>,
    /// Peak memory in kilobytes, by function.
    pub(crate) peaks: HashMap<String, u64>,
}

/// The binaries used for a campaign.
#[derive(Clone, Copy)]
pub(crate) struct Binaries(pub(crate) Option<fn(&str) -> PathBuf>);

/// A text message with four placeholders.
pub(crate) const SMS: &str = "Dear {{member.first_name}}, your contribution (number {{member.number}}) of {{invoice.amount}} is \
    due on {{invoice.due}}. Thank you!";

/// A typical email of a member organisation: two kilobytes with five placeholders.
fn content() -> Value {
    let paragraph = "<p>As every year, we ask for your contribution before the end of March. What you pay keeps the house \
        open, the archive dry and the courses free for those who could not come otherwise.</p>";
    let html = format!(
        "<h1>Dear {{{{default member.first_name \"member\"}}}},</h1>{}<p>Your number is <b>{{{{default member.number \"\"}}}}</b>, the \
         amount is {{{{default invoice.amount \"\"}}}} and it is due on {{{{default invoice.due \"\"}}}}.</p><p>Yours, \
         {{{{default sender.name \"the office\"}}}}</p>",
        paragraph.repeat(8)
    );
    json!({ "sms": { "text": SMS }, "email": { "subject": "Your contribution, {{default member.first_name \"dear member\"}}", "html": html } })
}

/// A file of receivers.
fn file(scene: &Scene<'_>, audience: Audience) -> Vec<u8> {
    let mut file =
        "email,mobile,first name,last name,member.number,invoice.amount,invoice.due\n".to_owned();
    for number in 0..audience.receivers {
        let has = |channel| audience.channel == channel || audience.has_second_address;
        let email = if has("email") {
            scene.address(number)
        } else {
            String::new()
        };
        let mobile = if has("sms") {
            scene.mobile(number)
        } else {
            String::new()
        };
        writeln!(
            file,
            "{email},{mobile},Aurelia,Winterbottom,M-{number:07},48.00 EUR,31 March"
        )
        .unwrap();
    }
    file.into_bytes()
}

/// Creates a draft for a channel.
async fn draft(scene: &Scene<'_>, channel: &str) -> String {
    let body = json!({
        "name": "Contribution",
        "channels": [channel],
        "default_region": "GB",
        "content": content(),
    });
    let made = scene.api.post("/v1/campaigns", &body).await.unwrap();
    made.text("/id").to_owned()
}

/// A running campaign.
pub(crate) struct Sending<'a> {
    pub(crate) scene: Scene<'a>,
    pub(crate) functions: Functions<'a>,
    pub(crate) feed: Feed<'a>,
    pub(crate) campaign: String,
    stage: &'a Stage,
    invocations: HashMap<String, u64>,
    peaks: HashMap<String, u64>,
}

impl<'a> Sending<'a> {
    /// A draft whose receivers are loaded.
    pub(crate) async fn load(
        stage: &'a Stage,
        place: usize,
        audience: Audience,
        binaries: Binaries,
        meter: &Meter,
    ) -> Self {
        Self::load_with(stage, place, audience, binaries, meter, &[]).await
    }

    /// The same, with some functions paused.
    pub(crate) async fn load_with(
        stage: &'a Stage,
        place: usize,
        audience: Audience,
        binaries: Binaries,
        meter: &Meter,
        starved: &'static [&'static str],
    ) -> Self {
        stage.simulator().clear();
        let scene = Scene::new(stage, place).await;
        if audience.channel == "sms" {
            scene.use_bulksms().await;
        }
        let campaign = draft(&scene, audience.channel).await;
        let mut functions = Functions::new(stage);
        functions.program = binaries.0;
        functions.tap = Some(meter.tap());
        let mut feed = Feed::new(stage, 4).await;
        // Stream records come in batches of the template's size, as under load.
        feed.habits.records_wait = true;
        feed.habits.starved = starved;
        let mut sending = Self {
            scene,
            functions,
            feed,
            campaign,
            stage,
            invocations: HashMap::new(),
            peaks: HashMap::new(),
        };
        if audience.throttled > 0.0 {
            sending.functions.throttle(audience.throttled, 4);
        }
        let file = file(&sending.scene, audience);
        sending
            .scene
            .api
            .import(&sending.campaign, file)
            .await
            .unwrap();
        while sending.step().await || sending.scene.is_loading(&sending.campaign).await {}
        sending
    }

    /// Makes an invocation; returns whether there was anything to do.
    async fn step(&mut self) -> bool {
        let Some(step) = self.feed.step(&mut self.functions).await else {
            self.stage.clock.advance(SignedDuration::from_secs(5));
            self.feed.refresh().await;
            return false;
        };
        *self.invocations.entry(step.function.clone()).or_default() += 1;
        if let Some(peak) = self.functions.pid(&step.function).and_then(peak_kilobytes) {
            self.peaks.insert(step.function, peak);
        }
        true
    }

    /// The peak memory of a function, in kilobytes.
    pub(crate) fn peak(&self, function: &str) -> u64 {
        self.peaks[function]
    }

    /// Makes invocations until nothing is visible any more.
    pub(crate) async fn drain(&mut self) {
        while self.step().await || !self.feed.is_empty().await {}
    }

    /// Publishes it and makes invocations until nothing is left.
    pub(crate) async fn finish(&mut self) {
        self.scene.publish(&self.campaign).await;
        loop {
            if self.step().await {
                continue;
            }
            let is_over = self.scene.status(&self.campaign).await == "completed";
            if is_over && self.feed.is_empty().await {
                return;
            }
        }
    }
}

/// Sends a campaign until it is completed.
pub(crate) async fn send(
    stage: &Stage,
    place: usize,
    audience: Audience,
    binaries: Binaries,
) -> Taken {
    let meter = Meter::default();
    let logged = log_bytes();
    let mut sending = Sending::load(stage, place, audience, binaries, &meter).await;
    sending.finish().await;
    let provider_calls = sending.scene.calls().len();
    assert_eq!(
        provider_calls, audience.receivers,
        "everybody is sent one message"
    );

    let outputs = stage.stack.details().outputs();
    let ledger = scan(stage, &outputs.ledger_table, &sending.scene.tenant).await;
    let ledger_items = ledger.values().copied().collect();
    let sizes = sizes(stage, &sending.scene.tenant).await;
    Taken {
        receivers: audience.receivers as f64,
        invocations: sending.invocations,
        requests: sending.feed.requests,
        log_bytes: log_bytes() - logged,
        sizes,
        ledger_items,
        peaks: sending.peaks,
        meter,
    }
}

fn log_bytes() -> usize {
    std::fs::metadata(log()).map_or(0, |file| usize::try_from(file.len()).unwrap())
}

/// The sizes of all items of a tenant.
pub(crate) async fn sizes(stage: &Stage, tenant: &str) -> HashMap<Key, usize> {
    let outputs = stage.stack.details().outputs();
    let mut sizes = scan(stage, &outputs.catalog_table, tenant).await;
    sizes.extend(scan(stage, &outputs.ledger_table, tenant).await);
    sizes
}

/// The sizes of all items of a tenant in a table.
pub(crate) async fn scan(stage: &Stage, table: &str, tenant: &str) -> HashMap<Key, usize> {
    let items = stage.aws.scan(json!({
        "TableName": table,
        "FilterExpression": "begins_with(pk, :tenant)",
        "ExpressionAttributeValues": { ":tenant": { "S": tenant } },
    }));
    let items = items.await;
    items
        .iter()
        .map(|item| (key_of(item), size(item)))
        .collect()
}
