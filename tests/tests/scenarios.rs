//! Procedures read as scripts, each with the story that is expected of it: `tests/tests/snapshots`.

use std::sync::Arc;

use dr_core::campaign::sentence;
use dr_core::model::{Direction, Duration, Estate, Mode, Technology};
use dr_core::port::{People, Place};
use dr_core::runbook::RunStatus;
use dr_core::runbook::host::{HostError, Outcome, StartOptions, run_id};
use dr_core::sim::Fault;
use dr_tests::end_state::end_state;
use dr_tests::lab::{self, Lab};

fn lose(lab: &Lab) {
    lab.lose_home();
    lab.sim.advance(Duration::from_mins(2));
}

fn go(
    lab: &Lab,
    name: &str,
    mode: Mode,
    direction: Direction,
    people: Arc<dyn People>,
) -> Result<Outcome, HostError> {
    let plan = lab
        .plan(&lab::runbook(name), mode, direction)
        .unwrap_or_else(|findings| panic!("it can be planned: {findings:#?}"));
    let operator = lab.sim.operator("olga");
    let host = lab.host(&operator, people);
    let run = run_id(&plan, lab.sim.now());
    lab.sim
        .run(&operator, host.start(run, plan, StartOptions::default()))
        .expect("nobody crashes")
}

fn failover(lab: &Lab, people: Arc<dyn People>) -> Result<Outcome, HostError> {
    go(
        lab,
        "failover",
        Mode::Unplanned,
        lab.estate.outward(),
        people,
    )
}

fn switchover(lab: &Lab) -> Result<Outcome, HostError> {
    go(
        lab,
        "failover",
        Mode::Planned,
        lab.estate.outward(),
        lab.on_call(),
    )
}

/// The story as people read it: minutes and seconds since the first record, and what happened.
fn story(lab: &Lab) -> String {
    let records = lab.story.so_far();
    let Some(first) = records.first().map(|record| record.at) else {
        return "nothing was recorded".to_owned();
    };
    let mut lines: Vec<String> = records
        .iter()
        .map(|record| {
            let s = Duration::between(first, record.at).as_millis() / 1000;
            format!("{:>3}:{:02}  {}", s / 60, s % 60, sentence(record))
        })
        .collect();
    let truth = lab.sim.truth();
    lines.push(String::new());
    lines.push(format!("written at: {:?}", truth.writable_primaries));
    lines.push(format!(
        "lost: {}, diverged: {}",
        truth.lost, truth.diverged
    ));
    lines.push(format!("violations: {:?}", lab.sim.violations()));
    lines.join("\n")
}

/// A storefront whose stack is applied by that technology.
fn applied_by(technology: Technology) -> Estate {
    let mut estate = lab::storefront();
    let stack = estate.components.get_mut(&"stack".parse().expect("a name"));
    stack.expect("the storefront has a stack").technology = technology;
    estate
}

#[test]
fn whoever_applies_the_stack_a_lost_region_is_failed_over_and_the_pipeline_is_called_outside_it() {
    for (technology, call) in [
        (Technology::GithubActions, "CreateWorkflowDispatch"),
        (Technology::Command, "Run"),
    ] {
        let lab = Lab::of(applied_by(technology), 7);
        lose(&lab);
        let plan = lab.plan(
            &lab::runbook("failover"),
            Mode::Unplanned,
            lab.estate.outward(),
        );
        let plan = plan.unwrap_or_else(|findings| panic!("it can be planned: {findings:#?}"));
        let provision = plan
            .steps()
            .find(|step| step.id.as_str() == "provision-stack");
        let calls = &provision.expect("the failover provisions").calls;
        let begun = calls.iter().find(|spec| spec.call == call);
        assert_eq!(begun.map(|spec| &spec.place), Some(&Place::Global));
        let outcome = failover(&lab, lab.on_call()).expect("nothing stops it");
        // The stack is provisioned before the promotion; what is left needs the lost region.
        assert!(outcome.state.is_past_pivot(), "{technology}");
        assert!(lab.sim.violations().is_empty());
    }
}

#[test]
fn a_quota_that_carries_the_load_and_not_all_of_it_does_not_stop_a_failover() {
    let lab = Lab::new(3);
    lab.sim.inject(Fault::ShortOfCapacity {
        fleet: "app".parse().expect("a name"),
        site: lab.estate.outward().to,
        limit: 2,
    });
    lose(&lab);
    let outcome = failover(&lab, lab.on_call()).expect("two members are enough");
    assert_eq!(outcome.status(), RunStatus::Held, "{}", story(&lab));
    assert!(outcome.state.is_past_pivot(), "{}", story(&lab));
    assert!(lab.sim.violations().is_empty());
    assert!(story(&lab).contains("app at california: 2 of 3 members are healthy"));
}

#[test]
fn failover_refused_when_lag_exceeds_rpo() {
    let lab = Lab::new(1);
    lab.sim.inject(Fault::ReplicationStalls(
        "database".parse().expect("a name"),
    ));
    lab.sim.advance(Duration::from_mins(12));
    lose(&lab);
    let calls = lab.sim.truth().writable_primaries;
    let refused = failover(&lab, lab.on_call());
    let Err(HostError::Refused(findings)) = refused else {
        panic!("it is refused: {refused:?}");
    };
    assert!(
        findings.iter().any(|f| f.code == "lag-exceeds-rpo"),
        "{findings:#?}"
    );
    assert_eq!(story(&lab), "nothing was recorded");
    assert_eq!(lab.sim.truth().writable_primaries, calls);
}

#[test]
fn promotion_held_when_fence_is_unproven() {
    let mut estate = lab::storefront();
    estate.write_lease = None;
    let lab = Lab::of(estate, 1);
    lose(&lab);
    let outcome = failover(&lab, lab.cautious()).expect("it is begun");
    assert_eq!(outcome.status(), RunStatus::Held);
    assert!(!outcome.state.is_past_pivot());
    insta::assert_snapshot!(story(&lab));
}

#[test]
fn one_person_alone_cannot_pass_the_gate_of_an_unproven_fence() {
    let mut estate = lab::storefront();
    estate.write_lease = None;
    let lab = Lab::of(estate, 1);
    lose(&lab);
    let outcome = failover(&lab, lab.one_person()).expect("it is begun");
    assert_eq!(outcome.status(), RunStatus::Held);
    assert!(!outcome.state.is_past_pivot());
    insta::assert_snapshot!(story(&lab));
}

#[test]
fn two_people_pass_the_gate_of_an_unproven_fence() {
    let mut estate = lab::storefront();
    estate.write_lease = None;
    let lab = Lab::of(estate, 1);
    lose(&lab);
    let outcome = failover(&lab, lab.on_call()).expect("it is begun");
    assert!(outcome.state.is_past_pivot());
    insta::assert_snapshot!(story(&lab));
}

#[test]
fn old_primary_returns_and_is_fenced() {
    let lab = Lab::new(1);
    lose(&lab);
    let held = failover(&lab, lab.on_call()).expect("it is begun");
    assert_eq!(held.status(), RunStatus::Held);
    lab.sim.advance(Duration::from_mins(10));
    lab.home_returns();
    lab.sim.advance(Duration::from_mins(1));
    let olga = lab.sim.operator("olga");
    let outcome = lab
        .resume(&olga, &held.run)
        .expect("no crash")
        .expect("it goes on");
    assert_eq!(outcome.status(), RunStatus::Completed);
    insta::assert_snapshot!(story(&lab));
}

#[test]
fn a_second_run_is_refused_while_the_first_is_not_over() {
    let lab = Lab::new(1);
    lose(&lab);
    let plan = lab
        .plan(
            &lab::runbook("failover"),
            Mode::Unplanned,
            lab.estate.outward(),
        )
        .expect("a plan");
    let held = failover(&lab, lab.on_call()).expect("it is begun");
    let paul = lab.sim.operator("paul");
    let second = lab
        .start(&paul, plan, StartOptions::default())
        .expect("no crash");
    let Err(HostError::OpenRun { run, .. }) = second else {
        panic!("it is refused: {second:?}");
    };
    assert_eq!(run, held.run);
}

#[test]
fn a_run_that_was_refused_leaves_the_lock_to_the_next() {
    let lab = Lab::new(1);
    lab.sim.inject(Fault::ReplicationStalls(
        "database".parse().expect("a name"),
    ));
    lab.sim.advance(Duration::from_mins(12));
    lose(&lab);
    let plan = || {
        lab.plan(
            &lab::runbook("failover"),
            Mode::Unplanned,
            lab.estate.outward(),
        )
        .expect("a plan")
    };
    for who in ["olga", "paul"] {
        let operator = lab.sim.operator(who);
        let refused = lab
            .start(&operator, plan(), StartOptions::default())
            .expect("nobody crashes");
        assert!(
            matches!(refused, Err(HostError::Refused(_))),
            "{who} is told what speaks against it: {refused:?}"
        );
    }
}

#[test]
fn switchover_loses_nothing() {
    let lab = Lab::new(1);
    let outcome = switchover(&lab).expect("it is begun");
    assert_eq!(outcome.status(), RunStatus::Completed);
    assert_eq!(lab.sim.truth().lost, 0);
    insta::assert_snapshot!(story(&lab));
}

#[test]
fn planned_run_unwinds_when_the_promotion_is_refused_for_good() {
    let lab = Lab::new(1);
    let before = end_state(&lab);
    lab.sim.inject(Fault::PromotionRefused {
        database: "database".parse().expect("a name"),
        times: 1000,
    });
    let outcome = switchover(&lab).expect("it is begun");
    assert_eq!(outcome.status(), RunStatus::Unwound);
    assert_eq!(lab.sim.truth().lost, 0);
    let told = story(&lab);
    lab.sim.advance(Duration::from_mins(5));
    assert_eq!(end_state(&lab), before, "everything is as it was");
    insta::assert_snapshot!(told);
}

#[test]
fn promotion_waits_for_a_backup_that_runs() {
    let lab = Lab::new(1);
    lose(&lab);
    lab.sim.inject(Fault::BackupStarts {
        database: "database".parse().expect("a name"),
        site: lab.site("california"),
        lasts: Duration::from_mins(9),
    });
    let outcome = failover(&lab, lab.on_call()).expect("it is begun");
    assert!(outcome.state.is_past_pivot());
    insta::assert_snapshot!(story(&lab));
}

#[test]
fn a_promotion_whose_answer_is_lost_is_settled_by_reading() {
    let lab = Lab::new(1);
    lose(&lab);
    lab.sim
        .inject(Fault::AnswerLost("rds:PromoteReadReplica".to_owned()));
    let outcome = failover(&lab, lab.on_call()).expect("it is begun");
    assert!(outcome.state.is_past_pivot());
    assert!(lab.sim.violations().is_empty());
    insta::assert_snapshot!(story(&lab));
}

#[test]
fn a_state_that_somebody_locked_stops_a_failover_with_his_name() {
    let lab = Lab::new(1);
    lose(&lab);
    lab.sim.inject(Fault::StateLocked {
        stack: "stack".parse().expect("a name"),
        site: lab.site("california"),
        by: "mallory".to_owned(),
    });
    let findings = lab
        .plan(
            &lab::runbook("failover"),
            Mode::Unplanned,
            lab.estate.outward(),
        )
        .expect_err("it cannot be planned");
    assert!(
        findings.iter().any(|f| f.message.contains("mallory")),
        "{findings:#?}"
    );
}

#[test]
fn an_isolated_primary_that_clients_still_reach_is_fenced_by_its_lease() {
    let lab = Lab::new(1);
    lab.sim.inject(Fault::RegionIsolated(lab.site("ohio")));
    lab.sim.advance(Duration::from_mins(2));
    let outcome = failover(&lab, lab.on_call()).expect("it is begun");
    assert!(outcome.state.is_past_pivot());
    assert!(lab.sim.violations().is_empty());
    insta::assert_snapshot!(story(&lab));
}
