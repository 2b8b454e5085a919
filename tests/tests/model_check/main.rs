//! The model check of lock, lease, epoch, fence and promotion: three operators, two sites, every interleaving within the bounds.
//!
//! **Shared with the engine.** The model tells no rule again, it calls the product's: the lock's decisions
//! (`runbook::lock::rule`), the journal's (`runbook::journal::rule`), the whole machine (`runbook::engine::Machine`) and the fold of
//! the journal (`RunState::apply`), the deadline of every call (`port::LeaseDeadline`), the gates of a promotion
//! (`action::Promotion`) and the end of an application's write lease (`action::lease_ends_for`). `rules.rs` lists those that a seeded fault
//! may replace. Journals and machines are kept once each under a number (`archive.rs`), so that a state is small.
//!
//! **Modelled here.** The stores as compare-and-swap, whose request or answer may be lost; the host's loop for a plan of four
//! steps, one at a time (fence, promote, fence the former primary, reprotect); the two sites; calls on their way, which arrive
//! even when their operator has died; what the actions read and call, cut down to one database (`steps.rs`). Not modelled:
//! a second run, steps side by side, planned mode, appends that arrive after their writer gave them up.
//!
//! **Time** is a grid of five seconds, counted from now, without a horizon. Leases that end far ahead are one class.
//!
//! **Assumed**, as by the lock: clocks differ by `SKEW` at most, a call is over `CALL` after it was sent, an operator is stopped for
//! `SKEW + CALL` at most between its look at the deadline and its call. The engine's own waits take any time, also none, but for the one that it
//! insists on: a step in doubt is not taken for undone before `CALL` has passed (the last test shows what happens otherwise).
//!
//! **Bounds and figures** (development build, two processors; each test prints its own): every kind of trouble, operators of
//! any slowness, three epochs, two crashes: all 1,566,585 states within 19 deeds of the start (13 s). To the end of every
//! run, with operators that are never slow, two epochs, and one kind of trouble at a time: 315,044 states with a crash,
//! 165,850 with a loss, 180,235 with people and a refusal, 252,767 with an operator who stops at once. A run over three
//! epochs and two crashes is searched until its witness is found.

#![expect(
    clippy::disallowed_macros,
    reason = "the figures are part of the proof: a test prints how far it went"
)]

mod archive;
mod claims;
mod clock;
mod faults;
mod hosting;
mod locking;
mod model;
mod plan;
mod rules;
mod state;
mod steps;

use std::collections::BTreeSet;

use claims::{AFTER_CRASHES, ONE_WRITER};
use model::{Bounds, Protocol};
use rules::Rules;
use stateright::{Checker, HasDiscoveries, Model};

/// Explores breadth first, by one thread, so that what lies within a depth is all of it and the figures are the same each time.
/// Returns how many different states there were, and which properties were decided: broken promises and witnesses.
fn explore(
    what: &str,
    rules: Rules,
    bounds: Bounds,
    depth: Option<usize>,
) -> (usize, BTreeSet<&'static str>) {
    let builder = Protocol::new(rules, bounds)
        .checker()
        .finish_when(HasDiscoveries::AnyFailures);
    let builder = match depth {
        Some(depth) => builder.target_max_depth(depth),
        None => builder,
    };
    let checker = builder.spawn_bfs().join();
    let states = checker.unique_state_count();
    println!(
        "{what}: {states} different states, {} transitions, depth {}",
        checker.state_count(),
        checker.max_depth()
    );
    let mut decided = BTreeSet::new();
    for (name, path) in checker.discoveries() {
        decided.insert(name);
        let broken = checker
            .model()
            .property(name)
            .expectation
            .discovery_is_failure();
        let deeds = path.into_actions();
        println!("  {name}: after {} deeds", deeds.len());
        if broken {
            println!("  broken by {deeds:?}");
        }
    }
    (states, decided)
}

fn broken(decided: &BTreeSet<&'static str>) -> Vec<&'static str> {
    let promises = claims::promises();
    decided
        .iter()
        .copied()
        .filter(|name| promises.contains(name))
        .collect()
}

#[test]
fn a_million_states_of_three_slow_operators_in_every_trouble_break_no_promise() {
    let (states, decided) = explore(
        "in trouble",
        Rules::default(),
        Bounds::default(),
        Some(DEPTH),
    );
    assert_eq!(broken(&decided), [""; 0]);
    assert!(states >= 1_000_000, "{states} states");
}

/// How many states a path has at most in the exploration of every trouble.
const DEPTH: usize = 20;

#[test]
fn every_run_to_its_end_breaks_no_promise_and_every_witness_is_seen() {
    let mut seen = BTreeSet::new();
    let mut states = 0;
    for (what, bounds) in [
        ("a crash", Bounds::crashes(2)),
        ("a loss", Bounds::losses()),
        ("people", Bounds::people(2)),
        ("a stop at once", Bounds::quits()),
    ] {
        let (found, decided) = explore(what, Rules::default(), bounds, None);
        assert_eq!(broken(&decided), [""; 0], "{what}");
        seen.extend(decided);
        states += found;
    }
    println!("{states} different states in all");
    let missing: Vec<_> = claims::witnesses()
        .into_iter()
        .filter(|name| !seen.contains(name) && *name != AFTER_CRASHES && *name != claims::REFUSED)
        .collect();
    assert_eq!(missing, [""; 0]);
}

/// Depth first: the witness lies at the end of a long run.
#[test]
fn a_run_completes_after_its_first_and_second_operators_crashed() {
    let wanted = BTreeSet::from([AFTER_CRASHES, claims::REFUSED]);
    let checker = Protocol::new(Rules::default(), Bounds::crashes(3))
        .checker()
        .finish_when(HasDiscoveries::AllOf(wanted.clone()))
        .spawn_dfs()
        .join();
    let decided: BTreeSet<_> = checker.discoveries().into_keys().collect();
    println!("{} different states", checker.unique_state_count());
    assert_eq!(broken(&decided), [""; 0]);
    assert!(wanted.is_subset(&decided), "{decided:?}");
}

#[test]
fn every_seeded_fault_of_a_rule_is_found() {
    for fault in faults::all() {
        let (_, decided) = explore(fault.name, fault.rules, fault.bounds, None);
        let broken = broken(&decided);
        assert!(
            broken.iter().any(|name| fault.breaks.contains(name)),
            "{}: {broken:?}",
            fault.name
        );
    }
}

/// An engine that believes it: a promotion is given up, read as not done while it is on its way, and begun again; the second one is
/// refused, a person aborts, the fence is lifted, and then the first one arrives.
#[test]
fn a_reading_of_a_step_in_doubt_that_is_believed_too_early_makes_two_writers() {
    let mut bounds = Bounds::people(1);
    bounds.left.losses = 1;
    let (_, decided) = explore("waited for", Rules::default(), bounds, None);
    assert_eq!(broken(&decided), [""; 0]);
    bounds.believes_early = true;
    let (_, decided) = explore("believed early", Rules::default(), bounds, None);
    assert!(broken(&decided).contains(&ONE_WRITER));
}
