//! The forms of a report for other programs and for pages. Pure: the same report gives the same bytes.
//!
//! | file | for |
//! |---|---|
//! | `sarif` | code scanning: SARIF 2.1.0 |
//! | `junit` | test reports of CI: JUnit XML |
//! | `markdown` | a comment on a pull request |
//! | `html` | one self-contained page |
//! | `escape` | text from the world, made harmless |
//! | `schema` | the JSON Schema of the report itself |
//!
//! All but the schema are written from a [`Sheet`], so that whatever has entries, rules and unknowns has all forms.

mod escape;
mod html;
mod junit;
mod markdown;
mod sarif;
mod schema;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use jiff::Timestamp;

pub use super::report::shown;
pub use escape::{cut, json as printable_json, visible};
#[cfg(test)]
pub(crate) use schema::closed;
pub(crate) use schema::of_report;
pub use schema::report_schema;

use super::exception::{Excused, stopping};
use super::report::{Coverage, Entry, Report, Unknown, Verdict};
use crate::model::{EstateName, Family, ResourceKind, RuleDoc, Severity, SiteId};

/// What a form is written from, whatever was examined.
#[derive(Debug, Clone)]
pub struct Sheet<'a> {
    /// The command that examined: `drift`. It leads the names in other programs' lists.
    pub command: &'static str,
    /// What the page is called: `Drift`.
    pub title: &'static str,
    /// The estate.
    pub estate: &'a EstateName,
    /// The site that takes the writes now.
    pub primary: &'a SiteId,
    /// The one that is to take over.
    pub standby: &'a SiteId,
    /// When the sites were read, the earlier of the two.
    pub at: Timestamp,
    /// How it stands.
    pub tone: Tone,
    /// What it comes to, in one sentence without a full stop.
    pub headline: String,
    /// What weakens all of it, and what changed: sentences without a full stop.
    pub caveats: Vec<String>,
    /// Further figures, each with its name.
    pub facts: Vec<(&'static str, String)>,
    /// What was found, the worst first.
    pub findings: &'a [Entry],
    /// What was found and somebody accepts until a day.
    pub excused: &'a [Excused],
    /// What is not known.
    pub unknown: &'a [Unknown],
    /// Every rule that was asked, whether it found something or not.
    pub rules: Vec<&'static RuleDoc>,
    /// How much was compared, where something was.
    pub coverage: Option<&'a BTreeMap<ResourceKind, Coverage>>,
    /// The file that declares the estate, relative to the repository's root, with `/` between its parts. Code scanning shows only
    /// what stands in a file.
    pub declared_in: Option<String>,
}

/// How a report stands, as a colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// As it should be.
    Good,
    /// Somebody should look.
    Attention,
    /// A failover is in danger.
    Bad,
}

impl Sheet<'_> {
    /// SARIF 2.1.0.
    pub fn to_sarif(&self) -> String {
        sarif::write(self)
    }

    /// JUnit XML.
    pub fn to_junit(&self) -> String {
        junit::write(self)
    }

    /// GitHub Flavored Markdown.
    pub fn to_markdown(&self) -> String {
        markdown::write(self)
    }

    /// One self-contained page.
    pub fn to_html(&self) -> String {
        html::write(self)
    }

    /// The rule of a code; `None` for one that this version does not know.
    fn rule(&self, code: &str) -> Option<&'static RuleDoc> {
        self.rules.iter().find(|rule| rule.code == code).copied()
    }

    /// The findings of a severity, in order.
    fn with(&self, severity: Severity) -> impl Iterator<Item = &Entry> {
        let findings = self.findings.iter();
        findings.filter(move |entry| entry.finding.severity == severity)
    }

    /// The family of a finding's rule.
    fn family(&self, entry: &Entry) -> Option<Family> {
        self.rule(&entry.finding.code).map(|rule| rule.family)
    }

    /// What a finding is called: its rule's title, or its code.
    fn name(&self, entry: &Entry) -> String {
        match self.rule(&entry.finding.code) {
            Some(rule) => capitalised(rule.title),
            None => entry.finding.code.clone(),
        }
    }

    /// Both sites, the primary first.
    fn sites(&self) -> [&SiteId; 2] {
        [self.primary, self.standby]
    }

    /// When the sites were read, for people.
    fn read_at(&self) -> String {
        self.at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
    }
}

/// What findings of a severity do to a failover, in the words of every form, the worst first.
const EFFECTS: [(Severity, &str); 3] = [
    (Severity::Blocking, "Stops a failover"),
    (Severity::Slowing, "Adds minutes"),
    (Severity::Notice, "Worth knowing"),
];

impl Report {
    /// What its forms are written from.
    pub fn sheet(&self) -> Sheet<'_> {
        let tone = match self.verdict {
            Verdict::InSync if stopping(&self.excused) == 0 => Tone::Good,
            Verdict::InSync | Verdict::Drift => Tone::Attention,
            Verdict::Incomplete | Verdict::Blocked => Tone::Bad,
        };
        let total = |of: fn(&Coverage) -> usize| -> String {
            self.coverage.values().map(of).sum::<usize>().to_string()
        };
        Sheet {
            command: "drift",
            title: "Drift",
            estate: &self.estate,
            primary: &self.primary,
            standby: &self.standby,
            at: self.read_at,
            tone,
            headline: capitalised(&self.headline()),
            caveats: self.caveats.clone(),
            facts: vec![
                ("pairs compared", total(|line| line.pairs)),
                ("paired by their place", total(|line| line.by_place)),
                ("things without a counterpart", total(|line| line.alone)),
                ("members of groups", total(|line| line.members)),
                (
                    "things that are not the estate's",
                    total(|line| line.foreign),
                ),
            ],
            findings: &self.findings,
            excused: &self.excused,
            unknown: &self.unknown,
            rules: super::rules().collect(),
            coverage: Some(&self.coverage),
            declared_in: None,
        }
    }
}

/// What something that is accepted does to a failover, until when it is accepted, why, and who answers for it.
pub fn accepted(excused: &Excused) -> String {
    let exception = &excused.exception;
    let does = match excused.entry.finding.severity {
        Severity::Blocking => "would stop a failover",
        Severity::Slowing => "adds minutes",
        Severity::Notice => "worth knowing",
    };
    let approved = exception.approved_by.as_ref();
    let approved = approved.map(|who| format!(", approved by {who}"));
    format!(
        "{does}; accepted until {}: {} ({}{})",
        exception.expires,
        exception.reason,
        exception.owner,
        approved.unwrap_or_default()
    )
}

/// What an unknown is about, in one line.
fn about(unknown: &Unknown) -> String {
    let thing = unknown.about.as_deref().unwrap_or("all of them");
    match unknown.attributes.as_slice() {
        [] => thing.to_owned(),
        attributes => format!("{thing}: {}", attributes.join(", ")),
    }
}

/// A sentence with its full stop.
fn sentence(text: &str) -> String {
    format!("{}.", text.trim_end_matches('.'))
}

/// A text with its first letter made large.
fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => String::new(),
    }
}
