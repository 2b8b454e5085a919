//! Plays a story on a simulated estate, by the real planner, engine and actions.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use super::scenario::{Act, Scenario};
use super::scorecard::{ActOutcome, ActScore, Scorecard};
use crate::action::{Before, Context, History, for_verb};
use crate::discover;
use crate::model::{Check, Direction, Duration, Epoch, Estate, Mode, RunId, Verb};
use crate::port::{LeaseDeadline, LogStore, ObjectStore, Permit, Ports};
use crate::report::{self, Report};
use crate::runbook::host::{Host, HostError, StartOptions, StopFlag, Watcher, run_id};
use crate::runbook::plan::{self, Plan, Request};
use crate::runbook::{RunStatus, Runbook, journal};
use crate::sim::people::OnCall;
use crate::sim::{Simulation, Stopped};

/// How far back an outage is looked for.
const LOOK_BACK: Duration = Duration::from_mins(120);
/// How long the steady state may take to settle.
const SETTLING: Duration = Duration::from_mins(3);

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
    /// The journals.
    pub logs: Arc<dyn LogStore>,
    /// The lock and the inbox.
    pub store: Arc<dyn ObjectStore>,
    /// Who looks on.
    pub audience: Arc<dyn Audience>,
}

/// What came of a rehearsal.
#[derive(Debug, Clone)]
pub struct Rehearsal {
    /// The scorecard.
    pub scorecard: Scorecard,
    /// The report of each run, in order.
    pub reports: Vec<Report>,
}

/// How an act ended: what is said of it, and whether the story can go on.
type Told = Result<String, String>;

impl Stage {
    /// Plays `scenario` to its end, or to the first act that cannot be carried out.
    ///
    /// # Errors
    /// A [`PlayError`].
    pub fn play(&self, scenario: &Scenario) -> Result<Rehearsal, PlayError> {
        let started = self.simulation.now();
        let mut acts: Vec<ActScore> = Vec::new();
        let mut runs: Vec<(String, RunId)> = Vec::new();
        for act in &scenario.story {
            let at = self.simulation.now();
            self.audience.told(at, &Beat::Begins(act.to_string()));
            let (outcome, said) = self.act(scenario, act, &mut runs)?;
            let until = self.simulation.now();
            let beat = Beat::Ended {
                outcome,
                said: said.clone(),
            };
            self.audience.told(until, &beat);
            acts.push(ActScore {
                act: act.to_string(),
                at,
                until,
                outcome,
                said,
            });
            if outcome == ActOutcome::Failed {
                break;
            }
        }
        let mut reports = Vec::new();
        for (_, run) in &runs {
            reports.push(self.report(run)?);
        }
        let scorecard = Scorecard::of(scenario, &self.simulation, started, acts, &reports);
        Ok(Rehearsal { scorecard, reports })
    }

    fn act(
        &self,
        scenario: &Scenario,
        act: &Act,
        runs: &mut Vec<(String, RunId)>,
    ) -> Result<(ActOutcome, String), PlayError> {
        match act {
            Act::Fault(fault) => {
                self.simulation.inject(fault.clone());
                Ok((ActOutcome::Done, fault.to_string()))
            }
            Act::Wait(duration) => {
                self.simulation.advance(*duration);
                Ok((ActOutcome::Done, format!("{duration} passed")))
            }
            Act::VerifySteadyState => Ok(match self.steady_state()? {
                Ok(said) => (ActOutcome::Met, said),
                Err(said) => (ActOutcome::Deviated, said),
            }),
            Act::Run {
                runbook,
                mode,
                expect,
            } => {
                let begun = self.start(scenario, runbook, *mode)?;
                Ok(match begun {
                    Ok((run, status)) => {
                        runs.push((runbook.clone(), run.clone()));
                        rested(&run, status, *expect)
                    }
                    Err(said) => (ActOutcome::Failed, said),
                })
            }
            Act::Resume { runbook, expect } => {
                let last = runs.iter().rev().find(|(name, _)| name == runbook);
                let Some((_, run)) = last else {
                    let said = format!("no run of {runbook} to go on with");
                    return Ok((ActOutcome::Failed, said));
                };
                Ok(match self.resume(scenario, run)? {
                    Ok(status) => rested(run, status, *expect),
                    Err(said) => (ActOutcome::Failed, said),
                })
            }
        }
    }

    fn estate(&self) -> &Estate {
        self.simulation.estate()
    }

    fn host(&self, scenario: &Scenario, ports: Ports, operator: &str) -> Host {
        let names: Vec<&str> = scenario.people.names.iter().map(String::as_str).collect();
        let team = OnCall::new(
            self.simulation.clock(),
            &names,
            scenario.people.answer_after,
        );
        Host {
            ports,
            logs: self.logs.clone(),
            store: self.store.clone(),
            people: Arc::new(team),
            watcher: self.audience.clone(),
            operator: operator.to_owned(),
            stop: StopFlag::default(),
        }
    }

    /// Plans a runbook and carries it out until it rests.
    fn start(
        &self,
        scenario: &Scenario,
        name: &str,
        mode: Mode,
    ) -> Result<Result<(RunId, RunStatus), String>, PlayError> {
        let Some(runbook) = self.runbooks.get(name) else {
            return Err(PlayError::NoRunbook(name.to_owned()));
        };
        let plan = match self.plan(runbook, mode)? {
            Ok(plan) => plan,
            Err(said) => return Ok(Err(said)),
        };
        let outage_since = self.outage()?;
        let run = run_id(&plan, self.simulation.now());
        let beat = Beat::Run {
            run: run.clone(),
            direction: plan.direction.clone(),
            predicted: plan.prediction.until_serving,
        };
        self.audience.told(self.simulation.now(), &beat);
        let operator = self.simulation.operator(operator_name(scenario));
        let host = self.host(scenario, operator.ports(), operator.name());
        let options = StartOptions {
            outage_since,
            ..StartOptions::default()
        };
        let outcome = self
            .simulation
            .run(&operator, host.start(run.clone(), plan, options))
            .map_err(PlayError::Stopped)?;
        Ok(outcome
            .map(|outcome| (run, outcome.status()))
            .map_err(|error| explain(&error)))
    }

    fn resume(
        &self,
        scenario: &Scenario,
        run: &RunId,
    ) -> Result<Result<RunStatus, String>, PlayError> {
        let operator = self.simulation.operator(operator_name(scenario));
        let host = self.host(scenario, operator.ports(), operator.name());
        let outcome = self
            .simulation
            .run(&operator, host.resume(run))
            .map_err(PlayError::Stopped)?;
        Ok(outcome
            .map(|outcome| outcome.status())
            .map_err(|error| explain(&error)))
    }

    /// A plan from the site that is primary now to the other one.
    fn plan(&self, runbook: &Runbook, mode: Mode) -> Result<Result<Plan, String>, PlayError> {
        let reader = self.simulation.operator("reader");
        let ports = reader.ports();
        let inventory = self
            .simulation
            .run(&reader, discover::inventories(self.estate(), &ports))
            .map_err(PlayError::Stopped)?;
        let roles = discover::roles(&inventory, self.estate());
        let from = roles.primary().unwrap_or(&self.estate().home().id).clone();
        let to = self.estate().other_site(&from).id.clone();
        Ok(plan::plan(&Request {
            estate: self.estate(),
            runbook,
            inventory: &inventory,
            mode,
            rehearsal: true,
            direction: Direction { from, to },
        })
        .map_err(|findings| {
            let said: Vec<String> = findings.into_iter().map(|f| f.message).collect();
            said.join("; ")
        }))
    }

    /// Since when clients are not served, as seen from outside; `None` while they are.
    fn outage(&self) -> Result<Option<Timestamp>, PlayError> {
        let reader = self.simulation.operator("reader");
        let ports = reader.ports();
        let seen = self
            .simulation
            .run(&reader, ports.observers.clients(LOOK_BACK))
            .map_err(PlayError::Stopped)?;
        Ok(seen
            .ok()
            .and_then(|view| view.outage)
            .filter(|outage| outage.until.is_none())
            .map(|outage| outage.from))
    }

    /// Reads the probes as `verify: steady-state` does, for the site that is primary now.
    fn steady_state(&self) -> Result<Told, PlayError> {
        let reader = self.simulation.operator("reader");
        let ports = reader.ports();
        let verb = Verb::Verify(Check::SteadyState);
        let estate = self.estate();
        let work = async {
            let inventory = discover::inventories(estate, &ports).await;
            let roles = discover::roles(&inventory, estate);
            let Some(to) = roles.primary().cloned() else {
                return Err("which site is primary is not known".to_owned());
            };
            let from = estate.other_site(&to).id.clone();
            let step = "verify-steady-state".parse().expect("a name");
            // It only reads: the permit is over.
            let permit = Permit {
                run: "reader".parse().expect("a name"),
                step: "verify-steady-state".parse().expect("a name"),
                epoch: Epoch::default(),
                token: String::new(),
                deadline: LeaseDeadline::new(ports.clock.now()),
            };
            let context = Context {
                estate,
                direction: &Direction { from, to },
                mode: Mode::Planned,
                step: &step,
                verb: &verb,
                timeout: SETTLING,
                ports: &ports,
                permit: &permit,
                history: &History::default(),
            };
            for_verb(&verb)
                .apply(&context, &Before::default())
                .await
                .map(|output| output.summary)
                .map_err(|error| error.to_string())
        };
        self.simulation
            .run(&reader, work)
            .map_err(PlayError::Stopped)
    }

    fn report(&self, run: &RunId) -> Result<Report, PlayError> {
        let unreadable = |because: String| PlayError::Journal {
            run: run.clone(),
            because,
        };
        let reader = self.simulation.operator("reader");
        let bytes = self
            .simulation
            .run(&reader, self.logs.read(run))
            .map_err(PlayError::Stopped)?
            .map_err(|error| unreadable(error.to_string()))?
            .ok_or_else(|| unreadable("it is gone".to_owned()))?;
        let journal = journal::read(&bytes).map_err(|error| unreadable(error.to_string()))?;
        Ok(report::from_journal(
            &journal.header,
            &journal.records,
            journal.head.as_str(),
        ))
    }
}

/// The first on call drives the runs.
fn operator_name(scenario: &Scenario) -> &str {
    scenario
        .people
        .names
        .first()
        .map_or("operator", String::as_str)
}

fn rested(run: &RunId, status: RunStatus, expect: Option<RunStatus>) -> (ActOutcome, String) {
    let word = |status| match status {
        RunStatus::Running => "running",
        RunStatus::Unwinding => "unwinding",
        RunStatus::Held => "held",
        RunStatus::Completed => "completed",
        RunStatus::Unwound => "unwound",
        RunStatus::Stuck => "stuck",
        RunStatus::Aborted => "aborted",
    };
    match expect {
        None => (ActOutcome::Done, format!("{run} is {}", word(status))),
        Some(expected) if expected == status => (
            ActOutcome::Met,
            format!("{run} is {}, as expected", word(status)),
        ),
        Some(expected) => (
            ActOutcome::Deviated,
            format!("{run} is {}, expected was {}", word(status), word(expected)),
        ),
    }
}

/// An error with its causes, in one sentence.
fn explain(error: &HostError) -> String {
    if let HostError::Refused(findings) = error {
        let said: Vec<&str> = findings.iter().map(|f| f.message.as_str()).collect();
        return format!("{error}: {}", said.join("; "));
    }
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text.push_str(&format!(": {cause}"));
        source = cause.source();
    }
    text
}
