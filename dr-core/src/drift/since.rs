//! What changed since an earlier reading.

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::judge::{EXPIRED, UNAPPROVED, UNUSED};
use super::report::{Entry, FindingId, Report};
use crate::model::Subject;

/// What changed since an earlier reading. What somebody accepts is a difference like others here.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Since {
    /// When the sites were read then, the earlier of the two.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub at: Timestamp,
    /// The differences that were not there then, by their ids.
    pub new: Vec<FindingId>,
    /// Those that were there then and are not found any more.
    pub gone: Vec<Gone>,
    /// Whether everything was read both times: otherwise a difference may be new because it could be read, or gone because it
    /// could not.
    pub complete: bool,
}

/// A difference that is not found any more.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Gone {
    /// Its id.
    pub id: FindingId,
    /// Its rule.
    pub code: String,
    /// What it was about.
    pub subject: Subject,
}

impl Report {
    /// The same, with what changed since `before`, which was judged by the same estate and in the same direction.
    #[must_use]
    pub fn since(self, before: &Self) -> Self {
        let (then, now) = (differences(before), differences(&self));
        let new = now.keys().filter(|id| !then.contains_key(*id));
        let gone = then.iter().filter(|(id, _)| !now.contains_key(*id));
        let since = Since {
            at: before.read_at,
            new: new.map(|id| (*id).clone()).collect(),
            gone: gone
                .map(|(id, entry)| Gone {
                    id: (*id).clone(),
                    code: entry.finding.code.clone(),
                    subject: entry.finding.subject.clone(),
                })
                .collect(),
            complete: before.unknown.is_empty() && self.unknown.is_empty(),
        };
        Self {
            since: Some(since),
            ..self
        }
    }
}

/// Everything that differs. What is wrong with an exception is no difference.
fn differences(report: &Report) -> BTreeMap<&FindingId, &Entry> {
    let rules = [EXPIRED.code, UNAPPROVED.code, UNUSED.code];
    let accepted = report.excused.iter().map(|excused| &excused.entry);
    let all = report.findings.iter().chain(accepted);
    all.filter(|entry| !rules.contains(&entry.finding.code.as_str()))
        .map(|entry| (&entry.id, entry))
        .collect()
}

impl Since {
    /// In one sentence without a full stop.
    pub fn sentence(&self) -> String {
        let at = self.at.strftime("%Y-%m-%d %H:%M UTC");
        let differences = |count: usize| match count {
            1 => "1 difference is".to_owned(),
            count => format!("{count} differences are"),
        };
        let mut text = match (self.new.len(), self.gone.len()) {
            (0, 0) => format!("since {at}: no difference is new, and none is gone"),
            (new, 0) => format!("since {at}: {} new", differences(new)),
            (0, gone) => format!("since {at}: {} gone", differences(gone)),
            (new, gone) => format!("since {at}: {} new, and {gone} gone", differences(new)),
        };
        if !self.complete {
            text.push_str("; not everything was read both times, so that this is not certain");
        }
        text
    }
}
