//! A promotion whose operator was cut off is found done an hour later, when the new primary has taken writes of its own: what is
//! said of the loss is what clients lost.

use std::sync::Arc;

use dr_core::campaign::{Crew, misstated, stated_loss};
use dr_core::model::{Duration, Mode, RunId, SiteId};
use dr_core::runbook::RunStatus;
use dr_core::runbook::host::{Outcome, StartOptions, run_id};
use dr_core::runbook::journal::{self, ReadJournal};
use dr_core::runbook::plan::Plan;
use dr_core::sim::{Fault, Simulation, World};
use dr_tests::lab::{self, Lab};

/// Service is at the home standby, and that site is lost; a failover home is planned.
fn away_and_lost() -> (World, Plan, SiteId) {
    let lab = Lab::new(1);
    let outward = lab.estate.outward();
    lab.carry_out(
        "failover",
        Mode::Planned,
        outward.clone(),
        StartOptions::default(),
    )
    .expect("it is begun");
    lab.sim.advance(Duration::from_mins(5));
    lab.sim.inject(Fault::RegionDark(outward.to.clone()));
    lab.sim.advance(Duration::from_mins(3));
    let plan = lab
        .plan(
            &lab::runbook("failover"),
            Mode::Unplanned,
            outward.reversed(),
        )
        .expect("a plan");
    (lab.sim.snapshot(), plan, outward.to)
}

/// The world, and operators whose journals are in the site that service goes to.
fn opened(world: &World, plan: &Plan) -> (Lab, Crew) {
    let lab = Lab {
        estate: lab::storefront(),
        sim: Simulation::restore(world.clone()),
        story: Arc::default(),
    };
    let crew = Crew {
        simulation: lab.sim.clone(),
        people: lab.on_call(),
        watcher: lab.story.clone(),
        store_at: plan.direction.to.clone(),
    };
    (lab, crew)
}

fn journal_of(lab: &Lab, crew: &Crew, run: &RunId) -> ReadJournal {
    let reader = lab.sim.operator("reader");
    let logs = crew.logs(&reader);
    let bytes = lab.sim.run(&reader, logs.read(run)).expect("no crash");
    let bytes = bytes.expect("the store answers").expect("it is there");
    journal::read(&bytes).expect("it reads")
}

/// The operator is cut off from the store so long after beginning. Whether that was when the promotion was under way, and
/// the new primary took writes before somebody went on.
fn cut_off_after(world: &World, plan: &Plan, lost: &SiteId, seconds: u64) -> bool {
    let (lab, crew) = opened(world, plan);
    let olga = lab.sim.operator("olga");
    let cut = Fault::CutOff {
        operator: "olga".to_owned(),
        site: plan.direction.to.clone(),
        service: Some("s3".to_owned()),
    };
    lab.sim.schedule(Duration::from_secs(seconds), cut);
    let run = run_id(plan, lab.sim.now());
    let host = crew.host(&olga);
    let start = host.start(run.clone(), plan.clone(), StartOptions::default());
    let ended = lab.sim.run(&olga, start).expect("nobody crashes");
    let log = lab.sim.log();
    let serves = log
        .iter()
        .any(|line| line.text.contains("give the write lease to"));
    let cut_at_the_promotion = ended.is_err() && serves;
    lab.sim.advance(Duration::from_mins(60));
    lab.sim.inject(Fault::RegionReturns(lost.clone()));
    lab.sim.advance(Duration::from_mins(10));
    if !cut_at_the_promotion {
        return false;
    }
    let paul = lab.sim.operator("paul");
    let host = crew.host(&paul);
    let ended = lab.sim.run(&paul, host.resume(&run)).expect("no crash");
    let status = ended.as_ref().map(Outcome::status);
    assert_eq!(status.ok(), Some(RunStatus::Completed), "{seconds} s");
    let journal = journal_of(&lab, &crew, &run);
    let truth = lab.sim.truth();
    assert!(stated_loss(&journal.records).is_some(), "{seconds} s");
    assert_eq!(misstated(&truth, &journal.records), None, "{seconds} s");
    assert_eq!(lab.sim.violations(), [], "{seconds} s");
    truth.lost > 0
}

#[test]
fn a_promotion_that_is_found_done_an_hour_later_does_not_hide_what_was_lost() {
    let (world, plan, lost) = away_and_lost();
    let found = (300..1200)
        .step_by(5)
        .filter(|seconds| cut_off_after(&world, &plan, &lost, *seconds))
        .count();
    assert!(found > 0, "none was cut off there with something lost");
}
