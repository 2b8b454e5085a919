//! The main job, on the shipped estate: lose the primary, fail over, take it home.

use dr_core::model::{Duration, Mode};
use dr_core::runbook::RunStatus;
use dr_core::runbook::host::StartOptions;
use dr_tests::lab::Lab;

#[test]
fn a_lost_region_is_failed_over_protected_again_and_taken_home() {
    let lab = Lab::new(1);
    let outage = lab.sim.now();
    lab.lose_home();
    lab.sim.advance(Duration::from_mins(2));
    let outward = lab.estate.outward();
    let options = StartOptions {
        outage_since: Some(outage),
        ..StartOptions::default()
    };
    let outcome = lab.carry_out("failover", Mode::Unplanned, outward.clone(), options);

    let outcome = outcome.expect("it is begun");
    assert_eq!(
        outcome.status(),
        RunStatus::Held,
        "{:?}",
        outcome.state.held
    );

    lab.sim.advance(Duration::from_mins(10));
    lab.home_returns();
    lab.sim.advance(Duration::from_mins(2));
    let olga = lab.sim.operator("olga");
    let outcome = lab
        .resume(&olga, &outcome.run)
        .expect("no crash")
        .expect("it is resumed");

    assert_eq!(
        outcome.status(),
        RunStatus::Completed,
        "{:?}",
        outcome.state.held
    );

    let outcome = lab
        .carry_out(
            "failback",
            Mode::Planned,
            outward.reversed(),
            StartOptions::default(),
        )
        .expect("it is begun");

    assert_eq!(
        outcome.status(),
        RunStatus::Completed,
        "{:?}",
        outcome.state.held
    );
    assert_eq!(lab.sim.violations(), []);
}
