//! One self-contained page in the dress of the other reports: no script, no font, no image, no network.
//!
//! The template escapes every text; what steers a display is made visible before.

use askama::Template;

use serde_json::Value;

use super::escape::{cut, spans};
use super::{EFFECTS, Sheet, Tone, about, accepted, shown, visible};
use crate::drift::exception::{Excused, stopping};
use crate::drift::report::{Coverage, Entry, Evidence, Unknown};
use crate::model::{ResourceKind, RuleDoc, Severity};

/// The findings of a severity.
struct Group<'a> {
    severity: Severity,
    title: &'static str,
    findings: Vec<Item<'a>>,
}

/// A finding with its rule.
struct Item<'a> {
    entry: &'a Entry,
    rule: Option<&'static RuleDoc>,
    name: String,
}

/// What stands on one site, as text.
struct Cell {
    site: String,
    thing: Option<String>,
    value: Option<Vec<String>>,
}

/// More findings than these get a table of contents.
const ON_ONE_SCREEN: usize = 3;

/// Longer messages are cut: they repeat values, which stand below them whole.
const LONGEST_MESSAGE: usize = 400;

#[derive(Template)]
#[template(path = "findings.html")]
struct Page<'a> {
    sheet: &'a Sheet<'a>,
    groups: Vec<Group<'a>>,
    coverage: Vec<(ResourceKind, &'a Coverage)>,
    /// There are so many findings that they do not stand on one screen.
    is_long: bool,
}

pub(super) fn write(sheet: &Sheet<'_>) -> String {
    let groups = EFFECTS.map(|(severity, title)| Group {
        severity,
        title,
        findings: sheet
            .with(severity)
            .map(|entry| Item {
                entry,
                rule: sheet.rule(&entry.finding.code),
                name: sheet.name(entry),
            })
            .collect(),
    });
    let coverage = sheet.coverage.into_iter().flatten();
    Page {
        sheet,
        groups: groups.into(),
        is_long: sheet.findings.len() > ON_ONE_SCREEN,
        coverage: coverage.map(|(kind, line)| (*kind, line)).collect(),
    }
    .render()
    .expect("writing to a string cannot fail, and the template calls nothing else that can")
}

impl Page<'_> {
    fn seal(&self) -> (&'static str, &'static str) {
        match self.sheet.tone {
            Tone::Good => ("good", "✓"),
            Tone::Attention => ("attention", "!"),
            Tone::Bad => ("bad", "✕"),
        }
    }

    /// The class and the sign of a severity.
    fn mark(&self, severity: &Severity) -> (&'static str, &'static str) {
        match severity {
            Severity::Blocking => ("bad", "✕"),
            Severity::Slowing => ("attention", "!"),
            Severity::Notice => ("plain", "–"),
        }
    }

    /// Any text from the world.
    fn text(&self, text: &(impl ToString + ?Sized)) -> String {
        visible(&text.to_string()).into_owned()
    }

    fn message(&self, entry: &Entry) -> String {
        visible(&cut(&entry.finding.message, LONGEST_MESSAGE)).into_owned()
    }

    /// The parts of a text, each with whether it is code.
    fn spans(&self, text: &str) -> Vec<(bool, String)> {
        let parts = spans(text).into_iter();
        parts
            .map(|(is_code, part)| (is_code, visible(part).into_owned()))
            .collect()
    }

    /// Both sites, where anything is known of what stands there.
    fn cells(&self, entry: &Entry) -> Vec<Cell> {
        if entry.evidence.is_empty() {
            return Vec::new();
        }
        let sites = self.sheet.sites().into_iter();
        let cells = sites.map(|site| {
            let evidence: Option<&Evidence> = entry.evidence.get(site);
            let thing = evidence.and_then(|it| it.id.as_deref());
            let value = evidence.and_then(|it| it.value.as_ref());
            Cell {
                site: site.to_string(),
                thing: thing.map(|it| visible(it).into_owned()),
                value: value.map(lines),
            }
        });
        cells.collect()
    }

    fn named(&self, entry: &Entry) -> String {
        visible(&self.sheet.name(entry)).into_owned()
    }

    fn accepted(&self, excused: &Excused) -> String {
        visible(&accepted(excused)).into_owned()
    }

    fn about(&self, unknown: &Unknown) -> String {
        visible(&about(unknown)).into_owned()
    }

    /// How many of what is accepted would stop a failover.
    fn stopping(&self) -> usize {
        stopping(self.sheet.excused)
    }

    /// The class of a count: nothing is paler.
    fn dim(&self, count: &usize) -> &'static str {
        if *count == 0 { " zero" } else { "" }
    }

    fn is_link(&self, source: &str) -> bool {
        source.starts_with("https://")
    }
}

/// A value line by line: each item of a list, each member of a map.
fn lines(value: &Value) -> Vec<String> {
    let lines: Vec<String> = match value {
        Value::Array(items) if !items.is_empty() => items.iter().map(shown).collect(),
        Value::Object(members) if !members.is_empty() => members
            .iter()
            .map(|(name, value)| format!("{name}: {}", shown(value)))
            .collect(),
        other => vec![shown(other)],
    };
    lines
        .iter()
        .map(|line| visible(line).into_owned())
        .collect()
}
