//! Measured figures and their bounds.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

/// One figure.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Figure {
    /// Its name in `bounds.toml`.
    pub(crate) name: &'static str,
    pub(crate) value: f64,
    /// Its unit.
    pub(crate) unit: &'static str,
    /// How it was measured.
    pub(crate) how: String,
}

/// The bound of a figure.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub(crate) struct Bound {
    /// The name of the figure.
    name: String,
    /// The title of the figure.
    pub(crate) title: String,
    /// The minimum.
    #[serde(default)]
    pub(crate) least: Option<f64>,
    /// The maximum.
    #[serde(default)]
    pub(crate) most: Option<f64>,
    /// The recorded figure; it may get worse by this share.
    #[serde(default)]
    pub(crate) recorded: Option<f64>,
    #[serde(default)]
    pub(crate) worse_by: f64,
    /// The original requirement where the bound differs, and why.
    #[serde(default)]
    pub(crate) stands: Option<String>,
    /// The same for the short form, in which fixed costs weigh more.
    #[serde(default)]
    pub(crate) short_most: Option<f64>,
}

/// All bounds, in the order of the report.
#[derive(Debug, Deserialize)]
pub(crate) struct Bounds {
    bound: Vec<Bound>,
}

impl Bounds {
    pub(crate) fn read() -> Self {
        toml::from_str(include_str!("bounds.toml")).unwrap()
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.bound.iter().map(|bound| bound.name.as_str())
    }

    pub(crate) fn of(&self, figure: &Figure) -> &Bound {
        let bound = self.bound.iter().find(|bound| bound.name == figure.name);
        bound.unwrap_or_else(|| panic!("{} has no bound", figure.name))
    }
}

impl Bound {
    fn most(&self, is_short: bool) -> Option<f64> {
        let recorded = self
            .recorded
            .map(|recorded| recorded * (1.0 + self.worse_by));
        let most = self.most.or(recorded);
        if is_short {
            self.short_most.or(most)
        } else {
            most
        }
    }

    /// Whether a figure is within its bound.
    pub(crate) fn holds(&self, value: f64, is_short: bool) -> bool {
        self.most(is_short).is_none_or(|most| value <= most)
            && self.least.is_none_or(|least| value >= least)
    }

    pub(crate) fn in_words(&self, is_short: bool) -> String {
        let mut words = String::new();
        match (self.least, self.most(is_short)) {
            (Some(least), Some(most)) => write!(words, "{} to {}", number(least), number(most)),
            (None, Some(most)) => write!(words, "≤ {}", number(most)),
            (Some(least), None) => write!(words, "≥ {}", number(least)),
            (None, None) => write!(words, "recorded"),
        }
        .unwrap();
        words
    }
}

/// A readable number: three significant digits and thousands separators.
pub(crate) fn number(value: f64) -> String {
    if value.abs() < 1_000.0 {
        let digits = match value.abs() {
            small if small < 10.0 => 3,
            middle if middle < 100.0 => 1,
            _ => 0,
        };
        let text = format!("{value:.digits$}");
        return match text.contains('.') {
            true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
            false => text,
        };
    }
    let digits = format!("{:.0}", value.abs());
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    if value < 0.0 {
        format!("-{grouped}")
    } else {
        grouped
    }
}

/// The 99th percentile.
pub(crate) fn percentile_99(mut values: Vec<usize>) -> f64 {
    values.sort_unstable();
    let place = (values.len() * 99).div_ceil(100).saturating_sub(1);
    values.get(place).copied().unwrap_or_default() as f64
}
