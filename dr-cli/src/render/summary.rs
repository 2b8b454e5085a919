//! How a run came to rest, in plain words.

use std::fmt::Write as _;

use dr_core::report::{Judgement, Measured, Protection, Report, Tone};
use dr_core::runbook::RunStatus;
use serde::Serialize;

use super::duration::short;
use super::event::fence_level;
use super::style::Style;
use crate::exit_code::ExitCode;

/// The exit code of a run as it stands.
pub(crate) fn exit_code(report: &Report) -> ExitCode {
    let missed =
        [report.recovery_time.judgement, report.data_loss.judgement].contains(&Judgement::Missed);
    match report.verdict.status {
        RunStatus::Completed if missed => ExitCode::ObjectiveMissed,
        RunStatus::Completed => ExitCode::Done,
        RunStatus::Held | RunStatus::Running | RunStatus::Unwinding => ExitCode::Held,
        RunStatus::Unwound => ExitCode::Unwound,
        RunStatus::Stuck => ExitCode::Stuck,
        RunStatus::Aborted => ExitCode::Aborted,
    }
}

/// The summary for people. `next` are commands to type.
pub(crate) fn text(report: &Report, next: &[String], style: Style) -> String {
    let mut text = format!("\n{}\n", headline(report, style));
    let mut row = |name: &str, value: &str| {
        let _ = writeln!(text, "  {} {value}", style.dim(format!("{name:<16}")));
    };
    row("run", report.run.run.as_str());
    if let Some(because) = &report.verdict.because {
        row("because", because);
    }
    row(
        "recovery time",
        &achieved(
            &report.recovery_time.achieved,
            report.recovery_time.judgement,
            &format!("RTO {}", short(report.recovery_time.objective)),
            style,
        ),
    );
    row("", &style.dim(counted(report)));
    row(
        "data loss",
        &achieved(
            &report.data_loss.achieved,
            report.data_loss.judgement,
            &format!("RPO {}", short(report.data_loss.objective)),
            style,
        ),
    );
    row("", &style.dim(&report.data_loss.says));
    for fence in &report.fences {
        let pending = if fence.is_still_pending() {
            style.warn(", to be applied when the site answers")
        } else {
            String::new()
        };
        row(
            "fence",
            &format!(
                "{}: {}{pending}",
                fence.evidence.site,
                fence_level(fence.evidence.level, style)
            ),
        );
    }
    match &report.protection {
        Protection::Protected { evidence } => {
            for evidence in evidence {
                row("protected", evidence);
            }
        }
        Protection::Missing { items } => {
            for item in items {
                row("missing", &style.warn(item));
            }
        }
        Protection::AsBefore => row("protected", "as before the run"),
        Protection::NotKnown { because } => {
            row("protected", &style.dim(format!("not known: {because}")));
        }
    }
    for anomaly in &report.anomalies {
        row("anomaly", &style.bad(anomaly));
    }
    for command in next {
        row("next", &style.active(command));
    }
    text
}

/// From when the recovery time counts, and how long clients really waited: on a planned day the one is longer than the other.
fn counted(report: &Report) -> String {
    let since = &report.recovery_time.counted_from_what;
    let waited = report.clients.total.phrase();
    format!("counted from {since}; clients were not served for {waited}")
}

fn headline(report: &Report, style: Style) -> String {
    let headline = &report.verdict.headline;
    match report.verdict.tone {
        Tone::Good => style.good(format!("✔ {headline}")),
        Tone::Attention => style.warn(format!("! {headline}")),
        Tone::Bad => style.bad(format!("✘ {headline}")),
        Tone::Open => style.active(format!("▸ {headline}")),
    }
}

/// What was achieved, against what was asked for.
fn achieved(measured: &Measured, judgement: Judgement, objective: &str, style: Style) -> String {
    let figure = style.bold(measured.phrase());
    let words = judgement.words();
    let judged = match judgement {
        Judgement::Met => style.good(words),
        Judgement::Missed => style.bad(words),
        Judgement::NotShown => style.warn(words),
        Judgement::NotApplicable => style.dim(words),
    };
    format!("{figure} ({objective}: {judged})")
}

/// The last line of `--output json`.
#[derive(Serialize)]
struct EndLine<'a> {
    r#type: &'static str,
    run: &'a str,
    status: RunStatus,
    exit: Exit,
    recovery_time: &'a Measured,
    recovery_time_judgement: Judgement,
    data_loss: &'a Measured,
    data_loss_judgement: Judgement,
    protection: &'a Protection,
    next: &'a [String],
}

#[derive(Serialize)]
struct Exit {
    code: ExitCode,
    name: &'static str,
}

/// The summary for programs.
pub(crate) fn json<'a>(report: &'a Report, next: &'a [String]) -> impl Serialize + 'a {
    let code = exit_code(report);
    EndLine {
        r#type: "end",
        run: report.run.run.as_str(),
        status: report.verdict.status,
        exit: Exit {
            code,
            name: code.name(),
        },
        recovery_time: &report.recovery_time.achieved,
        recovery_time_judgement: report.recovery_time.judgement,
        data_loss: &report.data_loss.achieved,
        data_loss_judgement: report.data_loss.judgement,
        protection: &report.protection,
        next,
    }
}
