//! Waiting, with progress bars.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use serde_json::Value;

use super::Campaign;
use crate::command::say;
use crate::demo::client::Client;
use crate::error::Error;

/// Anything that takes longer is considered stuck.
const PATIENCE: Duration = Duration::from_mins(5);

/// Waits until a file is loaded.
pub(crate) async fn import(client: &Client, id: &str) -> Result<(), Error> {
    let started = Instant::now();
    loop {
        let import = client.get(&format!("/v1/imports/{id}")).await?;
        match import.text("/status") {
            "completed" => return Ok(()),
            "refused" => {
                return Err(Error::Refused {
                    reason: import.body.to_string(),
                });
            }
            status if started.elapsed() > PATIENCE => {
                return Err(Error::Stuck {
                    what: format!("import {id} ({status})"),
                });
            }
            _ => tokio::time::sleep(Duration::from_millis(300)).await,
        }
    }
}

/// Waits until the first messages of a campaign are out.
pub(crate) async fn first_sent(client: &Client, campaign: &Campaign) -> Result<(), Error> {
    let started = Instant::now();
    loop {
        let shown = client
            .get(&format!("/v1/campaigns/{}", campaign.id))
            .await?;
        let sent = ["email", "sms"].map(|channel| {
            shown
                .body
                .pointer(&format!("/totals/channels/{channel}/sent"))
                .and_then(Value::as_u64)
                .unwrap_or_default()
        });
        if sent.iter().sum::<u64>() > 0 {
            return Ok(());
        }
        if started.elapsed() > PATIENCE {
            return Err(Error::Stuck {
                what: format!("campaign {}", campaign.id),
            });
        }
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
}

/// Waits until campaigns are completed, with a progress bar for each.
pub(crate) async fn campaigns(client: &Client, campaigns: &[&Campaign]) -> Result<(), Error> {
    let started = Instant::now();
    let on_a_terminal = std::io::stderr().is_terminal();
    let bars = MultiProgress::new();
    let style = ProgressStyle::with_template("  {prefix:<22} {bar:40} {pos:>5}/{len:<5} {msg}")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    let mut watched: Vec<(&Campaign, ProgressBar, (u64, String))> = campaigns
        .iter()
        .map(|campaign| {
            let bar = bars.add(ProgressBar::new(0).with_prefix(campaign.name.clone()));
            bar.set_style(style.clone());
            (*campaign, bar, (u64::MAX, String::new()))
        })
        .collect();
    loop {
        let mut all_done = true;
        for (campaign, bar, printed) in &mut watched {
            let shown = client
                .get(&format!("/v1/campaigns/{}", campaign.id))
                .await?;
            let status = shown.text("/status").to_owned();
            let (done, total) = progress(&shown.body);
            bar.set_length(total);
            bar.set_position(done);
            bar.set_message(status.clone());
            let tenth = (done * 10).checked_div(total).unwrap_or_default();
            if !on_a_terminal && *printed != (tenth, status.clone()) {
                let drawn = "#".repeat(usize::try_from(tenth).unwrap_or_default());
                say(&format!(
                    "  {:<22} [{drawn:<10}] {done:>5}/{total:<5} {status}",
                    campaign.name
                ));
                *printed = (tenth, status.clone());
            }
            all_done &= status == "completed";
        }
        if all_done {
            break;
        }
        if started.elapsed() > PATIENCE {
            return Err(Error::Stuck {
                what: "a campaign".to_owned(),
            });
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    for (_, bar, _) in &watched {
        bar.abandon();
    }
    Ok(())
}

/// The numbers of final deliveries and of all deliveries.
fn progress(campaign: &Value) -> (u64, u64) {
    let channels = campaign
        .pointer("/totals/channels")
        .and_then(Value::as_object);
    let count = |totals: &Value, names: &[&str]| -> u64 {
        names
            .iter()
            .filter_map(|name| totals.get(*name)?.as_u64())
            .sum()
    };
    channels
        .into_iter()
        .flatten()
        .fold((0, 0), |(done, total), (_, totals)| {
            let all = count(totals, &["total"]);
            let open = count(totals, &["pending", "claimed", "retrying"]);
            (done + all.saturating_sub(open), total + all)
        })
}
