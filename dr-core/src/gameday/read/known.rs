//! What a story may name: runbooks, their steps, calls, services and codes. A slip in one of them would be a fault that never
//! strikes, or an expectation that nothing can meet.

use std::collections::{BTreeMap, BTreeSet};

use crate::config::{self, At, Problem, Report};
use crate::gameday::codes;
use crate::model::{Estate, StepId};
use crate::runbook::Runbook;
use crate::sim::Calls;

/// What a story for one estate may name.
pub(super) struct Known<'a> {
    pub(super) estate: &'a Estate,
    pub(super) calls: Calls,
    runbooks: &'a BTreeMap<String, Runbook>,
    /// The runbooks that the story runs.
    ran: BTreeSet<String>,
}

impl<'a> Known<'a> {
    pub(super) fn new(
        estate: &'a Estate,
        runbooks: &'a BTreeMap<String, Runbook>,
        ran: BTreeSet<String>,
    ) -> Self {
        Self {
            estate,
            calls: Calls::of(estate),
            runbooks,
            ran,
        }
    }

    /// The runbook of that name.
    pub(super) fn runbook(&self, word: &At<String>, report: &mut Report) -> Option<&'a Runbook> {
        let found = self.runbooks.get(&word.value);
        if found.is_none() {
            let message = format!("there is no runbook {}", word.value);
            let mut problem = Problem::new("unknown-runbook", word.span, message);
            let names: Vec<&str> = self.runbooks.keys().map(String::as_str).collect();
            problem.help = config::did_you_mean(&word.value, names);
            report.add(problem);
        }
        found
    }

    /// Whether the story runs the runbook of that name.
    pub(super) fn is_run(&self, word: &At<String>, report: &mut Report) -> bool {
        let runs = self.ran.contains(&word.value);
        if !runs {
            let message = format!("no act runs {}", word.value);
            let mut problem = Problem::new("never-run", word.span, message);
            let names: Vec<&str> = self.ran.iter().map(String::as_str).collect();
            problem.help = config::did_you_mean(&word.value, names);
            report.add(problem);
        }
        runs
    }

    /// Whether a runbook that the story runs has that step; the one that is named, where one is.
    pub(super) fn step(
        &self,
        word: &At<StepId>,
        of: Option<&At<String>>,
        report: &mut Report,
    ) -> bool {
        if of.is_some_and(|of| !self.ran.contains(&of.value)) {
            // Told of the runbook already.
            return false;
        }
        let ran = self.ran.iter().filter(|name| match of {
            Some(of) => of.value == **name,
            None => true,
        });
        let steps: BTreeSet<&str> = ran
            .filter_map(|name| self.runbooks.get(name))
            .flat_map(Runbook::steps)
            .map(|step| step.id.as_str())
            .collect();
        let found = steps.contains(word.value.as_str());
        if !found {
            let message = match of {
                Some(of) => format!("{} has no step {}", of.value, word.value),
                None => format!("no runbook that the story runs has a step {}", word.value),
            };
            let mut problem = Problem::new("unknown-step", word.span, message);
            problem.help = config::did_you_mean(word.value.as_str(), steps.iter().copied());
            report.add(problem);
        }
        found
    }

    /// Whether a call is one of `calls`.
    pub(super) fn call(
        &self,
        word: &At<String>,
        calls: &BTreeSet<String>,
        report: &mut Report,
    ) -> bool {
        let name = word.value.as_str();
        if calls.contains(name) {
            return true;
        }
        let message = if self.calls.names().contains(name) {
            format!("{name} is made of no site")
        } else {
            format!("\"{name}\" is no call that is made of this estate")
        };
        let mut problem = Problem::new("unknown-call", word.span, message);
        problem.help = meant(name, calls);
        report.add(problem);
        false
    }

    /// Whether a service answers in a site's region.
    pub(super) fn service(&self, word: &At<String>, report: &mut Report) -> bool {
        let services = self.calls.services_at_sites();
        let found = services.contains(word.value.as_str());
        if !found {
            let message = format!("\"{}\" is no service of a site of this estate", word.value);
            let mut problem = Problem::new("unknown-service", word.span, message);
            problem.help = config::did_you_mean(&word.value, services.iter().copied());
            report.add(problem);
        }
        found
    }
}

/// A call that was meant: the nearest, those of the same service, or the services.
fn meant(name: &str, calls: &BTreeSet<String>) -> Option<String> {
    let near = config::nearest(name, calls.iter().map(String::as_str));
    if let Some(near) = near {
        return Some(format!("did you mean `{near}`?"));
    }
    let service = name.split(':').next().unwrap_or_default();
    let of_service = calls.iter().filter(|call| {
        let rest = call.strip_prefix(service);
        rest.is_some_and(|rest| rest.starts_with(':'))
    });
    let of_service: Vec<&str> = of_service.map(String::as_str).collect();
    if of_service.is_empty() {
        let services: BTreeSet<&str> = calls.iter().filter_map(|c| c.split(':').next()).collect();
        let help = config::did_you_mean(service, services.iter().copied())?;
        return Some(format!(
            "write service and call, as in `rds:PromoteReadReplica`; of the service, {help}"
        ));
    }
    config::did_you_mean(name, of_service)
}

/// Whether a code is one of these lists.
pub(super) fn code(word: &At<String>, lists: &[&[&str]], what: &str, report: &mut Report) -> bool {
    let known: BTreeSet<&str> = lists.iter().flat_map(|list| list.iter().copied()).collect();
    let found = known.contains(word.value.as_str());
    if !found {
        let message = format!("\"{}\" is no code of {what}", word.value);
        let mut problem = Problem::new("unknown-code", word.span, message);
        problem.help = config::did_you_mean(&word.value, known.iter().copied());
        report.add(problem);
    }
    found
}

/// A number that `dr` returns for a run.
pub(super) fn exit_code(word: At<u32>, report: &mut Report) -> Option<u8> {
    let number = u8::try_from(word.value).ok();
    let number = number.filter(|number| codes::EXITS.contains(number));
    if number.is_none() {
        let message = format!("no run ends with exit code {}", word.value);
        let known: Vec<String> = codes::EXITS.iter().map(ToString::to_string).collect();
        let help = format!("one of {}: docs/exit-codes.md", known.join(", "));
        report.add(Problem::new("unknown-exit-code", word.span, message).help(help));
    }
    number
}
