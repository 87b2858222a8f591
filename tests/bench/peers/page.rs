//! The comparison as a table and as a chart.

use std::fmt::Write as _;

use carillon_local::stack::workspace;
use serde_json::{Value, json};

use super::{KILLS, Peer, RECEIVERS, RECEIVERS_OF_KILLS};
use crate::{figures::number, harness::commit, report};

type Row = (&'static str, fn(&Peer) -> Option<f64>);

/// The compared figures and where they are in a peer. Less is better for all of them.
const ROWS: [Row; 8] = [
    ("Worker CPU, seconds per 1,000 receivers", |peer| {
        Some(peer.cpu_seconds)
    }),
    ("Worker peak memory, MB", |peer| Some(peer.memory)),
    ("Worker start, ms", |peer| Some(peer.start)),
    ("Requests to queue and store per receiver", |peer| {
        Some(peer.requests)
    }),
    ("Killed five times: provider calls repeated", |peer| {
        Some(peer.kills.called_again as f64)
    }),
    ("Killed five times: received twice", |peer| {
        Some(peer.kills.got_it_twice as f64)
    }),
    ("Killed five times: lost", |peer| {
        Some(peer.kills.lost as f64)
    }),
    ("Killed five times: received but not recorded", |peer| {
        Some(peer.kills.not_recorded as f64)
    }),
];

/// Writes `docs/benchmark-peers.json`, `docs/benchmark-peers.svg` and the page.
pub(crate) fn write(peers: &[Peer]) {
    let docs = workspace::root().join("docs");
    let rows: Vec<Value> = ROWS
        .iter()
        .map(|(title, value)| {
            let values: Vec<Option<String>> =
                peers.iter().map(|peer| value(peer).map(number)).collect();
            json!({ "title": title, "values": values })
        })
        .collect();
    let json = json!({
        "commit": commit(),
        "receivers": RECEIVERS,
        "receivers_of_kills": RECEIVERS_OF_KILLS,
        "kills": KILLS,
        "names": peers.iter().map(|peer| peer.name).collect::<Vec<_>>(),
        "rows": rows,
        "peers": peers,
    });
    let mut json = serde_json::to_string_pretty(&json).unwrap();
    json.push('\n');
    std::fs::write(docs.join("benchmark-peers.json"), json).unwrap();
    std::fs::write(docs.join("benchmark-peers.svg"), chart(peers)).unwrap();
    report::write_page();
}

const COLOURS: [&str; 3] = ["#1a7f5a", "#b5532a", "#6b7280"];
const LABEL: usize = 300;
const WIDTH: usize = 360;
const BAR: usize = 16;

/// A group of bars per row, scaled to the longest.
fn chart(peers: &[Peer]) -> String {
    let group = BAR * peers.len() + 18;
    let height = 40 + group * ROWS.len();
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {} {height}\" font-family=\"sans-serif\" font-size=\"12\" role=\"img\">\n\
         <title>Carillon beside BullMQ and naive functions; shorter is better</title>\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n",
        LABEL + WIDTH + 90,
    );
    for (place, (peer, colour)) in peers.iter().zip(COLOURS).enumerate() {
        let x = LABEL + place * 150;
        writeln!(svg, "<rect x=\"{x}\" y=\"8\" width=\"12\" height=\"12\" fill=\"{colour}\"/><text x=\"{}\" y=\"18\">{}</text>", x + 18, peer.name).unwrap();
    }
    for (place, (title, value)) in ROWS.iter().enumerate() {
        let y = 36 + place * group;
        let values: Vec<f64> = peers
            .iter()
            .map(|peer| value(peer).unwrap_or_default())
            .collect();
        let longest = values.iter().copied().fold(f64::EPSILON, f64::max);
        writeln!(
            svg,
            "<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{title}</text>",
            LABEL - 10,
            y + group / 2 - 4
        )
        .unwrap();
        for (bar, (value, colour)) in values.iter().zip(COLOURS).enumerate() {
            let y = y + bar * BAR;
            let width = (value / longest * WIDTH as f64).max(1.0);
            writeln!(
                svg,
                "<rect x=\"{LABEL}\" y=\"{y}\" width=\"{width:.0}\" height=\"{}\" fill=\"{colour}\"/><text x=\"{:.0}\" y=\"{}\">{}</text>",
                BAR - 3,
                LABEL as f64 + width + 6.0,
                y + 11,
                number(*value),
            )
            .unwrap();
        }
    }
    svg.push_str("</svg>\n");
    svg
}
