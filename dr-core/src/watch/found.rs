//! What a round found, whatever the kind of its report. A further kind is a [`Job`] and a function beside [`Found::drift`].

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::drift::{FindingId, Report};
use crate::model::{Severity, SiteId};

/// What is looked at on a line of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Job {
    /// The difference of the two sites.
    Drift,
}

impl Job {
    /// Every job.
    pub const ALL: [Self; 1] = [Self::Drift];

    /// Its name, as in the estate, in notices and in metrics.
    pub fn name(self) -> &'static str {
        match self {
            Self::Drift => "drift",
        }
    }
}

/// One finding, as much of it as history and notices tell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Known {
    /// The same in every form of a report.
    pub id: FindingId,
    /// What it does to a recovery.
    pub severity: Severity,
    /// Its rule.
    pub code: String,
    /// What it is about.
    pub subject: String,
    /// What was found, in one sentence.
    pub message: String,
    /// What to do about it.
    pub fix: String,
}

/// What a round found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// What was looked at.
    pub job: Job,
    /// The site that takes the writes now.
    pub primary: SiteId,
    /// The one that is to take over.
    pub standby: SiteId,
    /// What was found, by id.
    pub findings: BTreeMap<FindingId, Known>,
    /// How many findings somebody accepts: they weigh nothing.
    pub excused: usize,
    /// What could not be read, one sentence each. Nothing is said about it.
    pub unknown: Vec<String>,
}

impl Found {
    /// What a comparison of the sites found.
    pub fn drift(report: &Report) -> Self {
        let findings = report.findings.iter().map(|entry| {
            let finding = &entry.finding;
            let known = Known {
                id: entry.id.clone(),
                severity: finding.severity,
                code: finding.code.clone(),
                subject: finding.subject.to_string(),
                message: finding.message.clone(),
                fix: finding.fix.clone(),
            };
            (entry.id.clone(), known)
        });
        let unknown = report
            .unknown
            .iter()
            .map(|gap| format!("{} at {}: {}", gap.kind, gap.site, gap.reason));
        Self {
            job: Job::Drift,
            primary: report.primary.clone(),
            standby: report.standby.clone(),
            findings: findings.collect(),
            excused: report.excused.len(),
            unknown: unknown.collect(),
        }
    }

    /// Whether everything was read: only then is what was not found not there.
    pub fn is_complete(&self) -> bool {
        self.unknown.is_empty()
    }
}
