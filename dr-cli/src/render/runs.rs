//! Runs: the list, and where one stands.

use std::fmt::Write as _;

use dr_core::access::Lacking;
use dr_core::model::{Direction, RunId};
use dr_core::port::Question;
use dr_core::runbook::engine::RunState;
use dr_core::runbook::journal::ReadJournal;
use dr_core::runbook::replay::replay;
use dr_core::runbook::{RunStatus, StepStatus};
use jiff::Timestamp;
use serde::Serialize;

use super::duration::{between, short, time_of_day};
use super::event::{self, status_in_words};
use super::grid;
use super::lacking;
use super::progress::status_mark;
use super::style::Style;
use crate::error::Result;
use crate::output::Output;

/// A run in the list.
#[derive(Serialize)]
pub(crate) struct Row {
    run: RunId,
    simulated: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<RunStatus>,
    #[serde(skip_serializing_if = "Option::is_none")]
    direction: Option<Direction>,
    #[serde(skip_serializing_if = "Option::is_none")]
    started: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last: Option<Timestamp>,
    /// Why the journal cannot be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    unreadable: Option<String>,
}

impl Row {
    /// A run, as far as its journal can be read.
    pub(crate) fn new(run: RunId, simulated: bool, journal: Result<Option<ReadJournal>>) -> Self {
        let empty = Self {
            run,
            simulated,
            status: None,
            direction: None,
            started: None,
            last: None,
            unreadable: None,
        };
        let read = match journal {
            Err(error) => Err(error.causes.first().cloned().unwrap_or(error.message)),
            Ok(None) => Err("it was never begun".to_owned()),
            Ok(Some(journal)) => replay(&journal)
                .map(|state| (journal, state))
                .map_err(|error| error.to_string()),
        };
        match read {
            Err(why) => Self {
                unreadable: Some(why),
                ..empty
            },
            Ok((journal, state)) => Self {
                status: Some(state.status),
                direction: Some(state.plan.direction.clone()),
                started: Some(journal.header.at),
                last: journal.records.last().map(|record| record.at),
                ..empty
            },
        }
    }

    /// Real runs before simulated ones, old ones before new ones.
    pub(crate) fn order(&self) -> (bool, Option<Timestamp>, &RunId) {
        (self.simulated, self.started, &self.run)
    }
}

/// The list.
pub(crate) fn table(rows: &[Row], out: &Output) -> String {
    let style = out.style();
    let mut table = grid::table(
        ["RUN", "STATUS", "DIRECTION", "STARTED (UTC)", "TOOK", ""]
            .map(str::to_owned)
            .to_vec(),
    );
    for row in rows {
        let status = match (&row.status, &row.unreadable) {
            (Some(status), _) => status_name(*status),
            (None, Some(why)) => format!("unreadable: {why}"),
            (None, None) => "unknown".to_owned(),
        };
        let took = match (row.started, row.last) {
            (Some(started), Some(last)) => between(started, last),
            _ => String::new(),
        };
        table.add_row(vec![
            row.run.to_string(),
            status,
            row.direction
                .as_ref()
                .map(ToString::to_string)
                .unwrap_or_default(),
            row.started
                .map(|at| at.strftime("%Y-%m-%d %H:%M:%S").to_string())
                .unwrap_or_default(),
            took,
            if row.simulated { "simulated" } else { "" }.to_owned(),
        ]);
    }
    let open = rows
        .iter()
        .find(|row| row.status.is_some_and(|status| !status.is_over()));
    let mut text = format!("{}\n", grid::lines(&table));
    if let Some(open) = open {
        let _ = writeln!(
            text,
            "{} {}",
            style.dim("not over:"),
            style.active(out.command(&format!("dr run show {}", open.run)))
        );
    }
    text
}

fn status_name(status: RunStatus) -> String {
    match serde_json::to_value(status) {
        Ok(serde_json::Value::String(name)) => name,
        _ => format!("{status:?}"),
    }
}

/// Where a run stands, for people.
pub(crate) fn text(journal: &ReadJournal, state: &RunState, out: &Output) -> String {
    let style = out.style();
    let header = &journal.header;
    let mut text = format!(
        "{} {}, {}, started by {} at {}\n{}\n\n",
        style.bold(header.run.as_str()),
        state.plan.direction,
        state.plan.mode,
        header.by,
        header.at.strftime("%Y-%m-%d %H:%M:%S UTC"),
        status_in_words(state.status, style),
    );
    for stage in &state.plan.stages {
        let _ = writeln!(text, "{}", style.bold(&stage.name));
        for planned in &stage.steps {
            let step = state.step(&planned.id);
            let took = match (step.began, step.since) {
                (Some(began), Some(since)) if step.status != StepStatus::Started => {
                    between(began, since)
                }
                _ => String::new(),
            };
            let why = step
                .error
                .as_ref()
                .filter(|_| !step.is_behind())
                .map(|error| format!(" {error}"))
                .unwrap_or_default();
            let pivot = if planned.pivot { " (pivot)" } else { "" };
            let _ = writeln!(
                text,
                "  {} {:<32} {took:>8} {}{why}",
                status_mark(step.status, style),
                format!("{}{pivot}", planned.id),
                style.dim(format!("of about {}", short(planned.expected))),
            );
        }
    }
    text.push_str(&recent(journal, style));
    text.push_str(&waits_for(&header.run, state, out));
    text
}

/// The last few events.
fn recent(journal: &ReadJournal, style: Style) -> String {
    let mut text = format!("\n{}\n", style.bold("last events"));
    let from = journal.records.len().saturating_sub(5);
    for record in &journal.records[from..] {
        let _ = writeln!(
            text,
            "  {} {}",
            style.dim(time_of_day(record.at)),
            event::line(&record.event, style)
        );
    }
    text
}

/// What the run asks for, and what to type.
fn waits_for(run: &RunId, state: &RunState, out: &Output) -> String {
    let style = out.style();
    let mut text = String::new();
    for question in state.questions.values() {
        let _ = writeln!(
            text,
            "\n{} {} ({})\n  {}",
            style.warn("waits for a person:"),
            style.bold(question.step.as_str()),
            question.code,
            question.text
        );
    }
    text.push_str(&lacking::text(&lacking::of(state), style));
    for command in next_commands(run, state) {
        let command = style.active(out.command(&command));
        let _ = writeln!(text, "  {} {command}", style.dim("next:"));
    }
    text
}

/// The commands that take a run on from where it stands. A question that no yes settles is asked again by resuming, once its
/// cause is mended.
pub(crate) fn next_commands(run: &RunId, state: &RunState) -> Vec<String> {
    if state.status.is_over() {
        return vec![format!("dr report {run} -o {run}.html")];
    }
    let mut commands: Vec<String> = state
        .questions
        .values()
        .filter(|question| question.people > 0)
        .map(|question| {
            let step = &question.step;
            format!("dr run approve {run} {step} --who NAME --why REASON")
        })
        .collect();
    commands.push(format!("dr run resume {run}"));
    commands
}

/// Where a run stands, for programs.
#[derive(Serialize)]
struct RunJson<'a> {
    run: &'a RunId,
    simulated: bool,
    status: RunStatus,
    direction: &'a Direction,
    plan_digest: &'a str,
    past_pivot: bool,
    held: &'a Option<String>,
    missing: &'a [String],
    steps: Vec<StepJson<'a>>,
    questions: Vec<&'a Question>,
    /// Permissions that calls did not have, with the statements of `dr iam policy` that give them.
    lacking: Vec<Lacking>,
    next: Vec<String>,
}

#[derive(Serialize)]
struct StepJson<'a> {
    stage: &'a str,
    step: &'a str,
    verb: String,
    pivot: bool,
    status: StepStatus,
    attempts: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    began: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

/// Where a run stands, for programs.
pub(crate) fn json<'a>(
    run: &'a RunId,
    simulated: bool,
    state: &'a RunState,
    out: &Output,
) -> impl Serialize + 'a {
    let steps = state
        .plan
        .stages
        .iter()
        .flat_map(|stage| stage.steps.iter().map(move |planned| (stage, planned)))
        .map(|(stage, planned)| {
            let step = state.step(&planned.id);
            StepJson {
                stage: &stage.name,
                step: planned.id.as_str(),
                verb: planned.verb.to_string(),
                pivot: planned.pivot,
                status: step.status,
                attempts: step.attempts,
                began: step.began,
                error: step.error.as_ref().map(ToString::to_string),
            }
        })
        .collect();
    RunJson {
        run,
        simulated,
        status: state.status,
        direction: &state.plan.direction,
        plan_digest: &state.plan.digest,
        past_pivot: state.is_past_pivot(),
        held: &state.held,
        missing: &state.missing,
        steps,
        questions: state.questions.values().collect(),
        lacking: lacking::of(state),
        next: next_commands(run, state)
            .iter()
            .map(|next| out.command(next))
            .collect(),
    }
}
