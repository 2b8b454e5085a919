//! A run that is gone on with only until its former primary is fenced: the fence is all that it does.

use dr_core::model::{Duration, Mode, StepId};
use dr_core::port::Effect;
use dr_core::runbook::RunStatus;
use dr_core::runbook::event::Event;
use dr_core::runbook::host::{HostError, Outcome, StartOptions};
use dr_tests::lab::Lab;

/// Worlds in which it is tried.
const SEEDS: u64 = 40;

/// A failover that holds because its old primary is lost.
fn held(seed: u64) -> (Lab, Outcome) {
    let lab = Lab::new(seed);
    lab.lose_home();
    lab.sim.advance(Duration::from_mins(2));
    let outward = lab.estate.outward();
    let options = StartOptions::default();
    let run = lab.carry_out("failover", Mode::Unplanned, outward, options);
    let run = run.expect("it is begun");
    assert_eq!(run.status(), RunStatus::Held, "seed {seed}");
    assert!(run.state.stands_before_fence(), "seed {seed}");
    (lab, run)
}

fn fence(lab: &Lab, run: &Outcome) -> Result<Outcome, HostError> {
    let watch = lab.sim.operator("dr watch");
    let host = lab.host(&watch, lab.on_call()).until_fenced();
    let resumed = lab.sim.run(&watch, host.resume(&run.run));
    resumed.expect("nobody crashes")
}

/// The steps that were begun after so many records.
fn begun(lab: &Lab, run: &Outcome, after: usize) -> Vec<StepId> {
    let records = lab.journal(&run.run).records.into_iter().skip(after);
    let begun = records.filter_map(|record| match record.event {
        Event::StepStarted { step, .. } => Some(step),
        _ => None,
    });
    begun.collect()
}

#[test]
fn the_fence_is_applied_when_the_site_is_back_and_nothing_else_is_begun() {
    for seed in 1..=SEEDS {
        let (lab, run) = held(seed);
        lab.home_returns();
        lab.sim.advance(Duration::from_mins(5));
        let before = lab.journal(&run.run).records.len();
        let fenced = fence(&lab, &run).expect("it is taken over");
        assert_eq!(fenced.status(), RunStatus::Held, "seed {seed}");
        let evidence = fenced.state.history.fence().expect("it is fenced");
        assert!(!evidence.pending, "seed {seed}: {evidence:?}");
        assert_eq!(
            begun(&lab, &run, before),
            ["fence-former-primary".parse().expect("a name")],
            "seed {seed}"
        );
        // Whoever goes on finds nothing amiss.
        let olga = lab.sim.operator("olga");
        let ended = lab.resume(&olga, &run.run).expect("nobody crashes");
        assert_eq!(
            ended.expect("it goes on").status(),
            RunStatus::Completed,
            "seed {seed}"
        );
        assert_eq!(lab.sim.violations(), [], "seed {seed}");
    }
}

#[test]
fn a_run_whose_fence_was_applied_rests_before_what_follows_it() {
    let (lab, run) = held(1);
    lab.home_returns();
    lab.sim.advance(Duration::from_mins(5));
    let first = fence(&lab, &run).expect("it is taken over");
    assert!(!first.state.stands_before_fence());
    // Two watchers, or one that was started again before it had looked at the run.
    let before = lab.journal(&run.run).records.len();
    let calls = lab.sim.calls().len();
    let second = fence(&lab, &run).expect("it is taken over");
    assert_eq!(second.status(), RunStatus::Held);
    assert_eq!(begun(&lab, &run, before), []);
    let changed = lab.sim.calls().into_iter().skip(calls);
    let changed: Vec<_> = changed
        .filter(|call| call.effect != Effect::Read && call.service != "s3")
        .collect();
    assert!(changed.is_empty(), "{changed:?}");
}

#[test]
fn a_site_that_is_still_dark_stays_unfenced_and_the_run_held() {
    let (lab, run) = held(1);
    let again = fence(&lab, &run).expect("it is taken over");
    assert_eq!(again.status(), RunStatus::Held);
    assert!(again.state.stands_before_fence());
    let held = again.state.held.expect("it says why");
    assert!(held.contains("ohio"), "{held}");
}
