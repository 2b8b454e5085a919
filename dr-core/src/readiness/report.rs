//! Whether the standby could take over, as one document.

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::drift::form::of_report;
use crate::drift::{Entry, Excused, FindingId, Unknown, but_for, but_would};
use crate::model::{EstateName, Family, RuleDoc, Severity, SiteId};

/// Whether the standby could take over.
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
    /// The instant that ages were counted to.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub at: Timestamp,
    /// When the sites were read, the earlier of the two.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub read_at: Timestamp,
    /// What weakens all of it: that the reading is old, of the future, or of two different times.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub caveats: Vec<String>,
    /// What it comes to.
    pub verdict: Answer,
    /// What speaks for that, counted.
    pub score: Score,
    /// What stops a failover, or may, the most urgent first: ids of findings, and codes of rules that are unknown.
    pub first: Vec<String>,
    /// Each rule, family by family.
    pub rules: Vec<Line>,
    /// What was found, the worst first.
    pub findings: Vec<Entry>,
    /// What was found and is accepted by somebody until a day: it weighs nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub excused: Vec<Excused>,
}

impl Report {
    /// The version of the form that this program writes. It grows when a reader of the old form would misread the new one.
    pub const FORMAT: u32 = 1;

    /// The line of a rule.
    pub fn line(&self, code: &str) -> Option<&Line> {
        self.rules.iter().find(|line| line.code == code)
    }

    /// The finding of that id.
    pub fn finding(&self, id: &str) -> Option<&Entry> {
        self.findings.iter().find(|entry| entry.id.as_str() == id)
    }

    /// What is accepted and has that id.
    pub fn accepted(&self, id: &str) -> Option<&Excused> {
        self.excused.iter().find(|one| one.entry.id.as_str() == id)
    }

    /// What it comes to, in one sentence without a full stop.
    pub fn headline(&self) -> String {
        let lines = |is: &dyn Fn(&Line) -> bool| match self.rules.iter().filter(|it| is(it)).count()
        {
            1 => "1 rule".to_owned(),
            count => format!("{count} rules"),
        };
        match self.verdict {
            Answer::Ready => format!(
                "ready: everything that a failover needs was read and is there{}",
                but_for(&self.excused, "finding")
            ),
            Answer::Impaired => format!(
                "a failover would work: nothing that was found stops it{}",
                but_would(&self.excused, "finding")
            ),
            Answer::Unknown => format!(
                "not known: {} that can stop a failover could not be judged",
                lines(&|line| line.standing == Standing::Unknown
                    && line.severity == Severity::Blocking)
            ),
            Answer::Blocked => format!(
                "not ready: {} would stop a failover",
                lines(&|line| line.standing == Standing::Blocks)
            ),
        }
    }
}

/// The JSON Schema (draft 2020-12) of what `dr ready --output json` writes. A later version may add keys; what would be misread
/// grows `format`.
pub fn report_schema() -> Value {
    of_report::<Report>("A readiness report of dr", Report::FORMAT)
}

/// Whether the standby could take over.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// It could: everything that a failover needs was read and is there.
    Ready,
    /// It could. Something costs minutes or is worth knowing, or could not be read and stops nothing.
    Impaired,
    /// Nobody knows: something could not be read that can stop a failover.
    Unknown,
    /// It could not.
    Blocked,
}

/// How a rule ended.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// The estate has nothing that it is about. It counts neither way.
    Nothing,
    /// Everything that it looked at is as it must be.
    Holds,
    /// It found something, and somebody accepts all of it until a day. It counts neither way.
    Accepted,
    /// It found something that is worth knowing.
    Notice,
    /// It found something that adds minutes.
    Slows,
    /// It could not see what it needs.
    Unknown,
    /// It found something that stops a failover.
    Blocks,
}

/// One rule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Line {
    /// Its code, for `dr explain`.
    pub code: String,
    /// Its family.
    pub family: Family,
    /// The worst that it can come to.
    pub severity: Severity,
    /// How it ended.
    pub standing: Standing,
    /// What it looked at and found right.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub holds: Vec<String>,
    /// Why there is nothing to look at.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub nothing: Vec<String>,
    /// Its findings.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<FindingId>,
    /// Its findings that somebody accepts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub accepted: Vec<FindingId>,
    /// What it could not see.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unknown: Vec<Doubt>,
}

impl Line {
    /// That of a rule that has said nothing yet.
    pub(super) fn new(doc: &RuleDoc, unknown: Vec<Doubt>) -> Self {
        Self {
            code: doc.code.to_owned(),
            family: doc.family,
            severity: doc.severity,
            standing: Standing::Nothing,
            holds: Vec::new(),
            nothing: Vec::new(),
            findings: Vec::new(),
            accepted: Vec::new(),
            unknown,
        }
    }
}

/// Why something is not known.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Doubt {
    /// Why, in one sentence.
    pub reason: String,
    /// What to do about it.
    pub fix: String,
    /// The gap of the scan that is the cause, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gap: Option<Box<Unknown>>,
}

/// Rules, counted by how they ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Tally {
    /// They hold.
    pub holds: usize,
    /// They found something.
    pub violated: usize,
    /// They could not see what they need.
    pub unknown: usize,
    /// What they found is accepted.
    #[serde(default)]
    pub accepted: usize,
    /// The estate has nothing that they are about.
    pub nothing: usize,
}

impl Tally {
    /// One more.
    pub(super) fn count(&mut self, standing: Standing) {
        let place = match standing {
            Standing::Nothing => &mut self.nothing,
            Standing::Holds => &mut self.holds,
            Standing::Accepted => &mut self.accepted,
            Standing::Notice | Standing::Slows | Standing::Blocks => &mut self.violated,
            Standing::Unknown => &mut self.unknown,
        };
        *place += 1;
    }

    /// How many could have held.
    pub fn judged(&self) -> usize {
        self.holds + self.violated + self.unknown
    }
}

/// The verdict, explained by counts. The number is for curves over time: whether a failover works is the verdict's to say.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Score {
    /// Of a hundred rules that had something to judge, so many hold. Rounded down.
    pub percent: usize,
    /// All rules.
    pub all: Tally,
    /// Those of each family.
    pub families: BTreeMap<Family, Tally>,
}
