//! What a watcher says of readiness.

use std::collections::BTreeMap;

use super::stage::{Play, Scene, at, ready};
use crate::drift::{Entry, FindingId};
use crate::model::{Duration, Family, Finding, Severity, Subject};
use crate::readiness::{Doubt, Line, Standing};
use crate::watch::change::changes;
use crate::watch::{Found, Job, Known, Report, State, What};

/// A round in which these rules found something, and those saw nothing.
fn found(finding: &[&str], blind: &[&str]) -> Found {
    let Report::Ready(mut report) = ready(at("12:00:00")).report else {
        panic!("it is of readiness");
    };
    for code in finding {
        let id = FindingId::new(code, "estate", None);
        let finding = Finding::blocking(code, Subject::Estate, "it is so", "mend it");
        report.findings.push(Entry::new(id, finding));
    }
    for code in blind {
        report.rules.push(Line {
            code: (*code).to_owned(),
            family: Family::Database,
            severity: Severity::Blocking,
            standing: Standing::Unknown,
            holds: Vec::new(),
            nothing: Vec::new(),
            findings: Vec::new(),
            accepted: Vec::new(),
            unknown: vec![Doubt {
                reason: "denied".to_owned(),
                fix: "allow it".to_owned(),
                gap: None,
            }],
        });
    }
    Found::ready(&report)
}

fn told(before: &[&str], now: &Found) -> BTreeMap<String, What> {
    let before: BTreeMap<FindingId, Known> = found(before, &[]).findings;
    let changes = changes(&before, now).into_iter();
    changes
        .map(|change| (change.finding.code, change.what))
        .collect()
}

#[test]
fn a_rule_that_saw_nothing_keeps_its_findings_and_no_other_rules() {
    let now = found(&["quota-too-low"], &["replica-behind"]);
    assert!(!now.is_complete());
    assert_eq!(now.unknown, ["replica-behind: denied"]);
    let told = told(&["replica-behind", "key-disabled"], &now);
    let expected = [("key-disabled", What::Gone), ("quota-too-low", What::New)];
    let expected = expected.map(|(code, what)| (code.to_owned(), what));
    assert_eq!(told, BTreeMap::from(expected));
}

#[test]
fn both_jobs_have_rounds_of_their_own_one_after_the_other() {
    let play = Play::new(&[]);
    let mut watcher = play.watcher_knowing(State::new("shop".parse().unwrap()));
    watcher.watch.ready = "5 * * * *".parse().unwrap();
    play.until(&mut watcher, "13:07:00");
    assert_eq!(play.stage.looks.lock().unwrap().len(), 7);
    let asked = play.stage.asked.lock().unwrap().clone();
    assert_eq!(asked, ["12:00:00", "12:05:00", "13:05:00"].map(at));
    assert_eq!(watcher.state.jobs.len(), Job::ALL.len());
    assert!(play.board.status().score.is_some());
    assert!(watcher.last.is_some());
}

#[test]
fn rounds_of_drift_that_take_longer_than_their_period_keep_nobody_from_asking_for_readiness() {
    let play = Play::new(&[]);
    let slow = Scene {
        takes: Duration::from_mins(8),
        ..Scene::default()
    };
    play.stage.show("12:00:00", slow);
    let mut watcher = play.watcher();
    watcher.watch.drift = "*/5 * * * *".parse().unwrap();
    watcher.watch.ready = "0 * * * *".parse().unwrap();
    play.until(&mut watcher, "14:30:00");
    let asked = play.stage.asked.lock().unwrap().clone();
    assert_eq!(asked, ["13:04:00", "14:08:00"].map(at));
}
