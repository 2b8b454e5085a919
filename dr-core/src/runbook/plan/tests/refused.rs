//! What stands in the way of a plan, and of carrying one out.

use super::world::{World, id, written};
use crate::model::{DatabaseRole, Mode, Severity};
use crate::runbook::plan::{Plan, plan, recheck};

/// The codes of the blocking findings, which come first.
fn refusal(world: &World) -> Vec<String> {
    let findings = plan(&world.request()).expect_err("something stands in the way");
    let blocking = findings.iter().map_while(|finding| {
        (finding.severity == Severity::Blocking).then(|| finding.code.clone())
    });
    blocking.collect()
}

fn made(world: &World) -> Plan {
    plan(&world.request()).unwrap_or_else(|findings| panic!("{findings:#?}"))
}

#[test]
fn a_direction_that_leaves_the_standby_is_refused() {
    for mode in [Mode::Planned, Mode::Unplanned] {
        let mut world = World::at_home(mode);
        world.direction = world.direction.reversed();
        assert_eq!(refusal(&world), ["from-not-primary", "already-primary"]);
    }
}

#[test]
fn a_direction_that_is_none_of_this_estate_is_refused() {
    let mut world = World::at_home(Mode::Planned);
    world.direction.to = id("oregon");
    assert_eq!(refusal(&world), ["unknown-site"]);
    world.direction.to = world.direction.from.clone();
    assert_eq!(refusal(&world), ["unknown-site"]);
}

#[test]
fn a_switchover_is_refused_while_the_primary_cannot_be_read_and_a_failover_is_offered() {
    let mut world = World::at_home(Mode::Planned);
    world.lose("database", "ohio");
    let findings = plan(&world.request()).expect_err("it may lose data");
    assert_eq!(findings[0].code, "primary-unreadable");
    assert!(
        findings[0].fix.contains("dr failover"),
        "{}",
        findings[0].fix
    );
}

#[test]
fn nothing_is_promoted_unseen_in_any_mode() {
    for mode in [Mode::Planned, Mode::Unplanned] {
        let mut world = World::at_home(mode);
        world.lose("database", "california");
        assert_eq!(refusal(&world), ["standby-unreadable"]);
    }
}

#[test]
fn a_primary_that_is_gone_stops_a_switchover_and_is_what_a_failover_is_for() {
    let mut planned = World::at_home(Mode::Planned);
    planned.database("ohio").role = DatabaseRole::Absent;
    assert_eq!(refusal(&planned), ["from-not-primary"]);
    let mut lost = World::at_home(Mode::Unplanned);
    lost.database("ohio").role = DatabaseRole::Absent;
    let codes: Vec<String> = made(&lost).findings.into_iter().map(|f| f.code).collect();
    assert_eq!(codes, ["primary-gone"]);
}

#[test]
fn what_is_no_replica_of_the_primary_is_not_promoted() {
    for role in [
        DatabaseRole::Absent,
        DatabaseRole::Retired,
        DatabaseRole::Replica {
            source: id("elsewhere"),
        },
    ] {
        let mut world = World::at_home(Mode::Unplanned);
        world.database("california").role = role;
        assert_eq!(refusal(&world), ["replica-missing"]);
    }
}

#[test]
fn a_switchover_whose_lag_is_unknown_is_refused() {
    let mut world = World::at_home(Mode::Planned);
    world.database("california").replication = None;
    assert_eq!(refusal(&world), ["lag-unknown"]);
}

#[test]
fn a_stack_that_somebody_else_is_changing_is_not_provisioned() {
    let mut world = World::at_home(Mode::Unplanned);
    world.stack("california").locked_by = Some("ci".to_owned());
    assert_eq!(refusal(&world), ["stack-locked"]);
    world.stack("california").locked_by = None;
    world.stack("ohio").locked_by = Some("ci".to_owned());
    let finding = &made(&world).findings[0];
    assert_eq!(
        (finding.code.as_str(), finding.severity),
        ("stack-locked", Severity::Notice)
    );
}

#[test]
fn a_runbook_that_does_not_lint_is_refused_with_the_places_of_its_defects() {
    let mut world = World::at_home(Mode::Unplanned);
    let text = world
        .runbook
        .source
        .text
        .replace("- fence: primary", "- fence: former-primary");
    world.runbook = written(&text);
    let findings = plan(&world.request()).expect_err("it promotes without a fence");
    let found = findings
        .iter()
        .find(|f| f.code == "promotion-without-fence");
    assert!(
        found.unwrap().message.starts_with("test.yaml:"),
        "{findings:?}"
    );
}

#[test]
fn a_runbook_for_planned_runs_is_refused_in_unplanned_mode() {
    let mut world = World::at_home(Mode::Unplanned);
    world.runbook = super::world::shipped("failback");
    assert_eq!(refusal(&world), ["nothing-to-do"]);
}

#[test]
fn everything_that_stands_in_the_way_is_said_at_once() {
    let mut world = World::at_home(Mode::Planned);
    world.lose("database", "ohio");
    world.database("california").replication = None;
    world.stack("california").locked_by = Some("ci".to_owned());
    assert_eq!(
        refusal(&world),
        ["primary-unreadable", "lag-unknown", "stack-locked"]
    );
}

#[test]
fn facts_that_still_hold_say_nothing() {
    let world = World::at_home(Mode::Planned);
    assert_eq!(recheck(&made(&world), &world.inventory), []);
}

#[test]
fn a_fact_that_no_longer_holds_blocks_and_names_what_was_and_what_is() {
    let mut world = World::at_home(Mode::Unplanned);
    let plan = made(&world);
    world.database("california").role = DatabaseRole::Primary;
    let findings = recheck(&plan, &world.inventory);
    assert_eq!(findings.len(), 1);
    assert_eq!(findings[0].code, "fact-changed");
    assert_eq!(findings[0].severity, Severity::Blocking);
    assert_eq!(
        findings[0].message,
        "the plan relies on this: database at california is a replica; now it is a primary"
    );
}

#[test]
fn a_replica_that_follows_another_site_by_now_is_a_fact_that_changed() {
    let mut world = World::at_home(Mode::Unplanned);
    let plan = made(&world);
    world.database("california").role = DatabaseRole::Replica {
        source: id("elsewhere"),
    };
    let findings = recheck(&plan, &world.inventory);
    assert_eq!(
        findings[0].message,
        "the plan relies on this: database at california is a replica; now it is a replica of elsewhere"
    );
}

#[test]
fn traffic_that_was_moved_and_a_stack_that_was_locked_since_are_facts_that_changed() {
    let mut world = World::at_home(Mode::Planned);
    let plan = made(&world);
    world.stack("california").locked_by = Some("ci".to_owned());
    world.send_clients_to("california");
    let codes: Vec<_> = recheck(&plan, &world.inventory)
        .into_iter()
        .map(|finding| (finding.code, finding.severity))
        .collect();
    let changed = ("fact-changed".to_owned(), Severity::Blocking);
    assert_eq!(codes, [changed.clone(), changed]);
}

#[test]
fn a_fact_of_the_lost_primary_need_not_be_readable_in_unplanned_mode_only() {
    for (mode, severity) in [
        (Mode::Planned, Severity::Blocking),
        (Mode::Unplanned, Severity::Notice),
    ] {
        let mut world = World::at_home(mode);
        let plan = made(&world);
        world.lose("database", "ohio");
        let findings = recheck(&plan, &world.inventory);
        assert_eq!(findings.len(), 1, "{findings:?}");
        assert_eq!(findings[0].code, "fact-unreadable");
        assert_eq!(findings[0].severity, severity);
    }
}

#[test]
fn a_fact_of_the_standby_must_be_readable_in_any_mode() {
    for mode in [Mode::Planned, Mode::Unplanned] {
        let mut world = World::at_home(mode);
        let plan = made(&world);
        world.lose("database", "california");
        let findings = recheck(&plan, &world.inventory);
        assert_eq!(findings[0].code, "fact-unreadable");
        assert_eq!(findings[0].severity, Severity::Blocking);
    }
}
