//! What a comparison found, as one document.

use std::cmp::{Ordering, Reverse};
use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::exception::{Excused, but_for, but_would};
use super::origin::Origin;
use super::pair::{Confidence, Ground};
use super::since::Since;
use crate::model::{EstateName, Finding, GapClass, ResourceKind, ScanGap, Severity, SiteId};

/// What a comparison found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Report {
    /// The version of this form: [`Report::FORMAT`].
    pub format: u32,
    /// The estate.
    pub estate: EstateName,
    /// The site that takes the writes now.
    pub primary: SiteId,
    /// The one that is to take over.
    pub standby: SiteId,
    /// When the sites were read, the earlier of the two.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub read_at: Timestamp,
    /// When the later of the two was read.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub at: Timestamp,
    /// What weakens all of it: that the reading is old, of the future, or of two different times.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub caveats: Vec<String>,
    /// What it comes to.
    pub verdict: Verdict,
    /// What was found, the worst first.
    pub findings: Vec<Entry>,
    /// What was found and is accepted by somebody until a day: it weighs nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub excused: Vec<Excused>,
    /// What could not be read, and so was not compared. Nothing is said about it.
    pub unknown: Vec<Unknown>,
    /// What changed since an earlier reading, where one was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Since>,
    /// How much was compared, kind by kind.
    pub coverage: BTreeMap<ResourceKind, Coverage>,
}

impl Report {
    /// The version of the form that this program writes. It grows when a reader of the old form would misread the new one.
    pub const FORMAT: u32 = 1;

    /// What it comes to, in one sentence without a full stop.
    pub fn headline(&self) -> String {
        let but = match self.verdict {
            Verdict::InSync => but_for(&self.excused, "difference"),
            Verdict::Drift => but_would(&self.excused, "difference"),
            Verdict::Incomplete | Verdict::Blocked => String::new(),
        };
        let verdict = match self.verdict {
            Verdict::InSync => "the sites are in sync",
            Verdict::Drift => "the sites differ, and nothing of it stops a failover",
            Verdict::Incomplete => {
                "not known whether the sites are in sync: not everything could be read"
            }
            Verdict::Blocked => "a failover would not work",
        };
        format!("{verdict}{but}")
    }

    /// How many findings have that severity.
    pub fn count(&self, severity: Severity) -> usize {
        let findings = self.findings.iter();
        findings
            .filter(|entry| entry.finding.severity == severity)
            .count()
    }
}

/// What a comparison comes to.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Everything was read, and nothing differs that matters.
    InSync,
    /// Something differs, and nothing that was read stops a failover.
    Drift,
    /// Something could not be read: whether the sites are in sync is not known.
    Incomplete,
    /// Something that was read stops a failover.
    Blocked,
}

impl Verdict {
    /// What findings and gaps come to. A gap outweighs a difference, and what stops a failover outweighs a gap.
    pub fn of(findings: &[Entry], unknown: &[Unknown]) -> Self {
        let worst = findings.iter().map(|entry| entry.finding.severity).max();
        match (worst, unknown.is_empty()) {
            (Some(Severity::Blocking), _) => Self::Blocked,
            (_, false) => Self::Incomplete,
            (Some(_), true) => Self::Drift,
            (None, true) => Self::InSync,
        }
    }
}

/// One finding of a report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Entry {
    /// The same in every form of a report, and from run to run while the cause is the same.
    pub id: FindingId,
    /// What was found.
    #[serde(flatten)]
    pub finding: Finding,
    /// The attribute that it is about, where it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attribute: Option<String>,
    /// What stands on each site, as it was read.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub evidence: BTreeMap<SiteId, Evidence>,
    /// A packet that the one site lets through and the other does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub witness: Option<String>,
    /// Why the two things are taken for counterparts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paired_by: Option<Ground>,
    /// What the other columns tell of it: Terraform's states, the estate, the last scan.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub origins: Vec<Origin>,
}

impl Entry {
    /// The order of every list of findings: the worst first, then by rule, subject and attribute.
    pub(crate) fn worst_first(&self, other: &Self) -> Ordering {
        let order = |entry: &Self| {
            let finding = &entry.finding;
            (
                Reverse(finding.severity),
                finding.code.clone(),
                finding.subject.clone(),
                entry.attribute.clone(),
            )
        };
        order(self).cmp(&order(other))
    }

    /// Whether it is about counterparts whose being so hangs on nothing but themselves.
    pub(crate) fn is_surely_paired(&self) -> bool {
        self.paired_by
            .is_some_and(|ground| ground.confidence() > Confidence::Fair)
    }

    /// A finding without evidence.
    pub(crate) fn new(id: FindingId, finding: Finding) -> Self {
        Self {
            id,
            finding,
            attribute: None,
            evidence: BTreeMap::new(),
            witness: None,
            paired_by: None,
            origins: Vec::new(),
        }
    }
}

/// What stands on one site.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Evidence {
    /// The thing's id there; `None` where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// What its attribute holds, or what of it the other site has not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
}

/// A value for people: a text as it is, anything else as JSON.
pub fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// A finding's stable name: 12 hexadecimal digits.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(transparent)]
pub struct FindingId(String);

impl FindingId {
    /// That of a rule about a subject. Ids of things are not in it, so that it outlives their being made anew.
    pub fn new(code: &str, subject: &str, attribute: Option<&str>) -> Self {
        let text = format!("{code}\n{subject}\n{}", attribute.unwrap_or_default());
        let digest = Sha256::digest(text.as_bytes());
        let hex = digest[..6].iter().map(|byte| format!("{byte:02x}"));
        Self(hex.collect())
    }

    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for FindingId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(&self.0)
    }
}

/// Something that could not be read or not be told apart, so that nothing is said about it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Unknown {
    /// Where.
    pub site: SiteId,
    /// What was to be read.
    pub kind: ResourceKind,
    /// The one thing that it is about; `None`: all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
    /// The attributes that are not known; empty: whether there are more things is not known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attributes: Vec<String>,
    /// What came of the call; `None` where everything was read and could not be told apart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<GapClass>,
    /// Why, in one sentence.
    pub reason: String,
    /// What to do about it.
    pub fix: String,
}

impl Unknown {
    /// A gap of a scan.
    pub(crate) fn gap(site: &SiteId, gap: &ScanGap) -> Self {
        Self {
            site: site.clone(),
            kind: gap.kind,
            about: gap.about.clone(),
            attributes: gap.attributes.clone(),
            class: Some(gap.class),
            reason: match gap.action.as_str() {
                "" => gap.reason.clone(),
                action => format!("{action}: {}", gap.reason),
            },
            fix: gap.fix(),
        }
    }
}

/// How much of a kind was compared.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Coverage {
    /// Pairs of counterparts.
    pub pairs: usize,
    /// How many of them are only fairly sure, by their place.
    pub by_place: usize,
    /// Things of the estate without a counterpart, on either site.
    pub alone: usize,
    /// Machines that a compared group made.
    pub members: usize,
    /// Things that are none of the estate's.
    pub foreign: usize,
    /// Gaps.
    pub unknown: usize,
}
