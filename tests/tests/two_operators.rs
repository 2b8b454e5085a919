//! Two operators at once: one acts, the other is told.

use dr_core::model::{Duration, Mode, RunId};
use dr_core::runbook::RunStatus;
use dr_core::runbook::host::{HostError, Outcome, StartOptions, run_id};
use dr_core::runbook::lock::LockError;
use dr_core::sim::{Fault, Stopped};
use dr_tests::lab::{self, Lab};
use futures_util::FutureExt;

type Ended = Result<Result<Outcome, HostError>, Stopped>;

fn lost(seed: u64) -> Lab {
    let lab = Lab::new(seed);
    lab.lose_home();
    lab.sim.advance(Duration::from_mins(2));
    lab
}

/// Of the two, the one that acted; the other was told that somebody else does.
fn the_one_that_acted(ended: Vec<Ended>) -> Outcome {
    let mut acted = None;
    for end in ended {
        match end.expect("nobody crashes") {
            Ok(outcome) => {
                assert!(acted.is_none(), "both acted");
                acted = Some(outcome);
            }
            Err(
                HostError::Lock(LockError::Held { .. } | LockError::Contended { .. })
                | HostError::OpenRun { .. }
                | HostError::Fenced
                | HostError::Over { .. },
            ) => {}
            Err(error) => panic!("the other is told that somebody acts, not: {error:?}"),
        }
    }
    acted.expect("one acts")
}

/// The journal tells a possible story, under epochs that never fall, and nothing was broken.
fn assert_sound(lab: &Lab, run: &RunId) {
    let journal = lab.journal(run);
    let mut last = journal.header.epoch;
    for record in &journal.records {
        assert!(record.epoch >= last, "{record:?}");
        last = record.epoch;
    }
    assert_eq!(lab.sim.violations(), []);
}

#[test]
fn of_two_who_start_the_same_plan_one_acts() {
    for seed in 1..=12 {
        let lab = lost(seed);
        let plan = lab
            .plan(
                &lab::runbook("failover"),
                Mode::Unplanned,
                lab.estate.outward(),
            )
            .expect("a plan");
        let (olga, paul) = (lab.sim.operator("olga"), lab.sim.operator("paul"));
        let hosts = [
            lab.host(&olga, lab.on_call()),
            lab.host(&paul, lab.on_call()),
        ];
        let run = run_id(&plan, lab.sim.now());
        let start = |host: usize| {
            hosts[host]
                .start(run.clone(), plan.clone(), StartOptions::default())
                .boxed()
        };
        let ended = lab
            .sim
            .run_all(vec![(olga.clone(), start(0)), (paul.clone(), start(1))]);
        let outcome = the_one_that_acted(ended);
        assert_eq!(outcome.status(), RunStatus::Held, "seed {seed}");
        assert_sound(&lab, &outcome.run);
    }
}

#[test]
fn of_two_who_go_on_with_the_same_run_one_acts() {
    for seed in 1..=12 {
        let lab = lost(seed);
        let held = lab
            .carry_out(
                "failover",
                Mode::Unplanned,
                lab.estate.outward(),
                StartOptions::default(),
            )
            .expect("it is begun");
        lab.home_returns();
        lab.sim.advance(Duration::from_mins(2));
        let (olga, paul) = (lab.sim.operator("olga"), lab.sim.operator("paul"));
        let hosts = [
            lab.host(&olga, lab.on_call()),
            lab.host(&paul, lab.on_call()),
        ];
        let ended = lab.sim.run_all(vec![
            (olga.clone(), hosts[0].resume(&held.run).boxed()),
            (paul.clone(), hosts[1].resume(&held.run).boxed()),
        ]);
        let outcome = the_one_that_acted(ended);
        assert_eq!(outcome.status(), RunStatus::Completed, "seed {seed}");
        assert_sound(&lab, &outcome.run);
    }
}

/// Olga's machine sleeps for so long within her preflight, and Paul begins meanwhile: when she wakes up she is told so, and
/// begins nothing.
#[test]
fn who_sleeps_through_the_own_preflight_while_another_begins_leaves_no_second_run() {
    for after_ms in (0..3000).step_by(250) {
        let lab = lost(1);
        let plan = lab
            .plan(
                &lab::runbook("failover"),
                Mode::Unplanned,
                lab.estate.outward(),
            )
            .expect("a plan");
        let asleep = Fault::Paused {
            operator: "olga".to_owned(),
            lasts: Duration::from_mins(4),
        };
        lab.sim.schedule(Duration::from_millis(after_ms), asleep);
        let (olga, paul) = (lab.sim.operator("olga"), lab.sim.operator("paul"));
        let hosts = [
            lab.host(&olga, lab.on_call()),
            lab.host(&paul, lab.on_call()),
        ];
        let first = run_id(&plan, lab.sim.now());
        let clock = lab.sim.clock();
        let later = async {
            clock.sleep(Duration::from_mins(2)).await;
            let run = run_id(&plan, clock.now());
            hosts[1]
                .start(run, plan.clone(), StartOptions::default())
                .await
        };
        lab.sim.run_all(vec![
            (
                olga.clone(),
                hosts[0]
                    .start(first, plan.clone(), StartOptions::default())
                    .boxed(),
            ),
            (paul.clone(), later.boxed()),
        ]);
        let reader = lab.sim.operator("reader");
        let logs = lab.logs(&reader);
        let runs = lab.sim.run(&reader, logs.runs()).expect("no crash");
        let runs = runs.expect("the store answers");
        assert_eq!(runs.len(), 1, "asleep after {after_ms} ms: {runs:?}");
        assert_eq!(lab.sim.violations(), []);
    }
}
