use std::fs;

use jiff::Timestamp;

use super::*;
use crate::watch::{Delivery, Job, Round, Standing, Told};

fn estate() -> EstateName {
    "shop".parse().unwrap()
}

fn month() -> Duration {
    Duration::from_mins(30 * 24 * 60)
}

fn open(root: &Path) -> PortResult<Opened> {
    History::open(root, &estate(), month())
}

fn round(at: &str) -> Record {
    let at: Timestamp = at.parse().unwrap();
    Record::Round(Box::new(Round {
        job: Job::Drift,
        began: at,
        ended: at,
        took: Duration::ZERO,
        standing: Standing::Complete,
        read: Some(at),
        calls: 1,
        throttled: 0,
        changes: Vec::new(),
        excused: 0,
        notice: None,
        to: Vec::new(),
    }))
}

/// Writes rounds, as a watcher does.
fn write(opened: &mut Opened, rounds: &[&str]) {
    for at in rounds {
        let record = round(at);
        opened.history.append(&opened.state, &record).unwrap();
        opened.state.apply(&record);
    }
}

fn names(root: &Path) -> Vec<String> {
    let folder = root.join("watch/shop");
    let names = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = names
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| !name.starts_with('.'))
        .collect();
    names.sort();
    names
}

#[test]
fn what_was_written_is_known_after_a_restart() {
    let root = tempfile::tempdir().unwrap();
    let mut first = open(root.path()).unwrap();
    assert_eq!(first.state, State::new(estate()));
    write(
        &mut first,
        &[
            "2026-11-21T23:50:00Z",
            "2026-11-22T00:00:00Z",
            "2026-11-22T00:10:00Z",
        ],
    );
    let known = first.state.clone();
    drop(first);
    assert_eq!(open(root.path()).unwrap().state, known);
    assert_eq!(names(root.path()), ["2026-11-21.jsonl", "2026-11-22.jsonl"]);
}

#[test]
fn a_line_that_was_not_written_to_its_end_is_removed_and_written_over() {
    let root = tempfile::tempdir().unwrap();
    let mut first = open(root.path()).unwrap();
    write(&mut first, &["2026-11-21T12:00:00Z"]);
    let known = first.state.clone();
    drop(first);
    let file = root.path().join("watch/shop/2026-11-21.jsonl");
    let mut bytes = fs::read(&file).unwrap();
    bytes.extend(b"{\"round\":{\"job\":\"dr");
    fs::write(&file, bytes).unwrap();
    let mut again = open(root.path()).unwrap();
    assert_eq!(again.state, known);
    write(&mut again, &["2026-11-21T12:10:00Z"]);
    let known = again.state.clone();
    drop(again);
    assert_eq!(open(root.path()).unwrap().state, known);
}

#[test]
fn what_a_failed_write_left_is_removed_by_the_next_one() {
    let root = tempfile::tempdir().unwrap();
    let mut opened = open(root.path()).unwrap();
    write(&mut opened, &["2026-11-21T12:00:00Z"]);
    // A disk that was full took half a line.
    let file = root.path().join("watch/shop/2026-11-21.jsonl");
    let mut bytes = fs::read(&file).unwrap();
    bytes.extend(b"{\"round\":");
    fs::write(&file, bytes).unwrap();
    write(&mut opened, &["2026-11-21T12:10:00Z"]);
    let known = opened.state.clone();
    drop(opened);
    assert_eq!(open(root.path()).unwrap().state, known);
}

#[test]
fn days_are_kept_for_as_long_as_is_said_and_nothing_that_is_known_goes_with_them() {
    let root = tempfile::tempdir().unwrap();
    let mut opened =
        History::open(root.path(), &estate(), Duration::from_mins(2 * 24 * 60)).unwrap();
    let told = Record::Told(Told {
        at: "2026-11-20T10:00:00Z".parse().unwrap(),
        receiver: "ear".to_owned(),
        notice: "1".to_owned(),
        more: false,
        delivery: Delivery::Sent,
    });
    opened.history.append(&opened.state, &told).unwrap();
    write(
        &mut opened,
        &[
            "2026-11-21T10:00:00Z",
            "2026-11-22T10:00:00Z",
            "2026-11-24T10:00:00Z",
        ],
    );
    assert_eq!(names(root.path()), ["2026-11-22.jsonl", "2026-11-24.jsonl"]);
    let known = opened.state.clone();
    drop(opened);
    assert_eq!(open(root.path()).unwrap().state, known);
}

#[test]
fn a_clock_that_was_set_back_goes_on_in_the_newest_file() {
    let root = tempfile::tempdir().unwrap();
    let mut opened = open(root.path()).unwrap();
    write(
        &mut opened,
        &["2026-11-22T10:00:00Z", "2026-11-21T10:00:00Z"],
    );
    assert_eq!(names(root.path()), ["2026-11-22.jsonl"]);
    let known = opened.state.clone();
    drop(opened);
    assert_eq!(open(root.path()).unwrap().state, known);
}

#[test]
fn only_one_watcher_has_a_history() {
    let root = tempfile::tempdir().unwrap();
    let first = open(root.path()).unwrap();
    let second = open(root.path()).unwrap_err();
    assert_eq!(second.class, ErrorClass::Conflict);
    assert!(second.message.contains("another dr watch"), "{second}");
    drop(first);
    assert!(open(root.path()).is_ok());
}

#[test]
fn the_last_complete_scan_is_there_after_a_restart_and_a_damaged_one_is_none() {
    let root = tempfile::tempdir().unwrap();
    let scan = EstateScan {
        format: EstateScan::FORMAT,
        kinds: EstateScan::kinds_read(),
        estate: estate(),
        sites: std::collections::BTreeMap::new(),
        global: None,
    };
    let mut opened = open(root.path()).unwrap();
    assert_eq!(opened.last, None);
    opened.history.keep(&scan).unwrap();
    opened.history.keep(&scan).unwrap();
    drop(opened);
    assert_eq!(open(root.path()).unwrap().last, Some(scan));
    assert_eq!(names(root.path()), [LAST]);
    fs::write(root.path().join("watch/shop").join(LAST), "{").unwrap();
    assert_eq!(open(root.path()).unwrap().last, None);
}

#[test]
fn damage_and_the_history_of_another_estate_are_refused_with_what_to_do() {
    let root = tempfile::tempdir().unwrap();
    let mut opened = open(root.path()).unwrap();
    write(&mut opened, &["2026-11-21T10:00:00Z"]);
    drop(opened);
    let folder = root.path().join("watch");
    fs::rename(folder.join("shop"), folder.join("bank")).unwrap();
    let other = History::open(root.path(), &"bank".parse().unwrap(), month()).unwrap_err();
    assert!(other.message.contains("that of shop"), "{other}");
    let file = folder.join("bank/2026-11-21.jsonl");
    fs::write(&file, "nonsense\n").unwrap();
    let damaged = History::open(root.path(), &"bank".parse().unwrap(), month()).unwrap_err();
    assert_eq!(damaged.class, ErrorClass::Invalid);
    assert!(damaged.message.contains("line 1"), "{damaged}");
    assert!(damaged.message.contains("move the file away"), "{damaged}");
}
