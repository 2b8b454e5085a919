//! What happened, read from the journal record by record.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::document::{HoldReport, Takeover};
use super::people::People;
use super::step::{SpanKind, StepReport};
use crate::action::{Detail, Output, StepError};
use crate::model::{Duration, Epoch, Finding, StepId};
use crate::runbook::journal::{Header, Record};
use crate::runbook::{Event, RunStatus, StepStatus};

/// What a step found, when.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub(super) step: StepId,
    pub(super) at: Timestamp,
    pub(super) detail: Detail,
}

/// The run as far as its journal tells.
#[derive(Debug)]
pub(super) struct Fold {
    pub(super) begun: Timestamp,
    pub(super) as_of: Timestamp,
    pub(super) outage_since: Option<Timestamp>,
    pub(super) findings: Vec<Finding>,
    pub(super) steps: Vec<StepReport>,
    pub(super) people: People,
    pub(super) takeovers: Vec<Takeover>,
    pub(super) holds: Vec<HoldReport>,
    pub(super) found: Vec<Found>,
    pub(super) status: RunStatus,
    /// Why it rests, turned back or was held last.
    pub(super) because: Option<String>,
    /// Why it turned back, where it did.
    pub(super) turned_back: Option<String>,
    pub(super) ended: Option<Timestamp>,
    pub(super) missing: Vec<String>,
    pub(super) anomalies: Vec<String>,
    index: BTreeMap<StepId, usize>,
}

impl Fold {
    pub(super) fn of(header: &Header, records: &[Record]) -> Self {
        let steps: Vec<StepReport> = header.plan.steps().map(StepReport::new).collect();
        let index = steps
            .iter()
            .enumerate()
            .map(|(at, step)| (step.step.clone(), at))
            .collect();
        let mut fold = Self {
            begun: header.at,
            as_of: header.at,
            outage_since: None,
            findings: header.plan.findings.clone(),
            steps,
            people: People::default(),
            takeovers: Vec::new(),
            holds: Vec::new(),
            found: Vec::new(),
            status: RunStatus::Running,
            because: None,
            turned_back: None,
            ended: None,
            missing: Vec::new(),
            anomalies: Vec::new(),
            index,
        };
        for record in records {
            fold.read(record, &header.plan.digest);
        }
        fold
    }

    fn read(&mut self, record: &Record, plan_digest: &str) {
        let at = record.at;
        if at < self.as_of {
            self.anomalies.push(format!(
                "record {} is dated before the one in front of it: the clocks of two operators differ",
                record.seq
            ));
        }
        let silent_since = self.as_of;
        self.as_of = self.as_of.max(at);
        if let Some(hold) = self.holds.last_mut().filter(|hold| hold.until.is_none())
            && !matches!(
                record.event,
                Event::Held { .. } | Event::Asked { .. } | Event::Answered { .. }
            )
        {
            hold.until = Some(at.max(hold.from));
            if self.status == RunStatus::Held {
                self.status = match self.turned_back {
                    Some(_) => RunStatus::Unwinding,
                    None => RunStatus::Running,
                };
                self.because.clone_from(&self.turned_back);
            }
        }
        match &record.event {
            Event::RunStarted {
                by: _,
                outage_since,
                findings,
                accepted,
            } => {
                self.people.accepted(accepted);
                self.begun = at;
                self.outage_since = *outage_since;
                for finding in findings {
                    if !self.findings.contains(finding) {
                        self.findings.push(finding.clone());
                    }
                }
            }
            Event::TakenOver { by, epoch } => self.taken_over(by, *epoch, silent_since, at),
            Event::Asked { question } => {
                self.people.asked(question, at);
                self.with_step(&question.step, record.seq, |step| {
                    step.open(SpanKind::Waiting, at);
                });
            }
            Event::Answered { answer, .. } => {
                let settled = self.people.answered(answer, plan_digest, at);
                self.with_step(&answer.step, record.seq, |step| {
                    if settled
                        && step
                            .spans
                            .last()
                            .is_some_and(|s| s.kind == SpanKind::Waiting)
                    {
                        step.close(at);
                    }
                });
            }
            Event::Unwinding { because } => {
                self.status = RunStatus::Unwinding;
                self.because = Some(because.clone());
                self.turned_back = Some(because.clone());
            }
            Event::Held { because } => {
                self.status = RunStatus::Held;
                self.because = Some(because.clone());
                if self.holds.last().is_none_or(|hold| hold.until.is_some()) {
                    self.holds.push(HoldReport {
                        from: at,
                        until: None,
                        because: because.clone(),
                    });
                }
            }
            Event::Closed { status, missing } => self.closed(*status, missing, at),
            Event::StepStarted { .. }
            | Event::StepSucceeded { .. }
            | Event::StepFailed { .. }
            | Event::StepInDoubt { .. }
            | Event::DoubtResolved { .. }
            | Event::StepSkipped { .. } => self.step_forward(record),
            Event::UndoStarted { .. } | Event::Undone { .. } | Event::UndoFailed { .. } => {
                self.step_back(record);
            }
        }
    }

    fn step_forward(&mut self, record: &Record) {
        let at = record.at;
        match &record.event {
            Event::StepStarted { step, attempt, .. } => {
                self.people.step_moved_on(step, at);
                self.with_step(step, record.seq, |step| {
                    step.open(SpanKind::Work, at);
                    step.started.get_or_insert(at);
                    step.attempts = step.attempts.max(*attempt);
                    step.status = StepStatus::Started;
                });
            }
            Event::StepSucceeded {
                step,
                output,
                found_done,
            } => {
                self.people.step_moved_on(step, at);
                self.succeeded(step, output, record.seq, at);
                self.with_step(step, record.seq, |step| step.found_done = *found_done);
            }
            Event::StepFailed {
                step,
                error,
                retry_at,
            } => self.with_step(step, record.seq, |step| {
                // A gate is no failure: it changed nothing and waits for a person.
                let gate = matches!(error, StepError::Gate(_));
                let kind = if gate {
                    SpanKind::Checked
                } else {
                    SpanKind::Failed
                };
                step.close_as(kind, at);
                step.status = StepStatus::Failed;
                step.note(at, failure(step.attempts, error));
                if retry_at.is_some() {
                    step.open(SpanKind::Pause, at);
                }
            }),
            Event::StepInDoubt { step, reason } => self.with_step(step, record.seq, |step| {
                step.open(SpanKind::Doubt, at);
                step.status = StepStatus::InDoubt;
                step.note(at, format!("outcome unknown: {reason}"));
            }),
            Event::DoubtResolved { step } => {
                self.people.step_moved_on(step, at);
                self.with_step(step, record.seq, |step| {
                    step.close(at);
                    step.status = StepStatus::Pending;
                    step.note(
                        at,
                        "read back: not done, or not all of it; it is carried out",
                    );
                });
            }
            Event::StepSkipped { step, who, why } => {
                self.people.skipped(step, who, why, at);
                self.people.step_moved_on(step, at);
                self.with_step(step, record.seq, |step| {
                    step.end(at);
                    step.status = StepStatus::Skipped;
                    step.note(at, format!("skipped by {who}: {why}"));
                });
            }
            _ => {}
        }
    }

    fn step_back(&mut self, record: &Record) {
        let at = record.at;
        match &record.event {
            Event::UndoStarted { step } => {
                self.people.step_moved_on(step, at);
                self.with_step(step, record.seq, |step| {
                    step.open(SpanKind::Undo, at);
                    step.status = StepStatus::UndoStarted;
                });
            }
            Event::Undone { step, summary } => self.with_step(step, record.seq, |step| {
                step.close(at);
                step.status = StepStatus::Undone;
                step.note(at, format!("taken back: {summary}"));
            }),
            Event::UndoFailed { step, error } => self.with_step(step, record.seq, |step| {
                step.close_as(SpanKind::UndoFailed, at);
                step.status = StepStatus::UndoFailed;
                step.note(at, format!("could not be taken back: {error}"));
            }),
            _ => {}
        }
    }

    fn succeeded(&mut self, id: &StepId, output: &Output, seq: u64, at: Timestamp) {
        self.with_step(id, seq, |step| {
            if !step.is_open() && step.ended.is_none() {
                step.open(SpanKind::Checked, at);
            }
            step.end(at);
            step.status = StepStatus::Succeeded;
            step.summary = Some(output.summary.clone());
        });
        if !output.detail.is_none() {
            self.found.push(Found {
                step: id.clone(),
                at,
                detail: output.detail.clone(),
            });
        }
    }

    /// The next holder cannot know what the last one was doing: what was begun is in doubt.
    fn taken_over(&mut self, by: &str, epoch: Epoch, silent_since: Timestamp, at: Timestamp) {
        let resumed = self.holds.last().is_some_and(|hold| hold.until == Some(at));
        self.takeovers.push(Takeover {
            by: by.to_owned(),
            epoch,
            at,
            resumed,
            silent_for: Duration::between(silent_since, at),
        });
        for step in &mut self.steps {
            let waits = step.is_open()
                && step
                    .spans
                    .last()
                    .is_some_and(|span| span.kind == SpanKind::Waiting);
            let under_way = matches!(step.status, StepStatus::Started | StepStatus::UndoStarted);
            if under_way && !waits {
                step.open(SpanKind::Doubt, at);
                step.note(at, format!("{by} took the run over while it was under way"));
            }
            if step.status == StepStatus::Started {
                step.status = StepStatus::InDoubt;
            }
        }
    }

    fn closed(&mut self, status: RunStatus, missing: &[String], at: Timestamp) {
        self.status = status;
        self.ended = Some(at);
        self.missing = missing.to_vec();
        self.people.run_over(at);
        for step in &mut self.steps {
            step.close(at);
        }
    }

    /// A journal of another plan, or a damaged one, may name a step that this plan does not have: told, not hidden.
    fn with_step(&mut self, id: &StepId, seq: u64, change: impl FnOnce(&mut StepReport)) {
        match self.index.get(id) {
            Some(at) => change(&mut self.steps[*at]),
            None => self.anomalies.push(format!(
                "record {seq} names the step {id}, which the plan does not have"
            )),
        }
    }
}

fn failure(attempts: u32, error: &StepError) -> String {
    match error {
        StepError::Gate(question) => format!("stopped at the gate {}", question.code),
        _ if attempts == 0 => format!("could not be read: {error}"),
        _ => format!("attempt {attempts} failed: {error}"),
    }
}
