//! Approvals.

use super::path::problem;
use crate::config::Problem;
use crate::model::{Duration, Estate, Verb};
use crate::runbook::{Runbook, Step};

/// More different people than this cannot be reached in the time that a recovery has.
const MOST_PEOPLE: u32 = 5;

/// Nobody reads a question, decides and answers in less.
const SHORTEST_ANSWER: Duration = Duration::from_secs(30);

/// `approval-nobody-can-give`: the run would hold for ever, or would not ask at all.
pub(super) fn check(runbook: &Runbook, _: &Estate) -> Vec<Problem> {
    runbook.steps().filter_map(of_step).collect()
}

fn of_step(step: &Step) -> Option<Problem> {
    let Verb::Approve { people } = step.verb else {
        return None;
    };
    let (message, help) = if people == 0 {
        (
            "an approval by 0 people asks nobody".to_owned(),
            "write how many different people must say yes, or remove the step".to_owned(),
        )
    } else if people > MOST_PEOPLE {
        (
            format!("{people} different people are not reached during an outage"),
            format!("ask at most {MOST_PEOPLE}"),
        )
    } else {
        let timeout = step.timeout.filter(|timeout| *timeout < SHORTEST_ANSWER)?;
        (
            format!("nobody can answer within {timeout}"),
            format!("give people at least {SHORTEST_ANSWER}, or leave the timeout out"),
        )
    };
    Some(problem(
        "approval-nobody-can-give",
        step.span,
        message,
        help,
    ))
}
