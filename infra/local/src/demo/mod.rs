//! `cargo demo`: sends two campaigns to realistic input, and checks that the ledger and the providers agree.

pub mod audit;
pub mod client;

pub(crate) mod all_channels;
mod content;
mod watch;

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use reqwest::Method;
use serde_json::{Value, json};

use self::audit::{audit, calls_after};
use self::client::Client;
use crate::command::say;
use crate::error::Error;
use crate::simulator::Call;
use crate::stack::details::Details;
use crate::stack::tenant::DemoTenant;

/// The demo's receivers: 1,000 good rows and 20 bad ones.
const PEOPLE: &[u8] = include_bytes!("../../demo/people.csv");
/// How far ahead the campaign is scheduled: the minimum allowed, plus some time for the request.
const AHEAD: SignedDuration = SignedDuration::from_secs(65);

/// How long the demo watches for calls after a pause was confirmed; there should be none.
const QUIET: Duration = Duration::from_secs(3);

/// One campaign of the demo.
pub(crate) struct Campaign {
    id: String,
    name: String,
    import: String,
}

/// Runs the demo against a running stack.
pub(crate) async fn run(details: &Details, tenant: &DemoTenant) -> Result<(), Error> {
    let client = Client::new(details.api_url(), &tenant.api_key)?;
    let before = calls_after(details.simulator_url(), 0).await?;
    let last_call = before.iter().map(|call| call.id).max().unwrap_or_default();

    say("\nCreating a wrapper, a template from the library and two campaigns");
    dress(&client).await?;
    let maintenance = from_library(&client).await?;
    say("Loading people.csv into both");
    let scheduled = load(&client, content::reminder()).await?;
    let now = load(&client, maintenance).await?;
    for campaign in [&scheduled, &now] {
        watch::import(&client, &campaign.import).await?;
    }
    print_import(&client, &now).await?;
    print_preflight(&client, &now).await?;

    let asked_for = Timestamp::now() + AHEAD;
    let path = format!("/v1/campaigns/{}/schedule", scheduled.id);
    client
        .post(&path, &json!({ "at": asked_for.to_string() }))
        .await?;
    say(&format!(
        "\n“{}” is scheduled for {asked_for:.0}",
        scheduled.name
    ));
    let path = format!("/v1/campaigns/{}/publish", now.id);
    client.post(&path, &json!({})).await?;
    say(&format!("“{}” is published now\n", now.name));

    pause_and_resume(&client, details, &now).await?;

    watch::campaigns(&client, &[&now, &scheduled]).await?;
    let released = client
        .get(&format!("/v1/campaigns/{}", scheduled.id))
        .await?;
    let released = released.text("/published_at");
    let late = released
        .parse::<Timestamp>()
        .map(|released| released.duration_since(asked_for))
        .unwrap_or_default();
    say(&format!(
        "\nRelease: asked for {asked_for:.0}, released {released} ({:.1} s later)",
        late.as_secs_f64()
    ));

    let calls = calls_after(details.simulator_url(), last_call).await?;
    let clean = report(&client, &[&now, &scheduled], &calls).await?;
    say(&format!(
        "\nMailbox and phone:  {}/\nAPI and its docs:   {}/docs\nConsole, signed in: {}\nStop everything:    cargo local down",
        details.simulator_url(),
        details.api_url(),
        details.console_url(&tenant.api_key)
    ));
    if clean { Ok(()) } else { Err(Error::Demo) }
}

/// Pauses a campaign in mid-run, checks that no provider is called after the response, and resumes it.
async fn pause_and_resume(
    client: &Client,
    details: &Details,
    campaign: &Campaign,
) -> Result<(), Error> {
    watch::first_sent(client, campaign).await?;
    let path = format!("/v1/campaigns/{}", campaign.id);
    let paused = client.post(&format!("{path}/pause"), &json!({})).await;
    let paused = match paused {
        Ok(paused) => paused,
        // A fast machine completes it before it can be paused.
        Err(error) if client.get(&path).await?.text("/status") == "completed" => {
            say(&format!(
                "“{}” could not be paused: {error}\n",
                campaign.name
            ));
            return Ok(());
        }
        Err(error) => return Err(error),
    };
    let last = calls_after(details.simulator_url(), 0).await?;
    let last = last.iter().map(|call| call.id).max().unwrap_or_default();
    tokio::time::sleep(QUIET).await;
    let after = calls_after(details.simulator_url(), last).await?.len();
    let count = |name: &str| paused.number(&format!("/counts/{name}"));
    say(&format!(
        "“{}” is paused: {} sent, {} in flight, {} stopped, {} unknown; {after} provider calls in the {} s after the response",
        campaign.name,
        count("sent"),
        count("in_flight"),
        count("stopped"),
        count("unknown"),
        QUIET.as_secs(),
    ));
    client.post(&format!("{path}/resume"), &json!({})).await?;
    say(&format!("“{}” is resumed\n", campaign.name));
    Ok(())
}

/// Sets the sender details and creates a wrapper, unless an earlier run has done so.
async fn dress(client: &Client) -> Result<(), Error> {
    let change = content::tenant().to_string().into_bytes();
    client
        .call(Method::PATCH, "/v1/tenant", &[], Some(change))
        .await?;
    if client.all("/v1/wrappers", "/wrappers").await?.is_empty() {
        client.post("/v1/wrappers", &content::wrapper()).await?;
    }
    Ok(())
}

/// A campaign from a template, which is a copy of one in the library.
async fn from_library(client: &Client) -> Result<Value, Error> {
    let template = json!({ "library": content::LIBRARY });
    let template = client.post("/v1/templates", &template).await?;
    Ok(json!({
        "name": "Maintenance tonight",
        "template": { "id": template.text("/id") },
        "channels": ["email", "sms"],
        "priority": "normal",
        "default_region": "GB",
        "values": content::values(),
    }))
}

/// Prints a campaign's preflight.
async fn print_preflight(client: &Client, campaign: &Campaign) -> Result<(), Error> {
    let path = format!("/v1/campaigns/{}/preflight", campaign.id);
    let seen = loop {
        let seen = client.get(&path).await?;
        if seen.text("/status") == "finished" {
            break seen;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    };
    say(&format!("\nPreflight of “{}”", campaign.name));
    for channel in seen.list("/channels") {
        let field = |name: &str| channel.get(name).cloned().unwrap_or_default();
        let parts = match field("total_segments") {
            Value::Null => String::new(),
            parts => format!(", {parts} segments"),
        };
        say(&format!(
            "  {:<6} {} receivers{parts}, by language {}, excluded {}",
            field("channel").as_str().unwrap_or_default(),
            field("receivers"),
            field("languages"),
            field("excluded"),
        ));
    }
    say(&format!(
        "  cost   {} to {} {}",
        seen.text("/cost/least"),
        seen.text("/cost/most"),
        seen.text("/cost/currency")
    ));
    for finding in seen.list("/findings") {
        let field = |name: &str| {
            finding
                .get(name)
                .and_then(Value::as_str)
                .unwrap_or_default()
        };
        say(&format!("  {}: {}", field("severity"), field("detail")));
    }
    Ok(())
}

async fn load(client: &Client, body: Value) -> Result<Campaign, Error> {
    let campaign = client.post("/v1/campaigns", &body).await?;
    let id = campaign.text("/id").to_owned();
    // So that bad rows are shown.
    let choices = serde_json::json!({ "on_bad_address": "refuse" });
    let import = client.import_as(&id, &choices, PEOPLE.to_vec()).await?;
    let name = campaign.text("/name").to_owned();
    Ok(Campaign { id, name, import })
}

async fn print_import(client: &Client, campaign: &Campaign) -> Result<(), Error> {
    let path = format!("/v1/imports/{}", campaign.import);
    let import = client.get(&path).await?;
    say(&format!(
        "  {} rows: {} receivers, {} refused, {} duplicates",
        import.number("/rows_total"),
        import.number("/rows_added"),
        import.number("/rows_refused"),
        import.number("/rows_duplicate"),
    ));
    for refused in client.all(&path, "/errors").await? {
        let text = |name: &str| refused.get(name).and_then(Value::as_str).unwrap_or("–");
        say(&format!(
            "  line {:>4}  {:<12} {}",
            refused
                .get("line")
                .and_then(Value::as_u64)
                .unwrap_or_default(),
            text("column"),
            text("reason"),
        ));
    }
    Ok(())
}

/// Prints the totals and the result of the comparison with the simulator.
async fn report(client: &Client, campaigns: &[&Campaign], calls: &[Call]) -> Result<bool, Error> {
    let mut clean = true;
    let mut accounted = 0;
    let (mut repeated, mut lost, mut unfinished) = (0, 0, 0);
    for campaign in campaigns {
        // No faults are injected here, so the ledger has the message id of every accepted call.
        let audit = audit(client, &campaign.id, calls, |_| false).await?;
        say(&format!("\n“{}”", campaign.name));
        for (channel, states) in &audit.states {
            let counts: BTreeMap<&str, u64> = states
                .iter()
                .map(|(state, count)| (state.as_str(), *count))
                .collect();
            let counts: Vec<String> = counts
                .iter()
                .map(|(state, count)| format!("{count} {state}"))
                .collect();
            say(&format!("  {channel:<6} {}", counts.join(", ")));
        }
        for wrong in &audit.wrong_totals {
            say(&format!("  wrong total: {wrong}"));
        }
        accounted += audit.accepted_calls;
        repeated += audit.repeated_calls;
        lost += audit.lost;
        unfinished += audit.unfinished;
        clean &= audit.is_clean();
    }
    let accepted = calls.iter().filter(|call| call.accepted).count();
    // A call that no campaign accounts for is a duplicate or has no delivery.
    let duplicates = repeated + accepted.saturating_sub(accounted);
    say(&format!(
        "\nProvider calls {}, duplicates {duplicates}, lost {lost}, without a final state {unfinished}",
        calls.len()
    ));
    Ok(clean && duplicates == 0)
}
