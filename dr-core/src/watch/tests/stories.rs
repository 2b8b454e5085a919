//! What a watcher says of what it sees.

use super::stage::{Play, Scene, at, blind, scene};
use crate::model::Severity::{Blocking, Notice, Slowing};
use crate::model::{ResourceKind, Severity};
use crate::watch::{Job, Standing, What};

#[test]
fn a_finding_is_told_once_when_it_comes_and_once_when_it_goes() {
    let play = Play::new(&["ear"]);
    play.stage.show("12:15:00", scene(&[("class", Blocking)]));
    play.stage.show("13:15:00", scene(&[]));
    play.until(&mut play.watcher(), "15:00:00");
    assert_eq!(
        play.ear("ear").titles(),
        [
            "12:20:00 shop: 1 new in drift, a failover would be stopped",
            "13:20:00 shop: all clear"
        ]
    );
    let rounds = play.stage.looks.lock().unwrap().len();
    assert_eq!(rounds, 19, "one at the start, then every ten minutes");
}

#[test]
fn what_weighs_more_or_less_than_before_is_told_and_other_words_are_not() {
    let play = Play::new(&["ear"]);
    play.stage.show("12:05:00", scene(&[("class", Slowing)]));
    play.stage.show("12:15:00", scene(&[("class", Blocking)]));
    play.stage.show("12:25:00", scene(&[("class", Slowing)]));
    play.until(&mut play.watcher(), "12:55:00");
    assert_eq!(
        play.ear("ear").titles(),
        [
            "12:10:00 shop: 1 new in drift",
            "12:20:00 shop: 1 worse in drift, a failover would be stopped",
            "12:30:00 shop: 1 eased in drift"
        ]
    );
}

#[test]
fn what_weighs_less_than_people_want_to_hear_of_is_counted_and_not_told() {
    let play = Play::new(&["ear"]);
    play.stage.show("12:05:00", scene(&[("tag", Notice)]));
    play.stage.show("12:15:00", scene(&[("tag", Slowing)]));
    play.stage.show("12:25:00", scene(&[("tag", Notice)]));
    let mut watcher = play.watcher();
    play.until(&mut watcher, "12:55:00");
    // To those who hear of slowing ones it came and went, and for them nothing is left.
    assert_eq!(
        play.ear("ear").titles(),
        ["12:20:00 shop: 1 new in drift", "12:30:00 shop: all clear"]
    );
    assert_eq!(watcher.state.jobs[&Job::Drift].count(Notice), 1);
}

#[test]
fn what_an_incomplete_scan_does_not_show_is_not_gone_and_is_told_only_when_everything_was_read() {
    let play = Play::new(&["ear"]);
    play.stage.show("12:05:00", scene(&[("class", Blocking)]));
    play.stage.show("12:15:00", blind(&[]));
    play.stage.show("12:45:00", scene(&[]));
    let mut watcher = play.watcher();
    play.until(&mut watcher, "12:41:00");
    assert_eq!(
        play.ear("ear").titles(),
        [
            "12:10:00 shop: 1 new in drift, a failover would be stopped",
            "12:20:00 shop: 1 thing could not be read"
        ],
        "once, whatever the number of rounds"
    );
    let seen = &watcher.state.jobs[&Job::Drift];
    assert_eq!((seen.count(Blocking), seen.unknowns()), (1, 1));
    assert_eq!(seen.complete, Some(at("12:10:00")));
    play.until(&mut watcher, "13:30:00");
    assert_eq!(play.ear("ear").titles()[2..], ["12:50:00 shop: all clear"]);
}

#[test]
fn a_finding_of_an_incomplete_scan_is_true_and_told() {
    let play = Play::new(&["ear"]);
    play.stage.show("12:05:00", blind(&[("class", Blocking)]));
    play.until(&mut play.watcher(), "12:35:00");
    let heard = play.ear("ear").heard.lock().unwrap();
    let [(_, notice)] = heard.as_slice() else {
        panic!("{heard:?}");
    };
    assert_eq!(notice.changes[0].what, What::New);
    assert!(notice.standing_changed && !notice.all_clear);
    assert!(notice.text().contains("denied"), "{}", notice.text());
}

#[test]
fn a_look_that_fails_or_never_ends_is_a_state_of_its_own_and_changes_nothing_that_is_known() {
    let play = Play::new(&["ear"]);
    play.stage.show("12:05:00", scene(&[("class", Blocking)]));
    let failing = Scene {
        fails: Some("no credentials"),
        ..Scene::default()
    };
    play.stage.show("12:15:00", failing);
    let hanging = Scene {
        hangs: true,
        ..Scene::default()
    };
    play.stage.show("12:35:00", hanging);
    play.stage.show("13:15:00", scene(&[("class", Blocking)]));
    let mut watcher = play.watcher();
    play.until(&mut watcher, "13:12:00");
    let seen = &watcher.state.jobs[&Job::Drift];
    let reason = "no end within 10m".to_owned();
    assert_eq!(seen.standing, Standing::Failed { reason });
    assert_eq!(seen.count(Blocking), 1);
    assert_eq!(
        play.ear("ear").titles()[1..],
        ["12:20:00 shop: drift could not be looked at"]
    );
    play.until(&mut watcher, "13:55:00");
    assert_eq!(
        play.ear("ear").titles()[2..],
        ["13:22:00 shop: everything can be read again"]
    );
}

#[test]
fn a_first_round_that_sees_everything_and_finds_nothing_is_no_news() {
    let play = Play::new(&["ear"]);
    play.until(&mut play.watcher(), "12:55:00");
    assert!(play.ear("ear").titles().is_empty());
}

#[test]
fn after_a_pause_one_round_is_made_up_for() {
    let play = Play::new(&[]);
    let mut watcher = play.watcher();
    play.until(&mut watcher, "12:11:00");
    play.stage.clock.set(at("17:03:00"));
    play.until(&mut watcher, "17:15:00");
    let looks = play.stage.looks.lock().unwrap().clone();
    assert_eq!(
        looks,
        ["12:00:00", "12:10:00", "17:03:00", "17:10:00"].map(at)
    );
}

#[test]
fn health_is_two_periods_without_a_look_that_saw_anything() {
    let play = Play::new(&[]);
    let failing = Scene {
        fails: Some("no credentials"),
        ..Scene::default()
    };
    play.stage.show("12:15:00", failing);
    play.stage.show("13:05:00", blind(&[]));
    let mut watcher = play.watcher();
    let health = |text: &str| play.board.status().health(at(text));
    play.until(&mut watcher, "12:29:00");
    assert_eq!(health("12:29:00"), Ok(()));
    let late = health("12:30:00").unwrap_err();
    assert!(late.contains("12:10:00"), "{late}");
    assert!(!late.contains("credentials"), "{late}");
    // Not to see everything is a matter of what is watched, and not of the watcher.
    play.until(&mut watcher, "13:12:00");
    assert_eq!(health("13:12:00"), Ok(()));
}

/// What could not be read, by its kind.
fn unread(kinds: &[ResourceKind], findings: &[(&'static str, Severity)]) -> Scene {
    Scene {
        unknown: kinds.iter().map(|_| "denied").collect(),
        kinds: kinds.to_vec(),
        ..scene(findings)
    }
}

#[test]
fn what_is_lost_beside_a_lasting_gap_is_told_once_and_once_when_it_is_back() {
    use ResourceKind::{Ec2Vpc, KmsKey, RdsInstance};
    let play = Play::new(&["ear"]);
    play.stage.show("12:00:00", unread(&[KmsKey], &[]));
    let most = [KmsKey, RdsInstance, Ec2Vpc];
    play.stage.show("12:25:00", unread(&most, &[]));
    play.stage.show("12:55:00", unread(&[KmsKey], &[]));
    play.until(&mut play.watcher(), "13:55:00");
    assert_eq!(
        play.ear("ear").titles(),
        [
            "12:00:00 shop: 1 thing could not be read",
            "12:30:00 shop: 3 things could not be read",
            "13:00:00 shop: 1 thing could not be read"
        ]
    );
}

#[test]
fn a_gap_in_other_words_or_about_another_thing_of_its_kind_is_no_news() {
    let play = Play::new(&["ear"]);
    play.stage.show("12:00:00", blind(&[]));
    let other = Scene {
        unknown: vec!["no answer within 10s", "denied"],
        ..Scene::default()
    };
    play.stage.show("12:15:00", other);
    play.until(&mut play.watcher(), "12:55:00");
    assert_eq!(play.ear("ear").titles().len(), 1);
}

#[test]
fn a_finding_is_gone_when_what_it_rests_on_was_read_whatever_else_was_not() {
    let play = Play::new(&["ear"]);
    let elsewhere = [ResourceKind::KmsKey];
    play.stage
        .show("12:00:00", unread(&elsewhere, &[("class", Blocking)]));
    play.stage.show("12:15:00", unread(&elsewhere, &[]));
    let mut watcher = play.watcher();
    play.until(&mut watcher, "12:55:00");
    assert_eq!(
        play.ear("ear").titles()[1..],
        ["12:20:00 shop: 1 gone in drift"]
    );
    assert_eq!(watcher.state.jobs[&Job::Drift].count(Blocking), 0);
    let seen = &watcher.state.jobs[&Job::Drift];
    assert_eq!(seen.complete, None, "it is not all clear");
}
