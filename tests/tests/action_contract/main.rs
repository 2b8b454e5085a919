//! The contract of every action, on the simulated world: one suite, over every verb and every component of the storefront.

mod bench;
mod checks;
mod fences;
mod refusals;

use std::collections::BTreeSet;

use bench::{Bench, changing, ohio, step, storefront};
use dr_core::action::{Before, Detail, Observation, StepError, Undo, for_verb};
use dr_core::model::{
    Check, ComponentId, Direction, Duration, Exec, FenceLevel, FenceTarget, Kind, Mode, Verb,
};
use dr_core::port::{Effect, Place};
use dr_core::sim::{Fault, Moment};

fn id(name: &str) -> ComponentId {
    name.parse().expect("a name")
}

fn words(text: &str) -> Vec<String> {
    text.split(' ').map(str::to_owned).collect()
}

fn exec() -> Exec {
    Exec {
        command: words("warm-cache --on"),
        observe: Some(words("warm-cache --is-on")),
        undo: Some(words("warm-cache --off")),
    }
}

/// The runbook of a move, in an order in which each step can be carried out.
fn story() -> Vec<Verb> {
    vec![
        Verb::Verify(Check::SteadyState),
        Verb::Verify(Check::StandbyReady),
        Verb::Approve { people: 1 },
        Verb::Wait(Duration::from_secs(7)),
        Verb::Notify("a move begins".to_owned()),
        Verb::Exec(exec()),
        Verb::Activate(id("cluster")),
        Verb::Fence(FenceTarget::Primary),
        Verb::Provision(id("stack")),
        Verb::Activate(id("app")),
        Verb::Activate(id("source")),
        Verb::Verify(Check::CaughtUp),
        Verb::Promote(id("database")),
        Verb::Verify(Check::StandbyServing),
        Verb::Shift(id("front-door")),
        Verb::Repoint(id("metrics")),
        Verb::Repoint(id("dashboards")),
        Verb::Fence(FenceTarget::FormerPrimary),
        Verb::Demote(id("database")),
        Verb::Demote(id("source")),
        Verb::Reprotect(id("database")),
        Verb::Converge(id("stack")),
        Verb::Demote(id("app")),
        Verb::Demote(id("cluster")),
    ]
}

/// What could be carried out instead of that step.
fn instead(verb: &Verb) -> Option<Verb> {
    match verb {
        // A stack sizes its fleets, so that nothing would be left to activate.
        Verb::Provision(_) => Some(Verb::Activate(id("app"))),
        // It builds its replica from a primary that was set aside, and from one that was not.
        Verb::Demote(of) if *of == id("database") => Some(Verb::Reprotect(of.clone())),
        // A stack sizes the fleets of the old primary, too.
        Verb::Converge(_) => Some(Verb::Demote(id("app"))),
        _ => None,
    }
}

/// Whether reading the world tells that the step was carried out.
fn leaves_traces(verb: &Verb) -> bool {
    !matches!(verb, Verb::Approve { .. } | Verb::Wait(_) | Verb::Notify(_))
}

/// Tries `check` on each step of a move in the world in which it is due: of a switchover, of a failover whose old primary
/// comes back once clients are served, and of the way home after each.
fn at_each_step(check: impl Fn(Bench, &Verb)) {
    for mode in [Mode::Planned, Mode::Unplanned] {
        let mut bench = Bench::new(mode, 7);
        walk(&mut bench, &check);
        bench.turn_back();
        walk(&mut bench, &check);
        assert_eq!(bench.sim.violations(), []);
    }
}

fn walk(bench: &mut Bench, check: &impl Fn(Bench, &Verb)) {
    bench.sim.teach(&exec());
    for verb in story() {
        let from = bench.direction.from.clone();
        match (&verb, bench.mode) {
            (Verb::Verify(Check::CaughtUp), Mode::Unplanned) => continue,
            (Verb::Fence(FenceTarget::Primary), Mode::Unplanned) => {
                bench.sim.inject(Fault::RegionDark(from));
                // Health checks notice that a switch there can no longer be read.
                bench.sim.advance(Duration::from_secs(90));
            }
            (Verb::Fence(FenceTarget::FormerPrimary), Mode::Unplanned) => {
                bench.sim.inject(Fault::RegionReturns(from));
            }
            _ => {}
        }
        check(bench.fork(), &verb);
        if let Some(other) = instead(&verb) {
            check(bench.fork(), &other);
        }
        bench.carry_out(&verb);
        // Time for what a service tells to be what it is.
        bench.sim.advance(Duration::from_secs(60));
    }
}

#[test]
fn looking_changes_nothing() {
    at_each_step(|bench, verb| {
        let (calls, changes) = (bench.calls_made(), bench.changes());
        bench.preflight(verb);
        bench.observe(verb);
        let made = bench.calls_since(calls);
        // A command's `observe` is a command: that it only reads is its author's word.
        if !matches!(verb, Verb::Exec(_)) {
            assert_eq!(changing(&made), Vec::<String>::new(), "{verb}");
        }
        assert_eq!(bench.changes(), changes, "{verb}");
    });
}

#[test]
fn observe_tells_whether_the_step_is_done() {
    at_each_step(|mut bench, verb| {
        let Some(before) = bench.begin(verb) else {
            return;
        };
        bench.apply(verb, &before).unwrap();
        bench.sim.advance(Duration::from_secs(60));
        let seen = bench.observe(verb);
        match leaves_traces(verb) {
            true => assert!(
                matches!(seen, Observation::Done(_)),
                "{:?} {verb}: {seen:?}",
                bench.mode
            ),
            false => assert_eq!(seen, Observation::NotDone(Before::default()), "{verb}"),
        }
    });
}

#[test]
fn every_step_that_changes_something_has_something_to_do_when_it_is_due() {
    let begun = std::cell::RefCell::new(BTreeSet::new());
    at_each_step(|mut bench, verb| {
        if bench.begin(verb).is_some() {
            begun.borrow_mut().insert(step(verb));
        }
    });
    // What a check reads may hold already, and the clusters of both sites have one size.
    let never: Vec<String> = story()
        .iter()
        .filter(|verb| !matches!(verb, Verb::Verify(_)))
        .filter(|verb| !begun.borrow().contains(&step(verb)))
        .map(ToString::to_string)
        .collect();
    assert_eq!(never, ["activate cluster", "demote cluster"]);
}

#[test]
fn applying_twice_is_applying_once() {
    at_each_step(|mut bench, verb| {
        let Some(before) = bench.begin(verb) else {
            return;
        };
        let first = bench.apply(verb, &before).unwrap();
        bench.sim.advance(Duration::from_secs(60));
        let (world, calls) = (bench.look(), bench.calls_made());
        let second = bench.apply(verb, &before).unwrap();
        assert_eq!(bench.look(), world, "{verb}");
        if leaves_traces(verb) && !matches!(verb, Verb::Exec(_)) {
            let made = bench.calls_since(calls);
            assert_eq!(changing(&made), Vec::<String>::new(), "{verb}");
        }
        // Except that an exact loss is not measured anew, it finds the same.
        assert_eq!(
            std::mem::discriminant(&first.detail),
            std::mem::discriminant(&second.detail),
            "{verb}: {first:?} {second:?}"
        );
    });
}

#[test]
fn undoing_restores_what_was_there_before_and_undoing_twice_is_undoing_once() {
    at_each_step(|mut bench, verb| {
        if for_verb(verb).undoable(verb) == Undo::Impossible {
            return;
        }
        let world = bench.look();
        let Some(before) = bench.begin(verb) else {
            return;
        };
        let output = bench.apply(verb, &before).unwrap();
        bench.history.outputs.push((step(verb), output));
        for times in 1..=2 {
            bench.undo(verb, &before);
            bench.sim.advance(Duration::from_mins(5));
            let restored = bench.look();
            assert_eq!(restored, world, "{:?} undo {verb}, {times}", bench.mode);
        }
    });
}

#[test]
fn an_undo_right_after_an_apply_that_was_cut_off_restores_too() {
    at_each_step(|bench, verb| {
        if for_verb(verb).undoable(verb) != Undo::Restores {
            return;
        }
        // The region comes back: until then an undo of what may have been asked of it is a person's work.
        let returns = || Fault::RegionReturns(bench.direction.from.clone());
        let calm = bench.fork();
        calm.sim.inject(returns());
        calm.sim.advance(Duration::from_mins(5));
        let world = calm.look();
        let mut begun = bench.fork();
        let Some(before) = begun.begin(verb) else {
            return;
        };
        for call in 1..=30 {
            let mut cut = begun.fork();
            cut.operator().crash_at(call, Moment::Unanswered);
            if cut.try_apply(verb, &before).is_some() {
                break;
            }
            cut.sim.inject(returns());
            cut.restart();
            cut.undo(verb, &before);
            cut.sim.advance(Duration::from_mins(5));
            assert_eq!(cut.look(), world, "{:?} {verb}, call {call}", bench.mode);
        }
    });
}

#[test]
fn every_call_that_is_made_was_listed() {
    at_each_step(|mut bench, verb| {
        let listed = for_verb(verb).calls(&bench.estate, &bench.direction, bench.mode, verb);
        let calls = bench.calls_made();
        bench.preflight(verb);
        if let Some(before) = bench.begin(verb) {
            let output = bench.apply(verb, &before).unwrap();
            bench.history.outputs.push((step(verb), output));
            if for_verb(verb).undoable(verb) == Undo::Restores {
                bench.undo(verb, &before);
            }
        }
        for made in bench.calls_since(calls) {
            let is_listed = listed.iter().any(|spec| {
                spec.service == made.service
                    && spec.call == made.call
                    && spec.place == made.place
                    && spec.effect == made.effect
                    && spec.component == made.component
            });
            assert!(is_listed, "{:?} {verb}: {made:?}", bench.mode);
        }
    });
}

#[test]
fn a_step_whose_operator_died_at_any_call_can_be_carried_out_by_the_next_one() {
    at_each_step(|mut bench, verb| {
        let Some(before) = bench.begin(verb) else {
            return;
        };
        for call in 1..=40 {
            let mut moments = 0;
            for moment in [Moment::Before, Moment::Unanswered, Moment::After] {
                let mut cut = bench.fork();
                cut.operator().crash_at(call, moment);
                if cut.try_apply(verb, &before).is_some() {
                    continue;
                }
                moments += 1;
                cut.restart();
                cut.sim.advance(Duration::from_secs(90));
                if cut.begin(verb).is_some() {
                    cut.apply(verb, &before)
                        .unwrap_or_else(|error| panic!("{verb}, {moment:?} {call}: {error}"));
                }
                assert_eq!(cut.sim.violations(), [], "{verb}, {moment:?} {call}");
            }
            if moments == 0 {
                break;
            }
        }
    });
}

#[test]
fn when_the_primary_is_lost_no_call_to_it_is_required() {
    let estate = storefront();
    let ways: [Direction; 2] = [estate.outward(), estate.outward().reversed()];
    for direction in ways {
        for verb in story() {
            let specs = for_verb(&verb).calls(&estate, &direction, Mode::Unplanned, &verb);
            for spec in specs {
                let leaves = spec.place == Place::Site(direction.from.clone());
                assert!(!(leaves && spec.required), "{verb}: {spec:?}");
                let global = spec.place == Place::GlobalControl;
                assert!(!(global && spec.required), "{verb}: {spec:?}");
            }
        }
    }
}

#[test]
fn the_switch_of_a_front_door_stays_with_the_home_standby_whichever_way_clients_are_sent() {
    let estate = storefront();
    let verb = Verb::Shift(id("front-door"));
    let standby = Place::Site(estate.outward().to);
    for (direction, switch) in [
        (estate.outward(), "PutObject"),
        (estate.outward().reversed(), "DeleteObject"),
    ] {
        for mode in [Mode::Planned, Mode::Unplanned] {
            let specs = for_verb(&verb).calls(&estate, &direction, mode, &verb);
            let switched: Vec<_> = specs
                .iter()
                .filter(|spec| spec.service == "s3" && spec.effect != Effect::Read)
                .collect();
            let [throw] = switched.as_slice() else {
                panic!("{direction}: {switched:?}");
            };
            assert_eq!((throw.call.as_ref(), &throw.place), (switch, &standby));
            // A region that is lost cannot be called: nothing of it has to be, because a switch that cannot be read sends
            // clients home.
            let is_lost = mode == Mode::Unplanned && standby == Place::Site(direction.from.clone());
            assert_eq!(throw.required, !is_lost, "{direction} {mode}");
        }
    }
}

#[test]
fn a_switch_that_comes_back_with_its_region_does_not_take_clients_to_the_old_primary() {
    let mut bench = Bench::new(Mode::Unplanned, 7);
    walk(&mut bench, &|_, _| {});
    bench.turn_back();
    walk(&mut bench, &|_, _| {});
    bench.sim.advance(Duration::from_mins(10));
    assert_eq!(bench.look()["front-door@both"], "ohio switched=ohio");
}

#[test]
fn only_what_needs_capacity_creates() {
    let estate = storefront();
    let direction = estate.outward();
    let creating: BTreeSet<String> = story()
        .iter()
        .filter(|verb| {
            for_verb(verb)
                .calls(&estate, &direction, Mode::Unplanned, verb)
                .iter()
                .any(|spec| {
                    spec.effect == Effect::Create && spec.place == Place::Site(direction.to.clone())
                })
        })
        .map(ToString::to_string)
        .collect();
    let expected = [
        "activate app",
        "activate cluster",
        "converge stack",
        "provision stack",
    ];
    assert_eq!(creating, expected.map(str::to_owned).into());
}

#[test]
fn a_component_that_the_estate_does_not_have_or_that_is_of_another_kind_is_refused_without_a_panic()
{
    let bench = Bench::new(Mode::Planned, 1);
    let make: [fn(ComponentId) -> Verb; 8] = [
        Verb::Provision,
        Verb::Activate,
        Verb::Promote,
        Verb::Shift,
        Verb::Repoint,
        Verb::Reprotect,
        Verb::Demote,
        Verb::Converge,
    ];
    let ids = bench.estate.components.keys().cloned();
    for subject in ids.chain([id("nobody")]) {
        for verb in make.map(|make| make(subject.clone())) {
            if story().contains(&verb) {
                continue;
            }
            for_verb(&verb).calls(&bench.estate, &bench.direction, Mode::Planned, &verb);
            for_verb(&verb).expected(&bench.estate, &bench.direction, &verb);
            let changes = bench.changes();
            let refused = bench.apply(&verb, &Before::default()).unwrap_err();
            assert!(matches!(refused, StepError::Port(_)), "{verb}: {refused}");
            assert_eq!(bench.changes(), changes, "{verb}");
        }
    }
}

#[test]
fn every_kind_of_component_is_read_by_the_check_of_the_standby() {
    let estate = storefront();
    let verb = Verb::Verify(Check::StandbyReady);
    let calls = for_verb(&verb).calls(&estate, &estate.outward(), Mode::Unplanned, &verb);
    for kind in Kind::ALL {
        for component in estate.of_kind(kind) {
            let read = calls
                .iter()
                .any(|call| call.component.as_ref() == Some(&component.id));
            assert!(read, "{}", component.id);
        }
    }
}

#[test]
fn a_dark_primary_is_fenced_by_its_lease_and_the_real_loss_is_within_what_is_stated() {
    let mut bench = Bench::new(Mode::Unplanned, 3);
    bench.sim.inject(Fault::RegionDark(ohio()));
    let fence = bench.carry_out(&Verb::Fence(FenceTarget::Primary));
    let Detail::Fence(evidence) = fence.detail else {
        panic!("{fence:?}");
    };
    assert_eq!(evidence.level, FenceLevel::ByLease);
    assert!(evidence.pending);
    bench.carry_out(&Verb::Promote(id("database")));
    let stated = bench.history.loss(&id("database")).unwrap().clone();
    assert!(stated.window_until.is_some());
    assert_eq!(stated.exact, None);

    bench.sim.inject(Fault::RegionReturns(ohio()));
    bench.carry_out(&Verb::Fence(FenceTarget::FormerPrimary));
    let settled = bench.history.loss(&id("database")).unwrap();
    let exact = settled.exact.expect("the old primary told how far it got");
    assert!(stated.at_least() <= exact);
    assert!(exact > 0, "clients wrote until the region went dark");
    assert_eq!(bench.sim.violations(), []);
}
