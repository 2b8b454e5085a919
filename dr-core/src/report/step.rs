//! What is told of one step.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::model::{Duration, SiteId, StepId};
use crate::runbook::{PlannedStep, StepStatus};

/// What a step was in during a stretch of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SpanKind {
    /// It was carried out.
    Work,
    /// It was looked at and found done; only its end is recorded.
    Checked,
    /// It was carried out and failed.
    Failed,
    /// It waited before the next attempt.
    Pause,
    /// It waited for a person.
    Waiting,
    /// Its outcome was unknown.
    Doubt,
    /// It was taken back.
    Undo,
    /// It was tried to be taken back, in vain.
    UndoFailed,
}

/// A stretch of time of one step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepSpan {
    /// What it was in.
    pub kind: SpanKind,
    /// When it began.
    pub from: Timestamp,
    /// When it ended; `None` while it lasts.
    pub until: Option<Timestamp>,
}

/// Something that happened to a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// When.
    pub at: Timestamp,
    /// What, in one sentence.
    pub text: String,
}

/// One step of the run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepReport {
    /// Its name.
    pub step: StepId,
    /// What it does: `promote database`.
    pub does: String,
    /// The site that it works on, where it is one.
    pub site: Option<SiteId>,
    /// Past it the run only goes forward.
    pub pivot: bool,
    /// Where it stood at the last record.
    pub status: StepStatus,
    /// When its first attempt is recorded; `None` where it was never begun or was found done.
    pub started: Option<Timestamp>,
    /// When it succeeded or was skipped.
    pub ended: Option<Timestamp>,
    /// From the first attempt to the end, waiting and doubt included.
    pub took: Option<Duration>,
    /// What the plan expected.
    pub expected: Duration,
    /// Attempts begun.
    pub attempts: u32,
    /// It was found done: nothing had to be changed.
    pub found_done: bool,
    /// What came of it.
    pub summary: Option<String>,
    /// What happened to it, in order.
    pub notes: Vec<Note>,
    /// What it was in, in order.
    pub spans: Vec<StepSpan>,
}

impl StepReport {
    /// A step that nothing is recorded of.
    pub(super) fn new(planned: &PlannedStep) -> Self {
        Self {
            step: planned.id.clone(),
            does: planned.verb.to_string(),
            site: planned.site.clone(),
            pivot: planned.pivot,
            status: StepStatus::Pending,
            started: None,
            ended: None,
            took: None,
            expected: planned.expected,
            attempts: 0,
            found_done: false,
            summary: None,
            notes: Vec::new(),
            spans: Vec::new(),
        }
    }

    /// Whether a stretch of time is open.
    pub(super) fn is_open(&self) -> bool {
        self.spans.last().is_some_and(|span| span.until.is_none())
    }

    /// Ends the open stretch, if there is one.
    pub(super) fn close(&mut self, at: Timestamp) {
        if let Some(span) = self.spans.last_mut().filter(|span| span.until.is_none()) {
            span.until = Some(at.max(span.from));
        }
    }

    /// Ends the open stretch and begins another. Doubt goes on as long as there is doubt, whatever is added to it.
    pub(super) fn open(&mut self, kind: SpanKind, at: Timestamp) {
        let last = self.spans.last().filter(|span| span.until.is_none());
        if kind == SpanKind::Doubt && last.is_some_and(|span| span.kind == kind) {
            return;
        }
        self.close(at);
        self.spans.push(StepSpan {
            kind,
            from: at,
            until: None,
        });
    }

    /// Ends the open stretch as what it turned out to be.
    pub(super) fn close_as(&mut self, kind: SpanKind, at: Timestamp) {
        if let Some(span) = self.spans.last_mut().filter(|span| span.until.is_none()) {
            span.kind = kind;
        }
        self.close(at);
    }

    /// Notes what happened.
    pub(super) fn note(&mut self, at: Timestamp, text: impl Into<String>) {
        self.notes.push(Note {
            at,
            text: text.into(),
        });
    }

    /// The step is over, as far as going forward goes.
    pub(super) fn end(&mut self, at: Timestamp) {
        self.close(at);
        self.ended = Some(at);
        self.took = self.started.map(|started| Duration::between(started, at));
    }
}

/// A step's status in words.
pub(super) fn status_words(status: StepStatus) -> &'static str {
    match status {
        StepStatus::Pending => "not begun",
        StepStatus::Started => "under way",
        StepStatus::Succeeded => "done",
        StepStatus::Failed => "failed",
        StepStatus::InDoubt => "in doubt",
        StepStatus::Skipped => "skipped",
        StepStatus::UndoStarted => "being taken back",
        StepStatus::Undone => "taken back",
        StepStatus::UndoFailed => "could not be taken back",
    }
}
