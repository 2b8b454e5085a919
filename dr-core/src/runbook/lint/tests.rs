//! What holds of every runbook that lints; the single defects are in the corpus (`tests/corpus/lint`).

use std::sync::LazyLock;

use proptest::prelude::*;

use super::lint;
use crate::config::{builtin, load_estate};
use crate::model::{Check, Estate, FenceTarget, Mode, Verb};
use crate::runbook::{Only, Runbook};

static STOREFRONT: LazyLock<Estate> = LazyLock::new(|| {
    load_estate(builtin::storefront_estate()).unwrap_or_else(|problems| panic!("{problems}"))
});

static FAILOVER: LazyLock<Runbook> = LazyLock::new(|| {
    let source = builtin::storefront_runbook("failover").unwrap();
    Runbook::parse(source).unwrap_or_else(|problems| panic!("{problems}"))
});

/// The stage of the first step of a run of which `wanted` holds.
fn first(runbook: &Runbook, mode: Mode, wanted: impl Fn(&Verb) -> bool) -> Option<usize> {
    runbook.stages.iter().position(|stage| {
        let mut steps = stage.steps.iter();
        steps.any(|step| runbook.does(step, mode, false) && wanted(&step.verb))
    })
}

#[test]
fn an_approval_by_nobody_is_a_defect_even_if_no_file_can_say_it() {
    let mut runbook = FAILOVER.clone();
    let steps = runbook.stages.iter_mut().flat_map(|stage| &mut stage.steps);
    for step in steps.filter(|step| matches!(step.verb, Verb::Approve { .. })) {
        step.verb = Verb::Approve { people: 0 };
    }
    let problems = lint(&runbook, &STOREFRONT).expect_err("it asks nobody");
    let codes: Vec<&str> = problems.list.iter().map(|problem| problem.code).collect();
    assert_eq!(codes, ["approval-nobody-can-give"]);
}

#[test]
fn an_address_behind_a_name_needs_one_region_for_all_and_one_in_a_secret_does_not() {
    let codes = |endpoint: &str| {
        let mut source = builtin::storefront_estate();
        source.text += "bindings:\n";
        for site in ["ohio", "california"] {
            source.text += &format!(
                "  {site}:\n    database: {{ instance: db, port: 5432, subnet-group: a, parameter-group: a, \
                 security-group: sg-1, quarantine-group: sg-2, network-acl: acl-1, {endpoint} }}\n"
            );
        }
        let estate = load_estate(source).unwrap_or_else(|problems| panic!("{problems}"));
        lint(&FAILOVER, &estate).map_or_else(
            |problems| problems.list.iter().map(|problem| problem.code).collect(),
            |_| Vec::new(),
        )
    };
    assert_eq!(codes("endpoint-secret: app/db"), [""; 0]);
    assert_eq!(
        codes("endpoint-zone: Z1, endpoint-record: db.internal"),
        ["needs-global-control-plane"]
    );
}

fn any_only() -> impl Strategy<Value = Option<Only>> {
    prop_oneof![
        3 => Just(None),
        1 => Just(Some(Only::Planned)),
        1 => Just(Some(Only::Unplanned)),
        1 => Just(Some(Only::Gameday)),
    ]
}

/// A step, by its place among all of them, that is done in these runs only.
type Restriction = (prop::sample::Index, Option<Only>);

/// The shipped failover after a few accidents: stages swapped, a stage lost, steps restricted to some runs.
fn battered(
    swaps: &[(prop::sample::Index, prop::sample::Index)],
    lost: &[prop::sample::Index],
    only: &[Restriction],
) -> Runbook {
    let mut runbook = FAILOVER.clone();
    for (one, other) in swaps {
        let count = runbook.stages.len();
        runbook.stages.swap(one.index(count), other.index(count));
    }
    for at in lost {
        let at = at.index(runbook.stages.len());
        runbook.stages.remove(at);
    }
    for (at, only) in only {
        let at = at.index(runbook.steps().count());
        let mut steps = runbook.stages.iter_mut().flat_map(|stage| &mut stage.steps);
        steps.nth(at).unwrap().only = *only;
    }
    runbook
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn a_takeover_that_lints_is_fenced_before_proven_after_and_only_then_opened(
        swaps in prop::collection::vec(any::<(prop::sample::Index, prop::sample::Index)>(), 0..3),
        lost in prop::collection::vec(any::<prop::sample::Index>(), 0..2),
        only in prop::collection::vec((any::<prop::sample::Index>(), any_only()), 0..2),
    ) {
        let runbook = battered(&swaps, &lost, &only);
        if lint(&runbook, &STOREFRONT).is_err() {
            return Ok(());
        }
        for mode in [Mode::Planned, Mode::Unplanned] {
            let stage = |wanted: fn(&Verb) -> bool| first(&runbook, mode, wanted);
            let Some(promoted) = stage(Verb::is_pivot) else {
                prop_assert!(stage(|verb| matches!(verb, Verb::Shift(_))).is_none());
                continue;
            };
            let fenced = stage(|verb| *verb == Verb::Fence(FenceTarget::Primary));
            let level = stage(|verb| *verb == Verb::Verify(Check::CaughtUp));
            let proven = stage(|verb| *verb == Verb::Verify(Check::StandbyServing));
            let opened = stage(|verb| matches!(verb, Verb::Shift(_)));
            prop_assert!(fenced.is_some_and(|fenced| fenced < promoted));
            prop_assert!(proven.is_some_and(|proven| promoted < proven));
            prop_assert!(opened > proven);
            if mode == Mode::Planned {
                prop_assert!(level.is_some_and(|level| fenced < Some(level) && level < promoted));
            }
        }
    }

    #[test]
    fn defects_come_in_the_order_of_the_file_and_each_once(
        swaps in prop::collection::vec(any::<(prop::sample::Index, prop::sample::Index)>(), 0..6),
        only in prop::collection::vec((any::<prop::sample::Index>(), any_only()), 0..6),
    ) {
        let runbook = battered(&swaps, &[], &only);
        if let Err(problems) = lint(&runbook, &STOREFRONT) {
            let places: Vec<_> = problems.list.iter().map(|p| (p.span, p.code, &p.message)).collect();
            prop_assert!(places.is_sorted_by(|a, b| a < b), "{}", problems);
        }
    }
}
