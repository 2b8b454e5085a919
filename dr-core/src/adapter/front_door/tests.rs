use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

const ALB: [&str; 2] = [
    "ohio-1.us-east-2.elb.amazonaws.com",
    "california-1.us-west-1.elb.amazonaws.com",
];

fn side(site: &str, region: &str, answer: &str) -> SideSetup {
    SideSetup {
        site: site.parse().unwrap(),
        region: region.parse().unwrap(),
        set_identifier: site.to_owned(),
        answers: vec![answer.to_owned()],
    }
}

fn record(site: &str, failover: Failover, check: Option<&str>, alias: &str) -> Record {
    Record {
        kind: "A".to_owned(),
        set: RecordSet {
            set_identifier: site.to_owned(),
            failover: Some(failover),
            health_check: check.map(str::to_owned),
        },
        ttl: None,
        target: Target::Alias {
            name: format!("dualstack.{alias}."),
            evaluates_health: false,
        },
    }
}

/// As the shipped stacks make it.
fn healthy() -> Setup {
    let switch = CheckSetup {
        asks_endpoint: true,
        inverted: true,
        disabled: false,
        host: Some("switches.s3.us-west-1.amazonaws.com".to_owned()),
        path: Some("/serve-from-standby".to_owned()),
    };
    Setup {
        component: "front-door".parse().unwrap(),
        method: TrafficMethod::HealthSwitch,
        sides: [
            side("ohio", "us-east-2", ALB[0]),
            side("california", "us-west-1", ALB[1]),
        ],
        declared_ttl: Duration::from_secs(60),
        records: Some(vec![
            record("ohio", Failover::Primary, Some("switch"), ALB[0]),
            record("california", Failover::Secondary, None, ALB[1]),
        ]),
        checks: BTreeMap::from([("switch".to_owned(), Some(switch))]),
        switch: Some(("switches".to_owned(), "serve-from-standby".to_owned())),
        bucket_region: Some("us-west-1".to_owned()),
    }
}

/// The same with a check that is not inverted, and without a switch.
fn edited() -> Setup {
    let mut setup = healthy();
    setup.method = TrafficMethod::RecordEdit;
    setup.switch = None;
    setup.bucket_region = None;
    check(&mut setup).inverted = false;
    setup
}

fn check(setup: &mut Setup) -> &mut CheckSetup {
    setup.checks.get_mut("switch").unwrap().as_mut().unwrap()
}

fn records(setup: &mut Setup) -> &mut Vec<Record> {
    setup.records.as_mut().unwrap()
}

/// The codes that speak against a set-up, with their severities.
fn found(setup: &Setup) -> BTreeSet<(Severity, String)> {
    let found = concerns(setup);
    for finding in &found {
        assert!(finding.message.starts_with("front-door: "), "{finding:?}");
        assert!(finding.fix.ends_with(')'), "no source: {finding:?}");
    }
    found
        .into_iter()
        .map(|finding| (finding.severity, finding.code))
        .collect()
}

fn only(severity: Severity, codes: &[&str]) -> BTreeSet<(Severity, String)> {
    codes
        .iter()
        .map(|code| (severity, (*code).to_owned()))
        .collect()
}

/// What is found once `change` was done to a door that is as it should be.
fn after(mut setup: Setup, change: impl FnOnce(&mut Setup)) -> BTreeSet<(Severity, String)> {
    change(&mut setup);
    found(&setup)
}

#[test]
fn nothing_speaks_against_a_door_that_is_as_it_should_be() {
    assert_eq!(found(&healthy()), BTreeSet::new());
    assert_eq!(found(&edited()), BTreeSet::new());
}

#[test]
fn what_was_not_read_is_not_judged() {
    let none = after(healthy(), |setup| {
        setup.records = None;
        setup.checks.clear();
        setup.bucket_region = None;
    });
    assert_eq!(none, BTreeSet::new());
    assert_eq!(
        after(healthy(), |setup| setup.checks.clear()),
        BTreeSet::new()
    );
}

#[test]
fn a_pair_that_is_none_is_told_for_what_is_wrong_with_it() {
    let blocking = |codes: &[&str]| only(Severity::Blocking, codes);
    assert_eq!(
        after(healthy(), |s| records(s).clear()),
        blocking(&["records-missing"])
    );
    let two = after(healthy(), |s| {
        records(s)[1].set.failover = Some(Failover::Primary);
        records(s)[1].set.health_check = Some("switch".to_owned());
    });
    assert_eq!(
        two,
        blocking(&["two-primary-records", "no-secondary-record"])
    );
    let none = after(healthy(), |s| {
        records(s)[0].set.failover = Some(Failover::Secondary);
    });
    assert_eq!(
        none,
        blocking(&["no-primary-record", "two-secondary-records"])
    );
    let alone = after(healthy(), |s| drop(records(s).pop()));
    assert_eq!(
        alone,
        blocking(&["no-secondary-record", "site-without-record"])
    );
    let stranger = after(healthy(), |s| {
        records(s)[1].set.set_identifier = "oregon".to_owned();
    });
    assert_eq!(
        stranger,
        blocking(&["record-of-neither-site", "site-without-record"])
    );
    let reversed = after(healthy(), |s| {
        records(s)[0] = record("ohio", Failover::Secondary, None, ALB[0]);
        records(s)[1] = record("california", Failover::Primary, Some("switch"), ALB[1]);
    });
    assert_eq!(reversed, blocking(&["pair-reversed"]));
    let shared = after(healthy(), |s| {
        records(s)[1].set.health_check = Some("switch".to_owned());
    });
    assert_eq!(shared, blocking(&["secondary-follows-the-switch"]));
}

#[test]
fn a_health_check_of_the_secondary_record_decides_too() {
    let with = |change: fn(&mut CheckSetup)| {
        after(healthy(), |s| {
            let mut other = check(s).clone();
            change(&mut other);
            s.checks.insert("other".to_owned(), Some(other));
            records(s)[1].set.health_check = Some("other".to_owned());
        })
    };
    let blocking = only(Severity::Blocking, &["secondary-follows-the-switch"]);
    assert_eq!(with(|_| {}), blocking, "it watches the switch itself");
    assert_eq!(
        with(|other| {
            other.path = Some("/elsewhere".to_owned());
            other.disabled = true;
        }),
        blocking,
        "it is never healthy"
    );
    assert_eq!(
        with(|other| other.inverted = false),
        only(Severity::Notice, &["secondary-with-health-check"])
    );
    let gone = after(healthy(), |s| {
        s.checks.insert("other".to_owned(), None);
        records(s)[1].set.health_check = Some("other".to_owned());
    });
    assert!(gone.contains(&(Severity::Blocking, "health-check-missing".to_owned())));
}

#[test]
fn after_a_record_edit_the_standby_is_the_primary_record_and_that_is_right() {
    let moved = after(edited(), |s| {
        records(s)[0] = record("ohio", Failover::Secondary, None, ALB[0]);
        records(s)[1] = record("california", Failover::Primary, Some("switch"), ALB[1]);
    });
    assert_eq!(moved, BTreeSet::new());
}

#[test]
fn each_type_of_record_is_a_pair_of_its_own() {
    let sixes = |setup: &mut Setup| {
        let six = |record: &Record| Record {
            kind: "AAAA".to_owned(),
            ..record.clone()
        };
        let more: Vec<Record> = records(setup).iter().map(six).collect();
        records(setup).extend(more);
    };
    assert_eq!(after(healthy(), sixes), BTreeSet::new());
    let half = after(healthy(), |setup| {
        sixes(setup);
        records(setup).pop();
    });
    assert_eq!(
        half,
        only(
            Severity::Blocking,
            &["no-secondary-record", "site-without-record"]
        )
    );
}

#[test]
fn the_health_check_must_be_there_be_on_and_mean_what_the_method_needs() {
    let blocking = |code| only(Severity::Blocking, &[code]);
    let without = |s: &mut Setup| records(s)[0].set.health_check = None;
    assert_eq!(
        after(healthy(), without),
        blocking("primary-without-health-check")
    );
    assert_eq!(
        after(edited(), without),
        blocking("primary-without-health-check")
    );
    let gone = |s: &mut Setup| drop(s.checks.insert("switch".to_owned(), None));
    assert_eq!(after(healthy(), gone), blocking("health-check-missing"));
    let turned = |s: &mut Setup| check(s).inverted = !check(s).inverted;
    assert_eq!(
        after(healthy(), turned),
        blocking("health-check-not-inverted")
    );
    assert_eq!(after(edited(), turned), blocking("health-check-inverted"));
    let off = |s: &mut Setup| check(s).disabled = true;
    assert_eq!(after(healthy(), off), blocking("health-check-disabled"));
    assert_eq!(
        after(edited(), off),
        only(Severity::Notice, &["health-check-disabled"])
    );
    let follows = |s: &mut Setup| check(s).asks_endpoint = false;
    assert_eq!(
        after(healthy(), follows),
        only(Severity::Slowing, &["health-check-follows-others"])
    );
    assert_eq!(after(edited(), follows), BTreeSet::new());
}

#[test]
fn the_health_check_watches_the_switch_by_the_buckets_host_or_by_its_path() {
    let asks = |host: &str, path: &str| {
        after(healthy(), |s| {
            check(s).host = Some(host.to_owned());
            check(s).path = Some(path.to_owned());
        })
    };
    let well = BTreeSet::new();
    assert_eq!(
        asks("s3.us-west-1.amazonaws.com", "/switches/serve-from-standby"),
        well
    );
    assert_eq!(
        asks("switches.s3.amazonaws.com", "/serve-from-standby?x=1"),
        well
    );
    let elsewhere = only(Severity::Slowing, &["health-check-watches-elsewhere"]);
    assert_eq!(asks("switches.s3.amazonaws.com", "/other"), elsewhere);
    assert_eq!(
        asks("others.s3.amazonaws.com", "/serve-from-standby"),
        elsewhere
    );
}

#[test]
fn an_alias_that_follows_its_targets_health_is_told() {
    let follows = |s: &mut Setup| {
        let Target::Alias {
            evaluates_health, ..
        } = &mut records(s)[1].target
        else {
            unreachable!("it is an alias");
        };
        *evaluates_health = true;
    };
    assert_eq!(
        after(healthy(), follows),
        only(Severity::Slowing, &["alias-evaluates-target-health"])
    );
    assert_eq!(
        after(edited(), follows),
        only(Severity::Notice, &["alias-evaluates-target-health"])
    );
}

#[test]
fn a_record_that_leads_outside_its_site_is_told() {
    let leads = |to: &str| {
        after(healthy(), |s| {
            records(s)[1].target = Target::Values(vec![to.to_owned()]);
        })
    };
    assert_eq!(
        leads(ALB[0]),
        only(Severity::Blocking, &["record-points-to-the-other-site"])
    );
    assert_eq!(
        leads("oregon.example"),
        only(Severity::Slowing, &["record-points-elsewhere"])
    );
    assert_eq!(leads(&ALB[1].to_uppercase()), BTreeSet::new());
    // The estate knows the site by a name: an address cannot be compared with it.
    assert_eq!(leads("192.0.2.1"), BTreeSet::new());
}

#[test]
fn a_switch_outside_the_standbys_region_is_told_and_stops_where_it_would_be_lost() {
    let lies = |region: &str| after(healthy(), |s| s.bucket_region = Some(region.to_owned()));
    assert_eq!(
        lies("us-east-2"),
        only(Severity::Blocking, &["switch-not-at-standby"])
    );
    assert_eq!(
        lies("us-west-2"),
        only(Severity::Slowing, &["switch-not-at-standby"])
    );
}

#[test]
fn a_record_that_is_kept_for_longer_than_the_estate_says_is_told() {
    let kept = |seconds| {
        after(healthy(), |s| {
            records(s)[0].ttl = Some(Duration::from_secs(seconds));
        })
    };
    assert_eq!(kept(61), only(Severity::Slowing, &["ttl-above-declared"]));
    assert_eq!(kept(60), BTreeSet::new());
}

/// Mostly `usual`, so that doors against which nothing speaks are among those that are tried.
fn mostly<T: Clone + std::fmt::Debug + 'static>(
    usual: T,
    others: Vec<T>,
) -> impl Strategy<Value = T> {
    prop_oneof![8 => Just(usual), 1 => prop::sample::select(others)]
}

prop_compose! {
    fn some_record(usual: Record)(
        site in mostly(usual.set.set_identifier.clone(), ["ohio", "california", "oregon"].map(str::to_owned).into()),
        failover in mostly(usual.set.failover, vec![None, Some(Failover::Primary), Some(Failover::Secondary)]),
        check in mostly(usual.set.health_check.clone(), vec![None, Some("other".to_owned()), Some("gone".to_owned())]),
    ) -> Record {
        let mut record = usual.clone();
        record.set = RecordSet { set_identifier: site, failover, health_check: check };
        record
    }
}

prop_compose! {
    fn some_records()(
        home in some_record(records(&mut healthy())[0].clone()),
        standby in some_record(records(&mut healthy())[1].clone()),
        another in some_record(records(&mut healthy())[1].clone()),
        count in mostly(2_usize, vec![0, 1, 3]),
    ) -> Vec<Record> {
        let mut records = vec![home, standby, another];
        records.truncate(count);
        records
    }
}

prop_compose! {
    fn some_check()(
        asks_endpoint in mostly(true, vec![false]),
        inverted in mostly(true, vec![false]),
        disabled in mostly(false, vec![true]),
    ) -> CheckSetup {
        CheckSetup {
            asks_endpoint,
            inverted,
            disabled,
            ..healthy().checks["switch"].clone().unwrap()
        }
    }
}

prop_compose! {
    fn some_setup()(
        records in some_records(),
        switch in some_check(),
        other in some_check(),
    ) -> Setup {
        let checks = [("switch", Some(switch)), ("other", Some(other)), ("gone", None)];
        Setup {
            records: Some(records),
            checks: checks.map(|(id, check)| (id.to_owned(), check)).into(),
            ..healthy()
        }
    }
}

/// What Route 53 answers while the switch object is there, or is not.
fn answered(setup: &Setup, object_is_there: bool) -> Answering {
    let checks = setup.checks.iter().filter_map(|(id, check)| {
        let check = check.as_ref()?;
        let check = HealthCheck {
            endpoint_is_healthy: Some(object_is_there),
            inverted: check.inverted,
            disabled: check.disabled,
        };
        Some((id.clone(), check))
    });
    let records = setup.records.iter().flatten();
    let records: Vec<RecordSet> = records.map(|record| record.set.clone()).collect();
    answering(&records, &checks.collect())
}

proptest! {
    #[test]
    fn a_door_against_which_nothing_speaks_follows_its_switch(setup in some_setup()) {
        if concerns(&setup).is_empty() {
            prop_assert_eq!(answered(&setup, true), Answering::Record("california".to_owned()));
            prop_assert_eq!(answered(&setup, false), Answering::Record("ohio".to_owned()));
        }
    }

    #[test]
    fn records_that_are_no_pair_are_always_told(setup in some_setup()) {
        if matches!(answered(&setup, true), Answering::Broken(_)) {
            let stops = |finding: &Finding| finding.severity == Severity::Blocking;
            prop_assert!(concerns(&setup).iter().any(stops));
        }
    }

    #[test]
    fn the_order_of_the_records_does_not_matter(setup in some_setup(), by in 0_usize..4) {
        let mut turned = setup.clone();
        let records = records(&mut turned);
        let by = by % records.len().max(1);
        records.rotate_left(by);
        prop_assert_eq!(found(&turned), found(&setup));
    }
}
