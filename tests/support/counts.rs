//! What an answer to pause, resume or cancel tells.

use serde_json::Value;

const PARTS: [&str; 6] = [
    "sent",
    "in_flight",
    "stopped",
    "unknown",
    "failed",
    "skipped",
];

/// The parts together; a truthful answer has the same number as its `total`.
pub(crate) fn sum(counts: &Value) -> u64 {
    let parts = PARTS.iter().map(|part| counts[part].as_u64().unwrap());
    parts.sum()
}
