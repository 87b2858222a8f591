//! Metrics in the embedded metric format (CloudWatch User Guide, "Specification: Embedded metric format"). CloudWatch
//! extracts them from log lines, so they need no API call.

use std::time::Duration;

use serde_json::{Map, Value, json};

/// The most values of one metric in a document.
const VALUES: usize = 100;

/// The metrics of one line, and the dimensions they are grouped by.
#[derive(Debug, Clone, Default)]
pub struct Metrics {
    dimensions: Vec<Vec<&'static str>>,
    labels: Vec<(&'static str, String)>,
    counts: Vec<(&'static str, u64)>,
    durations: Vec<(&'static str, Vec<u64>)>,
}

impl Metrics {
    /// Metrics grouped by each of these sets of labels.
    pub fn by(dimensions: &[&[&'static str]]) -> Self {
        Self {
            dimensions: dimensions.iter().map(|set| set.to_vec()).collect(),
            ..Self::default()
        }
    }

    /// Sets a label.
    pub fn label(&mut self, name: &'static str, value: impl Into<String>) {
        self.labels.push((name, value.into()));
    }

    /// Counts something. Zero is left out; CloudWatch stores nothing for it.
    pub fn count(&mut self, name: &'static str, number: impl TryInto<u64>) {
        let number = number.try_into().unwrap_or(u64::MAX);
        if let Some((_, sum)) = self.counts.iter_mut().find(|(counted, _)| *counted == name) {
            *sum = sum.saturating_add(number);
        } else if number > 0 {
            self.counts.push((name, number));
        }
    }

    /// Records durations one by one, so that CloudWatch can compute percentiles.
    pub fn durations<'a>(
        &mut self,
        name: &'static str,
        durations: impl IntoIterator<Item = &'a Duration>,
    ) {
        let milliseconds: Vec<u64> = durations
            .into_iter()
            .map(|duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX))
            .take(VALUES)
            .collect();
        if !milliseconds.is_empty() {
            self.durations.push((name, milliseconds));
        }
    }

    /// Adds the metrics and their CloudWatch metadata to a document.
    pub(crate) fn write(&self, document: &mut Map<String, Value>, namespace: &str, timestamp: u64) {
        for (name, value) in &self.labels {
            document.insert((*name).to_owned(), value.as_str().into());
        }
        let mut definitions = Vec::new();
        for (name, number) in &self.counts {
            document.insert((*name).to_owned(), (*number).into());
            definitions.push(json!({ "Name": name, "Unit": "Count" }));
        }
        for (name, milliseconds) in &self.durations {
            document.insert((*name).to_owned(), json!(milliseconds));
            definitions.push(json!({ "Name": name, "Unit": "Milliseconds" }));
        }
        // Without metrics the document needs no metadata.
        if definitions.is_empty() {
            return;
        }
        let directive = json!({
            "Namespace": namespace,
            "Dimensions": self.dimensions,
            "Metrics": definitions,
        });
        let metadata = json!({ "Timestamp": timestamp, "CloudWatchMetrics": [directive] });
        document.insert("_aws".to_owned(), metadata);
    }
}
