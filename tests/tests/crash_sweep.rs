//! Kill the operator before, within and after every call that it makes; another one goes on, and the end is the same.
//!
//! A call is a port's method or one of the store's: reads, changes, journal appends, the lock. So every effect of a runbook
//! and every write of the journal has its three points.

#![expect(
    clippy::disallowed_macros,
    reason = "the figures of the page of proofs are printed"
)]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use dr_core::model::{Direction, Duration, Mode, RunId};
use dr_core::runbook::RunStatus;
use dr_core::runbook::host::{HostError, Outcome, StartOptions};
use dr_core::runbook::plan::Plan;
use dr_core::runbook::replay::replay;
use dr_core::sim::{Dice, Moment, Operator, Simulation, Stopped, World};
use dr_tests::end_state::end_state;
use dr_tests::lab::{self, Lab};

const MOMENTS: [Moment; 3] = [Moment::Before, Moment::Unanswered, Moment::After];

/// What an operator is about to do in a world.
struct Case {
    world: World,
    /// The plan to start, or the run to go on with.
    job: Job,
    ends: RunStatus,
}

enum Job {
    Start(Box<Plan>),
    Resume(RunId),
}

/// How it ended.
#[derive(Debug, PartialEq, Eq)]
struct End {
    status: RunStatus,
    estate: Vec<String>,
    promotions: usize,
}

impl Case {
    fn lab(&self) -> Lab {
        Lab {
            estate: lab::storefront(),
            sim: Simulation::restore(self.world.clone()),
            story: Arc::default(),
        }
    }

    fn go(&self, lab: &Lab, operator: &Operator) -> Result<Result<Outcome, HostError>, Stopped> {
        match &self.job {
            Job::Start(plan) => lab.start(operator, (**plan).clone(), StartOptions::default()),
            Job::Resume(run) => lab.resume(operator, run),
        }
    }

    /// Lets operators who die at these calls have a go one after another, then one who does not.
    fn played(&self, deaths: &[(u64, Moment)]) -> (End, u64, bool) {
        let lab = self.lab();
        let mut calls = 0;
        let mut killed = false;
        for (turn, death) in deaths.iter().map(Some).chain([None]).enumerate() {
            let operator = lab.sim.operator(&format!("operator-{turn}"));
            if let Some((call, moment)) = death {
                operator.crash_at(*call, *moment);
            }
            let result = match self.begun(&lab) {
                Some(run) if turn > 0 => lab.resume(&operator, &run),
                _ => self.go(&lab, &operator),
            };
            calls = operator.calls_made();
            match result {
                Err(Stopped::Crashed) => {
                    killed = true;
                    // Longer than the dead operator's lease.
                    lab.sim.advance(Duration::from_mins(2));
                }
                Err(other) => panic!("{deaths:?}: {other:?}"),
                // It died after its last record: all was done.
                Ok(Err(HostError::Over { .. })) => {}
                Ok(Err(error)) => panic!("{deaths:?}: {error:?}"),
                Ok(Ok(_)) => {}
            }
        }
        lab.sim.advance(Duration::from_mins(2));
        let run = self.begun(&lab).expect("a run was begun");
        let journal = lab.journal(&run);
        let state = replay(&journal).expect("the journal tells a possible story");
        assert_eq!(lab.sim.violations(), [], "{deaths:?}");
        let promotions = promotions(&lab) - promotions(&self.lab());
        let end = End {
            status: state.status,
            estate: end_state(&lab),
            promotions,
        };
        (end, calls, killed)
    }

    /// The newest run of the world, if its journal was begun.
    fn begun(&self, lab: &Lab) -> Option<RunId> {
        if let Job::Resume(run) = &self.job {
            return Some(run.clone());
        }
        let Job::Start(plan) = &self.job else {
            return None;
        };
        let reader = lab.sim.operator("reader");
        let logs = lab.logs(&reader);
        let runs = lab
            .sim
            .run(&reader, logs.runs())
            .expect("the reader does not crash")
            .expect("the store answers");
        let digest = plan.digest.get(..4).unwrap_or_default();
        runs.into_iter()
            .rev()
            .find(|run| run.as_str().ends_with(digest))
    }
}

/// Promotions that the world has accepted.
fn promotions(lab: &Lab) -> usize {
    let log = lab.sim.log();
    log.iter()
        .filter(|line| line.to_string().contains(": promote "))
        .count()
}

/// Dies at every point, on all cores. At least `points` of them must really have killed somebody.
fn sweep(case: &Case, points: usize) {
    let (expected, calls, _) = case.played(&[]);
    assert_eq!(expected.status, case.ends);
    assert!(expected.promotions <= 1);
    let deaths: Vec<(u64, Moment)> = (1..=calls)
        .flat_map(|call| MOMENTS.map(|moment| (call, moment)))
        .collect();
    let killed = in_parallel(&deaths, |death| {
        let (end, _, killed) = case.played(&[*death]);
        assert_eq!(end, expected, "killed at {death:?}");
        killed
    });
    println!("{killed} of {} points killed", deaths.len());
    assert!(
        killed >= points,
        "only {killed} of {} points killed",
        deaths.len()
    );
}

/// Does `work` for every item; how often it said yes.
fn in_parallel<T: Sync>(items: &[T], work: impl Fn(&T) -> bool + Sync) -> usize {
    let next = AtomicUsize::new(0);
    let yes = AtomicUsize::new(0);
    let threads = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(item) = items.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if work(item) {
                        yes.fetch_add(1, Ordering::Relaxed);
                    }
                }
            });
        }
    });
    yes.into_inner()
}

fn planned(lab: &Lab, name: &str, mode: Mode, direction: Direction) -> Plan {
    lab.plan(&lab::runbook(name), mode, direction)
        .unwrap_or_else(|findings| panic!("it can be planned: {findings:#?}"))
}

/// The region is lost; a failover is to be begun.
fn lost() -> (Lab, Case) {
    let lab = Lab::new(1);
    lab.lose_home();
    lab.sim.advance(Duration::from_mins(2));
    let plan = planned(&lab, "failover", Mode::Unplanned, lab.estate.outward());
    let case = Case {
        world: lab.sim.snapshot(),
        job: Job::Start(Box::new(plan)),
        ends: RunStatus::Held,
    };
    (lab, case)
}

/// The failover holds, and the region has returned; it is to be gone on with.
fn returned() -> (Lab, Case) {
    let (lab, case) = lost();
    let Job::Start(plan) = case.job else {
        unreachable!("a failover is begun")
    };
    let olga = lab.sim.operator("olga");
    let held = lab
        .start(&olga, *plan, StartOptions::default())
        .expect("no crash")
        .expect("it is begun");
    lab.sim.advance(Duration::from_mins(10));
    lab.home_returns();
    lab.sim.advance(Duration::from_mins(2));
    let case = Case {
        world: lab.sim.snapshot(),
        job: Job::Resume(held.run),
        ends: RunStatus::Completed,
    };
    (lab, case)
}

#[test]
fn a_failover_killed_at_any_call_ends_as_if_it_had_not_been() {
    sweep(&lost().1, 400);
}

#[test]
fn the_way_back_to_protection_killed_at_any_call_ends_as_if_it_had_not_been() {
    sweep(&returned().1, 300);
}

#[test]
fn a_switchover_killed_at_any_call_ends_as_if_it_had_not_been() {
    let lab = Lab::new(2);
    let plan = planned(&lab, "failover", Mode::Planned, lab.estate.outward());
    let case = Case {
        world: lab.sim.snapshot(),
        job: Job::Start(Box::new(plan)),
        ends: RunStatus::Completed,
    };
    sweep(&case, 500);
}

#[test]
fn a_failback_killed_at_any_call_ends_as_if_it_had_not_been() {
    let (lab, case) = returned();
    let Job::Resume(run) = case.job else {
        unreachable!("a held run is gone on with")
    };
    let olga = lab.sim.operator("olga");
    lab.resume(&olga, &run)
        .expect("no crash")
        .expect("it goes on");
    lab.sim.advance(Duration::from_mins(5));
    let home = lab.estate.outward().reversed();
    let plan = planned(&lab, "failback", Mode::Planned, home);
    let case = Case {
        world: lab.sim.snapshot(),
        job: Job::Start(Box::new(plan)),
        ends: RunStatus::Completed,
    };
    sweep(&case, 500);
}

/// How many of all pairs of points are played. All of them would be more than a million.
const PAIRS: u64 = 1500;

#[test]
fn a_failover_whose_second_operator_dies_too_ends_as_if_nobody_had() {
    let case = lost().1;
    let (expected, calls, _) = case.played(&[]);
    let points = calls * 3;
    // Always the same ones, spread over all pairs.
    let mut dice = Dice::new(1);
    let mut point = || {
        let at = dice.between(0, points - 1);
        let moment = MOMENTS[usize::try_from(at % 3).expect("below three")];
        (at / 3 + 1, moment)
    };
    let pairs: Vec<[(u64, Moment); 2]> = (0..PAIRS).map(|_| [point(), point()]).collect();
    let killed = in_parallel(&pairs, |pair| {
        let (end, _, killed) = case.played(pair);
        assert_eq!(end, expected, "killed at {pair:?}");
        killed
    });
    println!(
        "{killed} of {} pairs killed, of {} that there are",
        pairs.len(),
        points * points
    );
    assert!(killed >= 1000, "only {killed} of {PAIRS} pairs killed");
}
