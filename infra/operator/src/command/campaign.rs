//! `carillon campaign`: how far one is, and putting it right.

use carillon_domain::id::CampaignId;
use clap::Subcommand;
use serde_json::{Map, Value};

use crate::{
    api::{Api, Caller},
    deployment::Deployment,
    error::Error,
    said::{Said, table},
};

/// `carillon campaign`.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Show its state, its totals, and why it does not move
    #[command(
        after_help = "Example:\n  carillon campaign show 01a200bb-45f0-72e2-a205-152349e7a434 --tenant acme"
    )]
    Show(About),
    /// Put it right: release what is due, restart what has stopped, recount and mend the totals
    ///
    /// Carillon does it by itself every few minutes for campaigns that are under way. It sends nothing twice. Not for campaigns of
    /// restored tables that should stay as they are: a completed one that has open deliveries again is sent on.
    #[command(
        after_help = "Example:\n  carillon campaign reconcile 01a200bb-45f0-72e2-a205-152349e7a434 --tenant acme"
    )]
    Reconcile(About),
}

#[derive(Debug, clap::Args)]
struct About {
    /// Id of the campaign
    campaign: CampaignId,
    #[command(flatten)]
    caller: Caller,
}

impl Arguments {
    pub(super) async fn run(self, deployment: &Deployment) -> Result<Said, Error> {
        let (about, is_reconciled) = match self.what {
            What::Show(about) => (about, false),
            What::Reconcile(about) => (about, true),
        };
        let path = format!("/v1/campaigns/{}", about.campaign);
        let missing = format!("the tenant has no campaign {}", about.campaign);
        let why = match is_reconciled {
            true => "carillon campaign reconcile",
            false => "carillon campaign show",
        };
        let work = async |api: &Api| match is_reconciled {
            true => {
                let path = format!("{path}/reconcile");
                api.post(&path, None, &missing).await.map(reconciled)
            }
            false => api.get(&path, &missing).await.map(shown),
        };
        about.caller.call(deployment, why, work).await
    }
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_default()
}

fn number(value: &Value, name: &str) -> u64 {
    value[name].as_u64().unwrap_or_default()
}

fn items<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value[name].as_array().map_or(&[], Vec::as_slice)
}

/// What there is of a campaign, in lines. Its document is the API's.
fn shown(campaign: Value) -> Said {
    let line = |name: &str, value: String| vec![name.to_owned(), value];
    let mut rows = vec![
        line(
            "campaign",
            format!("{}, “{}”", text(&campaign, "id"), text(&campaign, "name")),
        ),
        line("status", text(&campaign, "status").to_owned()),
    ];
    for (name, field) in [
        ("scheduled", "scheduled_for"),
        ("published", "published_at"),
        ("completed", "completed_at"),
        ("stopped", "stopped_at"),
        ("ends about", "estimated_end"),
    ] {
        if let Some(at) = campaign[field].as_str() {
            rows.push(line(name, at.to_owned()));
        }
    }
    let totals = &campaign["totals"];
    rows.push(line("receivers", number(totals, "receivers").to_string()));
    let nothing = Map::new();
    for (channel, totals) in totals["channels"].as_object().unwrap_or(&nothing) {
        rows.push(line(channel, channel_totals(totals)));
    }
    let stalled = items(&campaign, "stalled");
    for stall in stalled {
        let mut words = format!("{}: {}", text(stall, "code"), text(stall, "text"));
        if let Some(channel) = stall["channel"].as_str() {
            words = format!("{channel}, {words}");
        }
        if let Some(until) = stall["until"].as_str() {
            words.push_str(&format!(" (until {until})"));
        }
        rows.push(line("stalled", words));
    }
    let all_well = stalled.is_empty();
    let lines = table(&rows);
    Said {
        all_well,
        ..Said::new(lines, campaign)
    }
}

/// The states that there are any of, and what became of what was sent.
fn channel_totals(totals: &Value) -> String {
    const STATES: [&str; 8] = [
        "pending", "claimed", "retrying", "sent", "failed", "skipped", "unknown", "canceled",
    ];
    let states = STATES.iter().map(|state| (*state, number(totals, state)));
    let states: Vec<String> = states
        .filter(|(_, count)| *count > 0)
        .map(|(state, count)| format!("{count} {state}"))
        .collect();
    let fates = totals["fates"].as_object().into_iter().flatten();
    let fates: Vec<String> = fates
        .filter(|(_, count)| count.as_u64() != Some(0))
        .map(|(fate, count)| format!("{count} {fate}"))
        .collect();
    match (states.is_empty(), fates.is_empty()) {
        (true, _) => "nobody".to_owned(),
        (false, true) => states.join(", "),
        (false, false) => format!("{} ({})", states.join(", "), fates.join(", ")),
    }
}

/// What was found and done, in lines. Its document is the API's.
fn reconciled(found: Value) -> Said {
    let mut lines = Vec::new();
    let mut all_well = true;
    if found["released"] == true {
        lines.push("It was due and is released now.".to_owned());
    }
    if found["held"].is_object() {
        let held = &found["held"];
        let (code, words) = (text(held, "code"), text(held, "text"));
        lines.push(format!("It is due and was not released: {code}: {words}"));
        all_well = false;
    }
    if found["completed"] == true {
        lines.push("All deliveries were final; it is completed now.".to_owned());
    }
    for (field, words) in [
        ("restarted_shards", "shards were fanned out again"),
        ("lapsed_claims", "claims had lapsed without an outcome"),
        ("overdue_retries", "retries were long overdue"),
    ] {
        let count = number(&found, field);
        if count > 0 {
            lines.push(format!("{count} {words}."));
        }
    }
    if let Some(generation) = found["new_generation"].as_u64() {
        lines.push(format!(
            "What is not final was handed over again, as generation {generation}."
        ));
    }
    if found["waits_for_an_account"] == true {
        lines
            .push("It waits for a provider account; carillon campaign show says which.".to_owned());
        all_well = false;
    }
    for shard in items(&found, "totals") {
        let is_mended = shard["mended"] == true;
        for difference in items(shard, "differences") {
            lines.push(format!(
                "Shard {}: {} was {} and is {}{}.",
                number(shard, "shard"),
                text(difference, "counter"),
                difference["counted"],
                difference["recounted"],
                match is_mended {
                    true => ", mended",
                    false => " by a recount, which may only be ahead; reconcile again in a minute",
                }
            ));
        }
        all_well &= is_mended;
    }
    if lines.is_empty() {
        lines.push("Nothing was wrong.".to_owned());
    }
    lines.push(format!(
        "{} shards recounted.",
        number(&found, "recounted_shards")
    ));
    let queued = number(&found, "recounts_queued");
    if queued > 0 {
        lines.push(format!(
            "{queued} more are being recounted in the background and mended if need be."
        ));
    }
    Said {
        all_well,
        ..Said::new(lines.join("\n"), found)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_campaign_is_shown_with_its_totals_and_what_it_waits_for() {
        let campaign = json!({
            "id": "01a200bb-45f0-72e2-a205-152349e7a434",
            "name": "Spring",
            "status": "published",
            "published_at": "2026-11-21T09:00:00Z",
            "totals": { "receivers": 3, "channels": {
                "email": { "total": 3, "pending": 1, "sent": 2, "failed": 0, "fates": { "delivered": 1, "bounced": 0 } },
                "sms": { "total": 0, "fates": {} },
            } },
            "stalled": [{ "code": "breaker_open", "text": "The account does not work.", "channel": "email", "until": "2026-11-21T10:00:00Z" }],
        });
        let said = shown(campaign.clone());
        assert_eq!(
            said.lines,
            "campaign   01a200bb-45f0-72e2-a205-152349e7a434, “Spring”\n\
             status     published\n\
             published  2026-11-21T09:00:00Z\n\
             receivers  3\n\
             email      1 pending, 2 sent (1 delivered)\n\
             sms        nobody\n\
             stalled    email, breaker_open: The account does not work. (until 2026-11-21T10:00:00Z)"
        );
        assert_eq!((said.document, said.all_well), (campaign, false));
    }

    #[test]
    fn what_a_reconcile_did_is_said_and_what_it_could_not() {
        let clean = json!({
            "released": false, "completed": false, "restarted_shards": 0, "lapsed_claims": 0, "overdue_retries": 0,
            "waits_for_an_account": false, "recounted_shards": 16, "recounts_queued": 0, "totals": [],
        });
        let said = reconciled(clean.clone());
        assert_eq!(said.lines, "Nothing was wrong.\n16 shards recounted.");
        assert!(said.all_well);

        let mut found = clean;
        found["restarted_shards"] = json!(2);
        found["totals"] = json!([
            { "shard": 4, "mended": true, "differences": [{ "counter": "email.sent", "counted": 9, "recounted": 8 }] },
        ]);
        let said = reconciled(found.clone());
        assert_eq!(
            said.lines,
            "2 shards were fanned out again.\nShard 4: email.sent was 9 and is 8, mended.\n16 shards recounted."
        );
        assert!(said.all_well);
        found["totals"][0]["mended"] = json!(false);
        assert!(!reconciled(found.clone()).all_well);
        found["held"] = json!({ "code": "missed_schedule", "text": "It is too late." });
        let said = reconciled(found);
        assert!(
            said.lines
                .starts_with("It is due and was not released: missed_schedule: It is too late.")
        );
    }
}
