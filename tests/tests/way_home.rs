//! Service comes home, and the switch that sent clients away cannot be read: a switch that nobody has read is not taken for one
//! that is off.

use std::sync::Arc;

use dr_core::campaign::Crew;
use dr_core::model::{Duration, Mode, SiteId};
use dr_core::port::Place;
use dr_core::runbook::RunStatus;
use dr_core::runbook::host::{Outcome, StartOptions, run_id};
use dr_core::sim::{Fault, Simulation};
use dr_tests::lab::{self, Lab};

/// An estate whose service is at the home standby, and operators whose journals are at home.
fn away() -> (Lab, Crew, SiteId) {
    let lab = Lab::new(1);
    let outward = lab.estate.outward();
    let moved = lab.carry_out(
        "failover",
        Mode::Planned,
        outward.clone(),
        StartOptions::default(),
    );
    assert_eq!(moved.expect("it is begun").status(), RunStatus::Completed);
    lab.sim.advance(Duration::from_mins(5));
    let crew = crew_of(&lab);
    (lab, crew, outward.to)
}

fn crew_of(lab: &Lab) -> Crew {
    Crew {
        simulation: lab.sim.clone(),
        people: lab.on_call(),
        watcher: lab.story.clone(),
        store_at: lab.estate.home().id.clone(),
    }
}

/// Object storage of a site does not answer; everything else there does.
fn silent(site: &SiteId) -> Fault {
    Fault::ServiceDown {
        service: "s3".to_owned(),
        place: Place::Site(site.clone()),
    }
}

fn answering(site: &SiteId) -> Fault {
    Fault::ServiceUp {
        service: "s3".to_owned(),
        place: Place::Site(site.clone()),
    }
}

fn start(lab: &Lab, crew: &Crew, name: &str, mode: Mode) -> Outcome {
    let direction = lab.estate.outward().reversed();
    let plan = crew.plan(&lab::runbook(name), mode, direction);
    let plan = plan.expect("no crash").expect("a plan");
    let olga = lab.sim.operator("olga");
    let host = crew.host(&olga);
    let run = run_id(&plan, lab.sim.now());
    let started = host.start(run, plan, StartOptions::default());
    lab.sim
        .run(&olga, started)
        .expect("no crash")
        .expect("it is begun")
}

fn resume(lab: &Lab, crew: &Crew, run: &Outcome) -> Outcome {
    let olga = lab.sim.operator("olga");
    let host = crew.host(&olga);
    let resumed = lab.sim.run(&olga, host.resume(&run.run));
    resumed.expect("no crash").expect("it goes on")
}

/// The gates that a held run waits at.
fn gates(outcome: &Outcome) -> Vec<&str> {
    assert_eq!(
        outcome.status(),
        RunStatus::Held,
        "{:?}",
        outcome.state.held
    );
    let questions = outcome.state.questions.values();
    questions.map(|question| &*question.code).collect()
}

/// The site that the switch asks for.
fn switched_to(lab: &Lab) -> Option<SiteId> {
    let olga = lab.sim.operator("reader");
    let door = "front-door".parse().expect("a name");
    let ports = olga.ports();
    let traffic = ports.traffic(&door).expect("it has one");
    let state = lab.sim.run(&olga, traffic.observe()).expect("no crash");
    state.expect("it answers").switched_to
}

#[test]
fn a_failover_home_is_not_complete_while_the_switch_of_the_lost_region_may_still_stand() {
    let (lab, crew, lost) = away();
    lab.sim.inject(Fault::RegionDark(lost.clone()));
    lab.sim.advance(Duration::from_mins(3));
    let held = start(&lab, &crew, "failover", Mode::Unplanned);
    assert_eq!(gates(&held), ["former-primary-unreachable"]);

    lab.sim.inject(silent(&lost));
    lab.sim.inject(Fault::RegionReturns(lost.clone()));
    lab.sim.advance(Duration::from_mins(1));
    let held = resume(&lab, &crew, &held);
    assert_eq!(gates(&held), ["switch-unread"]);

    lab.sim.inject(answering(&lost));
    lab.sim.advance(Duration::from_mins(1));
    let done = resume(&lab, &crew, &held);
    assert_eq!(done.status(), RunStatus::Completed);
    let home = lab.estate.home().id.clone();
    assert_eq!(switched_to(&lab), Some(home));
}

#[test]
fn a_planned_way_home_is_not_begun_while_the_switch_cannot_be_read() {
    let (lab, crew, left) = away();
    lab.sim.inject(silent(&left));
    let direction = lab.estate.outward().reversed();
    let plan = crew.plan(&lab::runbook("failback"), Mode::Planned, direction);
    let findings = plan.expect("no crash").expect_err("it is refused");
    let found = findings
        .iter()
        .find(|finding| finding.code == "switch-unread");
    assert!(found.is_some(), "{findings:#?}");
}

#[test]
fn a_planned_way_home_waits_for_a_switch_that_became_silent_after_the_promotion() {
    let (lab, crew, left) = away();
    let world = lab.sim.snapshot();
    start(&lab, &crew, "failback", Mode::Planned);
    let log = lab.sim.log();
    let shifted = log
        .iter()
        .rfind(|line| line.text.contains(": switch front-door to"));
    let shifted = shifted
        .unwrap_or_else(|| panic!("clients are sent home: {log:#?}"))
        .at;

    let lab = Lab {
        estate: lab::storefront(),
        sim: Simulation::restore(world),
        story: Arc::default(),
    };
    let crew = crew_of(&lab);
    let before = Duration::from_secs(10);
    let until = Duration::between(lab.sim.now(), before.before(shifted));
    lab.sim.schedule(until, silent(&left));
    let held = start(&lab, &crew, "failback", Mode::Planned);
    assert_eq!(gates(&held), ["switch-unread"]);

    lab.sim.inject(answering(&left));
    let done = resume(&lab, &crew, &held);
    assert_eq!(done.status(), RunStatus::Completed);
    let home = lab.estate.home().id.clone();
    assert_eq!(switched_to(&lab), Some(home));
}
