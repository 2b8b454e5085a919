//! Whether the failover was ever practised, as it would be done today.

use super::super::history::PastRun;
use super::super::{Facts, Found, Outcome, Rule};
use crate::model::{Family, RuleDoc, Severity, Subject};

const GAME_DAYS: &str = "https://docs.aws.amazon.com/wellarchitected/latest/framework/rel_planning_for_recovery_dr_tested.html";

/// Never.
pub(super) const NEVER: Rule = Rule {
    doc: RuleDoc::new(
        "runbook-never-exercised",
        Family::Control,
        Severity::Slowing,
        [
            "no failover or switchover of this estate was ever carried out to its end",
            "What was never done takes longer than planned, and fails at what nobody thought of.",
            "rehearse: dr gameday run region-loss, then a switchover of the real sites",
            GAME_DAYS,
        ],
    ),
    needs: &[],
    check: never,
};

/// Not since something changed.
pub(super) const OLDER: Rule = Rule {
    doc: RuleDoc::new(
        "runbook-not-exercised-since-change",
        Family::Control,
        Severity::Notice,
        [
            "the estate or the runbook has changed since a failover was last practised",
            "The last practice proves what was then: not the component that was added, nor the step that was moved.",
            "rehearse again: dr gameday run region-loss",
            GAME_DAYS,
        ],
    ),
    needs: &[],
    check: older,
};

/// The runs that came to their end, the newest first.
fn completed<'a>(facts: &Facts<'a>) -> Vec<&'a PastRun> {
    let mut runs: Vec<&PastRun> = facts
        .history
        .runs
        .iter()
        .filter(|run| run.is_completed)
        .collect();
    runs.sort_by(|a, b| (b.at, &b.name).cmp(&(a.at, &a.name)));
    runs
}

fn unread(facts: &Facts<'_>) -> Vec<Outcome> {
    let reasons = facts.history.unread.iter();
    reasons
        .map(|why| Outcome::unclear(why.clone(), "dr run list"))
        .collect()
}

fn never(facts: &Facts<'_>) -> Vec<Outcome> {
    let completed = completed(facts);
    let mut outcomes = unread(facts);
    if let Some(real) = completed.iter().find(|run| !run.is_simulated) {
        // One that was done is known, whatever else could not be read.
        return vec![Outcome::Holds(format!("{} of {}", real.name, real.at))];
    }
    let found = match completed.first() {
        Some(run) => Found::new(
            Subject::Estate,
            format!("only the simulator has done it: {} of {}", run.name, run.at),
        )
        .only(Severity::Notice)
        .fix("rehearse on the real sites: dr switchover, on a quiet day")
        .absent(),
        None => Found::new(Subject::Estate, "no run of any store came to its end").absent(),
    };
    if outcomes.is_empty() {
        outcomes.push(found.into());
    }
    outcomes
}

fn older(facts: &Facts<'_>) -> Vec<Outcome> {
    let completed = completed(facts);
    if let Some(run) = completed
        .iter()
        .find(|run| run.is_of_this_estate && run.is_of_this_runbook)
    {
        return vec![Outcome::Holds(format!(
            "{} was made from what stands today",
            run.name
        ))];
    }
    let mut outcomes = unread(facts);
    if !outcomes.is_empty() {
        return outcomes;
    }
    outcomes.push(match completed.first() {
        None => Outcome::Nothing("nothing was ever carried out to its end".to_owned()),
        Some(run) => {
            let what = match (run.is_of_this_estate, run.is_of_this_runbook) {
                (false, true) => "the estate has",
                (true, _) => "the runbook has",
                (false, false) => "estate and runbook have",
            };
            Found::new(
                Subject::Estate,
                format!(
                    "{what} changed since the last one, {} of {}",
                    run.name, run.at
                ),
            )
            .value(facts.standby(), "last-run", run.name.as_str())
            .into()
        }
    });
    outcomes
}
