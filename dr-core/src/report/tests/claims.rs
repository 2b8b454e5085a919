//! What a report may claim.

use super::events::{Story, clients, closed, done, lost, started};
use super::journals::{completed, held_at_fence, run_started, taken_over, unwound};
use super::plan::{at, id, plan};
use crate::action::Output;
use crate::model::Duration;
use crate::report::{
    Bound, DecisionKind, Judgement, Measured, Promotion, Protection, Tone, to_html,
};
use crate::runbook::{RunStatus, StepStatus};

fn bound(measured: &Measured) -> Option<(Bound, Duration)> {
    match measured {
        Measured::Figure { bound, value, .. } => Some((*bound, *value)),
        _ => None,
    }
}

#[test]
fn recovery_time_runs_from_the_outage_to_the_second_in_which_clients_were_served() {
    let time = completed().report().recovery_time;
    assert_eq!(
        bound(&time.achieved),
        Some((Bound::Exactly, Duration::from_secs(722)))
    );
    assert_eq!(time.judgement, Judgement::Met);
    assert_eq!(time.served_at, Some(at(722)));
}

#[test]
fn a_shift_without_a_measurement_of_clients_is_only_a_lower_bound() {
    let story = Story::new(plan())
        .then(90, run_started())
        .then(100, started("promote-database", 1))
        .then(500, done("promote-database", Output::said("done")))
        .then(510, started("shift-front-door", 1))
        .then(600, done("shift-front-door", Output::said("done")));
    let time = story.report().recovery_time;
    assert_eq!(
        bound(&time.achieved),
        Some((Bound::AtLeast, Duration::from_secs(600)))
    );
    assert_eq!(time.judgement, Judgement::NotShown);
}

#[test]
fn clients_served_by_the_old_site_are_not_recovered() {
    let story = Story::new(plan())
        .then(90, run_started())
        .then(500, done("promote-database", Output::said("done")))
        .then(
            600,
            done(
                "shift-front-door",
                Output::with("done", clients(600, None, &["ohio"])),
            ),
        );
    assert_eq!(story.report().recovery_time.served_at, None);
}

#[test]
fn a_run_that_is_past_its_objective_has_missed_it_whatever_comes() {
    let early = Story::new(plan()).then(90, run_started());
    assert_eq!(early.report().recovery_time.judgement, Judgement::NotShown);
    let late = early.then(1801, started("fence-primary", 1));
    assert_eq!(late.report().recovery_time.judgement, Judgement::Missed);
}

#[test]
fn a_loss_is_nothing_only_when_that_was_proven() {
    let report = |until, exact| {
        Story::new(plan())
            .then(90, run_started())
            .then(100, started("promote-database", 1))
            .then(
                500,
                done("promote-database", Output::with("done", lost(until, exact))),
            )
            .report()
            .data_loss
    };
    let proven = report(Some(6), Some(0));
    assert_eq!(proven.says, "Nothing was lost; this was proven.");
    assert_eq!(
        bound(&proven.achieved),
        Some((Bound::Exactly, Duration::ZERO))
    );

    let bounded = report(Some(6), None);
    assert_eq!(bounded.says, "At least 13 writes were lost.");
    assert_eq!(
        bound(&bounded.achieved),
        Some((Bound::AtMost, Duration::from_secs(44)))
    );
    assert_eq!(bounded.judgement, Judgement::Met);

    let wide = report(Some(600), None);
    assert_eq!(
        wide.judgement,
        Judgement::Missed,
        "something was lost in a window that is too wide"
    );

    let unbounded = report(None, None);
    assert_eq!(bound(&unbounded.achieved), None);
    assert_eq!(unbounded.judgement, Judgement::NotShown);
}

#[test]
fn a_promotion_without_a_statement_of_loss_is_not_measured() {
    let story = Story::new(plan())
        .then(90, run_started())
        .then(100, started("promote-database", 1));
    let begun = story.report().data_loss;
    assert_eq!(begun.data_sets[0].promotion, Promotion::NotKnown);
    assert_eq!(begun.judgement, Judgement::NotShown);
    assert_eq!(begun.says, "What was lost is not known.");
}

#[test]
fn the_newest_statement_of_loss_replaces_the_first() {
    let loss = completed().report().data_loss;
    assert_eq!(loss.says, "Exactly 17 writes were lost.");
    assert_eq!(loss.data_sets[0].replaces, 1);
}

#[test]
fn a_pending_fence_that_was_applied_later_is_told_so() {
    let fences = completed().report().fences;
    assert!(fences[0].relied_on && !fences[1].relied_on);
    assert_eq!(fences[0].applied_later, Some(at(12_391)));
    assert!(fences.iter().all(|fence| !fence.is_still_pending()));
    let held = held_at_fence().report().fences;
    assert!(held[0].is_still_pending());
}

#[test]
fn a_completed_run_says_who_serves_and_who_stands_by() {
    let report = completed().report();
    assert_eq!(
        report.verdict.headline,
        "Completed: california serves, ohio is its standby"
    );
    assert_eq!(report.verdict.tone, Tone::Good);
    assert!(matches!(report.protection, Protection::Protected { .. }));
}

#[test]
fn a_held_run_says_where_and_that_the_role_did_not_move() {
    let report = held_at_fence().report();
    assert_eq!(
        report.verdict.headline,
        "Held in stage \"take over\": waiting for people; ohio keeps the primary role"
    );
    assert!(matches!(report.protection, Protection::NotKnown { .. }));
    assert_eq!(report.data_loss.judgement, Judgement::NotApplicable);
}

#[test]
fn an_unwound_run_recovered_nothing_and_lost_nothing() {
    let report = unwound().report();
    assert_eq!(report.recovery_time.judgement, Judgement::NotApplicable);
    assert_eq!(report.data_loss.judgement, Judgement::NotApplicable);
    assert!(report.fences[0].lifted);
    assert_eq!(report.protection, Protection::AsBefore);
}

#[test]
fn what_is_missing_is_never_shown_as_protected() {
    let story = Story::new(plan()).then(90, run_started()).then(
        95,
        closed(
            RunStatus::Aborted,
            &["database: ohio holds no caught-up replica of california"],
        ),
    );
    let report = story.report();
    assert_eq!(report.verdict.tone, Tone::Bad);
    assert!(to_html(&report).contains("not protected again"));
}

#[test]
fn a_takeover_puts_what_was_under_way_in_doubt_until_it_is_read_back() {
    let report = taken_over().report();
    let step = report
        .stages
        .iter()
        .flat_map(|stage| &stage.steps)
        .find(|step| step.step == id("promote-database"))
        .expect("the plan has it");
    assert_eq!(step.status, StepStatus::Succeeded);
    assert!(
        step.notes
            .iter()
            .any(|note| note.text.contains("chandra took the run over"))
    );
    assert_eq!(report.takeovers[0].silent_for, Duration::from_secs(129));
    assert!(!report.takeovers[0].resumed);
    assert!(completed().report().takeovers[0].resumed);
}

#[test]
fn time_is_the_machines_or_peoples_and_adds_up() {
    let spent = completed().report().spent;
    assert_eq!(spent.machine + spent.people, spent.total);
    // 92 to 158 for the approval, 202 to 262 for the waiver, 742 to 12345 until ohio answered.
    assert_eq!(spent.people, Duration::from_secs(66 + 60 + 11_604));
}

#[test]
fn a_waiver_is_an_override_and_an_approval_is_not() {
    let kinds: Vec<DecisionKind> = completed()
        .report()
        .decisions
        .iter()
        .map(|d| d.kind)
        .collect();
    assert_eq!(
        kinds,
        [
            DecisionKind::Approval,
            DecisionKind::Approval,
            DecisionKind::Waiver
        ]
    );
}
