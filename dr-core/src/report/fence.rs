//! How surely the old primary could not accept writes.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::fold::Fold;
use super::recovery;
use crate::action::Detail;
use crate::model::{FenceEvidence, StepId};
use crate::runbook::StepStatus;

/// One piece of fence evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FenceReport {
    /// The step that established it.
    pub step: StepId,
    /// What it established.
    pub evidence: FenceEvidence,
    /// The promotion relied on it: it is the strongest that stood before.
    pub relied_on: bool,
    /// When a fence that was pending was confirmed by a later step.
    pub applied_later: Option<Timestamp>,
    /// The run took it back.
    pub lifted: bool,
}

impl FenceReport {
    /// Whether it is still to be applied when the site answers.
    pub fn is_still_pending(&self) -> bool {
        self.evidence.pending && self.applied_later.is_none()
    }
}

/// The evidence of a run, in the order in which it was established.
pub(super) fn of(fold: &Fold) -> Vec<FenceReport> {
    let found: Vec<(&StepId, Timestamp, &FenceEvidence)> = fold
        .found
        .iter()
        .filter_map(|found| match &found.detail {
            Detail::Fence(evidence) | Detail::FormerFence { evidence, .. } => {
                Some((&found.step, found.at, evidence))
            }
            _ => None,
        })
        .collect();
    let promotion = recovery::pivot(fold).map(|(begun, _)| begun);
    let relied_on = promotion.and_then(|begun| {
        found
            .iter()
            .enumerate()
            .filter(|(_, (_, at, _))| *at <= begun)
            .max_by_key(|(_, (_, _, evidence))| (evidence.level, evidence.at))
            .map(|(index, _)| index)
    });
    found
        .iter()
        .enumerate()
        .map(|(index, (step, _, evidence))| FenceReport {
            step: (*step).clone(),
            evidence: (*evidence).clone(),
            relied_on: relied_on == Some(index),
            applied_later: found[index + 1..]
                .iter()
                .find(|(_, _, later)| {
                    evidence.pending && later.site == evidence.site && !later.pending
                })
                .map(|(_, at, _)| *at),
            lifted: fold
                .steps
                .iter()
                .any(|s| s.step == **step && s.status == StepStatus::Undone),
        })
        .collect()
}
