//! Measures the figures.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::{Value, json};

use carillon_local::simulator::{EventKind, MAILGUN_API_KEY, MAILGUN_SIGNING_KEY};
use reqwest::Method;

use crate::{
    binaries::{package_bytes, program},
    campaign::{Audience, Binaries, Sending, Taken, scan, send, sizes},
    figures::{Figure, percentile_99},
    harness::{functions::Functions, stage::Stage},
    meter::Meter,
    processes,
};

/// List prices, in dollars.
#[derive(Debug, Deserialize)]
pub(crate) struct Prices {
    pub(crate) date: String,
    write_unit: f64,
    read_unit: f64,
    standard_request: f64,
    fifo_request: f64,
    invocation: f64,
    gigabyte_second: f64,
    log_gigabyte: f64,
    s3_get: f64,
    call_seconds: f64,
}

impl Prices {
    pub(crate) fn read() -> Self {
        toml::from_str(include_str!("prices.toml")).unwrap()
    }
}

/// A component of the price per receiver.
pub(crate) type Price = (&'static str, f64);

/// The cost of a campaign by component, in dollars per million receivers.
pub(crate) fn prices(taken: &Taken, prices: &Prices, memory: &HashMap<String, f64>) -> Vec<Price> {
    let units = taken.meter.units(&taken.sizes);
    let (standard, fifo) = taken.meter.sqs_requests();
    let calls = taken.meter.calls();
    let count = |value: u64| value as f64;
    let s3 = calls
        .iter()
        .filter(|((_, operation), _)| operation.starts_with("S3."));
    let s3: u64 = s3.map(|(_, calls)| calls).sum();
    let invocations: u64 = taken.invocations.values().sum();
    let gigabyte_seconds: f64 = calls
        .iter()
        .map(|((function, _), calls)| count(*calls) * prices.call_seconds * memory[function])
        .sum();
    // A receive and a delete per batch; those of the channel queues are FIFO.
    let polled = |name: &str| count(taken.invocations.get(name).copied().unwrap_or_default()) * 2.0;
    let polled_fifo = polled("email");
    let polled_standard = polled("fanout") + polled("jobs");
    let parts = [
        ("DynamoDB writes", units.write * prices.write_unit),
        ("DynamoDB reads", units.read * prices.read_unit),
        (
            "SQS",
            (count(standard) + polled_standard) * prices.standard_request
                + (count(fifo) + polled_fifo) * prices.fifo_request,
        ),
        ("Lambda requests", count(invocations) * prices.invocation),
        ("Lambda time", gigabyte_seconds * prices.gigabyte_second),
        ("Logs", taken.log_bytes as f64 / 1e9 * prices.log_gigabyte),
        ("S3", count(s3) * prices.s3_get),
    ];
    parts
        .map(|(name, dollars)| (name, dollars / taken.receivers * 1e6))
        .to_vec()
}

/// Figures about one campaign.
pub(crate) fn of_campaign(taken: &Taken, parts: &[Price]) -> Vec<Figure> {
    let receivers = taken.receivers;
    let share = |name: &str| taken.meter.calls_of(name) as f64 / receivers;
    let (standard, fifo) = taken.meter.sqs_requests();
    let polled = (taken.requests.receives + taken.requests.deletes) as f64;
    let units = taken.meter.units(&taken.sizes);
    let ledger_writes = taken.meter.writes_by_partition();
    let all: u64 = ledger_writes
        .iter()
        .filter(|(key, _)| key.matches('#').count() == 2)
        .map(|(_, writes)| writes)
        .sum();
    let busiest = ledger_writes.values().max().copied().unwrap_or_default() as f64;
    let figure = |name, value, unit, how: String| Figure {
        name,
        value,
        unit,
        how,
    };
    vec![
        figure(
            "calls",
            taken.meter.all_calls() as f64 / receivers,
            "calls",
            format!(
                "{receivers} receivers by email, all calls by the functions, counted by a proxy: jobs {:.3}, fan-out {:.3}, email {:.3}, tally {:.3}, release {:.3}",
                share("jobs"),
                share("fanout"),
                share("email"),
                share("tally"),
                share("release"),
            ),
        ),
        figure(
            "sqs_requests",
            ((standard + fifo) as f64 + polled) / receivers,
            "requests",
            format!(
                "what our code sends ({} requests) and what the harness, in place of Lambda, receives and deletes ({polled}); empty receives are not included",
                standard + fifo,
            ),
        ),
        figure(
            "write_units",
            units.write / receivers,
            "units",
            "by the final size of each item, doubled for writes in a transaction".to_owned(),
        ),
        figure(
            "read_units",
            units.read / receivers,
            "units",
            "by the final size of each item".to_owned(),
        ),
        figure(
            "dollars",
            parts.iter().map(|(_, dollars)| dollars).sum(),
            "dollars",
            {
                let parts: Vec<String> = parts
                    .iter()
                    .map(|(name, dollars)| format!("{name} {dollars:.3}"))
                    .collect();
                parts.join(", ")
            },
        ),
        figure(
            "ledger_item_bytes",
            percentile_99(taken.ledger_items.clone()),
            "bytes",
            format!(
                "{} items, sized by DynamoDB's rules",
                taken.ledger_items.len()
            ),
        ),
        figure(
            "queue_body_bytes",
            percentile_99(taken.meter.delivery_bodies()),
            "bytes",
            "all delivery tasks".to_owned(),
        ),
        figure(
            "log_bytes",
            taken.log_bytes as f64 / receivers,
            "bytes",
            "everything that the campaign's functions logged".to_owned(),
        ),
        figure(
            "busiest_partition",
            busiest / (all as f64 / 16.0),
            "",
            format!("{busiest} writes to one key, {all} to the 16 shards of the ledger"),
        ),
    ]
}

/// Calls in an idle hour.
pub(crate) async fn idle(stage: &Stage, binaries: Binaries) -> Figure {
    let meter = Meter::default();
    let mut functions = Functions::new(stage);
    functions.program = binaries.0;
    functions.tap = Some(meter.tap());
    for _ in 0..60 {
        functions
            .invoke("release", &json!({ "kind": "sweep" }))
            .await;
    }
    let sweep = meter.calls_of("release") as f64;
    Figure {
        name: "idle_calls",
        value: sweep,
        unit: "calls",
        how: "60 sweeps, two reads each; nothing else of ours runs on its own. Lambda's own polling of SQS is covered in docs/deploying.md".to_owned(),
    }
}

/// Messages per second sent by ten executions of a channel in batches of ten.
const MESSAGES_A_SECOND: f64 = 660.0;
/// Vendors' events for each message: accepted, delivered, opened.
const CALLBACKS: [EventKind; 3] = [EventKind::Sent, EventKind::Delivered, EventKind::Opened];

/// Write units per second at the busiest key, when everything fails and when vendors call back for everything.
pub(crate) async fn keys(stage: &Stage, place: usize, binaries: Binaries) -> Vec<Figure> {
    let receivers = 600;
    let meter = Meter::default();
    let audience = Audience::of(receivers);
    let mut sending = Sending::load(stage, place, audience, binaries, &meter).await;
    let fault = sending.scene.reject_all();
    sending.finish().await;
    stage.simulator().remove_fault(fault);
    let sizes = sizes(stage, &sending.scene.tenant).await;
    let (busiest, units) = meter.busiest(&sizes);
    let failing = Figure {
        name: "busiest_key_failing",
        value: units / receivers as f64 * MESSAGES_A_SECOND,
        unit: "units/s",
        how: format!(
            "{receivers} receivers, all refused: {units:.0} write units at {}, including the stream's records; at {MESSAGES_A_SECOND} messages per second",
            without_ids(&busiest)
        ),
    };
    vec![failing, callbacks(stage, place + 1, binaries).await]
}

/// The same for callbacks: Mailgun's signature does not cover the event, so each of its tokens is stored.
async fn callbacks(stage: &Stage, place: usize, binaries: Binaries) -> Figure {
    let receivers = 150;
    let meter = Meter::default();
    let account = json!({
        "vendor": "mailgun",
        "from": "news@carillon.example",
        "settings": { "domain": "carillon.example" },
        "credentials": { "api_key": MAILGUN_API_KEY, "webhook_signing_key": MAILGUN_SIGNING_KEY },
    });
    let audience = Audience::of(receivers);
    let mut sending = Sending::load(stage, place, audience, binaries, &meter).await;
    let body = Some(account.to_string().into_bytes());
    let path = "/v1/transports/email";
    let set = sending.scene.api.call(Method::PUT, path, &[], body).await;
    let set = set.unwrap();
    assert!(set.status.is_success(), "{}", set.body);
    let url = set.text("/callback_url").to_owned();
    sending.finish().await;
    let before = meter.writes_by_partition();
    for call in sending.scene.calls() {
        for kind in CALLBACKS {
            let told = stage.simulator().call_back(call.id, kind, Some(&url)).await;
            // A vendor without such an event sends nothing.
            if let Ok(told) = told {
                assert_eq!(told.status, 200);
            }
        }
    }
    sending.drain().await;
    let catalog = scan(
        stage,
        &stage.stack.details().outputs().catalog_table,
        &sending.scene.tenant,
    )
    .await;
    let mut writes: HashMap<String, f64> = HashMap::new();
    let mut told = 0.0;
    for ((partition, _), bytes) in &catalog {
        if partition.contains("#HEARD#") {
            told += 1.0;
            *writes.entry(partition.clone()).or_default() += bytes.div_ceil(1_024) as f64;
        }
    }
    for (partition, all) in meter.writes_by_partition() {
        let new = all - before.get(&partition).copied().unwrap_or_default();
        *writes.entry(partition).or_default() += new as f64;
    }
    // Small samples are noisy: 256 keys share the events of a million.
    let heard = told / 256.0;
    let ledger = writes.iter().filter(|(key, _)| !key.contains("#HEARD#"));
    let (busiest, units) = ledger.max_by(|(_, a), (_, b)| a.total_cmp(b)).unwrap();
    let of_all = units.max(heard);
    Figure {
        name: "busiest_key_callbacks",
        value: of_all / receivers as f64 * MESSAGES_A_SECOND,
        unit: "units/s",
        how: format!(
            "{told} callbacks for {receivers} messages: {units:.0} write units at {}, and {heard:.1} at each of the 256 keys that record them; at {MESSAGES_A_SECOND} messages per second",
            without_ids(busiest)
        ),
    }
}

/// A key without its numbers.
fn without_ids(key: &str) -> String {
    let part = |part: &str| match part.len() > 8 {
        true => "…".to_owned(),
        false => part.to_owned(),
    };
    key.split('#').map(part).collect::<Vec<_>>().join("#")
}

/// Calls with throttling compared with calls without.
pub(crate) async fn throttled(
    stage: &Stage,
    place: usize,
    receivers: usize,
    binaries: Binaries,
) -> Figure {
    let calm = send(stage, place, Audience::of(receivers), binaries).await;
    let audience = Audience {
        throttled: 0.2,
        ..Audience::of(receivers)
    };
    let throttled = send(stage, place + 1, audience, binaries).await;
    let (calm, throttled) = (calm.meter.all_calls(), throttled.meter.all_calls());
    Figure {
        name: "throttled_ratio",
        value: throttled as f64 / calm as f64,
        unit: "",
        how: format!(
            "{receivers} receivers: {throttled} calls, compared with {calm} without throttling"
        ),
    }
}

/// Sizes, starts and memory of the release binaries.
pub(crate) async fn of_processes(stage: &Stage) -> Vec<Figure> {
    let mut figures = Vec::new();
    let mut add = |name, value, unit, how: &str| {
        figures.push(Figure {
            name,
            value,
            unit,
            how: how.to_owned(),
        });
    };
    let zipped = "the release binary for Amazon Linux, as a zip";
    for (figure, name) in [
        ("package_bytes_email", "email"),
        ("package_bytes_sms", "sms"),
        ("package_bytes_whatsapp", "whatsapp"),
        ("package_bytes_push", "push"),
        ("package_bytes_api", "api"),
    ] {
        add(figure, package_bytes(name) as f64, "bytes", zipped);
    }

    let counted = "valgrind --tool=callgrind";
    let email = processes::instructions(stage, "email", &[]).await;
    let sms = processes::instructions(stage, "sms", &[]).await;
    add(
        "start_instructions_email",
        email as f64,
        "instructions",
        counted,
    );
    add(
        "start_instructions_sms",
        sms as f64,
        "instructions",
        counted,
    );

    let least = processes::least_start_times(stage, &["bare", "email", "sms"], 60).await;
    let ratio = |index: usize| least[index].as_secs_f64() / least[0].as_secs_f64();
    let how = format!(
        "minimum of 60 starts each, taken in turn: bare {:?}, email {:?}, sms {:?}",
        least[0], least[1], least[2]
    );
    add("start_ratio_email", ratio(1), "", &how);
    add("start_ratio_sms", ratio(2), "", &how);

    let email = processes::least_memory_at_start(stage, "email", 20).await;
    let sms = processes::least_memory_at_start(stage, "sms", 20).await;
    let how = format!(
        "VmHWM, minimum of 20 starts, because how much of a file is mapped at once depends on the system cache: email {email} kB, sms {sms} kB"
    );
    add("memory_start", megabytes(email.max(sms)), "MB", &how);
    figures
}

/// Kilobytes in MB of 1,024 kilobytes, the unit of a function's memory setting.
pub(crate) fn megabytes(kilobytes: u64) -> f64 {
    kilobytes as f64 / 1024.0
}

/// Instructions per receiver: the difference between a large and a small amount of work in separate processes.
pub(crate) async fn instructions(stage: &Stage, place: usize) -> Vec<Figure> {
    let binaries = Binaries(Some(program));
    let mut fanout = Vec::new();
    for (place, receivers) in [(place, 800), (place + 1, 3_200)] {
        let mut sending = starved(stage, place, receivers, &["fanout", "email"], binaries).await;
        let events = take_all(&mut sending, "fanout").await;
        assert_eq!(events.len(), 16, "one task per shard");
        fanout.push((
            receivers as f64,
            processes::instructions(stage, "fanout", &events).await as f64,
        ));
        stage.clear().await;
    }
    let mut sending = starved(stage, place + 2, 600, &["email"], binaries).await;
    let events = take_all(&mut sending, "email").await;
    let full: Vec<Value> = events
        .into_iter()
        .filter(|event| event["Records"].as_array().unwrap().len() == 10)
        .collect();
    let (few, many) = full[..40].split_at(8);
    let few = processes::instructions(stage, "email", few).await as f64;
    let many = processes::instructions(stage, "email", many).await as f64;
    stage.clear().await;
    vec![
        Figure {
            name: "instructions_fanout",
            value: (fanout[1].1 - fanout[0].1) / (fanout[1].0 - fanout[0].0),
            unit: "instructions",
            how: "callgrind, 3,200 receivers minus 800, 16 shards each".to_owned(),
        },
        Figure {
            name: "instructions_consume",
            value: (many - few) / ((32.0 - 8.0) * 10.0),
            unit: "instructions",
            how: "callgrind, 32 batches of ten minus 8, including rendering, claim, call over plain HTTP and record".to_owned(),
        },
    ]
}

/// Instructions for rendering one message on each channel: the difference between many and few in separate processes.
pub(crate) fn rendering() -> Vec<Figure> {
    let names = [
        ("email", "render_email"),
        ("sms", "render_sms"),
        ("whatsapp", "render_whatsapp"),
        ("push", "render_push"),
    ];
    let figures = names.into_iter().map(|(channel, name)| {
        let count = |receivers: u32| {
            processes::instructions_of("rendering", &[channel, &receivers.to_string()]) as f64
        };
        Figure {
            name,
            value: (count(1_100) - count(100)) / 1_000.0,
            unit: "instructions",
            how: format!("callgrind, the library's outage notice by {channel} for 1,100 receivers minus 100, in two languages"),
        }
    });
    let worst = |receivers: u32| {
        processes::instructions_of("rendering", &["worst", &receivers.to_string()]) as f64
    };
    figures
        .chain([Figure {
            name: "render_worst",
            value: (worst(11) - worst(1)) / 10.0,
            unit: "instructions",
            how: "callgrind, an email with two loops that takes 41,000 of the 50,000 steps allowed for a template, for 11 receivers minus 1"
                .to_owned(),
        }])
        .collect()
}

/// A published campaign with its messages waiting for these functions.
async fn starved<'a>(
    stage: &'a Stage,
    place: usize,
    receivers: usize,
    functions: &'static [&'static str],
    binaries: Binaries,
) -> Sending<'a> {
    let meter = Meter::default();
    let mut sending = Sending::load(stage, place, Audience::of(receivers), binaries, &meter).await;
    sending.feed.habits.starved = functions;
    sending.scene.publish(&sending.campaign).await;
    while sending.feed.step(&mut sending.functions).await.is_some() {}
    sending
}

async fn take_all(sending: &mut Sending<'_>, function: &str) -> Vec<Value> {
    let mut events = Vec::new();
    while let Some(batch) = sending.feed.take(function).await {
        events.push(batch.event.clone());
    }
    events
}

/// Write units if every receiver has an address that the campaign does not use.
pub(crate) async fn two_addresses(stage: &Stage, place: usize, binaries: Binaries) -> Figure {
    let audience = Audience {
        has_second_address: true,
        ..Audience::of(2_000)
    };
    let taken = send(stage, place, audience, binaries).await;
    Figure {
        name: "write_units_two_addresses",
        value: taken.meter.units(&taken.sizes).write / taken.receivers,
        unit: "units",
        how: "2,000 receivers with an email address and a mobile number, sent to by email"
            .to_owned(),
    }
}

/// The growth of calls with the number of receivers.
pub(crate) async fn growth(stage: &Stage, place: usize, binaries: Binaries) -> Figure {
    let few = send(stage, place, Audience::of(1_000), binaries).await;
    let many = send(stage, place + 1, Audience::of(100_000), binaries).await;
    let (few, many) = (few.meter.all_calls(), many.meter.all_calls());
    Figure {
        name: "calls_ratio",
        value: many as f64 / (few * 100) as f64,
        unit: "",
        how: format!("{few} calls for 1,000 receivers, {many} for 100,000"),
    }
}

/// The memory for a large file compared with a small one.
pub(crate) async fn import_memory(stage: &Stage, place: usize, binaries: Binaries) -> Figure {
    let mut peaks = Vec::new();
    for (place, rows) in [(place, 1_000), (place + 1, 1_000_000)] {
        let meter = Meter::default();
        let audience = Audience::of(rows);
        // Only jobs is measured; a million stream records would fill the machine's memory.
        let sending = Sending::load_with(stage, place, audience, binaries, &meter, &["tally"]);
        let sending = sending.await;
        peaks.push(sending.peak("jobs"));
    }
    Figure {
        name: "import_memory_ratio",
        value: peaks[1] as f64 / peaks[0] as f64,
        unit: "",
        how: format!(
            "VmHWM of jobs: {} kB for 1,000 rows, {} kB for 1,000,000",
            peaks[0], peaks[1]
        ),
    }
}
