//! What differs between the sites: grouped by what it does to a failover, each with its evidence and its fix.

use std::fmt::Write as _;

use dr_core::drift::form::{self, shown, visible};
use dr_core::drift::{Entry, Report, Unknown, Verdict};
use dr_core::model::Severity;

use super::style::Style;

/// Longer values are cut on the screen; JSON has them whole.
const LONGEST_VALUE: usize = 160;

/// The whole for people.
pub(crate) fn text(report: &Report, style: Style) -> String {
    let mut text = format!(
        "{} {}, {} {} {} {}, {} {}\n",
        style.dim("estate"),
        style.bold(report.estate.as_str()),
        style.dim("from"),
        report.primary,
        style.dim("to"),
        report.standby,
        style.dim("as read at"),
        report.read_at.strftime("%Y-%m-%d %H:%M UTC"),
    );
    text.push_str(&caveats(&report.caveats, style));
    text.push('\n');
    for (severity, title) in [
        (Severity::Blocking, "STOPS A FAILOVER"),
        (Severity::Slowing, "ADDS MINUTES"),
        (Severity::Notice, "WORTH KNOWING"),
    ] {
        let findings: Vec<&Entry> = report
            .findings
            .iter()
            .filter(|entry| entry.finding.severity == severity)
            .collect();
        if findings.is_empty() {
            continue;
        }
        let _ = writeln!(text, "{} ({})", style.bold(title), findings.len());
        for entry in findings {
            text.push_str(&finding(entry, report, style));
        }
        text.push('\n');
    }
    text.push_str(&excused(report, style));
    text.push_str(&unknown(&report.unknown, style));
    text.push_str(&since(report, style));
    text.push_str(&foot(report, style));
    text
}

fn finding(entry: &Entry, report: &Report, style: Style) -> String {
    let finding = &entry.finding;
    let code = match finding.severity {
        Severity::Blocking => style.bad(&finding.code),
        Severity::Slowing => style.warn(&finding.code),
        Severity::Notice => style.dim(&finding.code),
    };
    let mut text = format!(
        "  {code} {}  {}\n    {}\n",
        style.bold(visible(&finding.subject.to_string())),
        style.dim(entry.id.as_str()),
        cut(&finding.message),
    );
    if let Some(witness) = &entry.witness {
        let witness = visible(witness);
        let _ = writeln!(text, "    {} {witness}", style.active("witness:"));
    }
    for site in [&report.primary, &report.standby] {
        let Some(evidence) = entry.evidence.get(site) else {
            continue;
        };
        let id = visible(evidence.id.as_deref().unwrap_or("nothing"));
        let value = evidence.value.as_ref();
        let value = value.filter(|_| entry.witness.is_none()).map(shown);
        let value = value
            .map(|value| format!(" = {}", cut(&value)))
            .unwrap_or_default();
        let _ = writeln!(text, "    {} {id}{value}", style.dim(format!("{site}:")));
    }
    for origin in &entry.origins {
        let origin = origin.to_string();
        let _ = writeln!(text, "    {} {}", style.dim("from:"), visible(&origin));
    }
    let _ = writeln!(
        text,
        "    {} {}",
        style.active("fix:"),
        visible(&finding.fix)
    );
    text
}

/// Text from the world on one line, without what would steer a terminal.
fn cut(text: &str) -> String {
    form::cut(&visible(text), LONGEST_VALUE).into_owned()
}

/// What weakens everything that is told, a line each.
pub(super) fn caveats(caveats: &[String], style: Style) -> String {
    let lines = caveats
        .iter()
        .map(|it| format!("{} {}\n", style.warn("!"), visible(it)));
    lines.collect()
}

/// What changed since an earlier reading.
fn since(report: &Report, style: Style) -> String {
    let Some(since) = &report.since else {
        return String::new();
    };
    let mut text = format!("{}\n", style.bold(since.sentence()));
    for id in &since.new {
        let _ = writeln!(text, "  {} {id}", style.warn("new "));
    }
    for gone in &since.gone {
        let subject = gone.subject.to_string();
        let _ = writeln!(
            text,
            "  {} {} {} {}",
            style.good("gone"),
            style.dim(gone.id.as_str()),
            gone.code,
            visible(&subject)
        );
    }
    text + "\n"
}

/// What somebody accepts: it weighs nothing, and is told all the same.
fn excused(report: &Report, style: Style) -> String {
    if report.excused.is_empty() {
        return String::new();
    }
    let mut text = format!("{} ({})\n", style.bold("ACCEPTED"), report.excused.len());
    for excused in &report.excused {
        let finding = &excused.entry.finding;
        let code = match finding.severity {
            Severity::Blocking => style.bad(&finding.code),
            Severity::Slowing | Severity::Notice => style.dim(&finding.code),
        };
        let _ = writeln!(
            text,
            "  {code} {}  {}\n    {}",
            visible(&finding.subject.to_string()),
            style.dim(excused.entry.id.as_str()),
            visible(&form::accepted(excused)),
        );
    }
    text.push('\n');
    text
}

/// What nothing is said about.
fn unknown(unknown: &[Unknown], style: Style) -> String {
    if unknown.is_empty() {
        return String::new();
    }
    let mut text = format!("{} ({})\n", style.bold("NOT KNOWN"), unknown.len());
    for gap in unknown {
        let about = visible(gap.about.as_deref().unwrap_or("all of them"));
        let attributes = match gap.attributes.as_slice() {
            [] => String::new(),
            attributes => format!(", {}", visible(&attributes.join(", "))),
        };
        let _ = writeln!(
            text,
            "  {} in {}: {about}{attributes}\n    {}\n    {} {}",
            style.bad(gap.kind.name()),
            gap.site,
            cut(&gap.reason),
            style.active("fix:"),
            visible(&gap.fix)
        );
    }
    text.push('\n');
    text
}

fn foot(report: &Report, style: Style) -> String {
    let count = |of: fn(&dr_core::drift::Coverage) -> usize| -> usize {
        report.coverage.values().map(of).sum()
    };
    let verdict = report.headline();
    let verdict = match report.verdict {
        Verdict::InSync if report.excused.is_empty() => style.good(verdict),
        Verdict::InSync | Verdict::Drift => style.warn(verdict),
        Verdict::Incomplete | Verdict::Blocked => style.bad(verdict),
    };
    format!(
        "{} {} pairs ({} of them matched by their place), {} things alone, {} members of groups, {} not the estate's\n{verdict}\n",
        style.dim("compared"),
        count(|line| line.pairs),
        count(|line| line.by_place),
        count(|line| line.alone),
        count(|line| line.members),
        count(|line| line.foreign),
    )
}
