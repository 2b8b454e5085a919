//! What is seen while a run goes on: one line an event, and at a terminal a view of the current stage below them.

use std::sync::Mutex;

use dr_core::drift::form::visible;
use dr_core::model::Duration;
use dr_core::port::Answer;
use dr_core::runbook::engine::RunState;
use dr_core::runbook::host::Watcher;
use dr_core::runbook::journal::Record;
use dr_core::runbook::{Event, PlannedStage, RunStatus, StepStatus};
use jiff::Timestamp;
use serde::Serialize;

use super::duration::{between, short, time_of_day};
use super::event;
use super::style::Style;
use crate::output::Output;

/// Shows a run while it goes on. With `--output json` every record becomes one line on stdout; otherwise people read along
/// on stderr.
pub(crate) struct Progress {
    out: Output,
    view: Mutex<View>,
}

#[derive(Default)]
struct View {
    /// Lines of the view that are on the screen now.
    painted: usize,
    /// The stage whose heading was printed last.
    stage: Option<usize>,
    /// What the last line explained at length.
    said: String,
    /// Where the run stood at the last record, while the view lives.
    last: Option<RunState>,
}

/// A line of `--output json` while a run goes on.
#[derive(Serialize)]
struct RecordLine<'a> {
    r#type: &'static str,
    record: &'a Record,
}

impl Progress {
    /// A progress display.
    pub(crate) fn new(out: Output) -> Self {
        Self {
            out,
            view: Mutex::default(),
        }
    }

    fn show(&self, state: &RunState, record: &Record) {
        let style = self.out.notice_style();
        let Ok(mut view) = self.view.lock() else {
            return;
        };
        let at = record.at;
        let mut text = erase(view.painted);
        text.push_str(&format!(
            "{} {} {}\n",
            style.dim(time_of_day(at)),
            style.dim(format!("{:>8}", clock(state, at))),
            style.guarded(&view.news(&record.event, style))
        ));
        let stage = state.current_stage();
        if state.status == RunStatus::Running && view.stage != Some(stage) {
            view.stage = Some(stage);
            if let Some(planned) = state.plan.stages.get(stage) {
                text.push_str(&heading(stage, state.plan.stages.len(), planned, style));
            }
        }
        // While people are asked, the screen is theirs.
        let alive = !rests(state.status) && state.questions.is_empty();
        view.last = (self.out.is_live() && alive).then(|| state.clone());
        text.push_str(&view.paint(at, style));
        self.out.progress(&text);
    }

    /// Shows that time passes.
    pub(crate) fn tick(&self, now: Timestamp) {
        let Ok(mut view) = self.view.lock() else {
            return;
        };
        let mut text = erase(view.painted);
        text.push_str(&view.paint(now, self.out.notice_style()));
        self.out.progress(&text);
    }

    /// What erases the view from the screen.
    fn take_view(&self) -> String {
        self.view
            .lock()
            .map(|mut view| {
                view.last = None;
                erase(std::mem::take(&mut view.painted))
            })
            .unwrap_or_default()
    }
}

impl View {
    /// The line of an event; what the line before said already is not said again.
    fn news(&mut self, event: &Event, style: Style) -> String {
        let said = std::mem::take(&mut self.said);
        self.said = match event {
            Event::StepFailed { error, .. } => error.to_string(),
            Event::Asked { question } => question.text.clone(),
            _ => String::new(),
        };
        let again = |text: &str| !said.is_empty() && text == said;
        match event {
            Event::Asked { question } if again(&question.text) => {
                event::asks(&question.step, &question.code, "see above", style)
            }
            Event::Held { because } if again(because) => event::held("", style),
            _ => event::line(event, style),
        }
    }

    /// The view of the last state, seen from `now`.
    fn paint(&mut self, now: Timestamp, style: Style) -> String {
        let lines = self
            .last
            .as_ref()
            .map(|state| stage_view(state, now, style))
            .unwrap_or_default();
        self.painted = lines.len();
        let lines = lines.iter().map(|line| style.guarded(line));
        lines.map(|line| format!("{line}\n")).collect()
    }
}

impl Watcher for Progress {
    fn recorded(&self, state: &RunState, record: &Record) {
        if self.out.is_json() {
            self.out.json_line(&RecordLine {
                r#type: "record",
                record,
            });
            return;
        }
        // A closing line is the summary's business: it says the same with more.
        if matches!(record.event, Event::Closed { .. }) {
            self.out.progress(&self.take_view());
            return;
        }
        self.show(state, record);
    }

    fn refused(&self, answer: &Answer, why: &str) {
        let text = format!(
            "{}the answer of {} to {} changes nothing: {}\n",
            self.take_view(),
            visible(&answer.who),
            answer.step,
            visible(why)
        );
        self.out.progress(&text);
    }
}

fn rests(status: RunStatus) -> bool {
    status == RunStatus::Held || status.is_over()
}

/// Moves up over the painted lines and clears from there (ECMA-48: CUU, ED).
fn erase(lines: usize) -> String {
    if lines == 0 {
        String::new()
    } else {
        format!("\u{1b}[{lines}A\u{1b}[J")
    }
}

/// The recovery clock: time since clients are not served, or since the run began.
fn clock(state: &RunState, at: Timestamp) -> String {
    state
        .outage_since
        .or(state.started)
        .map_or_else(String::new, |since| format!("+{}", between(since, at)))
}

fn heading(index: usize, stages: usize, stage: &PlannedStage, style: Style) -> String {
    let expected = stage.steps.iter().map(|step| step.expected).max();
    format!(
        "{} {}\n",
        style.bold(format!(
            "── stage {} of {stages}: {} ──",
            index + 1,
            stage.name
        )),
        style.dim(format!("about {}", short(expected.unwrap_or_default())))
    )
}

/// The steps of the current stage, then the clocks.
fn stage_view(state: &RunState, at: Timestamp, style: Style) -> Vec<String> {
    let mut lines = vec![String::new()];
    if let Some(stage) = state.plan.stages.get(state.current_stage()) {
        for planned in &stage.steps {
            let step = state.step(&planned.id);
            let until = if step.is_behind() {
                step.since.unwrap_or(at)
            } else {
                at
            };
            let elapsed = step
                .began
                .map(|began| between(began, until))
                .unwrap_or_default();
            lines.push(format!(
                "  {} {:<28} {:>8} of about {}",
                status_mark(step.status, style),
                planned.verb.to_string(),
                elapsed,
                short(planned.expected)
            ));
        }
    }
    lines.push(format!("  {}", clocks(state, at, style)));
    lines
}

/// Elapsed against predicted, and the recovery time against its objective.
fn clocks(state: &RunState, at: Timestamp, style: Style) -> String {
    let elapsed = state
        .started
        .map(|started| between(started, at))
        .unwrap_or_default();
    let total = short(state.plan.prediction.total);
    let mut text = format!("elapsed {elapsed} of about {total}");
    if let Some(since) = state.outage_since {
        let rto = state.plan.estate.objectives.rto;
        let down = Duration::between(since, at);
        let clock = format!("RTO clock {} of {}", short(down), short(rto));
        let dressed = if down > rto {
            style.bad(clock)
        } else if down.times(4) > rto.times(3) {
            style.warn(clock)
        } else {
            style.good(clock)
        };
        text.push_str(&format!(" · {dressed}"));
    }
    text
}

/// A step's status, one column wide.
pub(crate) fn status_mark(status: StepStatus, style: Style) -> String {
    match status {
        StepStatus::Pending => style.dim("·"),
        StepStatus::Started => style.active("▸"),
        StepStatus::Succeeded => style.good("✔"),
        StepStatus::Failed | StepStatus::UndoFailed => style.bad("✘"),
        StepStatus::InDoubt => style.warn("?"),
        StepStatus::Skipped => style.dim("–"),
        StepStatus::UndoStarted | StepStatus::Undone => style.warn("↩"),
    }
}
