//! Differences that somebody accepts: with a reason, an owner and an end, and a second person where a failover depends on it.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::judge::{EXPIRED, UNAPPROVED, UNUSED};
use super::report::{Entry, FindingId};
use crate::model::{Exception, Finding, RuleDoc, Severity, Subject};

/// A finding that an exception hides. It is told apart from the others, and weighs nothing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Excused {
    /// What was found.
    #[serde(flatten)]
    pub entry: Entry,
    /// What excuses it.
    pub exception: Exception,
}

/// Parts what exceptions hide from what they do not, and adds what is wrong with the exceptions themselves. `exceptions` are those
/// that name a rule of this report; `is_judged`: whether everything was read that an exception is about, so that one without a use has
/// none.
pub(crate) fn apply(
    exceptions: &[&Exception],
    findings: Vec<Entry>,
    at: jiff::Timestamp,
    is_judged: impl Fn(&Exception) -> bool,
) -> (Vec<Entry>, Vec<Excused>) {
    let mut uses = vec![Use::default(); exceptions.len()];
    let mut kept = Vec::new();
    let mut excused = Vec::new();
    for entry in findings {
        let fitting = exceptions.iter().enumerate();
        let fitting = fitting.filter(|(_, one)| fits(one, &entry));
        let strength = |exception: &Exception| strength(exception, &entry.finding, at);
        // Of several the first that hides it: one that has run out takes nothing from its successor.
        let best = fitting.rev().max_by_key(|(_, one)| strength(one));
        let Some((number, exception)) = best else {
            kept.push(entry);
            continue;
        };
        let strength = strength(exception);
        uses[number].count(strength);
        if strength == Strength::Hides {
            excused.push(Excused {
                entry,
                exception: (*exception).clone(),
            });
        } else {
            kept.push(entry);
        }
    }
    excused.sort_by(|one: &Excused, other| one.entry.worst_first(&other.entry));
    let mut told = BTreeSet::new();
    for (exception, uses) in exceptions.iter().zip(uses) {
        let wrong = uses.wrong(exception, is_judged(exception));
        kept.extend(wrong.filter(|entry| told.insert(entry.id.clone())));
    }
    (kept, excused)
}

/// What an exception does to a finding that it is about, the strongest last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Strength {
    /// Nothing any more.
    Expired,
    /// Nothing as long as nobody else approves it.
    Unapproved,
    /// It hides it.
    Hides,
}

fn strength(exception: &Exception, finding: &Finding, at: jiff::Timestamp) -> Strength {
    if exception.expires.is_over(at) {
        Strength::Expired
    } else if finding.severity == Severity::Blocking && !exception.is_approved() {
        Strength::Unapproved
    } else {
        Strength::Hides
    }
}

/// How often an exception was the best for a finding.
#[derive(Debug, Clone, Copy, Default)]
struct Use {
    hides: usize,
    unapproved: usize,
    expired: usize,
}

impl Use {
    fn count(&mut self, strength: Strength) {
        let place = match strength {
            Strength::Expired => &mut self.expired,
            Strength::Unapproved => &mut self.unapproved,
            Strength::Hides => &mut self.hides,
        };
        *place += 1;
    }

    /// What is wrong with an exception that was used so.
    fn wrong(self, exception: &Exception, is_judged: bool) -> impl Iterator<Item = Entry> {
        let unapproved = (self.unapproved > 0).then(|| {
            let message = format!(
                "{} wants to hide something that stops a failover, and nobody else has approved it",
                exception.owner
            );
            wrong(&UNAPPROVED, exception, &message)
        });
        let expired = (self.expired > 0).then(|| {
            let message = format!(
                "it held until {}: {}, owner {}",
                exception.expires, exception.reason, exception.owner
            );
            wrong(&EXPIRED, exception, &message)
        });
        let is_used = self.hides + self.unapproved + self.expired > 0;
        let unused = (is_judged && !is_used).then(|| {
            let message = "there is nothing left that it is about, or another one hides that";
            wrong(&UNUSED, exception, message)
        });
        [unapproved, expired, unused].into_iter().flatten()
    }
}

/// What a good verdict leaves out: ` but for 2 accepted differences, 1 of which would stop a failover`. Empty where nothing is
/// accepted.
pub(crate) fn but_for(excused: &[Excused], what: &str) -> String {
    match (excused.len(), stopping(excused)) {
        (0, _) => String::new(),
        (1, 0) => format!(" but for 1 accepted {what}"),
        (1, _) => format!(" but for 1 accepted {what}, which would stop a failover"),
        (all, 0) => format!(" but for {all} accepted {what}s"),
        (all, stop) => {
            format!(" but for {all} accepted {what}s, {stop} of which would stop a failover")
        }
    }
}

/// What a verdict leaves out that says that nothing stops a failover. Empty where nothing accepted would.
pub(crate) fn but_would(excused: &[Excused], what: &str) -> String {
    match stopping(excused) {
        0 => String::new(),
        1 => format!(", but 1 accepted {what} would"),
        stop => format!(", but {stop} accepted {what}s would"),
    }
}

/// How many of them would stop a failover.
pub(crate) fn stopping(excused: &[Excused]) -> usize {
    let severities = excused.iter().map(|one| one.entry.finding.severity);
    severities.filter(|it| *it == Severity::Blocking).count()
}

/// Those that name a rule of a report.
pub(crate) fn of(exceptions: &[Exception], is_rule: impl Fn(&str) -> bool) -> Vec<&Exception> {
    let exceptions = exceptions.iter();
    exceptions.filter(|one| is_rule(&one.rule)).collect()
}

/// Whether an exception is about a finding.
fn fits(exception: &Exception, entry: &Entry) -> bool {
    let finding = &entry.finding;
    let (component, name) = match &finding.subject {
        Subject::Resource {
            component, name, ..
        } => (component.as_ref(), Some(name.as_str())),
        Subject::Component(component) | Subject::Placed(component, _) => (Some(component), None),
        Subject::Estate | Subject::Site(_) | Subject::Step(_) => (None, None),
    };
    let is_inside = |wanted: &String| {
        entry.attribute.as_ref().is_some_and(|attribute| {
            attribute == wanted || attribute.starts_with(&format!("{wanted}."))
        })
    };
    exception.rule == finding.code
        && exception
            .component
            .as_ref()
            .is_none_or(|wanted| Some(wanted) == component)
        && exception
            .resource
            .as_deref()
            .is_none_or(|wanted| Some(wanted) == name)
        && exception.attribute.as_ref().is_none_or(is_inside)
}

/// Something is wrong with an exception itself.
fn wrong(rule: &'static RuleDoc, exception: &Exception, message: &str) -> Entry {
    let mut about = exception.rule.clone();
    for part in [
        exception.component.as_ref().map(ToString::to_string),
        exception.resource.clone(),
        exception.attribute.clone(),
    ]
    .into_iter()
    .flatten()
    {
        about = format!("{about} {part}");
    }
    let message = format!("the exception for {about}: {message}");
    let finding = Finding::new(rule.severity, rule.code, Subject::Estate, message, rule.fix);
    Entry::new(FindingId::new(rule.code, &about, None), finding)
}
