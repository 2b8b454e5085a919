//! What Prometheus answers (Prometheus, "HTTP API").

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde::Deserialize;

use crate::model::Duration;

/// A label set.
pub(super) type Labels = BTreeMap<String, String>;

/// Around every answer.
#[derive(Debug, Deserialize)]
pub(super) struct Envelope<T> {
    pub(super) data: T,
}

/// `GET /api/v1/targets`.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Targets {
    #[serde(rename = "activeTargets")]
    pub(super) active: Vec<Target>,
}

/// One scrape: an address that several jobs scrape is there several times.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Target {
    /// As discovered, before any rule.
    pub(super) discovered_labels: Labels,
    /// As they stand on its samples.
    pub(super) labels: Labels,
    /// `up`, `down`, or `unknown` before the first scrape.
    pub(super) health: String,
    /// Since 2.29: `15s`.
    #[serde(default)]
    pub(super) scrape_interval: String,
}

impl Target {
    /// As the target file names it.
    pub(super) fn address(&self) -> &str {
        self.discovered_labels
            .get("__address__")
            .map_or("", String::as_str)
    }

    /// How old its newest sample may be: it missed no more than two scrapes. An unknown interval counts as the default of a
    /// minute ("Configuration", `scrape_interval`).
    pub(super) fn patience(&self) -> Duration {
        let interval = self.scrape_interval.parse();
        interval.unwrap_or(Duration::from_mins(1)).times(3)
    }
}

impl Targets {
    /// Those that come from a file of that name. In which folder it lies is another matter for Prometheus than for `dr`.
    pub(super) fn of_file(mut self, name: &str) -> Self {
        self.active.retain(|target| {
            let path = target.discovered_labels.get("__meta_filepath");
            path.is_some_and(|path| path.rsplit('/').next() == Some(name))
        });
        self
    }
}

/// An instant vector.
#[derive(Debug, Deserialize)]
pub(super) struct Samples {
    pub(super) result: Vec<Sample>,
}

/// A sample of [`up_query`].
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Sample {
    pub(super) metric: Labels,
    /// When Prometheus answered, by its own clock, and the value.
    value: (f64, String),
}

impl Sample {
    #[cfg(test)]
    pub(super) fn new(metric: Labels, asked: f64, taken: f64) -> Self {
        Self {
            metric,
            value: (asked, taken.to_string()),
        }
    }

    /// How long before the answer it was taken: both times are of one clock. `None` for a value that is no time.
    pub(super) fn age(&self) -> Option<Duration> {
        let taken: f64 = self.value.1.parse().ok()?;
        let age = self.value.0 - taken;
        (age.is_finite() && age >= 0.0)
            .then(|| std::time::Duration::try_from_secs_f64(age).ok())?
            .map(Duration::from)
    }
}

/// Asks when the newest `up` of each target that was up was sampled. `timestamp` tells a sample's own time only of a plain
/// selector ("Query functions"), so the condition stands beside it.
pub(super) fn up_query(targets: &Targets) -> String {
    let jobs: BTreeSet<String> = targets
        .active
        .iter()
        .map(|target| literal(target.labels.get("job").map_or("", String::as_str)))
        .collect();
    let jobs = jobs.into_iter().collect::<Vec<_>>().join("|");
    let up = format!("up{{job=~\"{jobs}\"}}");
    format!("timestamp({up}) and ({up} == 1)")
}

/// A text as a regular expression (RE2) that matches just it, inside a string of PromQL.
fn literal(text: &str) -> String {
    let mut literal = String::new();
    for c in text.chars() {
        if c.is_ascii_alphanumeric() || c == '_' {
            literal.push(c);
        } else {
            let _ = write!(literal, "\\\\x{{{:x}}}", u32::from(c));
        }
    }
    literal
}

/// `GET /api/v1/alertmanagers`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AlertManagers {
    pub(super) active_alertmanagers: Vec<serde::de::IgnoredAny>,
}

/// `GET /api/v1/alerts`.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Alerts {
    pub(super) alerts: Vec<Alert>,
}

/// One alert that is pending or firing.
#[derive(Debug, Deserialize)]
pub(super) struct Alert {
    pub(super) labels: Labels,
    pub(super) state: String,
}

impl Alerts {
    /// Whether an alert of that name fires.
    pub(super) fn fires(&self, name: &str) -> bool {
        self.alerts.iter().any(|alert| {
            alert.state == "firing" && alert.labels.get("alertname").is_some_and(|is| is == name)
        })
    }
}
