//! What a rehearsal showed: measured by the simulated clients and read from the journals, never computed from a plan.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::course::Ends;
use super::judge::Judge;
use super::play::Stage;
use super::scenario::{Inject, Scenario};
use super::steady::SteadyScore;
use crate::model::{Direction, Duration, EstateName, FenceLevel, Mode, RunId};
use crate::report::{Judgement, Measured, Report, StageReport};
use crate::runbook::RunStatus;
use crate::sim::{Invariant, Truth};

/// The format of a scorecard. It grows when a field changes its meaning; fields may be added without.
pub const SCORECARD_FORMAT: u32 = 2;

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
    /// What it proves, in a line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proves: Option<String>,
    /// Where the simulator's chance began: the same seed gives the same scorecard.
    pub seed: u64,
    /// When the story began.
    pub started: Timestamp,
    /// When it was over.
    pub ended: Timestamp,
    /// How it came out.
    pub verdict: Verdict,
    /// What happened, by when it began.
    pub acts: Vec<ActScore>,
    /// What each run took and achieved.
    pub runs: Vec<RunScore>,
    /// The questions that were put to people, and what they answered.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub injects: Vec<InjectScore>,
    /// The steady state before, during and after.
    pub steady: SteadyScore,
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
    /// Of an act beside the story: its moment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<String>,
    /// When it began.
    pub at: Timestamp,
    /// When it was over.
    pub until: Timestamp,
    /// How it ended.
    pub outcome: ActOutcome,
    /// What is said of it.
    pub said: String,
    /// Whether it is a reading of the steady state.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub steady_state: bool,
}

/// A question that was put to a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InjectScore {
    /// When.
    pub at: Timestamp,
    /// What was asked, of whom.
    pub inject: Inject,
    /// What was answered; `None` when nobody was there.
    pub answer: Option<String>,
    /// How long the answer took.
    pub took: Option<Duration>,
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
    /// The expectation, in words.
    pub expectation: String,
    /// Whether it is one of the objectives of the estate, or a bound on what they bound.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub objective: bool,
    /// Whether it was met.
    pub met: bool,
    /// Why.
    pub because: String,
}

impl Scorecard {
    pub(super) fn of(
        scenario: &Scenario,
        stage: &Stage,
        started: Timestamp,
        ends: Ends,
        reports: &[Report],
    ) -> Self {
        let simulation = &stage.simulation;
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
            ends: &ends,
        };
        let expectations: Vec<ExpectationScore> = scenario
            .expect
            .iter()
            .map(|expectation| judge.expectation(expectation))
            .collect();
        let verdict = verdict(&ends.acts, &expectations);
        Self {
            format: SCORECARD_FORMAT,
            gameday: scenario.name.clone(),
            about: scenario.about.clone(),
            proves: scenario.proves.clone(),
            estate: simulation.estate().name.clone(),
            seed: scenario.seed,
            started,
            ended: simulation.now(),
            verdict,
            acts: ends.acts,
            runs,
            injects: ends.injects,
            steady: ends.steady,
            measured,
            invariants,
            expectations,
        }
    }

    /// Whether the expectation that objectives are met was one, and was not met.
    pub fn missed_objective(&self) -> bool {
        self.expectations
            .iter()
            .any(|score| score.objective && !score.met)
    }

    /// Whether a reading of the steady state deviated.
    pub fn missed_steady_state(&self) -> bool {
        self.acts.iter().any(|act| {
            act.steady_state && matches!(act.outcome, ActOutcome::Deviated | ActOutcome::Failed)
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

/// The judgement of a run's stated recovery time against the objective, for pages.
pub(super) fn judged(measured: &Measured, objective: Duration) -> Judgement {
    Judgement::of(measured, objective)
}
