//! The whole matrix, judged.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::cell::{Cell, Verdict};
use super::matrix::Matrix;
use super::outage::Outage;
use crate::model::{Direction, Duration, EstateName, Mode};

/// The format of a proof. It grows when a field changes its meaning; fields may be added without.
pub const PROOF_FORMAT: u32 = 1;

/// The whole matrix, judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proof {
    /// [`PROOF_FORMAT`] of the writer.
    pub format: u32,
    /// The estate.
    pub estate: EstateName,
    /// The runbook.
    pub runbook: String,
    /// Planned or unplanned.
    pub mode: Mode,
    /// Which way it goes.
    pub direction: Direction,
    /// How long an outage lasts.
    pub lasts: Duration,
    /// What was taken away.
    pub outages: Vec<Outage>,
    /// What came of it: nothing taken away, each alone, and each pair where they were tried.
    pub cells: Vec<Cell>,
}

/// Cells that one obstacle explains.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// What came of them.
    pub verdict: Verdict,
    /// The step, or where nothing was begun.
    pub step: String,
    /// Why, in words, of the first of them.
    pub because: String,
    /// Their places in [`Proof::cells`].
    pub cells: Vec<usize>,
}

impl Proof {
    /// Judges the cells of a matrix.
    pub fn of(matrix: &Matrix, cells: Vec<Cell>) -> Self {
        Self {
            format: PROOF_FORMAT,
            estate: matrix.setting.estate.name.clone(),
            runbook: matrix.setting.runbook.name.clone(),
            mode: matrix.setting.mode,
            direction: matrix.setting.direction.clone(),
            lasts: matrix.lasts,
            outages: matrix.outages.clone(),
            cells,
        }
    }

    /// Whether nothing happened that must never happen.
    pub fn is_safe(&self) -> bool {
        self.cells
            .iter()
            .all(|cell| cell.verdict != Verdict::Unsafe)
    }

    /// The cells that must be reached while the outage lasts, and are not.
    pub fn unproven(&self) -> impl Iterator<Item = &Cell> {
        self.cells
            .iter()
            .filter(|cell| cell.required && cell.verdict != Verdict::Reached)
    }

    /// The cell of these outages.
    pub fn cell(&self, outages: &[usize]) -> Option<&Cell> {
        self.cells.iter().find(|cell| cell.outages == outages)
    }

    /// How many cells came out one way.
    pub fn count(&self, verdict: Verdict) -> usize {
        let cells = self.cells.iter();
        cells.filter(|cell| cell.verdict == verdict).count()
    }

    /// The pairs that come out worse than each of the two alone: what only shows together.
    pub fn only_together(&self) -> impl Iterator<Item = &Cell> {
        self.cells.iter().filter(|cell| {
            let [one, two] = cell.outages.as_slice() else {
                return false;
            };
            [one, two].into_iter().all(|alone| {
                self.cell(&[*alone])
                    .is_some_and(|single| single.verdict < cell.verdict)
            })
        })
    }

    /// What explains the cells that were not reached: one reason for all cells of a verdict that the same step stood in the
    /// way of, the most frequent first.
    pub fn reasons(&self) -> Vec<Reason> {
        let mut reasons: BTreeMap<(Verdict, String), Reason> = BTreeMap::new();
        for (index, cell) in self.cells.iter().enumerate() {
            if cell.verdict == Verdict::Reached {
                continue;
            }
            let step = cell
                .step
                .as_ref()
                .map_or_else(|| "before the run".to_owned(), ToString::to_string);
            let reason = reasons
                .entry((cell.verdict, step.clone()))
                .or_insert_with(|| Reason {
                    verdict: cell.verdict,
                    step,
                    because: cell.because.clone(),
                    cells: Vec::new(),
                });
            reason.cells.push(index);
        }
        let mut reasons: Vec<Reason> = reasons.into_values().collect();
        reasons.sort_by_key(|reason| {
            (
                std::cmp::Reverse(reason.verdict),
                std::cmp::Reverse(reason.cells.len()),
            )
        });
        reasons
    }

    /// The names of a cell's outages.
    pub fn name(&self, cell: &Cell) -> String {
        let names: Vec<&str> = cell
            .outages
            .iter()
            .filter_map(|index| self.outages.get(*index))
            .map(|outage| outage.name.as_str())
            .collect();
        if names.is_empty() {
            "no outage".to_owned()
        } else {
            names.join(" + ")
        }
    }
}
