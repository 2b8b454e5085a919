//! What a denied call lacks: the statement that allows it.

use std::collections::BTreeSet;
use std::fmt;

use serde::Serialize;

use super::need::for_verbs;
use super::policy::{Policy, Statement};
use super::{Need, Subject};
use crate::action::{Detail, Output};
use crate::model::{ComponentId, SiteId};
use crate::port::{ErrorClass, NOT_AUTHORIZED, PortError};
use crate::runbook::{Plan, PlannedStep};

/// Codes that say that no policy allows the call (IAM, "Common errors"; EC2 API reference, "Error codes"). Others that deny say
/// that the credentials are not accepted, which no statement mends.
const NOT_ALLOWED: [&str; 6] = [
    "AccessDenied",
    "AccessDeniedException",
    "AuthorizationError",
    "Forbidden",
    "NotAuthorized",
    "UnauthorizedOperation",
];
/// How AWS says that a policy forbids the call: to allow it somewhere else changes nothing (IAM user guide, "Troubleshoot access
/// denied error messages").
const FORBIDDEN: &str = "explicit deny";

/// A permission that a call did not have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Lacking {
    /// The action: `rds:PromoteReadReplica`.
    pub action: String,
    /// Where it was called, as the call's error says.
    pub place: String,
    /// The command that prints a policy with these statements in it.
    pub policy: String,
    /// The statements that allow it, each cut down to this action: its name, and on what.
    pub statements: Vec<Statement>,
}

impl Lacking {
    /// What the call behind `error` lacked when `step` of `plan` made it. `None` where it failed for another reason, where a
    /// policy forbids it, and where the runbook does not need it.
    pub fn of(plan: &Plan, step: &PlannedStep, error: &PortError) -> Option<Self> {
        let action = denied_action(error)?;
        let estate = &plan.estate;
        let verbs = plan.steps().map(|step| &step.verb);
        let needs = for_verbs(verbs, estate, &plan.direction);
        let policy = Policy::of(&needs, estate);
        let found = about(&needs, step, &action, &error.place);
        let statements: Vec<Statement> = policy.allowing(&found, estate);
        (!statements.is_empty()).then(|| Self {
            action,
            place: error.place.clone(),
            policy: command(plan),
            statements,
        })
    }
}

/// What calls lacked that a step went on without: the evidence of a fence says which.
pub fn gone_without(plan: &Plan, step: &PlannedStep, output: &Output) -> Vec<Lacking> {
    let evidence = match &output.detail {
        Detail::Fence(evidence) | Detail::FormerFence { evidence, .. } => evidence,
        _ => return Vec::new(),
    };
    let denied = evidence.denied.iter().map(PortError::from);
    denied
        .filter_map(|error| Lacking::of(plan, step, &error))
        .collect()
}

impl fmt::Display for Lacking {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is not allowed at {}", self.action, self.place)?;
        for (number, statement) in self.statements.iter().enumerate() {
            let before = if number == 0 {
                format!(": `{}` has it in its statement", self.policy)
            } else {
                ", and in".to_owned()
            };
            let resources: Vec<&str> = statement.resource.iter().map(String::as_str).collect();
            write!(f, "{before} {}, on {}", statement.sid, resources.join(", "))?;
        }
        Ok(())
    }
}

/// The action that was not allowed: the one that AWS names, which may be one that it asks for on the call's behalf, or the call.
fn denied_action(error: &PortError) -> Option<String> {
    let message = &error.message;
    if message.contains(FORBIDDEN) {
        return None;
    }
    if let Some((_, rest)) = message.split_once(NOT_AUTHORIZED) {
        let is_part = |c: char| c.is_ascii_alphanumeric() || c == ':' || c == '-';
        let end = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
        return Some(rest[..end].to_owned());
    }
    let code = message.split(':').next().unwrap_or_default().trim();
    let is_denied = error.class == ErrorClass::Denied && NOT_ALLOWED.contains(&code);
    is_denied.then(|| error.operation.clone())
}

/// The needs behind a call: of that action, where it was made; of the components that the step's own table names for it, where
/// it names some.
fn about(needs: &BTreeSet<Need>, step: &PlannedStep, action: &str, place: &str) -> BTreeSet<Need> {
    let site = place.rsplit('@').next().unwrap_or(place);
    let here: BTreeSet<Need> = needs
        .iter()
        .filter(|need| need.full_action() == action)
        .filter(|need| {
            need.site
                .as_ref()
                .map(SiteId::as_str)
                .is_none_or(|id| id == site)
        })
        .cloned()
        .collect();
    let subjects: BTreeSet<&ComponentId> = step
        .calls
        .iter()
        .filter_map(|call| call.component.as_ref())
        .collect();
    let own: BTreeSet<Need> = here
        .iter()
        .filter(|need| match &need.subject {
            Subject::Component(id) => subjects.contains(id),
            Subject::Account | Subject::Runs => false,
        })
        .cloned()
        .collect();
    if own.is_empty() { here } else { own }
}

/// The narrowest `dr iam policy` with what the plan needs.
fn command(plan: &Plan) -> String {
    let out = plan.estate.outward();
    let named = match plan.runbook.as_str() {
        "failover" if plan.direction == out => " failover",
        "failback" if plan.direction == out.reversed() => " failback",
        _ => "",
    };
    format!("dr iam policy{named}")
}
