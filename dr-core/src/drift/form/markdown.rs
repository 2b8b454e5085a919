//! GitHub Flavored Markdown, for a comment on a pull request: grouped by what a finding does to a failover, each with its fix, its
//! evidence folded away.

use std::fmt::Write as _;

use super::escape::{cut, markdown_code as code, markdown_prose as prose};
use super::{EFFECTS, Sheet, Tone, about, accepted, capitalised, shown};
use crate::drift::report::{Entry, Unknown};
use crate::model::{RuleDoc, Severity};

/// GitHub refuses a comment of more than 65,536 characters, with room for a line or two around it.
const LONGEST: usize = 65_000;

/// Longer values are cut: the page and JSON have them whole.
const LONGEST_VALUE: usize = 300;

pub(super) fn write(sheet: &Sheet<'_>) -> String {
    // As much evidence as fits: that of what stops a failover is left out last. Every finding stays, with its id.
    let from = EFFECTS.iter().rev().map(|(severity, _)| Some(*severity));
    from.chain([None])
        .map(|from| with_evidence(sheet, from))
        .find(|text| length(text) <= LONGEST)
        .unwrap_or_else(|| cut_to_fit(sheet))
}

/// As GitHub counts.
fn length(text: &str) -> usize {
    text.chars().count()
}

/// As much as fits, without evidence: what stops a failover first. What is accepted and what is not known have room of their own, and
/// each list says how much of it is left out.
fn cut_to_fit(sheet: &Sheet<'_>) -> String {
    let rest = [
        excused(sheet, Room(LONGEST / 8)),
        unknown(sheet.unknown, Room(LONGEST / 4)),
        foot(sheet),
    ]
    .concat();
    let mut text = head(sheet);
    for (severity, title) in EFFECTS {
        let findings: Vec<&Entry> = sheet.with(severity).collect();
        if findings.is_empty() {
            continue;
        }
        let heading = heading(severity, title, findings.len());
        let used = length(&text) + length(&heading) + length(&rest);
        let rows = findings.iter().map(|entry| finding(sheet, entry, false));
        text.push_str(&heading);
        text.push_str(&Room(LONGEST.saturating_sub(used + TITLES)).fill(rows, "\n"));
    }
    text + &rest
}

/// Room for the headings and the last lines of lists that have no room for more.
const TITLES: usize = 600;

/// So many characters of a list.
#[derive(Clone, Copy)]
struct Room(usize);

impl Room {
    /// No end of it.
    const ENDLESS: Self = Self(usize::MAX);

    /// The rows that fit, and how many do not.
    fn fill(self, rows: impl Iterator<Item = String>, end: &str) -> String {
        let (mut text, mut used, mut left_out) = (String::new(), 0, 0);
        for row in rows {
            used += length(&row);
            // What comes after one that did not fit is less bad: it does not take its place.
            if left_out > 0 || used > self.0 {
                left_out += 1;
            } else {
                text.push_str(&row);
            }
        }
        if left_out > 0 {
            let _ = write!(
                text,
                "{end}_and {left_out} more: they stand in the other forms of this report_\n\n"
            );
        }
        text
    }
}

/// The whole, with the evidence of findings that are at least so severe.
fn with_evidence(sheet: &Sheet<'_>, from: Option<Severity>) -> String {
    let mut text = head(sheet);
    for (severity, title) in EFFECTS {
        let findings: Vec<&Entry> = sheet.with(severity).collect();
        if findings.is_empty() {
            continue;
        }
        text.push_str(&heading(severity, title, findings.len()));
        let is_full = from.is_some_and(|from| severity >= from);
        for entry in findings {
            text.push_str(&finding(sheet, entry, is_full));
        }
        if !is_full {
            text.push_str("_The evidence did not fit into a comment: it stands in the other forms of this report._\n\n");
        }
    }
    text.push_str(&excused(sheet, Room::ENDLESS));
    text.push_str(&unknown(sheet.unknown, Room::ENDLESS));
    text.push_str(&foot(sheet));
    text
}

fn heading(severity: Severity, title: &str, count: usize) -> String {
    format!("### {} {title} ({count})\n\n", sign(severity))
}

fn sign(severity: Severity) -> &'static str {
    match severity {
        Severity::Blocking => "🛑",
        Severity::Slowing => "⚠️",
        Severity::Notice => "ℹ️",
    }
}

fn head(sheet: &Sheet<'_>) -> String {
    let seal = match sheet.tone {
        Tone::Good => "✅",
        Tone::Attention => "⚠️",
        Tone::Bad => "🛑",
    };
    let mut text = format!(
        "## {seal} {} of {}: {}\n\n{} → {}, read {}.\n\n",
        sheet.title,
        code(sheet.estate.as_str()),
        prose(&sheet.headline),
        code(sheet.primary.as_str()),
        code(sheet.standby.as_str()),
        sheet.read_at()
    );
    for caveat in &sheet.caveats {
        let _ = write!(text, "> ⚠️ {}.\n\n", prose(&capitalised(caveat)));
    }
    text.push_str("| | |\n|---|---:|\n");
    for (severity, title) in EFFECTS {
        let count = sheet.with(severity).count();
        let _ = writeln!(text, "| {} {title} | {count} |", sign(severity));
    }
    let _ = writeln!(text, "| 🤝 Accepted | {} |", sheet.excused.len());
    let _ = write!(text, "| ❔ Not known | {} |\n\n", sheet.unknown.len());
    text
}

fn finding(sheet: &Sheet<'_>, entry: &Entry, is_full: bool) -> String {
    let finding = &entry.finding;
    let mut text = format!(
        // On one line: what a name begins with must not begin a list or a heading.
        "**{}** · {} · {}<br>{}<br>**Fix:** {}\n\n",
        prose(&sheet.name(entry)),
        code(&cut(&finding.subject.to_string(), LONGEST_VALUE)),
        code(entry.id.as_str()),
        prose(&cut(&finding.message, LONGEST_VALUE)),
        prose(&finding.fix)
    );
    if is_full {
        text.push_str("<details><summary>Evidence</summary>\n\n");
        text.push_str(&evidence(sheet, entry));
        text.push_str("</details>\n\n");
    }
    text
}

fn evidence(sheet: &Sheet<'_>, entry: &Entry) -> String {
    let mut text = sides(sheet, entry);
    if let Some(witness) = &entry.witness {
        let _ = write!(text, "Witness: {}\n\n", code(witness));
    }
    for origin in &entry.origins {
        let _ = write!(text, "From: {}\n\n", prose(&origin.to_string()));
    }
    if let Some(ground) = entry.paired_by {
        let _ = write!(text, "Counterparts: {ground}.\n\n");
    }
    match sheet.rule(&entry.finding.code) {
        Some(rule) => text.push_str(&why(rule)),
        None => {
            let _ = write!(text, "Rule {}.\n\n", code(&entry.finding.code));
        }
    }
    text
}

/// What stands on each site, as a table; nothing of a finding that is about no thing.
fn sides(sheet: &Sheet<'_>, entry: &Entry) -> String {
    if entry.evidence.is_empty() {
        return String::new();
    }
    let mut text = String::from("| |");
    for site in sheet.sites() {
        let _ = write!(text, " {} |", code(site.as_str()));
    }
    text.push_str("\n|---|---|---|\n");
    let row = |name: &str, cells: [Option<String>; 2]| {
        let cells = cells.map(|cell| match cell {
            Some(text) => code(&cut(&text, LONGEST_VALUE)),
            None => "–".to_owned(),
        });
        format!("| {name} | {} | {} |\n", cells[0], cells[1])
    };
    let of = sheet.sites().map(|site| entry.evidence.get(site));
    text.push_str(&row("thing", of.map(|it| it.and_then(|it| it.id.clone()))));
    let values = of.map(|it| it.and_then(|it| it.value.as_ref()).map(shown));
    if values.iter().any(Option::is_some) {
        let name = entry.attribute.as_deref().map_or("value".to_owned(), code);
        text.push_str(&row(&name, values));
    }
    text.push('\n');
    text
}

fn why(rule: &RuleDoc) -> String {
    let source = if rule.source.starts_with("https://") {
        format!("[Source]({})", rule.source)
    } else {
        format!("Source: {}", prose(rule.source))
    };
    format!("{} Rule {}. {source}\n\n", prose(rule.why), code(rule.code))
}

fn excused(sheet: &Sheet<'_>, room: Room) -> String {
    if sheet.excused.is_empty() {
        return String::new();
    }
    let mut text = format!("### 🤝 Accepted ({})\n\n", sheet.excused.len());
    let rows = sheet.excused.iter().map(|excused| {
        let entry = &excused.entry;
        format!(
            "- **{}** · {} · {}<br>{}\n",
            prose(&sheet.name(entry)),
            code(&cut(&entry.finding.subject.to_string(), LONGEST_VALUE)),
            code(entry.id.as_str()),
            prose(&cut(&accepted(excused), LONGEST_VALUE))
        )
    });
    text.push_str(&room.fill(rows, "\n"));
    text.push('\n');
    text
}

fn unknown(unknown: &[Unknown], room: Room) -> String {
    if unknown.is_empty() {
        return String::new();
    }
    let mut text = format!(
        "### ❔ Not known ({})\n\nNothing is said about what could not be read.\n\n",
        unknown.len()
    );
    text.push_str("| Site | What | Why | Fix |\n|---|---|---|---|\n");
    let rows = unknown.iter().map(|gap| {
        format!(
            "| {} | {} {} | {} | {} |\n",
            code(gap.site.as_str()),
            code(gap.kind.name()),
            prose(&cut(&about(gap), LONGEST_VALUE)),
            prose(&cut(&gap.reason, LONGEST_VALUE)),
            prose(&gap.fix)
        )
    });
    text.push_str(&room.fill(rows, "\n"));
    text.push('\n');
    text
}

fn foot(sheet: &Sheet<'_>) -> String {
    let facts = sheet.facts.iter();
    let facts: Vec<String> = facts
        .map(|(name, value)| format!("{} {}", prose(value), prose(name)))
        .collect();
    format!("<sub>{}</sub>\n", facts.join(", "))
}
