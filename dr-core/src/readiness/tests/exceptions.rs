//! What somebody accepts of what the rules find.

use serde_json::json;

use super::cases::{STANDBY, set};
use super::world::World;
use crate::drift;
use crate::model::{Exception, ResourceKind as Kind};
use crate::readiness::{Answer, Report, Standing};

fn exception(rule: &str) -> Exception {
    Exception {
        rule: rule.to_owned(),
        component: None,
        resource: None,
        attribute: None,
        reason: "until the quota is granted".to_owned(),
        owner: "ana".to_owned(),
        expires: "2026-12-31".parse().expect("a day"),
        approved_by: Some("ben".to_owned()),
    }
}

/// A world whose replica is missing, which stops a failover.
fn broken(exceptions: Vec<Exception>) -> World {
    let mut world = World::sound();
    set(Kind::RdsInstance, "db", "status", json!("storage-full"))(&mut world);
    world.estate.exceptions = exceptions;
    world
}

fn codes(report: &Report) -> Vec<&str> {
    let findings = report.findings.iter();
    findings.map(|it| it.finding.code.as_str()).collect()
}

#[test]
fn what_two_people_accept_stops_nothing_and_is_told_with_the_verdict() {
    let found = broken(Vec::new()).judged();
    assert_eq!(codes(&found), ["replica-broken"]);
    let report = broken(vec![exception("replica-broken")]).judged();
    assert_eq!(report.verdict, Answer::Ready);
    assert_eq!(codes(&report), [""; 0]);
    let line = report.line("replica-broken").expect("a rule");
    assert_eq!(line.standing, Standing::Accepted);
    assert_eq!(line.accepted, [found.findings[0].id.clone()]);
    assert_eq!(
        report.accepted(line.accepted[0].as_str()),
        report.excused.first()
    );
    assert_eq!((report.first.len(), report.score.all.accepted), (0, 1));
    assert!(
        report
            .headline()
            .ends_with("but for 1 accepted finding, which would stop a failover"),
        "{}",
        report.headline()
    );
}

#[test]
fn one_person_alone_hides_nothing_that_stops_a_failover() {
    for approver in [None, Some("Ana")] {
        let mut one = exception("replica-broken");
        one.approved_by = approver.map(str::to_owned);
        let report = broken(vec![one]).judged();
        assert_eq!(report.verdict, Answer::Blocked);
        assert_eq!(codes(&report), ["replica-broken", "exception-not-approved"]);
        let line = report.line("exception-not-approved").expect("its own line");
        assert_eq!((line.standing, line.findings.len()), (Standing::Notice, 1));
    }
}

#[test]
fn an_exception_that_has_run_out_or_is_about_nothing_is_a_finding() {
    let world = broken(vec![exception("replica-broken")]);
    let inventory = world
        .inventory
        .as_ref()
        .map(|it| it.as_ref().map_err(String::as_str));
    let facts = crate::readiness::Facts::new(
        &world.estate,
        &world.direction,
        &world.scan,
        world.at,
        &world.history,
        inventory,
    )
    .expect("a scan of both sites")
    .as_of("2027-01-01T00:00:00Z".parse().expect("an instant"));
    let report = crate::readiness::examine(&facts);
    assert_eq!(codes(&report), ["replica-broken", "exception-expired"]);
    assert!(
        report.caveats[0].contains("more than a day ago"),
        "{:?}",
        report.caveats
    );

    let unused = broken(vec![exception("replica-missing")]).judged();
    assert_eq!(codes(&unused), ["replica-broken", "exception-unused"]);
    // Where nobody was asked, nothing is said of what only an answer can tell.
    let mut kept = World::sound();
    kept.inventory = None;
    kept.estate.exceptions = vec![exception("replica-behind-rpo")];
    assert_eq!(codes(&kept.judged()), [""; 0]);
    let mut blind = broken(vec![exception("replica-missing")]);
    blind
        .part(STANDBY)
        .gaps
        .push(super::gap(Kind::RdsInstance, None, &[]));
    assert!(!codes(&blind.judged()).contains(&"exception-unused"));
}

#[test]
fn each_report_judges_the_exceptions_of_its_own_rules() {
    let of_drift = drift::rules().next().expect("a rule").code;
    let mut world = World::sound();
    world.estate.exceptions = vec![exception(of_drift)];
    assert_eq!(codes(&world.judged()), [""; 0]);
}
