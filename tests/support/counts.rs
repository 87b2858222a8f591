//! The counts in responses to pause, resume and cancel.

use serde_json::Value;

const PARTS: [&str; 6] = [
    "sent",
    "in_flight",
    "stopped",
    "unknown",
    "failed",
    "skipped",
];

/// The sum of the parts, which must equal `total`.
pub(crate) fn sum(counts: &Value) -> u64 {
    let parts = PARTS.iter().map(|part| counts[part].as_u64().unwrap());
    parts.sum()
}
