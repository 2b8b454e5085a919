//! A game day as people see it: the story while it is played, and the scorecard.

use std::fmt::Write as _;

use comfy_table::{CellAlignment, ContentArrangement, Table, TableStyle};
use dr_core::gameday::{ActOutcome, Audience, Beat, RunScore, Scorecard, Verdict};
use dr_core::model::Duration;
use dr_core::report::words::figure;
use dr_core::runbook::Event;
use dr_core::runbook::engine::RunState;
use dr_core::runbook::host::Watcher;
use dr_core::runbook::journal::Record;
use jiff::Timestamp;

use super::duration::time_of_day;
use super::event;
use super::style::Style;
use crate::output::Output;

/// Shows the story on stderr while it is played.
pub(crate) struct Onlooker {
    out: Output,
}

impl Onlooker {
    /// An onlooker.
    pub(crate) fn new(out: Output) -> Self {
        Self { out }
    }

    fn line(&self, at: Timestamp, text: &str) {
        let style = self.out.notice_style();
        self.out
            .progress(&format!("{} {text}\n", style.dim(time_of_day(at))));
    }
}

/// Whether an event is news to somebody who looks on.
fn is_news(event: &Event) -> bool {
    !matches!(
        event,
        Event::RunStarted { .. }
            | Event::StepStarted { .. }
            | Event::Asked { .. }
            | Event::StepSucceeded {
                found_done: true,
                ..
            }
    )
}

impl Watcher for Onlooker {
    fn recorded(&self, _: &RunState, record: &Record) {
        // A gate tells its reason when the run is held by it.
        let told_later = matches!(&record.event, Event::StepFailed { error, .. }
            if matches!(error, dr_core::action::StepError::Gate(_)));
        if is_news(&record.event) && !told_later {
            let line = event::line(&record.event, self.out.notice_style());
            self.line(record.at, &format!("    {line}"));
        }
    }
}

impl Audience for Onlooker {
    fn told(&self, at: Timestamp, beat: &Beat) {
        let style = self.out.notice_style();
        match beat {
            Beat::Begins(act) => self.line(at, &style.bold(act)),
            Beat::Run {
                run,
                direction,
                predicted,
            } => self.line(
                at,
                &format!("    {run}: {direction}, clients served after about {predicted}"),
            ),
            Beat::Ended { outcome, said } => match outcome {
                ActOutcome::Done => {}
                ActOutcome::Met => self.line(at, &format!("    {} {said}", style.good("✔"))),
                ActOutcome::Deviated => self.line(at, &format!("    {} {said}", style.warn("!"))),
                ActOutcome::Failed => self.line(at, &format!("    {} {said}", style.bad("✘"))),
            },
        }
    }
}

/// The verdict in a line.
pub(crate) fn verdict(card: &Scorecard, style: Style) -> String {
    let (sign, words) = match card.verdict {
        Verdict::Met => (style.good("✔"), style.good("everything was as expected")),
        Verdict::Deviated => (style.warn("!"), style.warn("something was not as expected")),
        Verdict::Failed => (style.bad("✘"), style.bad("it could not go on")),
    };
    format!(
        "{sign} {}: {words} (seed {}, {} of virtual time)",
        style.bold(&card.gameday),
        card.seed,
        figure(Duration::between(card.started, card.ended))
    )
}

/// The scorecard for a terminal.
pub(crate) fn scorecard(card: &Scorecard, style: Style) -> String {
    let mut text = format!("\n{}\n\n", verdict(card, style));
    for act in &card.acts {
        let sign = match act.outcome {
            ActOutcome::Done | ActOutcome::Met => continue,
            ActOutcome::Deviated => style.warn("!"),
            ActOutcome::Failed => style.bad("✘"),
        };
        let _ = writeln!(text, "  {sign} {}: {}", act.act, act.said);
    }
    if !card.runs.is_empty() {
        let _ = writeln!(text, "{}\n", runs(card, style));
    }
    for run in &card.runs {
        let _ = writeln!(text, "  {}: {}", style.bold(&run.runbook), run.loss_says);
    }
    let _ = writeln!(
        text,
        "  {}: held for {} of the time; after: {}",
        style.bold("steady state"),
        card.steady.held,
        card.steady.after
    );
    for inject in &card.injects {
        let answer = inject
            .answer
            .as_deref()
            .unwrap_or("nobody was there to answer");
        let _ = writeln!(
            text,
            "  {} {}\n    {answer}",
            style.bold("asked:"),
            inject.inject.question
        );
    }
    text.push('\n');
    for score in &card.expectations {
        let sign = if score.met {
            style.good("✔")
        } else {
            style.bad("✘")
        };
        let _ = writeln!(text, "  {sign} {:<15} {}", score.expectation, score.because);
    }
    text.push('\n');
    text
}

const PHASES: [&str; 9] = [
    "detect", "decide", "fence", "prepare", "promote", "traffic", "watch", "protect", "verify",
];

/// A column a run, a row a phase: people's time and machine's time apart.
fn runs(card: &Scorecard, style: Style) -> String {
    let mut table = Table::new();
    table
        .load_style(TableStyle::new())
        .set_content_arrangement(ContentArrangement::Disabled);
    let mut header = vec![String::from("  ")];
    header.extend(
        card.runs
            .iter()
            .map(|run| style.bold(format!("{} {}", run.runbook, run.direction))),
    );
    table.add_row(header);
    let mut row = |name: &str, cell: &dyn Fn(&RunScore) -> String| {
        let cells: Vec<String> = card.runs.iter().map(cell).collect();
        if cells.iter().any(|cell| cell != "–") {
            let mut line = vec![format!("  {name}")];
            line.extend(cells);
            table.add_row(line);
        }
    };
    for phase in PHASES {
        row(phase, &|run| time_of(run, phase));
    }
    row("clients waited", &|run| {
        run.downtime.map_or_else(|| "–".to_owned(), figure)
    });
    row("predicted", &|run| figure(run.predicted));
    row("recovery time", &|run| run.recovery.phrase());
    row("data loss", &|run| run.loss.phrase());
    row("fence", &|run| {
        run.fence
            .map_or_else(|| "–".to_owned(), |level| level.to_string())
    });
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table.to_string()
}

fn time_of(run: &RunScore, phase: &str) -> String {
    let of = |pick: &dyn Fn(&dr_core::gameday::PhaseScore) -> Duration| -> Duration {
        run.phases
            .iter()
            .filter(|p| p.phase == phase)
            .map(pick)
            .sum()
    };
    let (people, machine) = (of(&|p| p.people), of(&|p| p.machine));
    match (people, machine) {
        (Duration::ZERO, Duration::ZERO) => "–".to_owned(),
        (Duration::ZERO, machine) => figure(machine),
        (people, Duration::ZERO) => format!("{} by people", figure(people)),
        (people, machine) => format!("{} + {} by people", figure(machine), figure(people)),
    }
}
