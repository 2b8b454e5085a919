use std::collections::BTreeMap;

use jiff::Timestamp;
use proptest::prelude::*;

use super::*;
use crate::config::{builtin, load_estate};
use crate::model::{
    ComponentId, DatabaseRole, DatabaseState, DatabaseStatus, Duration, Estate, EstateInventory,
    Gap, Inventory, Kind, LeaseState, Observed, Position, Replication, Role, SiteId, StackChanges,
    StackState, TrafficState,
};
use crate::report::Tone;

fn id<T: std::str::FromStr>(name: &str) -> T
where
    T::Err: std::fmt::Debug,
{
    name.parse().unwrap()
}

fn storefront() -> Estate {
    load_estate(builtin::storefront_estate()).unwrap()
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_767_225_600 + second).unwrap()
}

/// Nothing of either site answers.
fn dark(estate: &Estate) -> Seen {
    let gaps: BTreeMap<ComponentId, Gap> = estate
        .components
        .keys()
        .map(|id| {
            let reason = format!("{id} did not answer");
            (id.clone(), Gap { reason })
        })
        .collect();
    let column = |site: &SiteId| Inventory {
        site: site.clone(),
        at: at(0),
        observed: BTreeMap::new(),
        gaps: gaps.clone(),
    };
    Seen {
        simulated: false,
        at: at(0),
        inventory: EstateInventory {
            sites: estate
                .sites
                .iter()
                .map(|site| (site.id.clone(), column(&site.id)))
                .collect(),
        },
        leases: Vec::new(),
        clients: None,
        locks: Vec::new(),
        runs: Vec::new(),
        set_aside: Vec::new(),
        unread: Vec::new(),
    }
}

fn tell(seen: &mut Seen, component: &str, site: &str, observed: Observed) {
    let inventory = seen.inventory.sites.get_mut(&id::<SiteId>(site)).unwrap();
    let component: ComponentId = id(component);
    inventory.gaps.remove(&component);
    inventory.observed.insert(component, observed);
}

fn database(role: DatabaseRole, writable: bool) -> DatabaseState {
    DatabaseState {
        fenced: !writable && role == DatabaseRole::Primary,
        role,
        status: DatabaseStatus::Available,
        writable,
        position: Position::Writes(1),
        replication: None,
        lacks: Vec::new(),
    }
}

fn replica_of(source: &str, lag_s: u64, measured: i64) -> Observed {
    Observed::Database(DatabaseState {
        replication: Some(Replication {
            lag: Duration::from_secs(lag_s),
            measured_at: at(measured),
            source_position: None,
            last_applied_commit: at(measured),
        }),
        ..database(DatabaseRole::Replica { source: id(source) }, false)
    })
}

fn cell<'a>(status: &'a Status, component: &str, site: &str) -> &'a Cell {
    let row = status
        .rows
        .iter()
        .find(|row| row.component.as_str() == component)
        .unwrap();
    &row.cells[&id::<SiteId>(site)]
}

#[test]
fn what_could_not_be_read_is_never_left_out() {
    let estate = storefront();
    let status = super::status(&estate, &dark(&estate));
    assert!(!status.complete);
    let fronts = estate.of_kind(Kind::Traffic).count();
    let rows = estate.components.len();
    // A front door is one thing for both sites.
    assert_eq!(status.gaps.len(), (rows - fronts) * 2 + fronts);
    assert!(
        status
            .gaps
            .iter()
            .all(|gap| gap.reason.contains("did not answer"))
    );
    assert!(status.roles_unknown.is_some());
    for site in &status.sites {
        assert!(!site.answers && site.role.is_none() && !site.role_was_read);
    }
}

#[test]
fn a_dark_primary_has_the_role_that_its_replica_tells_and_that_is_said() {
    let estate = storefront();
    let mut seen = dark(&estate);
    tell(
        &mut seen,
        "database",
        "california",
        replica_of("ohio", 3, -2),
    );
    let status = super::status(&estate, &seen);
    let [ohio, california] = &status.sites[..] else {
        panic!("two sites");
    };
    assert_eq!(
        (ohio.role, ohio.role_was_read),
        (Some(Role::Primary), false)
    );
    assert_eq!(
        (california.role, california.role_was_read),
        (Some(Role::Standby), true)
    );
    assert!(!ohio.answers && california.answers);
}

#[test]
fn a_primary_that_lacks_something_is_no_good_news_and_what_it_lacks_is_told() {
    let estate = storefront();
    let mut seen = dark(&estate);
    let mut primary = database(DatabaseRole::Primary, true);
    primary.lacks = vec!["a standby in another zone".to_owned()];
    tell(&mut seen, "database", "ohio", Observed::Database(primary));
    let status = super::status(&estate, &seen);
    let told = cell(&status, "database", "ohio");
    assert_eq!(told.tone, Tone::Attention);
    assert!(told.says.ends_with("it lacks a standby in another zone"));
}

#[test]
fn a_lag_is_told_with_its_age_and_an_old_one_is_no_good_news() {
    let estate = storefront();
    for (lag, measured, tone) in [
        (3, -10, Tone::Good),
        (3, -301, Tone::Attention),
        (301, -10, Tone::Attention),
    ] {
        let mut seen = dark(&estate);
        tell(
            &mut seen,
            "database",
            "california",
            replica_of("ohio", lag, measured),
        );
        let status = super::status(&estate, &seen);
        assert_eq!(
            cell(&status, "database", "california").tone,
            tone,
            "{lag} {measured}"
        );
    }
    let mut seen = dark(&estate);
    tell(
        &mut seen,
        "database",
        "california",
        replica_of("ohio", 3, -10),
    );
    let status = super::status(&estate, &seen);
    assert_eq!(
        cell(&status, "database", "california").says,
        "replica of ohio, 3s behind, measured 10s ago"
    );
}

#[test]
fn two_sites_that_take_writes_are_told_as_a_contradiction_and_not_as_a_primary() {
    let estate = storefront();
    let mut seen = dark(&estate);
    for site in ["ohio", "california"] {
        tell(
            &mut seen,
            "database",
            site,
            Observed::Database(database(DatabaseRole::Primary, true)),
        );
    }
    let status = super::status(&estate, &seen);
    assert_eq!(
        status.roles_unknown.as_deref(),
        Some("database is a primary at both ohio and california")
    );
    assert!(status.sites.iter().all(|site| site.role.is_none()));
}

#[test]
fn a_front_door_that_sends_clients_to_the_standby_is_bad_news() {
    let estate = storefront();
    let mut seen = dark(&estate);
    tell(
        &mut seen,
        "database",
        "ohio",
        Observed::Database(database(DatabaseRole::Primary, true)),
    );
    tell(
        &mut seen,
        "database",
        "california",
        replica_of("ohio", 1, -1),
    );
    for site in ["ohio", "california"] {
        tell(
            &mut seen,
            "front-door",
            site,
            Observed::Traffic(TrafficState {
                answers: id("california"),
                switched_to: Some(id("california")),
                ttl: Duration::from_secs(60),
                concerns: Vec::new(),
            }),
        );
    }
    let status = super::status(&estate, &seen);
    assert_eq!(cell(&status, "front-door", "california").tone, Tone::Bad);
    assert_eq!(cell(&status, "front-door", "ohio").says, "in reserve");
}

#[test]
fn a_switch_that_cannot_be_read_is_told_and_not_called_off() {
    let estate = storefront();
    let mut seen = dark(&estate);
    tell(
        &mut seen,
        "database",
        "ohio",
        Observed::Database(database(DatabaseRole::Primary, true)),
    );
    for site in ["ohio", "california"] {
        tell(
            &mut seen,
            "front-door",
            site,
            Observed::Traffic(TrafficState {
                answers: id("ohio"),
                switched_to: None,
                ttl: Duration::from_secs(60),
                concerns: Vec::new(),
            }),
        );
    }
    let status = super::status(&estate, &seen);
    for site in ["ohio", "california"] {
        let cell = cell(&status, "front-door", site);
        assert_eq!(cell.tone, Tone::Attention);
        assert!(cell.says.contains("the switch"), "{}", cell.says);
    }
}

#[test]
fn a_stack_says_what_it_was_applied_for_last_and_a_plan_that_would_destroy_data_is_bad_news() {
    let estate = storefront();
    let mut seen = dark(&estate);
    tell(
        &mut seen,
        "database",
        "ohio",
        Observed::Database(database(DatabaseRole::Primary, true)),
    );
    let stack = |pending| {
        Observed::Stack(StackState {
            applied_role: Role::Standby,
            locked_by: None,
            serial: 4,
            pending,
        })
    };
    tell(&mut seen, "stack", "ohio", stack(StackChanges::default()));
    tell(
        &mut seen,
        "stack",
        "california",
        stack(StackChanges {
            destroy: 1,
            destroys_data: true,
            ..StackChanges::default()
        }),
    );
    let status = super::status(&estate, &seen);
    let ohio = cell(&status, "stack", "ohio");
    assert_eq!(ohio.says, "applied for a standby; its plan is empty");
    // It is the primary.
    assert_eq!(ohio.tone, Tone::Attention);
    assert_eq!(cell(&status, "stack", "california").tone, Tone::Bad);
}

#[test]
fn a_lease_that_the_old_primary_still_renews_is_bad_news_and_one_that_ran_out_is_not() {
    let estate = storefront();
    let mut seen = dark(&estate);
    tell(
        &mut seen,
        "database",
        "california",
        Observed::Database(database(DatabaseRole::Primary, true)),
    );
    let lease = |holder: &str, renewable, expires: i64| LeaseSeen {
        kept_at: None,
        state: LeaseState {
            holder: id(holder),
            renewable,
            expires_at: at(expires),
        },
    };
    seen.leases = vec![
        lease("ohio", true, 20),
        lease("ohio", false, 20),
        lease("ohio", true, -20),
        lease("california", true, 20),
        lease("california", true, -20),
    ];
    let status = super::status(&estate, &seen);
    let tones: Vec<Tone> = status.leases.iter().map(|lease| lease.tone).collect();
    assert_eq!(
        tones,
        [
            Tone::Bad,
            Tone::Open,
            Tone::Good,
            Tone::Good,
            Tone::Attention
        ]
    );
    assert_eq!(status.leases[2].says, "ohio's ran out at 23:59:40, 20s ago");
}

#[test]
fn an_old_primary_that_was_set_aside_is_listed_whatever_its_expiry_says() {
    let estate = storefront();
    let mut seen = dark(&estate);
    let old = |name: &str, since, expires: Option<i64>| SetAside {
        component: id("database"),
        site: id("ohio"),
        id: name.to_owned(),
        since: at(since),
        expires: expires.map(at),
    };
    seen.set_aside = vec![
        old("newer", -100, Some(100)),
        old("expired", -300, Some(-50)),
        old("for-ever", -200, None),
    ];
    let status = super::status(&estate, &seen);
    let names: Vec<&str> = status.set_aside.iter().map(|old| old.id.as_str()).collect();
    assert_eq!(names, ["expired", "for-ever", "newer"]);
}

#[test]
fn a_run_whose_journal_cannot_be_read_is_a_gap() {
    let estate = storefront();
    let mut seen = dark(&estate);
    seen.runs.push(RunSeen {
        run: id("failover-20260101-000000-abcd"),
        kept_at: Some(id("california")),
        journal: Err("line 3 is damaged".to_owned()),
    });
    let status = super::status(&estate, &seen);
    let gap = status.gaps.last().unwrap();
    assert_eq!(
        gap.what,
        "run failover-20260101-000000-abcd, kept at california"
    );
    assert_eq!(gap.reason, "line 3 is damaged");
    assert!(status.runs.is_empty());
}

fn observations() -> impl Strategy<Value = Option<Observed>> {
    let role = prop_oneof![
        Just(DatabaseRole::Primary),
        Just(DatabaseRole::Replica { source: id("ohio") }),
        Just(DatabaseRole::Replica {
            source: id("california")
        }),
        Just(DatabaseRole::Retired),
        Just(DatabaseRole::Absent),
    ];
    proptest::option::of(
        (role, any::<bool>())
            .prop_map(|(role, writable)| Observed::Database(database(role, writable))),
    )
}

proptest! {
    #[test]
    fn every_place_of_the_grid_is_read_or_a_gap_and_the_document_is_complete_only_without_gaps(
        ohio in observations(),
        california in observations(),
    ) {
        let estate = storefront();
        let mut seen = dark(&estate);
        for (site, observed) in [("ohio", ohio), ("california", california)] {
            if let Some(observed) = observed {
                tell(&mut seen, "database", site, observed);
            }
        }
        let status = super::status(&estate, &seen);
        for row in &status.rows {
            for (site, cell) in &row.cells {
                let shared = row.kind == Kind::Traffic;
                let gap = status.gaps.iter().any(|gap| {
                    gap.component.as_ref() == Some(&row.component)
                        && (shared || gap.site.as_ref() == Some(site))
                });
                prop_assert_eq!(cell.observed.is_none(), gap);
                prop_assert!(cell.observed.is_some() || cell.tone != Tone::Good);
            }
        }
        prop_assert_eq!(status.complete, status.gaps.is_empty());
        let json = serde_json::to_string(&status).unwrap();
        prop_assert_eq!(serde_json::from_str::<Status>(&json).unwrap(), status);
    }
}
