//! What the failover runbook leans on.

use super::super::{Facts, Found, Outcome, Rule};
use crate::model::{Family, RuleDoc, Severity, Subject};

/// Calls to what is lost, or to the one region that administers for all.
pub(super) const RULE: Rule = Rule {
    doc: RuleDoc::new(
        "runbook-needs-primary",
        Family::Control,
        Severity::Blocking,
        [
            "the failover runbook calls the primary's region, or a control plane in us-east-1, before clients are served again",
            "While that region is down the run holds at that step, and clients wait.",
            "dr runbook lint: move the step behind `shift`, mark it `only: planned`, or use a method of the data plane",
            "https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/aws-fault-isolation-boundaries.html",
        ],
    ),
    needs: &[],
    check,
};

/// The codes of lint that are about what a runbook leans on.
const CODES: [&str; 2] = ["needs-failed-site", "needs-global-control-plane"];

fn check(facts: &Facts<'_>) -> Vec<Outcome> {
    let runbook = match &facts.history.runbook {
        None => return vec![Outcome::Nothing("no runbook was looked at".to_owned())],
        Some(Err(why)) => {
            return vec![Outcome::unclear(
                format!("the failover runbook could not be read: {why}"),
                "dr runbook lint",
            )];
        }
        Some(Ok(runbook)) => runbook,
    };
    let leaning: Vec<Outcome> = runbook
        .defects
        .iter()
        .filter(|defect| CODES.contains(&defect.code.as_str()))
        .map(|defect| {
            let message = format!("{}: {}", runbook.name, defect.message);
            let found = Found::new(Subject::Estate, message.clone()).value(
                facts.standby(),
                &defect.code,
                message,
            );
            match &defect.fix {
                Some(fix) => found.fix(fix.clone()).into(),
                None => found.into(),
            }
        })
        .collect();
    if leaning.is_empty() {
        return vec![Outcome::Holds(format!(
            "{}: nothing before clients are served again calls what may be lost",
            runbook.name
        ))];
    }
    leaning
}
