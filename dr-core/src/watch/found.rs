//! What a round found, whatever the kind of its report. A further kind is a [`Job`] and a function beside [`Found::drift`].

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::drift::{self, Entry, FindingId, Unknown, Unsettled};
use crate::model::{PendingFence, ResourceKind, Severity, SiteId, Subject, Unread};
use crate::readiness::{self, Standing};

/// What is looked at on a line of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Job {
    /// The difference of the two sites.
    Drift,
    /// Whether the standby could take over.
    Ready,
    /// What runs have left to be done.
    Status,
}

impl Job {
    /// Every job.
    pub const ALL: [Self; 3] = [Self::Drift, Self::Ready, Self::Status];

    /// Its name, as in the estate, in notices and in metrics; and the command that tells more.
    pub fn name(self) -> &'static str {
        match self {
            Self::Drift => "drift",
            Self::Ready => "ready",
            Self::Status => "status",
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
    /// The kind of thing that it is about, where it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<ResourceKind>,
    /// The attribute that it is about, where it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attribute: Option<String>,
    /// Whether it is about counterparts whose being so hangs on nothing but themselves.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_surely_paired: bool,
}

/// What a round found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// What was looked at.
    pub job: Job,
    /// The site that takes the writes now, and the one that is to take over, where that was read.
    pub sites: Option<(SiteId, SiteId)>,
    /// What was found, by id.
    pub findings: BTreeMap<FindingId, Known>,
    /// How many findings somebody accepts: they weigh nothing.
    pub excused: usize,
    /// What could not be read, one sentence each. Nothing is said about it.
    pub unknown: Vec<String>,
    /// The same by names that stay while the sentences change.
    pub unread: BTreeSet<String>,
    /// Whose findings may be there though they were not found.
    pub unseen: Unseen,
}

/// Whose findings may be there though they were not found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unseen {
    /// Those of these rules: each looks at things of its own.
    Rules(BTreeSet<String>),
    /// Those about these kinds and attributes, and those that are about no thing.
    Things(Unsettled),
}

/// A document that a round ends with.
#[derive(Debug, Clone)]
pub enum Report {
    /// What differs, and what may differ though it is not shown.
    Drift(drift::Report, Unsettled),
    /// Whether the standby could take over.
    Ready(readiness::Report),
    /// Fences that are still to be applied, and what could not be read of the runs.
    Status(Vec<PendingFence>, Vec<Unread>),
}

/// The rule by which a pending fence is told. An old primary that comes back may take writes until it is fenced, and no other run
/// begins before the one that waits for it is over.
pub const PENDING_FENCE: &str = "fence-pending";

/// The rule by which it is told that a pending fence was to be applied, and was not.
pub const FENCE_NOT_APPLIED: &str = "fence-not-applied";

impl Found {
    /// What is found in a document.
    pub fn of(report: &Report) -> Self {
        match report {
            Report::Drift(report, unsettled) => Self::drift(report, unsettled),
            Report::Ready(report) => Self::ready(report),
            Report::Status(fences, unread) => Self::status(fences, unread),
        }
    }

    /// What a comparison of the sites found.
    pub fn drift(report: &drift::Report, unsettled: &Unsettled) -> Self {
        let unknown = report
            .unknown
            .iter()
            .map(|gap| format!("{} at {}: {}", gap.kind, gap.site, gap.reason));
        Self {
            job: Job::Drift,
            sites: Some((report.primary.clone(), report.standby.clone())),
            findings: known(&report.findings),
            excused: report.excused.len(),
            unknown: unknown.collect(),
            unread: report.unknown.iter().map(name).collect(),
            unseen: match report.unknown.is_empty() {
                true => Unseen::Rules(BTreeSet::new()),
                false => Unseen::Things(unsettled.clone()),
            },
        }
    }

    /// What the rules of readiness found.
    pub fn ready(report: &readiness::Report) -> Self {
        let blind = || {
            let lines = report.rules.iter();
            lines.filter(|line| line.standing == Standing::Unknown || !line.unknown.is_empty())
        };
        let unknown = blind().flat_map(|line| {
            let doubts = line.unknown.iter();
            doubts.map(|doubt| format!("{}: {}", line.code, doubt.reason))
        });
        let unread = blind().map(|line| {
            let gaps = line.unknown.iter().filter_map(|doubt| doubt.gap.as_ref());
            let gaps: BTreeSet<String> = gaps.map(|gap| name(gap)).collect();
            let gaps: Vec<String> = gaps.into_iter().collect();
            format!("{} {}", line.code, gaps.join(", "))
                .trim_end()
                .to_owned()
        });
        Self {
            job: Job::Ready,
            sites: Some((report.primary.clone(), report.standby.clone())),
            findings: known(&report.findings),
            excused: report.excused.len(),
            unknown: unknown.collect(),
            unread: unread.collect(),
            unseen: Unseen::Rules(blind().map(|line| line.code.clone()).collect()),
        }
    }

    /// What the runs have left to be done. A run that was not read may have asked for any fence.
    pub fn status(fences: &[PendingFence], unread: &[Unread]) -> Self {
        let fences = fences.iter().flat_map(of_fence);
        let doubts = unread.iter();
        Self {
            job: Job::Status,
            sites: None,
            findings: fences.map(|known| (known.id.clone(), known)).collect(),
            excused: 0,
            unknown: doubts
                .clone()
                .map(|gap| format!("{}: {}", gap.what, gap.reason))
                .collect(),
            unread: doubts.map(|gap| gap.what.clone()).collect(),
            unseen: match unread.is_empty() {
                true => Unseen::Rules(BTreeSet::new()),
                false => {
                    Unseen::Rules([PENDING_FENCE, FENCE_NOT_APPLIED].map(str::to_owned).into())
                }
            },
        }
    }

    /// Whether everything was read.
    pub fn is_complete(&self) -> bool {
        self.unknown.is_empty()
    }

    /// Whether a finding that was not found is not there.
    pub fn rules_out(&self, finding: &Known) -> bool {
        match &self.unseen {
            Unseen::Rules(rules) => !rules.contains(&finding.code),
            Unseen::Things(unsettled) => finding.kind.is_some_and(|kind| {
                let attribute = finding.attribute.as_deref();
                unsettled.would_show(kind, attribute, finding.is_surely_paired)
            }),
        }
    }
}

/// That a fence is pending, and that it could not be applied where that was tried.
fn of_fence(fence: &PendingFence) -> Vec<Known> {
    let PendingFence { run, site, .. } = fence;
    let told = |code: &str, message, fix| Known {
        id: FindingId::new(code, site.as_str(), None),
        severity: Severity::Blocking,
        code: code.to_owned(),
        subject: site.to_string(),
        message,
        fix,
        kind: None,
        attribute: None,
        is_surely_paired: false,
    };
    let pending = format!(
        "the fence of {site} is pending since {} ({}): when it answers again it may take writes until it is fenced, and no other run \
         begins before {run} is over",
        fence.since, fence.level
    );
    let mut all = vec![told(
        PENDING_FENCE,
        pending,
        format!("when {site} answers, dr run resume {run}"),
    )];
    all.extend(fence.failed.as_ref().map(|why| {
        told(
            FENCE_NOT_APPLIED,
            format!("{site} answers, and its fence could not be applied: {why}"),
            format!("dr run show {run}, mend the cause, then dr run resume {run} --until-fenced"),
        )
    }));
    all
}

/// What could not be read, whatever the reason, and whichever thing of a kind lacks it: things come and go.
fn name(unknown: &Unknown) -> String {
    let Unknown { kind, site, .. } = unknown;
    match unknown.attributes.as_slice() {
        [] => format!("{kind} at {site}"),
        attributes => format!("{kind} at {site}: {}", attributes.join(", ")),
    }
}

fn known(entries: &[Entry]) -> BTreeMap<FindingId, Known> {
    let findings = entries.iter().map(|entry| {
        let finding = &entry.finding;
        let known = Known {
            id: entry.id.clone(),
            severity: finding.severity,
            code: finding.code.clone(),
            subject: finding.subject.to_string(),
            message: finding.message.clone(),
            fix: finding.fix.clone(),
            kind: match &finding.subject {
                Subject::Resource { kind, .. } => Some(*kind),
                _ => None,
            },
            attribute: entry.attribute.clone(),
            is_surely_paired: entry.is_surely_paired(),
        };
        (entry.id.clone(), known)
    });
    findings.collect()
}
