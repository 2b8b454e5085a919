//! Every shipped runbook, every step, every fault that the simulator knows: the run rests, one primary at most takes clients'
//! writes, nothing is promoted without evidence or waiver, and what is said of the loss holds what was lost.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use dr_core::action::Detail;
use dr_core::model::{Direction, Duration, Mode, StepId};
use dr_core::port::{Decision, Effect};
use dr_core::runbook::engine::RunState;
use dr_core::runbook::host::{HostError, StartOptions, Watcher, run_id};
use dr_core::runbook::journal::{ReadJournal, Record};
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
    ] {
        lab.sim.inject(mended);
    }
    let journal = lab.journal(&run);
    assert_promoted_by_right(&journal, &what);
    if result
        .as_ref()
        .is_ok_and(|outcome| outcome.status() == RunStatus::Completed)
    {
        assert_loss_is_stated(&lab, &journal, &what);
    }
    true
}

/// Before a promotion succeeded there was evidence that allows it, or two people passed the gate.
fn assert_promoted_by_right(journal: &ReadJournal, what: &str) {
    let mut proven = false;
    let mut waived: Vec<&str> = Vec::new();
    for record in &journal.records {
        match &record.event {
            Event::Answered { answer, .. }
                if answer.code == "fence-unproven" && answer.decision == Decision::Yes =>
            {
                waived.push(&answer.who);
            }
            Event::StepSucceeded { output, .. } => match &output.detail {
                Detail::Fence(evidence) => proven |= evidence.level.allows_promotion(),
                Detail::Loss { .. } => {
                    waived.sort_unstable();
                    waived.dedup();
                    assert!(
                        proven || waived.len() >= 2,
                        "{what}: promoted without right"
                    );
                }
                _ => {}
            },
            _ => {}
        }
    }
}

/// The newest statement of the journal holds what the clients really lost.
fn assert_loss_is_stated(lab: &Lab, journal: &ReadJournal, what: &str) {
    let truth = lab.sim.truth();
    let stated = journal
        .records
        .iter()
        .rev()
        .find_map(|record| match &record.event {
            Event::StepSucceeded { output, .. } => match &output.detail {
                Detail::Loss { loss, .. }
                | Detail::Protected {
                    loss: Some(loss), ..
                } => Some(loss.clone()),
                Detail::FormerFence { losses, .. } => losses.values().next().cloned(),
                _ => None,
            },
            _ => None,
        });
    let stated = stated.unwrap_or_else(|| panic!("{what}: a completed run states its loss"));
    if let Some(exact) = stated.exact {
        assert_eq!(exact, truth.lost, "{what}");
    }
    if let Some((first, last)) = truth.lost_window {
        let second = Duration::from_secs(1);
        assert!(second.before(stated.window_from) <= first, "{what}");
        assert!(
            stated
                .window_until
                .is_none_or(|until| last <= second.after(until)),
            "{what}"
        );
    }
}

#[test]
fn whatever_happens_at_whichever_step_the_run_rests_and_keeps_its_promises() {
    let cases = cases();
    let work: Vec<(&Case, StepId, Fault)> = cases
        .iter()
        .flat_map(|case| {
            case.plan.steps().flat_map(move |step| {
                faults(case, &step.id)
                    .into_iter()
                    .map(move |fault| (case, step.id.clone(), fault))
            })
        })
        .collect();
    let next = AtomicUsize::new(0);
    let struck = AtomicUsize::new(0);
    let threads = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some((case, step, fault)) = work.get(next.fetch_add(1, Ordering::Relaxed))
                {
                    if strike(case, step, fault) {
                        struck.fetch_add(1, Ordering::Relaxed);
                    }
                }
            });
        }
    });
    let struck = struck.into_inner();
    assert!(
        struck >= 400,
        "only {struck} of {} faults struck",
        work.len()
    );
}
