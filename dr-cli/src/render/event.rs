//! One event of a run as one line for people.

use dr_core::action::{Detail, Output as StepOutput};
use dr_core::model::{FenceLevel, StepId};
use dr_core::port::{Answer, Decision};
use dr_core::runbook::{Event, RunStatus};

use super::style::Style;

/// How a line begins: what kind of news it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mark {
    /// Something begins.
    Begins,
    /// Something is done.
    Done,
    /// Something waits, or a person is needed.
    Waits,
    /// Something went wrong.
    Wrong,
    /// Something is taken back.
    Back,
    /// A person did something.
    Person,
}

impl Mark {
    /// The mark, one column wide.
    fn text(self, style: Style) -> String {
        match self {
            Self::Begins => style.active("▸"),
            Self::Done => style.good("✔"),
            Self::Waits => style.warn("?"),
            Self::Wrong => style.bad("✘"),
            Self::Back => style.warn("↩"),
            Self::Person => style.bold("@"),
        }
    }
}

/// The line of an event, without its time.
pub(crate) fn line(event: &Event, style: Style) -> String {
    let name = |step: &StepId| style.bold(step.as_str());
    let (mark, text) = match event {
        Event::RunStarted { by, .. } => (Mark::Begins, format!("run started by {by}")),
        Event::TakenOver { by, epoch } => {
            let text = format!("taken over by {by} under epoch {epoch}");
            (Mark::Person, text)
        }
        Event::StepStarted { step, attempt, .. } if *attempt > 1 => {
            (Mark::Begins, format!("{} (attempt {attempt})", name(step)))
        }
        Event::StepStarted { step, .. } => (Mark::Begins, name(step)),
        Event::StepSucceeded {
            step,
            output,
            found_done,
        } => {
            let text = format!("{}: {}", name(step), outcome(output, *found_done, style));
            (Mark::Done, text)
        }
        Event::StepFailed {
            step,
            error,
            retry_at: Some(at),
        } => {
            let at = at.strftime("%H:%M:%S");
            let text = format!("{} failed, again at {at}: {error}", name(step));
            (Mark::Waits, text)
        }
        Event::StepFailed { step, error, .. } => {
            (Mark::Wrong, format!("{} failed: {error}", name(step)))
        }
        Event::StepInDoubt { step, reason } => {
            (Mark::Waits, format!("{} is in doubt: {reason}", name(step)))
        }
        Event::DoubtResolved { step } => {
            let text = format!(
                "{} was read: it is not done yet, and is gone on with",
                name(step)
            );
            (Mark::Begins, text)
        }
        Event::StepSkipped { step, who, why } => {
            let text = format!("{} skipped by {who}: {why}", name(step));
            (Mark::Person, text)
        }
        Event::Asked { question } => {
            return asks(&question.step, &question.code, &question.text, style);
        }
        Event::Answered { answer, .. } => (Mark::Person, answered(answer, style)),
        Event::Unwinding { because } => (Mark::Back, format!("the run turns back: {because}")),
        Event::UndoStarted { step } => (Mark::Back, format!("undoing {}", name(step))),
        Event::Undone { step, summary } => {
            (Mark::Back, format!("{} undone: {summary}", name(step)))
        }
        Event::UndoFailed { step, error } => {
            let text = format!("{} could not be undone: {error}", name(step));
            (Mark::Wrong, text)
        }
        Event::Held { because } => return held(because, style),
        Event::Closed { status, missing } => closed(*status, missing, style),
    };
    format!("{} {text}", mark.text(style))
}

/// The line of a question.
pub(crate) fn asks(step: &StepId, code: &str, text: &str, style: Style) -> String {
    let step = style.bold(step.as_str());
    format!("{} {step} asks ({code}): {text}", Mark::Waits.text(style))
}

/// The line of a run that holds.
pub(crate) fn held(because: &str, style: Style) -> String {
    let colon = if because.is_empty() { "" } else { ": " };
    format!(
        "{} {}{colon}{because}",
        Mark::Waits.text(style),
        style.warn("the run is held")
    )
}

/// What came of a step that succeeded.
fn outcome(output: &StepOutput, found_done: bool, style: Style) -> String {
    let found = if found_done {
        style.dim(" (found done)")
    } else {
        String::new()
    };
    let evidence = match &output.detail {
        Detail::Fence(evidence) => format!(" [{}]", fence_level(evidence.level, style)),
        _ => String::new(),
    };
    format!("{}{evidence}{found}", output.summary)
}

/// How surely a site is fenced, in the colour of what it allows.
pub(crate) fn fence_level(level: FenceLevel, style: Style) -> String {
    if level.allows_promotion() {
        style.good(level.to_string())
    } else {
        style.warn(level.to_string())
    }
}

fn answered(answer: &Answer, style: Style) -> String {
    let decision = match answer.decision {
        Decision::Yes => "says yes",
        Decision::Retry => "wants it tried again",
        Decision::Skip => "wants it skipped",
        Decision::Abort => "aborts the run",
    };
    format!(
        "{} {decision} to {} ({}): {}",
        answer.who,
        style.bold(answer.step.as_str()),
        answer.code,
        answer.why
    )
}

fn closed(status: RunStatus, missing: &[String], style: Style) -> (Mark, String) {
    let mark = match status {
        RunStatus::Completed => Mark::Done,
        RunStatus::Unwound => Mark::Back,
        _ => Mark::Wrong,
    };
    let mut text = status_in_words(status, style);
    for what in missing {
        text.push_str(&format!("; missing: {what}"));
    }
    (mark, text)
}

/// A run's status in plain words, in its colour.
pub(crate) fn status_in_words(status: RunStatus, style: Style) -> String {
    match status {
        RunStatus::Running => style.active("running"),
        RunStatus::Unwinding => style.warn("unwinding"),
        RunStatus::Held => style.warn("held: waits for a person, and can be resumed"),
        RunStatus::Completed => {
            style.good("completed: clients are served, the estate is protected again")
        }
        RunStatus::Unwound => style.warn("unwound: what was done has been undone"),
        RunStatus::Stuck => style.bad("stuck: an undo failed, a person must repair what is left"),
        RunStatus::Aborted => style.bad("aborted: a person stopped the run"),
    }
}
