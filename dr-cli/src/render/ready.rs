//! Whether the standby could take over: a line a rule, grouped by family, then what was found, what to do first, and the verdict.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use dr_core::drift::form::{self, accepted, visible};
use dr_core::drift::{Entry, Excused};
use dr_core::model::{Family, Severity};
use dr_core::readiness::{Answer, Line, Report, Standing, Tally};

use super::doubt::{Cause, causes};
use super::drift::caveats;
use super::style::Style;

/// So many things are told to be done first; the rest stands above.
const FIRST: usize = 5;
/// Longer lines are cut on the screen; JSON has them whole.
const LONGEST: usize = 160;

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
    let width = report.rules.iter().map(|line| line.code.len()).max();
    let mut told = BTreeSet::new();
    for family in Family::ALL {
        let lines: Vec<&Line> = report
            .rules
            .iter()
            .filter(|line| line.family == family)
            .collect();
        if lines.is_empty() {
            continue;
        }
        let tally = report
            .score
            .families
            .get(&family)
            .copied()
            .unwrap_or_default();
        let name = family.to_string().to_uppercase();
        let _ = writeln!(text, "{}  {}", style.bold(name), style.dim(counted(tally)));
        for line in lines {
            let width = width.unwrap_or_default();
            text.push_str(&rule(line, report, width, &mut told, style));
        }
        text.push('\n');
    }
    text.push_str(&first(report, style));
    text.push_str(&foot(report, style));
    text
}

fn counted(tally: Tally) -> String {
    let mut parts = Vec::new();
    for (count, what) in [
        (tally.holds, "hold"),
        (tally.violated, "violated"),
        (tally.unknown, "unknown"),
        (tally.accepted, "accepted"),
        (tally.nothing, "with nothing to judge"),
    ] {
        if count > 0 {
            parts.push(format!("{count} {what}"));
        }
    }
    parts.join(", ")
}

/// `told` are the fixes that stand above already: what is not known for one reason is mended once.
fn rule<'a>(
    line: &'a Line,
    report: &Report,
    width: usize,
    told: &mut BTreeSet<&'a str>,
    style: Style,
) -> String {
    let standing = |text: &str| format!("{text:<7}");
    let standing = match line.standing {
        Standing::Holds => style.good(standing("holds")),
        Standing::Nothing => style.dim(standing("-")),
        Standing::Accepted => style.warn(standing("accepts")),
        Standing::Notice => style.warn(standing("notice")),
        Standing::Slows => style.warn(standing("slows")),
        Standing::Unknown => style.bad(standing("unknown")),
        Standing::Blocks => style.bad(standing("BLOCKS")),
    };
    let mut causes = causes(&line.unknown);
    let is_told = |cause: &Cause<'_>| told.contains(cause.fix);
    let said = match line.standing {
        Standing::Unknown if causes.len() == 1 && causes.iter().all(is_told) => {
            causes.remove(0).reason
        }
        Standing::Holds => several(&line.holds),
        Standing::Nothing => several(&line.nothing),
        _ => String::new(),
    };
    let mut text = format!(
        "  {standing}  {:<width$}  {}",
        line.code,
        style.dim(cut(&said))
    );
    text.truncate(text.trim_end().len());
    text.push('\n');
    for id in &line.findings {
        if let Some(entry) = report.finding(id.as_str()) {
            text.push_str(&finding(entry, style));
        }
    }
    let accepted = line.accepted.iter();
    for one in accepted.filter_map(|id| report.accepted(id.as_str())) {
        text.push_str(&excused(one, style));
    }
    for cause in &causes {
        text.push_str(&unknown(cause, told.insert(cause.fix), style));
    }
    text
}

/// Text from the world on one line, without what would steer a terminal.
fn cut(text: &str) -> String {
    form::cut(&visible(text), LONGEST).into_owned()
}

/// What somebody accepts: it weighs nothing, and is told all the same.
fn excused(excused: &Excused, style: Style) -> String {
    let finding = &excused.entry.finding;
    format!(
        "           {} {}: {}  {}\n           {}\n",
        style.warn("accepted"),
        style.bold(visible(&finding.subject.to_string())),
        cut(&finding.message),
        style.dim(excused.entry.id.as_str()),
        visible(&accepted(excused))
    )
}

fn several(texts: &[String]) -> String {
    match texts {
        [] => String::new(),
        [one] => one.clone(),
        [one, rest @ ..] => format!("{one}, and {} more", rest.len()),
    }
}

fn finding(entry: &Entry, style: Style) -> String {
    let finding = &entry.finding;
    let what = match finding.severity {
        Severity::Blocking => style.bad("blocks"),
        Severity::Slowing => style.warn("slows"),
        Severity::Notice => style.warn("notice"),
    };
    format!(
        "           {what} {}: {}  {}\n           {} {}\n",
        style.bold(visible(&finding.subject.to_string())),
        cut(&finding.message),
        style.dim(entry.id.as_str()),
        style.active("fix:"),
        visible(&finding.fix)
    )
}

fn unknown(cause: &Cause<'_>, is_new: bool, style: Style) -> String {
    let mut text = format!(
        "           {} {}\n",
        style.bad("not known:"),
        cut(&cause.reason)
    );
    if is_new {
        let fix = visible(cause.fix);
        let _ = writeln!(text, "           {} {fix}", style.active("fix:"));
    }
    text
}

/// What to do first.
fn first(report: &Report, style: Style) -> String {
    if report.first.is_empty() {
        return String::new();
    }
    let mut steps: Vec<String> = Vec::new();
    // What is not known for one reason is mended in one step.
    let mut unknown: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for line in report.first.iter().filter_map(|code| report.line(code)) {
        let fix = line
            .unknown
            .first()
            .map_or("dr discover", |doubt| doubt.fix.as_str());
        unknown.entry(fix).or_default().push(&line.code);
    }
    for what in &report.first {
        if let Some(entry) = report.finding(what) {
            let finding = &entry.finding;
            steps.push(format!("{}: {}", finding.subject, finding.fix));
        } else if !unknown.is_empty() {
            let told = std::mem::take(&mut unknown).into_iter();
            steps.extend(
                told.map(|(fix, codes)| format!("{fix}: not known is {}", codes.join(", "))),
            );
        }
    }
    let mut text = format!("{}\n", style.bold("FIRST"));
    for (number, step) in (1..).zip(steps.iter().take(FIRST)) {
        let _ = writeln!(text, "  {number}. {}", visible(step));
    }
    if steps.len() > FIRST {
        let more = format!("and {} more, above", steps.len() - FIRST);
        let _ = writeln!(text, "  {}", style.dim(more));
    }
    text.push('\n');
    text
}

fn foot(report: &Report, style: Style) -> String {
    let verdict = report.headline();
    let verdict = match report.verdict {
        Answer::Ready if report.excused.is_empty() => style.good(verdict),
        Answer::Ready | Answer::Impaired => style.warn(verdict),
        Answer::Unknown | Answer::Blocked => style.bad(verdict),
    };
    let all = report.score.all;
    format!(
        "{} {} of {} rules that have something to judge hold ({} %)\n{verdict}\n",
        style.dim("score"),
        all.holds,
        all.judged(),
        report.score.percent
    )
}
