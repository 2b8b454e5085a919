//! Differences that somebody accepts: with a reason, an owner and an end, and a second person where a failover depends on it.

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

/// Parts what an exception hides from what it does not, and adds what is wrong with the exceptions themselves. `is_complete`:
/// whether everything was read; otherwise an exception may be unused because of a gap.
pub(super) fn apply(
    exceptions: &[Exception],
    findings: Vec<Entry>,
    at: jiff::Timestamp,
    is_complete: bool,
    rules: &[&'static RuleDoc],
) -> (Vec<Entry>, Vec<Excused>) {
    let mut uses = vec![0_usize; exceptions.len()];
    let mut kept = Vec::new();
    let mut excused = Vec::new();
    let mut unapproved: Vec<usize> = Vec::new();
    for entry in findings {
        let fitting = exceptions.iter().position(|one| fits(one, &entry));
        let Some(number) = fitting else {
            kept.push(entry);
            continue;
        };
        uses[number] += 1;
        let exception = &exceptions[number];
        let needs_two = entry.finding.severity == Severity::Blocking;
        if exception.expires.is_over(at) {
            kept.push(entry);
        } else if needs_two && exception.approved_by.is_none() {
            unapproved.push(number);
            kept.push(entry);
        } else {
            excused.push(Excused {
                entry,
                exception: exception.clone(),
            });
        }
    }
    unapproved.dedup();
    let unapproved = unapproved.into_iter().map(|number| {
        let exception = &exceptions[number];
        let message = format!(
            "{} wants to hide something that stops a failover, and nobody else has approved it",
            exception.owner
        );
        wrong(&UNAPPROVED, exception, &message)
    });
    kept.extend(unapproved);
    for (exception, uses) in exceptions.iter().zip(uses) {
        let is_known = rules.iter().any(|rule| rule.code == exception.rule);
        if !is_known {
            let message = format!("no rule has the code {}", exception.rule);
            kept.push(wrong(&UNUSED, exception, &message));
        } else if uses == 0 && is_complete {
            kept.push(wrong(
                &UNUSED,
                exception,
                "there is nothing left that it is about",
            ));
        } else if uses > 0 && exception.expires.is_over(at) {
            let message = format!(
                "it held until {}: {}, owner {}",
                exception.expires, exception.reason, exception.owner
            );
            kept.push(wrong(&EXPIRED, exception, &message));
        }
    }
    (kept, excused)
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
