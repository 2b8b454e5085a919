//! Who is told, when it does not go smoothly.

use super::stage::{Play, at, scene};
use crate::model::Severity::Blocking;
use crate::watch::{Delivery, Job, SendError, State};

fn later() -> Option<SendError> {
    Some(SendError::Later("answers 500".to_owned()))
}

#[test]
fn who_refuses_is_tried_again_ever_more_rarely_and_holds_nobody_and_no_round_up() {
    let mut play = Play::new(&["deaf", "ear"]);
    let deaf = play.ears.get_mut("deaf").unwrap();
    (deaf.opens, deaf.refuses) = (at("12:14:00"), later());
    play.stage.show("12:00:00", scene(&[("class", Blocking)]));
    play.until(&mut play.watcher(), "12:35:00");
    let tried = play.ear("deaf").tried.lock().unwrap().clone();
    let pauses: Vec<i64> = tried
        .windows(2)
        .map(|pair| pair[1].as_second() - pair[0].as_second())
        .collect();
    assert_eq!(pauses, [30, 60, 120, 240, 480]);
    assert_eq!(play.ear("deaf").heard.lock().unwrap().len(), 1);
    assert_eq!(
        play.ear("ear").titles(),
        ["12:00:00 shop: 1 new in drift, a failover would be stopped"]
    );
    assert_eq!(play.stage.looks.lock().unwrap().len(), 4);
    let told = play.board.status().told;
    let count = |name: &str, result: &'static str| told.get(&(name.to_owned(), result)).copied();
    assert_eq!(count("deaf", "failed"), Some(5));
    assert_eq!(count("deaf", "sent"), Some(1));
    assert_eq!(count("ear", "failed"), None);
}

#[test]
fn who_never_answers_holds_no_round_up() {
    let mut play = Play::new(&["silent"]);
    play.ears.get_mut("silent").unwrap().opens = at("23:00:00");
    play.stage.show("12:00:00", scene(&[("class", Blocking)]));
    play.until(&mut play.watcher(), "12:55:00");
    let looks = play.stage.looks.lock().unwrap().clone();
    assert_eq!(looks.len(), 6);
    assert!(looks.iter().all(|look| look.as_second() % 600 == 0));
    assert_eq!(play.board.status().pending["silent"], 1);
}

#[test]
fn nobody_hears_of_an_end_before_its_beginning() {
    let mut play = Play::new(&["deaf"]);
    let deaf = play.ears.get_mut("deaf").unwrap();
    (deaf.opens, deaf.refuses) = (at("12:35:00"), later());
    play.stage.show("12:00:00", scene(&[("class", Blocking)]));
    play.stage.show("12:05:00", scene(&[]));
    play.until(&mut play.watcher(), "13:55:00");
    let titles = play.ear("deaf").titles();
    assert_eq!(titles.len(), 2, "{titles:?}");
    assert!(titles[0].contains("1 new"), "{titles:?}");
    assert!(titles[1].contains("all clear"), "{titles:?}");
}

#[test]
fn what_is_refused_for_good_or_for_a_day_is_given_up() {
    let mut play = Play::new(&["deaf", "strict"]);
    let end = "2026-11-23T12:00:00Z".parse().unwrap();
    for (name, refuses) in [
        ("deaf", later()),
        ("strict", Some(SendError::Never("answers 400".to_owned()))),
    ] {
        let ear = play.ears.get_mut(name).unwrap();
        (ear.opens, ear.refuses) = (end, refuses);
    }
    play.stage.show("12:00:00", scene(&[("class", Blocking)]));
    let mut watcher = play.watcher();
    play.stage.clock.run(end, watcher.run());
    assert_eq!(play.ear("strict").tried.lock().unwrap().len(), 1);
    let last = *play.ear("deaf").tried.lock().unwrap().last().unwrap();
    let over_s = last.as_second() - at("12:00:00").as_second();
    assert!((86_400..=90_000).contains(&over_s), "{over_s}");
    assert!(watcher.state.outbox.is_empty());
}

#[test]
fn a_restart_repeats_nothing_and_loses_nothing() {
    let mut play = Play::new(&["deaf", "ear"]);
    let deaf = play.ears.get_mut("deaf").unwrap();
    (deaf.opens, deaf.refuses) = (at("12:30:00"), later());
    play.stage.show("12:00:00", scene(&[("class", Blocking)]));
    play.until(&mut play.watcher(), "12:12:00");
    let mut again = play.watcher_knowing(play.lines.state());
    play.until(&mut again, "12:55:00");
    assert_eq!(play.ear("ear").ids().len(), 1, "told before the restart");
    assert_eq!(play.ear("deaf").ids(), play.ear("ear").ids(), "after it");
}

#[test]
fn who_was_told_just_before_a_crash_is_told_again_with_the_same_id() {
    let play = Play::new(&["ear"]);
    play.stage.show("12:00:00", scene(&[("class", Blocking)]));
    play.until(&mut play.watcher(), "12:01:00");
    // The line that says that it was told did not reach the disk.
    let mut bytes = play.lines.bytes.lock().unwrap().clone();
    let lines = bytes.split_inclusive(|byte| *byte == b'\n').count();
    assert_eq!(lines, 3, "a state, a round, and that it was told");
    let whole = bytes.iter().rposition(|byte| *byte == b'\n').unwrap();
    let last = bytes[..whole]
        .iter()
        .rposition(|byte| *byte == b'\n')
        .unwrap();
    bytes.truncate(last + 20);
    let state = crate::watch::read(&bytes).unwrap().state;
    play.until(&mut play.watcher_knowing(state), "12:02:00");
    let ids = play.ear("ear").ids();
    assert_eq!(ids.len(), 2);
    assert_eq!(ids[0], ids[1]);
}

#[test]
fn who_is_no_longer_in_the_estate_is_forgotten() {
    let mut play = Play::new(&["deaf"]);
    let deaf = play.ears.get_mut("deaf").unwrap();
    (deaf.opens, deaf.refuses) = (at("23:00:00"), later());
    play.stage.show("12:00:00", scene(&[("class", Blocking)]));
    play.until(&mut play.watcher(), "12:01:00");
    play.ears.clear();
    let mut again = play.watcher_knowing(play.lines.state());
    assert_eq!(again.state.outbox.len(), 1);
    play.until(&mut again, "12:02:00");
    assert!(again.state.outbox.is_empty());
}

#[test]
fn a_history_that_cannot_be_written_keeps_nobody_from_being_told_and_shows_as_ill() {
    let play = Play::new(&["ear"]);
    *play.lines.is_full.lock().unwrap() = true;
    play.stage.show("12:00:00", scene(&[("class", Blocking)]));
    let mut watcher = play.watcher();
    play.until(&mut watcher, "12:25:00");
    assert_eq!(play.ear("ear").titles().len(), 1);
    assert!(play.board.status().health(at("12:25:00")).is_err());
    *play.lines.is_full.lock().unwrap() = false;
    play.until(&mut watcher, "12:35:00");
    assert_eq!(play.board.status().health(at("12:35:00")), Ok(()));
    // The file that is begun now holds all that was missed.
    assert_eq!(play.lines.state(), watcher.state);
}

#[test]
fn a_single_round_looks_at_once_and_tries_everybody_once() {
    let mut play = Play::new(&["deaf", "ear"]);
    let deaf = play.ears.get_mut("deaf").unwrap();
    (deaf.opens, deaf.refuses) = (at("12:02:00"), later());
    play.stage.show("12:00:00", scene(&[("class", Blocking)]));
    let once = |state: State, now: &str| {
        play.stage.clock.set(at(now));
        let mut watcher = play.watcher_knowing(state);
        let ended = play
            .stage
            .clock
            .run(at("13:00:00"), watcher.once(false))
            .unwrap();
        (ended, watcher.state)
    };
    let (first, state) = once(play.unseen(), "12:00:00");
    assert_eq!(first.untold, 1);
    assert!(first.reports[&Job::Drift].is_ok() && first.reports[&Job::Ready].is_ok());
    assert_eq!(state, play.lines.state());
    let (second, _) = once(state, "12:03:00");
    assert_eq!(second.untold, 0);
    assert_eq!(play.ear("deaf").ids(), play.ear("ear").ids());
    assert_eq!(play.stage.looks.lock().unwrap().len(), 2);
    assert!(matches!(Delivery::Sent.name(), "sent"));
}

#[test]
fn a_notice_in_parts_goes_on_where_it_stopped_and_a_part_that_is_refused_drops_no_other() {
    const CODES: [&str; 6] = ["a", "b", "c", "d", "e", "f"];
    let mut play = Play::new(&["ear"]);
    let ear = play.ears.get_mut("ear").unwrap();
    (ear.by_change, ear.cannot_bear) = (true, Some("c"));
    let found = CODES.map(|code| (code, Blocking));
    play.stage.show("12:00:00", scene(&found));
    play.until(&mut play.watcher(), "12:00:40");
    let told = || {
        let mut told = play.ear("ear").parts.lock().unwrap().clone();
        told.sort();
        told
    };
    assert!(
        told().len() < 5,
        "there is room for two at a time: {:?}",
        told()
    );
    // A restart in the middle of it.
    let mut again = play.watcher_knowing(play.lines.state());
    play.until(&mut again, "12:09:00");
    assert_eq!(told(), ["a", "b", "d", "e", "f"], "each once");
    assert!(again.state.outbox.is_empty());
    assert_eq!(play.lines.state(), again.state);
}

#[test]
fn a_single_round_of_what_is_due_leaves_the_rest_for_its_own_time() {
    let play = Play::new(&[]);
    let looked = |state: State, now: &str| {
        play.stage.clock.set(at(now));
        let mut watcher = play.watcher_knowing(state);
        watcher.watch.ready = "0 * * * *".parse().unwrap();
        let ended = play.stage.clock.run(at("23:00:00"), watcher.once(true));
        let jobs: Vec<Job> = ended.unwrap().reports.into_keys().collect();
        (jobs, watcher.state)
    };
    let (first, state) = looked(play.unseen(), "12:00:20");
    let (early, state) = looked(state, "12:09:00");
    let (second, state) = looked(state, "12:10:20");
    let (both, _) = looked(state, "13:00:20");
    assert_eq!((first, early), (vec![Job::Drift], Vec::new()));
    assert_eq!(
        (second, both),
        (vec![Job::Drift], vec![Job::Drift, Job::Ready])
    );
}
