//! The state of a run: the fold of its journal.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use super::transition::{Illegal, next_status};
use crate::action::{Before, Detail, History, StepError};
use crate::model::{Epoch, FenceTarget, Finding, StepId, Verb, Waiver};
use crate::port::{Answer, Decision, Question};
use crate::runbook::event::{Event, RunStatus, StepStatus};
use crate::runbook::lock::CALL;
use crate::runbook::plan::{Plan, PlannedStep};

/// The code of the question that an `approve` step asks.
pub const APPROVAL: &str = "approval";
/// The code of the question asked when every step is done and the estate is not protected again.
pub const NOT_PROTECTED: &str = "not-protected";

/// Where one step stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepState {
    /// Its status.
    pub status: StepStatus,
    /// How often it was started.
    pub attempts: u32,
    /// Failures since the last time a person or a new operator began it afresh.
    pub failures: u32,
    /// What was there before its first attempt.
    pub before: Before,
    /// Its place in the order in which steps were first started; `None` when it never was.
    pub touched: Option<usize>,
    /// Why it failed last.
    pub error: Option<StepError>,
    /// When it is tried again.
    pub retry_at: Option<Timestamp>,
    /// A person, or the resumption of the run, gave it another chance.
    pub cleared: bool,
    /// The person who asked to go on without it, and why.
    pub skip: Option<(String, String)>,
    /// When it was first started or found done.
    pub began: Option<Timestamp>,
    /// When it came to its present status.
    pub since: Option<Timestamp>,
    /// Of a step in doubt: when the call whose answer was lost is over for certain, by [`CALL`]. A reading of "not done" before
    /// then tells nothing. `None` where it was over when the doubt arose: a new operator waited for that.
    pub settles: Option<Timestamp>,
}

impl StepState {
    fn new() -> Self {
        Self {
            status: StepStatus::Pending,
            attempts: 0,
            failures: 0,
            before: Before::default(),
            touched: None,
            error: None,
            retry_at: None,
            cleared: false,
            skip: None,
            began: None,
            since: None,
            settles: None,
        }
    }

    /// Whether the run has nothing more to do with it while it goes forward.
    pub fn is_behind(&self) -> bool {
        matches!(self.status, StepStatus::Succeeded | StepStatus::Skipped)
    }

    /// The gate at which it failed.
    pub fn gate(&self) -> Option<&Question> {
        match (&self.error, self.status) {
            (Some(StepError::Gate(question)), StepStatus::Failed) => Some(question),
            _ => None,
        }
    }

    /// Whether it failed for good, unless a person gives it another chance.
    pub fn is_exhausted(&self) -> bool {
        self.status == StepStatus::Failed && self.retry_at.is_none() && !self.cleared
    }
}

/// The state of a run: the fold of its journal, nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunState {
    /// What is carried out.
    pub plan: Arc<Plan>,
    /// Where the run stands.
    pub status: RunStatus,
    /// Where its steps stand.
    pub steps: BTreeMap<StepId, StepState>,
    /// What later steps may rely on.
    pub history: History,
    /// Every answer that people gave.
    pub answers: Vec<Answer>,
    /// What the run waits for, by step.
    pub questions: BTreeMap<StepId, Question>,
    /// Why it unwinds, once it does. It never turns forward again.
    pub unwinding: Option<String>,
    /// The person who asked to abort, and why.
    pub aborting: Option<(String, String)>,
    /// Why it rests, when it is held.
    pub held: Option<String>,
    /// What was missing when it closed.
    pub missing: Vec<String>,
    /// The number of the first answer in the inbox that was not taken in yet.
    pub inbox_read: u64,
    /// What the preflight found.
    pub findings: Vec<Finding>,
    /// The holder's epoch.
    pub epoch: Epoch,
    /// When it began.
    pub started: Option<Timestamp>,
    /// Since when clients are not served.
    pub outage_since: Option<Timestamp>,
    touched: usize,
}

impl RunState {
    /// A run of `plan` before its first event.
    pub fn new(plan: Arc<Plan>, epoch: Epoch) -> Self {
        let steps = plan
            .steps()
            .map(|step| (step.id.clone(), StepState::new()))
            .collect();
        Self {
            plan,
            status: RunStatus::Running,
            steps,
            history: History::default(),
            answers: Vec::new(),
            questions: BTreeMap::new(),
            unwinding: None,
            aborting: None,
            held: None,
            missing: Vec::new(),
            inbox_read: 0,
            findings: Vec::new(),
            epoch,
            started: None,
            outage_since: None,
            touched: 0,
        }
    }

    /// The state of a step.
    ///
    /// # Panics
    /// Never for a step of the plan: every one has a state.
    pub fn step(&self, id: &StepId) -> &StepState {
        self.steps
            .get(id)
            .expect("every step of the plan has a state")
    }

    /// The plan's step.
    pub fn planned(&self, id: &StepId) -> &PlannedStep {
        self.plan
            .step(id)
            .expect("a state exists only for steps of the plan")
    }

    /// Whether a promotion has begun, so that the run can only go forward. A promotion in doubt counts.
    pub fn is_past_pivot(&self) -> bool {
        self.plan.steps().filter(|step| step.pivot).any(|step| {
            matches!(
                self.step(&step.id).status,
                StepStatus::Started | StepStatus::InDoubt | StepStatus::Succeeded
            )
        })
    }

    /// Whether a promotion is known to have taken effect.
    fn is_promoted(&self) -> bool {
        let mut pivots = self.plan.steps().filter(|step| step.pivot);
        pivots.any(|step| self.step(&step.id).status == StepStatus::Succeeded)
    }

    /// The number of the stage that is being carried out; the number of stages when all are behind.
    pub fn current_stage(&self) -> usize {
        self.plan
            .stages
            .iter()
            .position(|stage| {
                stage
                    .steps
                    .iter()
                    .any(|step| !self.step(&step.id).is_behind())
            })
            .unwrap_or(self.plan.stages.len())
    }

    /// Whether all that is to be done next is to fence the former primary.
    pub fn stands_before_fence(&self) -> bool {
        let stage = self.plan.stages.get(self.current_stage());
        let steps = stage.into_iter().flat_map(|stage| &stage.steps);
        let mut left = steps
            .filter(|step| !self.step(&step.id).is_behind())
            .peekable();
        let goes_forward = !self.status.is_over() && self.unwinding.is_none();
        let is_fence = |step: &PlannedStep| step.verb == Verb::Fence(FenceTarget::FormerPrimary);
        goes_forward && left.peek().is_some() && left.all(is_fence)
    }

    /// The different people who answered yes to the question `code` of a step.
    pub fn yes_by(&self, step: &StepId, code: &str) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        for answer in &self.answers {
            let yes =
                answer.step == *step && answer.code == code && answer.decision == Decision::Yes;
            if yes && !names.contains(&answer.who.as_str()) {
                names.push(&answer.who);
            }
        }
        names
    }

    /// What the estate lacks to be protected again after a promotion; empty when it lacks nothing or none was made.
    pub fn unprotected(&self) -> Vec<String> {
        let mut missing = Vec::new();
        let direction = &self.plan.direction;
        for step in self.plan.steps().filter(|step| step.pivot) {
            let Some(data_set) = step.verb.component() else {
                continue;
            };
            if self.step(&step.id).status != StepStatus::Succeeded {
                continue;
            }
            let protected = self.history.outputs.iter().any(|(_, output)| {
                matches!(&output.detail, Detail::Protected { component, .. } if component == data_set)
            });
            if !protected {
                missing.push(format!(
                    "{data_set}: {} holds no caught-up replica of {}",
                    direction.from, direction.to
                ));
            }
        }
        if self.is_past_pivot() && self.history.fence().is_none_or(|evidence| evidence.pending) {
            missing.push(format!(
                "the fence of {} is still to be applied",
                direction.from
            ));
        }
        for step in self.plan.steps() {
            if self.step(&step.id).status == StepStatus::Skipped {
                missing.push(format!("step {} was skipped", step.id));
            }
        }
        missing
    }

    /// Takes in one event.
    ///
    /// # Errors
    /// [`Illegal`] when it cannot follow; the state is then unchanged.
    pub fn apply(&mut self, at: Timestamp, event: &Event) -> Result<(), Illegal> {
        self.check_run(event)?;
        if let Some(step) = event.step() {
            self.apply_to_step(step, at, event)?;
        }
        match event {
            Event::RunStarted {
                outage_since,
                findings,
                accepted,
                ..
            } => {
                self.history.accepted.clone_from(accepted);
                self.started = Some(at);
                self.outage_since = *outage_since;
                self.findings.clone_from(findings);
            }
            Event::TakenOver { epoch, .. } => self.taken_over(*epoch, at),
            Event::Asked { question } => {
                self.questions
                    .insert(question.step.clone(), question.clone());
            }
            Event::Answered { answer, inbox } => {
                self.answered(at, answer);
                if let Some(number) = inbox {
                    self.inbox_read = self.inbox_read.max(number + 1);
                }
            }
            Event::Unwinding { because } => {
                self.unwinding = Some(because.clone());
                self.status = RunStatus::Unwinding;
                self.questions.clear();
            }
            Event::Held { because } => {
                self.held = Some(because.clone());
                self.status = RunStatus::Held;
            }
            Event::Closed { status, missing } => {
                self.status = *status;
                self.missing.clone_from(missing);
                self.questions.clear();
            }
            _ => {}
        }
        Ok(())
    }

    fn check_run(&self, event: &Event) -> Result<(), Illegal> {
        let illegal = |because| {
            Err(Illegal::Run {
                status: self.status,
                event: event.name(),
                because,
            })
        };
        if self.status.is_over() {
            return illegal("it is over");
        }
        match event {
            Event::RunStarted { .. } if self.started.is_some() => illegal("it has begun already"),
            Event::RunStarted { .. } => Ok(()),
            _ if self.started.is_none() => illegal("it has not begun"),
            Event::TakenOver { epoch, .. } if *epoch <= self.epoch => {
                illegal("the epoch does not grow")
            }
            Event::TakenOver { .. } => Ok(()),
            _ if self.status == RunStatus::Held => illegal("it is to be taken over first"),
            Event::Unwinding { .. } if self.is_past_pivot() => {
                illegal("a promotion is never unwound")
            }
            Event::Unwinding { .. } if self.unwinding.is_some() => illegal("it unwinds already"),
            Event::Closed { status, .. } if !status.is_over() => illegal("that is no end"),
            Event::Closed {
                status: RunStatus::Unwound | RunStatus::Stuck,
                ..
            } if self.unwinding.is_none() => illegal("it does not unwind"),
            Event::Closed {
                status: RunStatus::Completed,
                ..
            } if self.current_stage() < self.plan.stages.len() => illegal("steps are left to do"),
            _ => Ok(()),
        }
    }

    fn apply_to_step(&mut self, id: &StepId, at: Timestamp, event: &Event) -> Result<(), Illegal> {
        let unwinding = self.unwinding.is_some();
        let order = self.touched;
        let pivot = self.plan.step(id).is_some_and(|step| step.pivot);
        let Some(step) = self.steps.get_mut(id) else {
            return Err(Illegal::UnknownStep { step: id.clone() });
        };
        let illegal = Illegal::Step {
            step: id.clone(),
            status: step.status,
            event: event.name(),
        };
        let Some(next) = next_status(step.status, event, unwinding) else {
            return Err(illegal);
        };
        // A pivot is neither skipped nor undone, and only what was started is undone.
        let forbidden = match event {
            Event::StepSkipped { .. } => pivot,
            Event::UndoStarted { .. } => pivot || step.touched.is_none(),
            _ => false,
        };
        if forbidden {
            return Err(illegal);
        }
        step.status = next;
        step.since = Some(at);
        match event {
            Event::StepStarted {
                before, attempt, ..
            } => {
                step.attempts = *attempt;
                step.cleared = false;
                step.retry_at = None;
                step.began.get_or_insert(at);
                if step.touched.is_none() {
                    step.touched = Some(order);
                    step.before = before.clone();
                    self.history.before.insert(id.clone(), before.clone());
                    self.touched += 1;
                }
            }
            Event::StepSucceeded { output, .. } => {
                step.error = None;
                step.began.get_or_insert(at);
                self.history.outputs.push((id.clone(), output.clone()));
                self.questions.remove(id);
            }
            Event::StepFailed {
                error, retry_at, ..
            } => {
                step.failures += 1;
                step.cleared = false;
                step.error = Some(error.clone());
                step.retry_at = *retry_at;
            }
            Event::StepSkipped { .. } => {
                self.questions.remove(id);
            }
            Event::StepInDoubt { .. } => step.settles = Some(CALL.after(at)),
            Event::DoubtResolved { .. } => step.failures += 1,
            _ => {}
        }
        Ok(())
    }

    /// A new operator begins where the last one left: what was under way is in doubt, what failed gets a new chance. Past the
    /// pivot an abort made the run rest: whoever resumes it wants it to go on.
    fn taken_over(&mut self, epoch: Epoch, at: Timestamp) {
        self.epoch = epoch;
        if self.is_promoted() {
            self.aborting = None;
        }
        self.held = None;
        self.questions.clear();
        self.status = match self.unwinding {
            Some(_) => RunStatus::Unwinding,
            None => RunStatus::Running,
        };
        for step in self.steps.values_mut() {
            match step.status {
                StepStatus::Started => {
                    step.status = StepStatus::InDoubt;
                    step.since = Some(at);
                }
                StepStatus::Failed => {
                    step.cleared = true;
                    step.failures = 0;
                    step.retry_at = None;
                }
                _ => step.failures = 0,
            }
        }
    }

    fn answered(&mut self, at: Timestamp, answer: &Answer) {
        self.answers.push(answer.clone());
        match answer.decision {
            Decision::Yes => {
                let enough = self.questions.get(&answer.step).is_some_and(|question| {
                    question.code == answer.code
                        && self.yes_by(&answer.step, &answer.code).len() >= question.people as usize
                });
                if answer.code != APPROVAL {
                    self.history
                        .waivers
                        .entry(answer.step.clone())
                        .or_default()
                        .push(Waiver {
                            code: answer.code.clone(),
                            who: answer.who.clone(),
                            why: answer.why.clone(),
                            at,
                        });
                }
                if enough {
                    self.clear(&answer.step);
                }
            }
            Decision::Retry => self.clear(&answer.step),
            Decision::Skip => {
                if let Some(step) = self.steps.get_mut(&answer.step) {
                    step.skip = Some((answer.who.clone(), answer.why.clone()));
                }
                self.questions.remove(&answer.step);
            }
            Decision::Abort => {
                self.aborting = Some((answer.who.clone(), answer.why.clone()));
                self.questions.clear();
            }
        }
    }

    fn clear(&mut self, id: &StepId) {
        self.questions.remove(id);
        if let Some(step) = self.steps.get_mut(id) {
            step.cleared = true;
            step.failures = 0;
            step.retry_at = None;
        }
    }
}
