//! What changed since the last round.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::found::{Found, Known};
use crate::drift::FindingId;
use crate::model::Severity;

/// What happened to a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum What {
    /// It was not there before.
    New,
    /// It weighs more than before.
    Worse,
    /// It weighs less than before.
    Eased,
    /// It is told in other words, and weighs the same.
    Reworded,
    /// It would have been seen, and is there no more.
    Gone,
}

/// A change of one finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Change {
    /// What happened to it.
    pub what: What,
    /// What it weighed before, where it was there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub was: Option<Severity>,
    /// The finding as it is now; as it was, where it is gone.
    pub finding: Known,
}

impl Change {
    /// What it weighs now; `None` where it is gone.
    pub fn weighs(&self) -> Option<Severity> {
        (self.what != What::Gone).then_some(self.finding.severity)
    }

    /// What this change is to somebody who hears only of findings of at least that severity: one that eased below it is gone.
    pub(super) fn heard(&self, at_least: Severity) -> Option<Self> {
        let heard = |severity: &Severity| *severity >= at_least;
        let what = match (self.was.filter(heard), self.weighs().filter(heard)) {
            (None, None) => return None,
            (None, Some(_)) => What::New,
            (Some(_), None) => What::Gone,
            (Some(was), Some(is)) if is > was => What::Worse,
            (Some(was), Some(is)) if is < was => What::Eased,
            (Some(_), Some(_)) => return None,
        };
        Some(Self {
            what,
            was: self.was.filter(heard),
            finding: self.finding.clone(),
        })
    }
}

/// What is other than `before`, by id. What was not found is gone only where it would have been seen.
pub(super) fn changes(before: &BTreeMap<FindingId, Known>, found: &Found) -> Vec<Change> {
    let mut changes = Vec::new();
    for (id, now) in &found.findings {
        let was = before.get(id);
        let what = match was {
            None => What::New,
            Some(was) if now.severity > was.severity => What::Worse,
            Some(was) if now.severity < was.severity => What::Eased,
            Some(was) if was != now => What::Reworded,
            Some(_) => continue,
        };
        changes.push(Change {
            what,
            was: was.map(|was| was.severity),
            finding: now.clone(),
        });
    }
    let gone = before
        .values()
        .filter(|was| !found.findings.contains_key(&was.id) && found.rules_out(was));
    changes.extend(gone.map(|was| Change {
        what: What::Gone,
        was: Some(was.severity),
        finding: was.clone(),
    }));
    changes
}

/// Makes the changes.
pub(super) fn apply(findings: &mut BTreeMap<FindingId, Known>, changes: &[Change]) {
    for change in changes {
        let finding = change.finding.clone();
        match change.what {
            What::Gone => drop(findings.remove(&finding.id)),
            What::New | What::Worse | What::Eased | What::Reworded => {
                findings.insert(finding.id.clone(), finding);
            }
        }
    }
}
