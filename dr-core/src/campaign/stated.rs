//! Holds what a run said against what really happened.

use crate::action::Detail;
use crate::model::{Duration, LossStatement};
use crate::port::Decision;
use crate::runbook::Event;
use crate::runbook::journal::Record;
use crate::sim::{Simulation, Truth};

/// What must never happen and did, each with the name of its rule first: the world's own rules, and what the run of these
/// records said and did.
pub fn broken_promises(simulation: &Simulation, records: &[Record]) -> Vec<String> {
    let violations = simulation.violations();
    let mut broken: Vec<String> = violations
        .iter()
        .map(|violation| format!("{}: {}", violation.invariant, violation.detail))
        .collect();
    broken.extend(misstated(&simulation.truth(), records));
    broken.extend(promoted_without_right(records));
    broken
}

/// The newest statement of a run of how much was lost.
pub fn stated_loss(records: &[Record]) -> Option<LossStatement> {
    records.iter().rev().find_map(|record| match &record.event {
        Event::StepSucceeded { output, .. } => match &output.detail {
            Detail::Loss { loss, .. }
            | Detail::Protected {
                loss: Some(loss), ..
            } => Some(loss.clone()),
            Detail::FormerFence { losses, .. } => losses.values().next().cloned(),
            _ => None,
        },
        _ => None,
    })
}

/// What is wrong with the newest statement of the loss: it is not what clients really lost, or does not contain it.
pub fn misstated(truth: &Truth, records: &[Record]) -> Option<String> {
    let stated = stated_loss(records)?;
    let lost = truth.lost;
    if let Some(exact) = stated.exact.filter(|exact| *exact != lost) {
        return Some(format!(
            "loss-as-stated: {lost} writes were lost, and the run says exactly {exact}"
        ));
    }
    let (first, last) = truth.lost_window?;
    // Clients measure whole seconds.
    let second = Duration::from_secs(1);
    let contained = second.before(stated.window_from) <= first
        && stated
            .window_until
            .is_none_or(|until| last <= second.after(until));
    (!contained).then(|| {
        format!("loss-as-stated: {lost} writes were lost outside of the window that the run states")
    })
}

/// What is wrong with a promotion: there was neither evidence that allows it, nor did two people pass the gate.
pub fn promoted_without_right(records: &[Record]) -> Option<String> {
    let mut proven = false;
    let mut waived: Vec<&str> = Vec::new();
    for record in records {
        match &record.event {
            Event::Answered { answer, .. }
                if answer.code == "fence-unproven"
                    && answer.decision == Decision::Yes
                    && !waived.contains(&answer.who.as_str()) =>
            {
                waived.push(&answer.who);
            }
            Event::StepSucceeded { output, .. } => match &output.detail {
                Detail::Fence(evidence) => proven |= evidence.level.allows_promotion(),
                Detail::Loss { .. } if !proven && waived.len() < 2 => {
                    return Some(
                        "promoted-by-right: promoted without evidence, and two people did not waive it"
                            .to_owned(),
                    );
                }
                _ => {}
            },
            _ => {}
        }
    }
    None
}
