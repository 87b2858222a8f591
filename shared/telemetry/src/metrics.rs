//! Metrics that stand in a line of the log: the embedded metric format of CloudWatch (CloudWatch
//! User Guide, "Specification: Embedded metric format"). CloudWatch reads them from the log, so
//! they cost no call.

use std::time::Duration;

use serde_json::{Map, Value, json};

/// The most values that one metric can have in a document.
const VALUES: usize = 100;

/// Numbers of one line, and by what CloudWatch tells them apart.
#[derive(Debug, Clone, Default)]
pub struct Metrics {
    dimensions: Vec<Vec<&'static str>>,
    labels: Vec<(&'static str, String)>,
    counts: Vec<(&'static str, u64)>,
    durations: Vec<(&'static str, Vec<u64>)>,
}

impl Metrics {
    /// Metrics that are kept for each of these sets of labels.
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

    /// Counts something. What stays at zero is left out, and CloudWatch stores nothing for it.
    pub fn count(&mut self, name: &'static str, number: impl TryInto<u64>) {
        let number = number.try_into().unwrap_or(u64::MAX);
        if let Some((_, sum)) = self.counts.iter_mut().find(|(counted, _)| *counted == name) {
            *sum = sum.saturating_add(number);
        } else if number > 0 {
            self.counts.push((name, number));
        }
    }

    /// Says how long things took, each by itself, so that CloudWatch knows percentiles.
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

    /// Puts the metrics into a document, with what CloudWatch has to know of them.
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
        // A document without metrics is no document of the format, and needs to be none.
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
