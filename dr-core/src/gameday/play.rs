//! Plays a story on a simulated estate, by the real planner, engine and actions.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::archive;
use super::course::Course;
use super::scenario::Scenario;
use super::scorecard::{ActOutcome, Scorecard};
use super::team::Team;
use crate::model::{Direction, Duration, RunId};
use crate::report::Report;
use crate::runbook::Runbook;
use crate::runbook::host::{StopFlag, Watcher};
use crate::sim::{Simulation, Stopped};

/// Something that the audience is told, besides the records of the runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Beat {
    /// An act begins.
    Begins(String),
    /// A run begins.
    Run {
        /// The run.
        run: RunId,
        /// Which way.
        direction: Direction,
        /// Until when clients are predicted to be served again, from its start.
        predicted: Duration,
    },
    /// An act ended.
    Ended {
        /// How.
        outcome: ActOutcome,
        /// In a sentence.
        said: String,
    },
}

/// Who looks on.
pub trait Audience: Watcher {
    /// Something happened at `at`.
    fn told(&self, at: Timestamp, beat: &Beat);
}

/// Why a rehearsal could not be held at all. What goes wrong within one is in its scorecard.
#[derive(Debug, thiserror::Error)]
pub enum PlayError {
    /// The story runs a runbook that there is not.
    #[error("there is no runbook {0}")]
    NoRunbook(String),
    /// The story waits for a step that no runbook of its has.
    #[error("no runbook that the story runs has a step {0}")]
    NoStep(String),
    /// The simulation did not come to an end.
    #[error("the simulation did not come to an end")]
    Stopped(#[source] Stopped),
    /// A journal that was just written cannot be read.
    #[error("the journal of {run} cannot be read: {because}")]
    Journal {
        /// The run.
        run: RunId,
        /// Why.
        because: String,
    },
}

/// Where a story is played.
pub struct Stage {
    /// The world.
    pub simulation: Simulation,
    /// The runbooks that the story names.
    pub runbooks: BTreeMap<String, Runbook>,
    /// Who looks on.
    pub audience: Arc<dyn Audience>,
    /// Who takes part.
    pub team: Arc<dyn Team>,
    /// Pressed from outside to end the story: a run that is at work holds, and no further act begins.
    pub stop: StopFlag,
}

/// What came of a rehearsal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rehearsal {
    /// The scorecard.
    pub scorecard: Scorecard,
    /// The report of each run, in order.
    pub reports: Vec<Report>,
    /// The journal of each run, as it was kept.
    #[serde(skip)]
    pub journals: Vec<(RunId, Vec<u8>)>,
}

impl Stage {
    /// Plays `scenario` to its end, or to the first act that cannot be carried out. The journal, lock and inbox of a run are kept
    /// in the simulated object store of the site that it moves to.
    ///
    /// # Errors
    /// A [`PlayError`].
    pub fn play(&self, scenario: &Scenario) -> Result<Rehearsal, PlayError> {
        self.check(scenario)?;
        let started = self.simulation.now();
        let director = self.simulation.operator("director");
        let course = Course::new(self, scenario, &director);
        let ends = self
            .simulation
            .run(&director, course.take())
            .map_err(PlayError::Stopped)?;
        let mut reports = Vec::new();
        let mut journals = Vec::new();
        for begun in course.runs() {
            // A run that was refused was never begun.
            let Ok(bytes) = archive::bytes(&self.simulation, &begun) else {
                continue;
            };
            let report = archive::report(&self.simulation, &begun);
            reports.push(report.map_err(|because| PlayError::Journal {
                run: begun.run.clone(),
                because,
            })?);
            journals.push((begun.run, bytes));
        }
        let scorecard = Scorecard::of(scenario, self, started, ends, &reports);
        Ok(Rehearsal {
            scorecard,
            reports,
            journals,
        })
    }

    /// What a story names must be there, before anything happens.
    fn check(&self, scenario: &Scenario) -> Result<(), PlayError> {
        for name in scenario.runbooks() {
            if !self.runbooks.contains_key(name) {
                return Err(PlayError::NoRunbook(name.to_owned()));
            }
        }
        for step in scenario.steps() {
            let known = self.runbooks.values().any(|runbook| {
                let mut steps = runbook.stages.iter().flat_map(|stage| &stage.steps);
                steps.any(|known| known.id == *step)
            });
            if !known {
                return Err(PlayError::NoStep(step.to_string()));
            }
        }
        Ok(())
    }
}
