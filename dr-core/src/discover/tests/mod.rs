//! Tests of reading both sites and of telling which is primary.

mod scan;
mod world;

use std::collections::BTreeMap;

use futures_util::FutureExt;
use jiff::Timestamp;
use proptest::prelude::*;

use super::{Roles, inventories, roles};
use crate::model::{
    DatabaseRole, DatabaseState, Duration, EstateInventory, FacilityState, Gap, Inventory,
    Observed, Role, SiteId, TrafficState,
};
use crate::port::Ports;
use world::{Answer, database, estate, id, ports};

fn ready_network() -> Answer<FacilityState> {
    Answer::With(FacilityState {
        ready: true,
        detail: "3 zones".to_owned(),
    })
}

fn to(site: &str) -> Answer<TrafficState> {
    Answer::With(TrafficState {
        answers: id(site),
        switched_to: Some(id(site)),
        ttl: Duration::from_secs(30),
        concerns: Vec::new(),
    })
}

fn read(ports: &Ports) -> EstateInventory {
    inventories(&estate(), ports)
        .now_or_never()
        .expect("the fakes and the clock answer at once")
}

fn replica_of(site: &str) -> DatabaseState {
    database(DatabaseRole::Replica { source: id(site) }, false)
}

fn primary() -> DatabaseState {
    database(DatabaseRole::Primary, false)
}

#[test]
fn what_does_not_answer_is_a_gap_with_its_reason_and_the_other_site_is_read() {
    let inventory = read(&ports(
        [Answer::Never, Answer::With(replica_of("ohio"))],
        [Answer::Refuses, ready_network()],
        to("ohio"),
    ));
    let gaps: Vec<String> = inventory
        .gaps()
        .map(|(site, component, gap)| format!("{component}@{site}: {}", gap.reason))
        .collect();
    assert_eq!(
        gaps,
        [
            "database@ohio: no answer within 10s",
            "network@ohio: rds:DescribeDBInstances at ohio: not allowed (denied)",
            "stack@ohio: not asked: nothing else of ohio answered",
        ]
    );
    assert!(
        inventory
            .observed(&id("database"), &id("california"))
            .is_some()
    );
}

#[test]
fn a_component_without_an_adapter_is_a_gap() {
    let mut ports = ports(
        [Answer::With(primary()), Answer::With(replica_of("ohio"))],
        [ready_network(), ready_network()],
        to("ohio"),
    );
    ports.stacks.clear();
    let inventory = read(&ports);
    let california = &inventory.sites[&id::<SiteId>("california")];
    assert_eq!(
        california.gaps[&id("stack")].reason,
        "wire at stack@california: no adapter is wired for it (invalid)"
    );
}

#[test]
fn a_stack_is_compared_with_the_role_that_its_site_has_now() {
    let inventory = read(&ports(
        [
            Answer::With(replica_of("california")),
            Answer::With(primary()),
        ],
        [ready_network(), ready_network()],
        to("california"),
    ));
    let role = |site: &str| match inventory.observed(&id("stack"), &id(site)) {
        Some(Observed::Stack(stack)) => stack.applied_role,
        other => panic!("{other:?}"),
    };
    assert_eq!(role("ohio"), Role::Standby);
    assert_eq!(role("california"), Role::Primary);
}

fn answers<T: Clone + std::fmt::Debug + 'static>(
    values: impl Strategy<Value = T> + 'static,
) -> impl Strategy<Value = Answer<T>> {
    prop_oneof![
        3 => values.prop_map(Answer::With),
        1 => Just(()).prop_map(|()| Answer::Refuses),
        1 => Just(()).prop_map(|()| Answer::Never),
    ]
}

fn any_database() -> impl Strategy<Value = DatabaseState> {
    let role = prop_oneof![
        Just(DatabaseRole::Primary),
        Just(DatabaseRole::Retired),
        Just(DatabaseRole::Absent),
        prop_oneof!["ohio", "california", "elsewhere"].prop_map(|source| DatabaseRole::Replica {
            source: id(&source)
        }),
    ];
    (role, any::<bool>()).prop_map(|(role, fenced)| database(role, fenced))
}

proptest! {
    #[test]
    fn every_component_is_observed_or_a_gap_on_each_site_never_both_never_neither(
        databases in [answers(any_database()), answers(any_database())],
        networks in [answers(Just(ready_network())), answers(Just(ready_network()))],
        front in answers(Just("ohio")),
    ) {
        let flat = |answer: Answer<Answer<FacilityState>>| match answer {
            Answer::With(inner) => inner,
            Answer::Refuses => Answer::Refuses,
            Answer::Never => Answer::Never,
        };
        let front = match front {
            Answer::With(site) => to(site),
            Answer::Refuses => Answer::Refuses,
            Answer::Never => Answer::Never,
        };
        let inventory = read(&ports(databases, networks.map(flat), front));
        let estate = estate();
        prop_assert_eq!(inventory.sites.len(), 2);
        for site in &estate.sites {
            let column = &inventory.sites[&site.id];
            for component in estate.components.keys() {
                let observed = column.observed.contains_key(component);
                let gap = column.gaps.contains_key(component);
                prop_assert!(observed != gap, "{}@{}", component, site.id);
            }
        }
    }
}

/// An inventory of the databases alone; `None` is a gap.
fn of_databases(ohio: Option<DatabaseState>, california: Option<DatabaseState>) -> EstateInventory {
    let column = |site: &str, state: Option<DatabaseState>| {
        let mut inventory = Inventory {
            site: id(site),
            at: Timestamp::UNIX_EPOCH,
            observed: BTreeMap::new(),
            gaps: BTreeMap::new(),
        };
        match state {
            Some(state) => drop(
                inventory
                    .observed
                    .insert(id("database"), Observed::Database(state)),
            ),
            None => drop(inventory.gaps.insert(
                id("database"),
                Gap {
                    reason: "dark".to_owned(),
                },
            )),
        }
        (id(site), inventory)
    };
    EstateInventory {
        sites: BTreeMap::from([column("ohio", ohio), column("california", california)]),
    }
}

fn known(primary: &str, standby: &str, seen: bool) -> Roles {
    Roles::Known {
        primary: id(primary),
        standby: id(standby),
        seen,
    }
}

#[test]
fn the_database_that_is_primary_tells_the_roles_whatever_home_is() {
    let fenced = database(DatabaseRole::Primary, true);
    let cases = [
        (
            Some(primary()),
            Some(replica_of("ohio")),
            known("ohio", "california", true),
        ),
        (
            Some(replica_of("california")),
            Some(primary()),
            known("california", "ohio", true),
        ),
        (
            Some(fenced),
            Some(primary()),
            known("california", "ohio", true),
        ),
        (None, Some(primary()), known("california", "ohio", true)),
        (
            None,
            Some(replica_of("ohio")),
            known("ohio", "california", false),
        ),
    ];
    for (ohio, california, expected) in cases {
        let inventory = of_databases(ohio, california);
        assert_eq!(roles(&inventory, &estate()), expected, "{inventory:?}");
    }
}

#[test]
fn roles_are_unknown_with_a_reason_when_the_databases_contradict_each_other_or_cannot_be_read() {
    let fenced = database(DatabaseRole::Primary, true);
    let cases = [
        (
            Some(primary()),
            Some(primary()),
            "at both ohio and california",
        ),
        (
            Some(replica_of("california")),
            Some(replica_of("ohio")),
            "neither at ohio nor at california",
        ),
        (Some(fenced), None, "either may hold the newest data"),
        (None, None, "could be read"),
    ];
    for (ohio, california, part) in cases {
        match roles(&of_databases(ohio, california), &estate()) {
            Roles::Unknown { reason } => assert!(reason.contains(part), "{reason}"),
            known @ Roles::Known { .. } => panic!("{known:?}"),
        }
    }
}

#[test]
fn an_estate_without_a_database_asks_its_front_door() {
    let mut estate = estate();
    estate.components.remove(&id("database"));
    let mut inventory = of_databases(None, None);
    for column in inventory.sites.values_mut() {
        let Answer::With(state) = to("california") else {
            unreachable!("to() answers")
        };
        column
            .observed
            .insert(id("front-door"), Observed::Traffic(state));
    }
    assert_eq!(
        roles(&inventory, &estate),
        known("california", "ohio", true)
    );
}
