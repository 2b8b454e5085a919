//! What a report says of a run, held against what the simulated clients measured and no port told the run.

use dr_core::model::{Duration, Mode, Outage};
use dr_core::report::{self, Bound, Measured, Promotion, Report};
use dr_core::runbook::RunStatus;
use dr_core::runbook::host::{Outcome, StartOptions};
use dr_core::sim::Truth;
use dr_tests::lab::Lab;

const SEEDS: std::ops::RangeInclusive<u64> = 1..=12;

fn report(lab: &Lab, outcome: &Outcome) -> Report {
    let journal = lab.journal(&outcome.run);
    report::from_journal(&journal.header, &journal.records, journal.head.as_str())
}

/// Whether the truth is where the figure says that it is. `slack` is what the figure may be longer by when it is exact: it
/// may count from a moment before the first failed write.
fn contains(measured: &Measured, truth: Duration, slack: Duration) -> bool {
    match measured {
        Measured::Figure { bound, value, .. } => match bound {
            Bound::Exactly => *value >= truth && *value <= truth + slack,
            Bound::AtMost => *value >= truth,
            Bound::AtLeast => *value <= truth + slack,
        },
        Measured::NotMeasured { .. } | Measured::NotApplicable { .. } => true,
    }
}

fn lasted(outage: &Outage) -> Duration {
    Duration::between(outage.from, outage.until.expect("it is over"))
}

fn assert_loss_is_told(report: &Report, truth: &Truth, seed: u64) {
    for set in &report.data_loss.data_sets {
        let real = truth.data_sets[&set.component];
        assert_eq!(set.promotion, Promotion::Made, "seed {seed}");
        let (_, loss) = set.statement.as_ref().expect("a promotion states its loss");
        assert!(
            loss.at_least() <= real.lost,
            "seed {seed}: {loss:?}, {real:?}"
        );
        if let Some(exact) = loss.exact {
            assert_eq!(exact, real.lost, "seed {seed}");
        }
        if let Some((first, last)) = real.lost_window {
            assert!(loss.window_from <= first, "seed {seed}: {loss:?}, {real:?}");
            assert!(
                loss.window_until.is_none_or(|until| until >= last),
                "seed {seed}: {loss:?}, {real:?}"
            );
        }
    }
}

#[test]
fn the_report_of_a_lost_region_claims_no_more_than_what_clients_measured() {
    for seed in SEEDS {
        let lab = Lab::new(seed);
        let options = StartOptions {
            outage_since: Some(lab.sim.now()),
            ..StartOptions::default()
        };
        lab.lose_home();
        lab.sim.advance(Duration::from_mins(2));
        let outward = lab.estate.outward();
        let held = lab
            .carry_out("failover", Mode::Unplanned, outward, options)
            .expect("it is begun");
        let before = report(&lab, &held);
        let truth = lab.sim.truth();
        let outage = lasted(&truth.outages[0]);
        let slack = Duration::from_secs(2);

        let recovery = &before.recovery_time;
        assert!(
            contains(&recovery.achieved, outage, slack),
            "seed {seed}: {recovery:?}, clients measured {outage}"
        );
        assert!(
            recovery.achieved.value().is_some(),
            "seed {seed}: {recovery:?}"
        );
        assert!(
            contains(&before.clients.total, outage, Duration::ZERO),
            "seed {seed}: {:?}, clients measured {outage}",
            before.clients
        );
        assert_loss_is_told(&before, &truth, seed);

        lab.home_returns();
        lab.sim.advance(Duration::from_mins(2));
        let olga = lab.sim.operator("olga");
        let done = lab
            .resume(&olga, &held.run)
            .expect("no crash")
            .expect("it is resumed");
        assert_eq!(done.status(), RunStatus::Completed, "seed {seed}");
        let after = report(&lab, &done);
        assert_loss_is_told(&after, &lab.sim.truth(), seed);
        assert_eq!(
            after.recovery_time.achieved, recovery.achieved,
            "seed {seed}"
        );
        assert!(
            after.anomalies.is_empty(),
            "seed {seed}: {:?}",
            after.anomalies
        );
        assert!(
            after.fences.iter().all(|fence| !fence.is_still_pending()),
            "seed {seed}"
        );
    }
}

#[test]
fn the_report_of_a_planned_move_claims_no_loss_only_because_there_was_none() {
    for seed in SEEDS {
        let lab = Lab::new(seed);
        let outward = lab.estate.outward();
        let done = lab
            .carry_out("failover", Mode::Planned, outward, StartOptions::default())
            .expect("it is begun");
        assert_eq!(done.status(), RunStatus::Completed, "seed {seed}");
        let report = report(&lab, &done);
        let truth = lab.sim.truth();

        assert_eq!(truth.lost, 0, "seed {seed}");
        assert_eq!(
            report.data_loss.says, "Nothing was lost; this was proven.",
            "seed {seed}"
        );
        let down: Duration = truth.outages.iter().map(lasted).sum();
        assert!(
            contains(&report.clients.total, down, Duration::ZERO),
            "seed {seed}: {:?}, clients measured {down}",
            report.clients
        );
    }
}
