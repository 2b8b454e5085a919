//! What a rehearsal showed: measured by the simulated clients and read from the journals, never computed from a plan.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::scenario::Scenario;
use crate::model::{Direction, Duration, EstateName, Expectation, FenceLevel, Mode, RunId};
use crate::report::{Judgement, Measured, Report, StageReport};
use crate::runbook::RunStatus;
use crate::sim::{Invariant, Simulation, Truth};

/// The format of a scorecard. It grows when a field changes its meaning; fields may be added without.
pub const SCORECARD_FORMAT: u32 = 1;

/// What a rehearsal showed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scorecard {
    /// [`SCORECARD_FORMAT`] of the writer.
    pub format: u32,
    /// The game day.
    pub gameday: String,
    /// What it rehearses.
    pub about: String,
    /// The estate.
    pub estate: EstateName,
    /// Where the simulator's chance began: the same seed gives the same scorecard.
    pub seed: u64,
    /// When the story began.
    pub started: Timestamp,
    /// When it was over.
    pub ended: Timestamp,
    /// How it came out.
    pub verdict: Verdict,
    /// What happened.
    pub acts: Vec<ActScore>,
    /// What each run took and achieved.
    pub runs: Vec<RunScore>,
    /// What the simulated clients measured.
    pub measured: Truth,
    /// What must never happen.
    pub invariants: Vec<InvariantScore>,
    /// What was expected of the end.
    pub expectations: Vec<ExpectationScore>,
}

/// How a rehearsal came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Everything was as expected.
    Met,
    /// It went to its end, and something was not as expected.
    Deviated,
    /// It could not go on.
    Failed,
}

/// How an act ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ActOutcome {
    /// It happened; nothing was expected of it.
    Done,
    /// As expected.
    Met,
    /// Not as expected.
    Deviated,
    /// It could not be carried out.
    Failed,
}

/// What came of one act.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActScore {
    /// The act in words.
    pub act: String,
    /// When it began.
    pub at: Timestamp,
    /// When it was over.
    pub until: Timestamp,
    /// How it ended.
    pub outcome: ActOutcome,
    /// What is said of it.
    pub said: String,
}

/// What one run took and achieved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunScore {
    /// The run.
    pub run: RunId,
    /// Its runbook.
    pub runbook: String,
    /// Planned or unplanned.
    pub mode: Mode,
    /// Which way.
    pub direction: Direction,
    /// How it stands.
    pub status: RunStatus,
    /// When it began, and when it came to its last record.
    pub lasted: (Timestamp, Timestamp),
    /// Where its time went, in order.
    pub phases: Vec<PhaseScore>,
    /// How long clients really were not served in its course.
    pub downtime: Option<Duration>,
    /// The recovery time as its report states it.
    pub recovery: Measured,
    /// The recovery time that its plan predicted.
    pub predicted: Duration,
    /// The data loss as its report states it.
    pub loss: Measured,
    /// The same in a sentence.
    pub loss_says: String,
    /// How surely the old primary was fenced when the new one was made.
    pub fence: Option<FenceLevel>,
    /// The digest of its journal's last line.
    pub journal_head: String,
}

/// A phase of a run: whose time it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PhaseScore {
    /// `detect`, `decide`, `fence`, `prepare`, `promote`, `traffic`, `watch`, `protect`, `verify`.
    pub phase: String,
    /// Time in which people were waited for.
    pub people: Duration,
    /// The rest.
    pub machine: Duration,
}

/// Whether a rule held throughout.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvariantScore {
    /// The rule.
    pub invariant: Invariant,
    /// How often it was broken, and how.
    pub broken: Vec<String>,
}

/// Whether an expectation of the end was met.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExpectationScore {
    /// The expectation.
    pub expectation: Expectation,
    /// Whether it was met.
    pub met: bool,
    /// Why.
    pub because: String,
}

impl Scorecard {
    pub(super) fn of(
        scenario: &Scenario,
        simulation: &Simulation,
        started: Timestamp,
        acts: Vec<ActScore>,
        reports: &[Report],
    ) -> Self {
        let measured = simulation.truth();
        let violations = simulation.violations();
        let invariants: Vec<InvariantScore> = [
            Invariant::OneWriter,
            Invariant::EpochsGrow,
            Invariant::OnePromotion,
            Invariant::WritesAreHeld,
        ]
        .into_iter()
        .map(|invariant| InvariantScore {
            invariant,
            broken: violations
                .iter()
                .filter(|violation| violation.invariant == invariant)
                .map(|violation| violation.detail.clone())
                .collect(),
        })
        .collect();
        let runs: Vec<RunScore> = reports.iter().map(|r| run_score(r, &measured)).collect();
        let judge = Judge {
            simulation,
            measured: &measured,
            reports,
            runs: &runs,
            violations: violations.len(),
        };
        let expectations: Vec<ExpectationScore> = scenario
            .expect
            .iter()
            .map(|expectation| judge.expectation(*expectation))
            .collect();
        let verdict = verdict(&acts, &expectations);
        Self {
            format: SCORECARD_FORMAT,
            gameday: scenario.name.clone(),
            about: scenario.about.clone(),
            estate: simulation.estate().name.clone(),
            seed: scenario.seed,
            started,
            ended: simulation.now(),
            verdict,
            acts,
            runs,
            measured,
            invariants,
            expectations,
        }
    }

    /// Whether the expectation that objectives are met was one, and was not met.
    pub fn missed_objective(&self) -> bool {
        self.expectations
            .iter()
            .any(|score| score.expectation == Expectation::ObjectivesMet && !score.met)
    }

    /// Whether a reading of the steady state deviated.
    pub fn missed_steady_state(&self) -> bool {
        self.acts.iter().any(|act| {
            act.outcome == ActOutcome::Deviated
                && act.act == super::Act::VerifySteadyState.to_string()
        })
    }
}

fn verdict(acts: &[ActScore], expectations: &[ExpectationScore]) -> Verdict {
    let any = |outcome| acts.iter().any(|act| act.outcome == outcome);
    if any(ActOutcome::Failed) {
        Verdict::Failed
    } else if any(ActOutcome::Deviated) || expectations.iter().any(|score| !score.met) {
        Verdict::Deviated
    } else {
        Verdict::Met
    }
}

fn run_score(report: &Report, measured: &Truth) -> RunScore {
    let lasted = (report.run.started, report.run.as_of);
    RunScore {
        run: report.run.run.clone(),
        runbook: report.run.runbook.clone(),
        mode: report.run.mode,
        direction: report.run.direction.clone(),
        status: report.verdict.status,
        lasted,
        phases: phases(report),
        downtime: downtime(measured, lasted),
        recovery: report.recovery_time.achieved.clone(),
        predicted: report.recovery_time.predicted,
        loss: report.data_loss.achieved.clone(),
        loss_says: report.data_loss.says.clone(),
        fence: report
            .fences
            .iter()
            .find(|fence| fence.relied_on)
            .map(|fence| fence.evidence.level),
        journal_head: report.provenance.journal_head.clone(),
    }
}

/// How long clients really were not served in outages that reach into a stretch of time.
fn downtime(measured: &Truth, (from, until): (Timestamp, Timestamp)) -> Option<Duration> {
    let stretches: Vec<Duration> = measured
        .outages
        .iter()
        .map(|outage| (outage.from, outage.until.unwrap_or(measured.at)))
        .filter(|(start, end)| *start <= until && *end >= from)
        .map(|(start, end)| Duration::between(start, end))
        .collect();
    (!stretches.is_empty()).then(|| stretches.into_iter().sum())
}

/// Where the time of a run went: its stages, gathered by what they are for; before them, what it took to notice.
fn phases(report: &Report) -> Vec<PhaseScore> {
    let mut phases = Vec::new();
    let noticed = Duration::between(report.recovery_time.counted_from, report.run.started);
    if noticed > Duration::ZERO {
        phases.push(PhaseScore {
            phase: "detect".to_owned(),
            people: noticed,
            machine: Duration::ZERO,
        });
    }
    for stage in &report.stages {
        let (Some(took), Some(phase)) = (stage.took, phase_of(stage)) else {
            continue;
        };
        let people = stage.waited.unwrap_or(Duration::ZERO).min(took);
        let machine = took - people;
        match phases.last_mut() {
            Some(last) if last.phase == phase => {
                last.people = last.people + people;
                last.machine = last.machine + machine;
            }
            _ => phases.push(PhaseScore {
                phase: phase.to_owned(),
                people,
                machine,
            }),
        }
    }
    phases
}

/// What a stage is for, by its first step.
fn phase_of(stage: &StageReport) -> Option<&'static str> {
    let does = stage.steps.first()?.does.as_str();
    Some(match does.split(' ').next().unwrap_or(does) {
        "fence" if does.ends_with("former-primary") => "protect",
        "demote" | "reprotect" | "converge" => "protect",
        "fence" => "fence",
        "provision" | "activate" => "prepare",
        "promote" => "promote",
        "shift" => "traffic",
        "repoint" | "notify" => "watch",
        "verify" if does.ends_with("standby-serving") => "traffic",
        "verify" if does.ends_with("steady-state") => "verify",
        "verify" if does.ends_with("caught-up") => "promote",
        _ => "decide",
    })
}

/// What the expectations are judged by.
struct Judge<'a> {
    simulation: &'a Simulation,
    measured: &'a Truth,
    reports: &'a [Report],
    runs: &'a [RunScore],
    violations: usize,
}

impl Judge<'_> {
    fn expectation(&self, expectation: Expectation) -> ExpectationScore {
        let judged = match expectation {
            Expectation::NoViolation => self.no_violation(),
            Expectation::ObjectivesMet => self.objectives_met(),
            Expectation::LossAsStated => self.loss_as_stated(),
            Expectation::RolesHome => self.roles_home(),
            Expectation::Protected => self.protected(),
        };
        ExpectationScore {
            expectation,
            met: judged.is_ok(),
            because: judged.unwrap_or_else(|because| because),
        }
    }

    fn no_violation(&self) -> Result<String, String> {
        match self.violations {
            0 => Ok("checked after every event of the world, none was broken".to_owned()),
            1 => Err("an invariant was broken".to_owned()),
            n => Err(format!("invariants were broken {n} times")),
        }
    }

    /// The clients' own measurement counts, not what a report says.
    fn objectives_met(&self) -> Result<String, String> {
        let objectives = self.simulation.estate().objectives;
        let worst = self
            .measured
            .outages
            .iter()
            .map(|outage| Duration::between(outage.from, outage.until.unwrap_or(self.measured.at)))
            .max()
            .unwrap_or(Duration::ZERO);
        if worst > objectives.rto {
            return Err(format!(
                "clients were not served for {worst}, the RTO is {}",
                objectives.rto
            ));
        }
        let lost_over = self
            .measured
            .lost_window
            .map_or(Duration::ZERO, |(first, last)| {
                Duration::between(first, last)
            });
        if lost_over > objectives.rpo {
            return Err(format!(
                "writes of {lost_over} were lost, the RPO is {}",
                objectives.rpo
            ));
        }
        Ok(format!(
            "the longest outage was {worst} (RTO {}), what was lost had been written within {lost_over} (RPO {})",
            objectives.rto, objectives.rpo
        ))
    }

    /// What was really lost is neither more than the reports say exactly, nor outside of the windows that they state.
    fn loss_as_stated(&self) -> Result<String, String> {
        let statements: Vec<_> = self
            .reports
            .iter()
            .flat_map(|report| &report.data_loss.data_sets)
            .filter_map(|set| set.statement.as_ref().map(|(_, loss)| loss))
            .collect();
        let lost = self.measured.lost;
        if let Some((first, last)) = self.measured.lost_window {
            // Clients measure whole seconds.
            let second = Duration::from_secs(1);
            let contained = statements.iter().any(|loss| {
                second.before(loss.window_from) <= first
                    && loss
                        .window_until
                        .is_none_or(|until| last <= second.after(until))
            });
            if !contained {
                return Err(format!(
                    "{lost} writes were lost outside of every window that a report states"
                ));
            }
        }
        let exact: Option<u64> = statements.iter().map(|loss| loss.exact).sum();
        match exact {
            Some(stated) if stated == lost => Ok(format!(
                "{lost} writes were lost, and the reports say exactly {stated}"
            )),
            Some(stated) => Err(format!(
                "{lost} writes were lost, and the reports say {stated}"
            )),
            None => Ok(format!(
                "{lost} writes were lost, within the windows that the reports state"
            )),
        }
    }

    fn roles_home(&self) -> Result<String, String> {
        let home = &self.simulation.estate().home().id;
        for (data_set, writers) in &self.measured.writable_primaries {
            if writers.as_slice() != std::slice::from_ref(home) {
                let sites: Vec<&str> = writers.iter().map(crate::model::SiteId::as_str).collect();
                let sites = if sites.is_empty() {
                    "no site".to_owned()
                } else {
                    sites.join(", ")
                };
                return Err(format!(
                    "{data_set} is written at {sites}, its home is {home}"
                ));
            }
        }
        Ok(format!("{home} is primary, as at home"))
    }

    fn protected(&self) -> Result<String, String> {
        let open: Vec<&str> = self
            .runs
            .iter()
            .filter(|run| run.status != RunStatus::Completed)
            .map(|run| run.run.as_str())
            .collect();
        if open.is_empty() {
            Ok("every run completed: the estate could stand another loss".to_owned())
        } else {
            Err(format!("not completed: {}", open.join(", ")))
        }
    }
}

/// The judgement of a run's stated recovery time against the objective, for pages.
pub(super) fn judged(measured: &Measured, objective: Duration) -> Judgement {
    Judgement::of(measured, objective)
}
