//! Every shipped runbook, every step, every fault that the simulator knows: the run rests, one primary at most takes clients'
//! writes, nothing is promoted without evidence or waiver, and what is said of the loss holds what was lost.

#![expect(
    clippy::disallowed_macros,
    reason = "the figures of the page of proofs are printed"
)]

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use dr_core::campaign::{misstated, promoted_without_right, stated_loss};
use dr_core::model::{Direction, Duration, Mode, StepId};
use dr_core::port::{Effect, ErrorClass};
use dr_core::runbook::engine::RunState;
use dr_core::runbook::host::{HostError, StartOptions, Watcher, run_id};
use dr_core::runbook::journal::Record;
use dr_core::runbook::plan::Plan;
use dr_core::runbook::{Event, RunStatus};
use dr_core::sim::{Fault, Simulation, World};
use dr_tests::lab::{self, Lab};

/// Lets something happen when a step begins.
struct Trap {
    simulation: Simulation,
    step: StepId,
    fault: Fault,
    sprung: Mutex<bool>,
}

impl Watcher for Trap {
    fn recorded(&self, _: &RunState, record: &Record) {
        let begins = matches!(&record.event, Event::StepStarted { step, .. } if *step == self.step);
        let mut sprung = self.sprung.lock().expect("nobody panics while watching");
        if begins && !*sprung {
            *sprung = true;
            self.simulation.inject(self.fault.clone());
        }
    }
}

/// A run that is about to be begun.
struct Case {
    name: &'static str,
    world: World,
    plan: Plan,
}

fn plan(lab: &Lab, name: &str, mode: Mode, direction: Direction) -> Plan {
    lab.plan(&lab::runbook(name), mode, direction)
        .unwrap_or_else(|findings| panic!("it can be planned: {findings:#?}"))
}

fn cases() -> Vec<Case> {
    let switchover = Lab::new(1);
    let outward = switchover.estate.outward();
    let planned = plan(&switchover, "failover", Mode::Planned, outward.clone());

    let lost = Lab::new(1);
    lost.lose_home();
    lost.sim.advance(Duration::from_mins(2));
    let unplanned = plan(&lost, "failover", Mode::Unplanned, outward.clone());

    let away = Lab::new(1);
    away.carry_out(
        "failover",
        Mode::Planned,
        outward.clone(),
        StartOptions::default(),
    )
    .expect("it is begun");
    away.sim.advance(Duration::from_mins(5));
    let home = plan(&away, "failback", Mode::Planned, outward.reversed());
    let case = |name, lab: &Lab, plan| Case {
        name,
        world: lab.sim.snapshot(),
        plan,
    };
    vec![
        case("switchover", &switchover, planned),
        case("failover", &lost, unplanned),
        case("failback", &away, home),
    ]
}

/// What can happen while a step is carried out: the general faults at both sites, and each call that it makes denied or unanswered.
fn faults(case: &Case, step: &StepId) -> Vec<Fault> {
    let Direction { from, to } = case.plan.direction.clone();
    let database = || "database".parse().expect("a name");
    let mut faults = vec![
        Fault::Partition,
        Fault::GlobalControlDown,
        Fault::ReplicationStalls(database()),
        Fault::BackupStarts {
            database: database(),
            site: to.clone(),
            lasts: Duration::from_mins(40),
        },
        Fault::PromotionRefused {
            database: database(),
            times: 2,
        },
        Fault::PromotionRefused {
            database: database(),
            times: 1000,
        },
        Fault::StateLocked {
            stack: "stack".parse().expect("a name"),
            site: to.clone(),
            by: "mallory".to_owned(),
        },
        Fault::ShortOfCapacity {
            fleet: "app".parse().expect("a name"),
            site: to.clone(),
            limit: 1,
        },
        Fault::ResolverIgnoresTtl(0),
        Fault::MirrorStops,
    ];
    for site in [from, to] {
        faults.push(Fault::Throttled(site.clone()));
        faults.push(Fault::Slow {
            site: site.clone(),
            factor: 30,
        });
        faults.push(Fault::RegionIsolated(site.clone()));
        faults.push(Fault::RegionDark(site));
    }
    let planned = case.plan.step(step).expect("a step of the plan");
    for call in planned
        .calls
        .iter()
        .filter(|call| call.effect != Effect::Read)
    {
        let name = format!("{}:{}", call.service, call.call);
        faults.push(Fault::AnswerLost(name.clone()));
        if let dr_core::port::Place::Site(site) = &call.place {
            faults.push(Fault::Denied {
                site: site.clone(),
                call: name,
            });
        }
    }
    faults
}

/// Whether the fault struck; panics where a promise is broken.
fn strike(case: &Case, step: &StepId, fault: &Fault) -> bool {
    let lab = Lab {
        estate: lab::storefront(),
        sim: Simulation::restore(case.world.clone()),
        story: Arc::default(),
    };
    let trap = Arc::new(Trap {
        simulation: lab.sim.clone(),
        step: step.clone(),
        fault: fault.clone(),
        sprung: Mutex::new(false),
    });
    let operator = lab.sim.operator("olga");
    let mut host = lab.host(&operator, lab.on_call());
    host.watcher = trap.clone();
    let run = run_id(&case.plan, lab.sim.now());
    let what = format!("{}, {step}: {fault}", case.name);
    let result = lab
        .sim
        .run(
            &operator,
            host.start(run.clone(), case.plan.clone(), StartOptions::default()),
        )
        .unwrap_or_else(|stopped| panic!("{what}: it never rests: {stopped:?}"));
    if !*trap.sprung.lock().expect("nobody panics while watching") {
        return false;
    }
    match &result {
        Ok(outcome) => assert!(
            outcome.status().is_over() || outcome.status() == RunStatus::Held,
            "{what}: {:?}",
            outcome.status()
        ),
        // The store stands in the site that went away: what was under way is in doubt, and the run can be resumed.
        Err(
            HostError::Append(_) | HostError::Lock(_) | HostError::Store(_) | HostError::Fenced,
        ) => {}
        Err(error) => panic!("{what}: {error:?}"),
    }
    assert_eq!(lab.sim.violations(), [], "{what}");
    // The journal stands in the home standby's site, which may be the one that was struck.
    let store = lab.estate.sites[1].id.clone();
    for mended in [
        Fault::RegionReturns(store.clone()),
        Fault::RegionHealed(store.clone()),
        Fault::ThrottlingEnds(store.clone()),
        Fault::Slow {
            site: store,
            factor: 1,
        },
    ]
    .into_iter()
    .chain(fault.mended_by())
    {
        lab.sim.inject(mended);
    }
    let journal = lab.journal(&run);
    assert_eq!(promoted_without_right(&journal.records), None, "{what}");
    if result
        .as_ref()
        .is_ok_and(|outcome| outcome.status() == RunStatus::Completed)
    {
        let records = &journal.records;
        assert!(stated_loss(records).is_some(), "{what}: it states its loss");
        assert_eq!(misstated(&lab.sim.truth(), records), None, "{what}");
    }
    true
}

/// Each call of a step refused with each class: a reading twice, what changes something for good.
fn refusals(case: &Case, step: &StepId) -> Vec<Fault> {
    let planned = case.plan.step(step).expect("a step of the plan");
    let mut calls: BTreeMap<String, bool> = BTreeMap::new();
    for call in &planned.calls {
        let changes = calls
            .entry(format!("{}:{}", call.service, call.call))
            .or_default();
        *changes |= call.effect != Effect::Read;
    }
    let refused = |(call, changes): (String, bool)| {
        let times = if changes { 1000 } else { 2 };
        ErrorClass::ALL.map(|class| Fault::Refused {
            call: call.clone(),
            class,
            times,
        })
    };
    calls.into_iter().flat_map(refused).collect()
}

/// The steps that begin when nothing goes wrong.
fn begun(case: &Case) -> Vec<StepId> {
    let lab = Lab {
        estate: lab::storefront(),
        sim: Simulation::restore(case.world.clone()),
        story: Arc::default(),
    };
    let operator = lab.sim.operator("olga");
    lab.start(&operator, case.plan.clone(), StartOptions::default())
        .expect("nobody crashes")
        .expect("it is begun");
    let records = lab.story.take();
    let begins = records.into_iter().filter_map(|record| match record.event {
        Event::StepStarted { step, .. } => Some(step),
        _ => None,
    });
    begins.collect()
}

/// Lets each of these faults strike at each step of each case; how many there were, and how many struck.
fn strike_all(faults: impl Fn(&Case, &StepId) -> Vec<Fault>) -> (usize, usize) {
    let cases = cases();
    let mut work: Vec<(&Case, StepId, Fault)> = Vec::new();
    for case in &cases {
        let begun = begun(case);
        // A failover rests before the steps that need the lost site; the switchover has them all.
        for step in case.plan.steps().filter(|step| begun.contains(&step.id)) {
            let faults = faults(case, &step.id).into_iter();
            work.extend(faults.map(|fault| (case, step.id.clone(), fault)));
        }
    }
    let next = AtomicUsize::new(0);
    let struck = AtomicUsize::new(0);
    let worker = || {
        while let Some((case, step, fault)) = work.get(next.fetch_add(1, Ordering::Relaxed)) {
            if strike(case, step, fault) {
                struck.fetch_add(1, Ordering::Relaxed);
            }
        }
    };
    let threads = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(worker);
        }
    });
    (work.len(), struck.into_inner())
}

#[test]
fn whatever_happens_at_whichever_step_the_run_rests_and_keeps_its_promises() {
    let (cells, struck) = strike_all(faults);
    println!("{cells} cells of outages, {struck} struck");
    assert!(struck >= 400, "only {struck} of {cells} faults struck");
}

#[test]
fn however_a_call_of_whichever_step_is_refused_the_run_rests_and_keeps_its_promises() {
    let (cells, struck) = strike_all(refusals);
    println!("{cells} cells of error classes, {struck} struck");
    assert!(struck >= 1000, "only {struck} of {cells} refusals struck");
}
