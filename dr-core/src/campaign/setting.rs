//! What is put to the test: an estate, a runbook, and what may go wrong.

use std::sync::Arc;

use super::crew::{Crew, Records};
use super::distribution::Distribution;
use super::draw::Draw;
use crate::model::{Direction, Duration, Estate, Finding, Mode, StepId};
use crate::runbook::host::{StartOptions, run_id};
use crate::runbook::{RunStatus, Runbook};
use crate::sim::people::OnCall;
use crate::sim::{Simulation, Stopped};

/// How long an estate is left alone after the prelude.
const SETTLING: Duration = Duration::from_mins(5);

/// What is put to the test. Checked: on a healthy estate the runbook can be planned.
#[derive(Debug, Clone)]
pub struct Setting {
    /// The estate.
    pub estate: Estate,
    /// The runbook.
    pub runbook: Runbook,
    /// Planned or unplanned.
    pub mode: Mode,
    /// Which way it goes.
    pub direction: Direction,
    /// What may go wrong.
    pub distribution: Distribution,
    /// Its steps in the order of the plan, by which legs are numbered.
    pub(super) steps: Vec<StepId>,
}

/// Why a runbook cannot be put to the test.
#[derive(Debug, thiserror::Error)]
pub enum SettingError {
    /// On a healthy estate it cannot be planned.
    #[error("the runbook cannot be planned on a healthy estate")]
    NoPlan(Vec<Finding>),
    /// It goes home, and could not go away before on a healthy estate.
    #[error("service could not be moved away first: {0}")]
    NotAway(String),
    /// The simulation did not come to an end.
    #[error("the simulation did not come to an end")]
    Stopped(#[from] Stopped),
}

impl Setting {
    /// Puts a runbook to the test. `homeward`: service is away when it begins, moved there by the same runbook.
    ///
    /// # Errors
    /// A [`SettingError`].
    pub fn new(
        estate: Estate,
        runbook: Runbook,
        mode: Mode,
        homeward: bool,
        distribution: Distribution,
    ) -> Result<Self, SettingError> {
        let outward = estate.outward();
        let mut setting = Self {
            direction: if homeward {
                outward.reversed()
            } else {
                outward
            },
            estate,
            runbook,
            mode,
            distribution,
            steps: Vec::new(),
        };
        let simulation = setting.world(1)?;
        let crew = setting.quick_crew(&simulation, &setting.direction);
        let plan = crew
            .plan(&setting.runbook, mode, setting.direction.clone())?
            .map_err(SettingError::NoPlan)?;
        setting.steps = plan.steps().map(|step| step.id.clone()).collect();
        Ok(setting)
    }

    /// The steps that a run has, by whose place legs are numbered.
    pub fn steps(&self) -> &[StepId] {
        &self.steps
    }

    /// What goes wrong in the trial of a seed.
    pub fn draw(&self, seed: u64) -> Draw {
        self.distribution
            .draw(&self.estate, &self.direction, self.mode, seed)
    }

    /// The world in which a trial begins: healthy, with service where the runbook takes it from.
    pub(crate) fn world(&self, seed: u64) -> Result<Simulation, SettingError> {
        let simulation = Simulation::new(&self.estate, seed);
        if self.direction == self.estate.outward() {
            return Ok(simulation);
        }
        let away = self.direction.reversed();
        let crew = self.quick_crew(&simulation, &away);
        let plan = crew
            .plan(&self.runbook, Mode::Planned, away)?
            .map_err(SettingError::NoPlan)?;
        let operator = simulation.operator("olga");
        let host = crew.host(&operator);
        let run = run_id(&plan, simulation.now());
        let moved = simulation.run(&operator, host.start(run, plan, StartOptions::default()))?;
        match moved {
            Ok(outcome) if outcome.status() == RunStatus::Completed => {
                simulation.advance(SETTLING);
                Ok(simulation)
            }
            Ok(outcome) => Err(SettingError::NotAway(format!(
                "the run is {:?}",
                outcome.status()
            ))),
            Err(error) => Err(SettingError::NotAway(error.explained())),
        }
    }

    /// People who answer at once.
    fn quick_crew(&self, simulation: &Simulation, direction: &Direction) -> Crew {
        let names: Vec<&str> = self
            .distribution
            .people
            .iter()
            .map(String::as_str)
            .collect();
        let second = Duration::from_secs(1);
        Crew {
            simulation: simulation.clone(),
            people: Arc::new(OnCall::new(simulation.clock(), &names, second)),
            watcher: Arc::new(Records::default()),
            store_at: direction.to.clone(),
        }
    }
}
