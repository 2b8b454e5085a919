//! What is fenced of a site that answers in part.

use dr_core::action::{Detail, StepError};
use dr_core::model::{Duration, FenceEvidence, FenceLevel, FenceTarget, Mode, Verb};
use dr_core::port::Place;
use dr_core::sim::Fault;

use crate::bench::{Bench, ohio, step};
use crate::id;

fn fence() -> Verb {
    Verb::Fence(FenceTarget::Primary)
}

/// A service of the site that loses the role does not answer operators.
fn is_down(bench: &Bench, service: &str) {
    bench.sim.inject(Fault::ServiceDown {
        service: service.to_owned(),
        place: Place::Site(ohio()),
    });
}

fn is_up(bench: &Bench, service: &str) {
    bench.sim.inject(Fault::ServiceUp {
        service: service.to_owned(),
        place: Place::Site(ohio()),
    });
}

fn evidence(bench: &Bench) -> &FenceEvidence {
    bench.history.fence().expect("it was fenced")
}

#[test]
fn a_database_that_answers_is_fenced_for_certain_where_its_fleets_do_not() {
    // Without a lease nothing else could prove it.
    let mut bench = Bench::of(Mode::Unplanned, 5, |estate| estate.write_lease = None);
    is_down(&bench, "autoscaling");
    bench.carry_out(&fence());
    assert_eq!(evidence(&bench).level, FenceLevel::Confirmed);
    let said = evidence(&bench).observations.join("; ");
    assert!(said.contains("was not read"), "{said}");
    assert!(bench.look()["database@ohio"].contains("writable=false"));
}

#[test]
fn a_call_that_was_not_allowed_is_told_in_the_evidence_once() {
    let mut bench = Bench::new(Mode::Unplanned, 5);
    bench.sim.inject(Fault::Denied {
        site: ohio(),
        call: "autoscaling:SuspendProcesses".to_owned(),
    });
    bench.carry_out(&fence());
    assert_eq!(evidence(&bench).level, FenceLevel::Confirmed);
    let denied = evidence(&bench).denied.iter();
    let denied: Vec<&str> = denied.map(|call| call.operation.as_str()).collect();
    assert_eq!(denied, ["autoscaling:SuspendProcesses"]);
}

#[test]
fn fleets_that_do_not_answer_do_not_hold_a_proven_fence_up() {
    let mut bench = Bench::new(Mode::Unplanned, 5);
    is_down(&bench, "autoscaling");
    let begun = bench.sim.now();
    bench.carry_out(&fence());
    let took = Duration::between(begun, bench.sim.now());
    assert!(took < Duration::from_mins(2), "{took}");
}

#[test]
fn fleets_are_emptied_and_nothing_is_proven_where_the_database_does_not_answer() {
    let mut bench = Bench::of(Mode::Unplanned, 5, |estate| estate.write_lease = None);
    is_down(&bench, "rds");
    bench.carry_out(&fence());
    assert!(evidence(&bench).level < FenceLevel::Confirmed);
    assert!(evidence(&bench).pending);
    assert_eq!(bench.look()["app@ohio"], "desired=0");
}

#[test]
fn what_was_fenced_of_a_site_that_answers_in_part_is_lifted_again() {
    let mut bench = Bench::of(Mode::Unplanned, 5, |estate| estate.write_lease = None);
    let whole = bench.look();
    is_down(&bench, "rds");
    let before = bench.begin(&fence()).expect("it is not done");
    let output = bench.apply(&fence(), &before).expect("it always succeeds");
    let Detail::Fence(evidence) = &output.detail else {
        panic!("{output:?}");
    };
    assert!(
        evidence.unanswered.contains(&id("app")),
        "what was asked for may be in force: {evidence:?}"
    );
    bench.history.outputs.push((step(&fence()), output));
    // The site is lost before the undo: nobody may say that it was never fenced.
    bench.sim.inject(Fault::RegionDark(ohio()));
    assert!(bench.try_undo(&fence(), &before).is_err());
    bench.sim.inject(Fault::RegionReturns(ohio()));
    is_up(&bench, "rds");
    bench.undo(&fence(), &before);
    bench.sim.advance(Duration::from_mins(5));
    let again = bench.look();
    for part in ["app@ohio", "cluster@ohio"] {
        assert_eq!(again[part], whole[part], "{part}");
    }
    assert!(again["database@ohio"].contains("writable=true"));
}

#[test]
fn what_was_fenced_blind_is_lifted_blind() {
    let mut bench = Bench::of(Mode::Unplanned, 5, |estate| estate.write_lease = None);
    bench.sim.inject(Fault::Denied {
        site: ohio(),
        call: "rds:DescribeDBInstances".to_owned(),
    });
    let output = bench.carry_out(&fence());
    let Detail::Fence(evidence) = &output.detail else {
        panic!("{output:?}");
    };
    assert!(evidence.unanswered.contains(&id("database")));
    assert!(bench.try_undo(&fence(), &Default::default()).is_err());
    bench.sim.inject(Fault::DenialEnds(ohio()));
    bench.sim.advance(Duration::from_mins(5));
    let database = &bench.look()["database@ohio"];
    assert!(database.contains("writable=true"), "{database}");
}

#[test]
fn a_switchover_takes_nothing_from_a_site_that_answers_in_part() {
    let bench = Bench::new(Mode::Planned, 5);
    is_down(&bench, "autoscaling");
    let changes = bench.changes();
    let failed = bench.apply(&fence(), &Default::default()).unwrap_err();
    assert!(matches!(failed, StepError::Port(_)), "{failed}");
    let world = bench.look();
    assert!(
        world["database@ohio"].contains("writable=true"),
        "{world:?}"
    );
    // The lease is taken first, and given back by the undo.
    assert!(bench.changes() <= changes + 1);
}

#[test]
fn a_former_primary_is_fenced_as_far_as_it_answers_and_the_rest_is_asked_for() {
    let mut bench = Bench::new(Mode::Unplanned, 2);
    bench.sim.inject(Fault::RegionDark(ohio()));
    bench.carry_out(&fence());
    bench.carry_out(&Verb::Promote(id("database")));
    bench.sim.inject(Fault::RegionReturns(ohio()));
    is_down(&bench, "autoscaling");
    let former = Verb::Fence(FenceTarget::FormerPrimary);
    let before = bench.begin(&former).expect("it is pending");
    let StepError::Gate(question) = bench.apply(&former, &before).unwrap_err() else {
        panic!("the fleet does not answer");
    };
    assert_eq!(question.code, "former-primary-unreachable");
    bench.sim.advance(Duration::from_mins(1));
    assert!(bench.look()["database@ohio"].contains("writable=false"));
    is_up(&bench, "autoscaling");
    bench.carry_out(&former);
}

#[test]
fn a_former_primary_that_answers_is_fenced_also_where_no_front_door_can_be_read() {
    let mut bench = Bench::new(Mode::Unplanned, 2);
    bench.carry_out(&fence());
    bench.carry_out(&Verb::Promote(id("database")));
    // Home again: the site that is left has the switch of the front door.
    bench.turn_back();
    let site = bench.direction.from.clone();
    bench.sim.inject(Fault::ServiceDown {
        service: "dns".to_owned(),
        place: Place::Global,
    });
    let former = Verb::Fence(FenceTarget::FormerPrimary);
    let before = bench.begin(&former).expect("it is not fenced");
    assert!(bench.apply(&former, &before).is_err(), "the door is unread");
    bench.sim.advance(Duration::from_mins(1));
    let database = &bench.look()[&format!("database@{site}")];
    assert!(database.contains("writable=false"), "{database}");
}
