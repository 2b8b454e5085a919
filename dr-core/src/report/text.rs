//! The report for machines and for the terminal.

use super::document::Report;
use super::measure::{Judgement, Measured};
use super::people::DecisionReport;
use super::verdict::Protection;
use super::words;

/// The report as JSON, indented. Field names and their meaning are those of [`Report`].
pub fn to_json(report: &Report) -> String {
    serde_json::to_string_pretty(report).expect("a report has string keys only and no floats")
}

/// A summary of about ten lines, free of control characters.
pub fn to_text(report: &Report) -> String {
    let time = &report.recovery_time;
    let loss = &report.data_loss;
    let mut lines = vec![
        (
            "run",
            format!(
                "{}, {} {} of {}{}",
                report.run.run,
                report.run.runbook,
                report.run.direction,
                report.run.estate,
                if report.run.rehearsal {
                    " (rehearsal)"
                } else {
                    ""
                }
            ),
        ),
        ("status", report.verdict.headline.clone()),
    ];
    if let Some(because) = &report.verdict.because {
        lines.push(("because", because.clone()));
    }
    if report.run.ended.is_none() {
        lines.push(("as of", words::instant(report.run.as_of)));
    }
    lines.push((
        "recovery time",
        objective(
            &time.achieved,
            time.judgement,
            "RTO",
            &words::figure(time.objective),
        ),
    ));
    lines.push((
        "data loss",
        objective(
            &loss.achieved,
            loss.judgement,
            "RPO",
            &words::figure(loss.objective),
        ),
    ));
    lines.push(("", loss.says.clone()));
    lines.push(("downtime", report.clients.total.phrase()));
    lines.push((
        "time",
        format!(
            "{}: machine {}, people {}; predicted {}",
            words::figure(report.spent.total),
            words::figure(report.spent.machine),
            words::figure(report.spent.people),
            words::figure(report.spent.predicted),
        ),
    ));
    for fence in &report.fences {
        let pending = if fence.is_still_pending() {
            ", still pending"
        } else {
            ""
        };
        lines.push((
            "fence",
            format!("{}: {}{pending}", fence.evidence.site, fence.evidence.level),
        ));
    }
    for decision in &report.decisions {
        let gate = if decision.kind.is_override() && !decision.code.is_empty() {
            format!(" ({})", decision.code)
        } else {
            String::new()
        };
        lines.push((
            "decision",
            format!(
                "{} {}{gate}{}: {}",
                decision.who,
                decision.kind.words(),
                at_step(decision),
                decision.why
            ),
        ));
    }
    lines.extend(protection(report));
    lines.extend(
        report
            .anomalies
            .iter()
            .map(|anomaly| ("journal", anomaly.clone())),
    );
    lines.push((
        "journal",
        format!(
            "{} records, sha256 {}",
            report.provenance.records, report.provenance.journal_head
        ),
    ));
    print(&lines)
}

fn objective(achieved: &Measured, judgement: Judgement, name: &str, objective: &str) -> String {
    match judgement {
        Judgement::NotApplicable => format!("{}: {}", achieved.phrase(), achieved.basis()),
        _ => format!(
            "{} against an {name} of {objective}: {}",
            achieved.phrase(),
            judgement.words()
        ),
    }
}

fn protection(report: &Report) -> Vec<(&'static str, String)> {
    match &report.protection {
        Protection::Protected { .. } => vec![("protection", "protected again".to_owned())],
        Protection::AsBefore => vec![("protection", "as before the run".to_owned())],
        Protection::NotKnown { because } => vec![("protection", format!("not known: {because}"))],
        Protection::Missing { items } => {
            items.iter().map(|item| ("missing", item.clone())).collect()
        }
    }
}

fn print(lines: &[(&str, String)]) -> String {
    lines
        .iter()
        .map(|(name, text)| format!("{name:<13}  {}\n", words::one_line(text)))
        .collect()
}

fn at_step(decision: &DecisionReport) -> String {
    decision.step.as_ref().map_or_else(
        || " before the run".to_owned(),
        |step| format!(" at {step}"),
    )
}
