//! When the sites were read, whose scan it is, and what changed since another.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::world::{SITES, World, at};
use crate::drift::{Report, Unreadable, check, examine_as_of};
use crate::model::{EstateScan, ResourceKind as Kind};

fn judged(world: &World, now: Timestamp) -> Report {
    let direction = world.estate.outward();
    examine_as_of(&world.estate, &direction, &world.scan, None, now).unwrap()
}

/// What is said of two sites that were read so many minutes ago.
fn caveats(ages: [i64; 2]) -> Vec<String> {
    let now = at("2026-11-21T12:00:00Z");
    let mut world = World::alike();
    for (site, age) in SITES.into_iter().zip(ages) {
        world.site(site).at = now - SignedDuration::from_mins(age);
    }
    if let Some(global) = &mut world.scan.global {
        global.at = now - SignedDuration::from_mins(ages[0]);
    }
    judged(&world, now).caveats
}

#[test]
fn a_reading_is_doubted_when_it_is_old_of_the_future_or_of_two_times() {
    for ages in [[0, 59], [24 * 60, 24 * 60], [-4, 0]] {
        assert_eq!(caveats(ages), [""; 0], "{ages:?}");
    }
    for (ages, words) in [
        (
            [24 * 60 + 1, 24 * 60],
            "ohio was read at 2026-11-20 11:59 UTC, more than a day ago",
        ),
        (
            [0, -6],
            "california was read at 2026-11-21 12:06 UTC, in the future",
        ),
        (
            [61, 0],
            "ohio at 2026-11-21 10:59 UTC and california at 2026-11-21 12:00 UTC",
        ),
    ] {
        let told = caveats(ages);
        assert!(
            told.len() == 1 && told[0].contains(words),
            "{ages:?}: {told:?}"
        );
    }
    assert_eq!(caveats([500_000, 0]).len(), 2, "old, and apart");
}

#[test]
fn a_report_is_as_old_as_the_older_of_its_sites() {
    let mut world = World::alike();
    world.site(SITES[1]).at = at("2025-12-20T00:00:00Z");
    assert_eq!(world.report().read_at, at("2025-12-20T00:00:00Z"));
}

#[test]
fn the_same_scan_at_the_same_time_gives_the_same_bytes() {
    let now = at("2027-03-01T00:00:00Z");
    let bytes = || serde_json::to_string(&judged(&World::alike(), now)).unwrap();
    assert_eq!(bytes(), bytes());
}

#[test]
fn an_exception_that_ran_out_after_the_scan_hides_nothing_today() {
    let mut world = World::alike();
    world.set(SITES[1], Kind::RdsInstance, "class", json!("db.t3.micro"));
    world.estate.exceptions = vec![super::other_columns::exception("database-class-differs")];
    assert_eq!(judged(&world, at("2026-12-31T23:00:00Z")).excused.len(), 1);
    assert_eq!(judged(&world, at("2027-01-01T00:00:00Z")).excused, []);
    // A clock that is behind the scan's makes nothing valid again.
    world.site(SITES[1]).at = at("2027-01-02T00:00:00Z");
    assert_eq!(judged(&world, at("2026-12-01T00:00:00Z")).excused, []);
}

#[test]
fn a_scan_of_other_sites_than_the_estates_is_refused() {
    let refused = |change: &dyn Fn(&mut EstateScan)| {
        let mut world = World::alike();
        change(&mut world.scan);
        let refused = check(&world.estate, &world.scan).expect_err("it is not of this estate");
        let direction = world.estate.outward();
        let examined = examine_as_of(
            &world.estate,
            &direction,
            &world.scan,
            None,
            at("2026-11-21T12:00:00Z"),
        );
        assert_eq!(examined, Err(refused.clone()));
        refused
    };
    let ohio = || "ohio".parse().unwrap();
    let oregon = || "oregon".parse().unwrap();
    let missing = refused(&|scan| drop(scan.sites.remove(&ohio())));
    assert_eq!(missing, Unreadable::OneSite(ohio()));
    let moved = refused(&|scan| {
        scan.sites.get_mut(&ohio()).unwrap().region = "eu-west-1".parse().unwrap();
    });
    assert_eq!(
        moved.to_string(),
        "the scan has ohio in eu-west-1, and the estate has it in us-east-2"
    );
    let third = refused(&|scan| {
        let mut part = scan.sites[&ohio()].clone();
        part.site = oregon();
        scan.sites.insert(oregon(), part);
    });
    assert_eq!(third, Unreadable::OtherSite(oregon()));
    let swapped = refused(&|scan| scan.sites.get_mut(&ohio()).unwrap().site = oregon());
    assert_eq!(
        swapped.to_string(),
        "the scan has under the name ohio what was read of oregon"
    );
    let newer = refused(&|scan| scan.format = 2);
    assert_eq!(newer, Unreadable::Form(2));
    assert_eq!(check(&World::alike().estate, &World::alike().scan), Ok(()));
}

#[test]
fn what_is_new_and_what_is_gone_since_an_earlier_reading_is_counted() {
    let before = {
        let mut world = World::alike();
        world.set(SITES[1], Kind::RdsInstance, "class", json!("db.t3.micro"));
        world.report()
    };
    let after = {
        let mut world = World::alike();
        world.set(SITES[1], Kind::RdsInstance, "engine-version", json!("14.1"));
        world.report()
    };
    let sentence = |now: &Report, then: &Report| now.clone().since(then).since.unwrap().sentence();
    let t = "since 2026-11-21 12:00 UTC:";
    assert_eq!(
        sentence(&after, &before),
        format!("{t} 1 difference is new, and 1 gone")
    );
    assert_eq!(
        sentence(&after, &after),
        format!("{t} no difference is new, and none is gone")
    );
    let alike = World::alike().report();
    assert_eq!(sentence(&after, &alike), format!("{t} 1 difference is new"));
    assert_eq!(
        sentence(&alike, &after),
        format!("{t} 1 difference is gone")
    );
    let since = alike.since(&after).since.unwrap();
    assert_eq!(since.gone[0].code, "database-engine-differs");
    let mut world = World::alike();
    world.gap(SITES[1], Kind::RdsInstance, None, &[]);
    assert!(sentence(&world.report(), &after).contains("not everything was read"));
}
