//! The lines of a history.

use super::stage::{Play, at, blind, scene};
use crate::model::Severity::{Blocking, Slowing};
use crate::watch::{Damaged, Record, SendError, line, read};

/// An hour with everything in it.
fn eventful() -> (Play, crate::watch::State) {
    let mut play = Play::new(&["deaf", "ear"]);
    let deaf = play.ears.get_mut("deaf").unwrap();
    deaf.opens = at("12:40:00");
    deaf.refuses = Some(SendError::Later("answers 500".to_owned()));
    play.stage
        .show("12:00:00", scene(&[("class", Blocking), ("tag", Slowing)]));
    play.stage.show("12:15:00", blind(&[]));
    play.stage.show("12:35:00", scene(&[("tag", Blocking)]));
    let mut watcher = play.watcher();
    play.until(&mut watcher, "13:00:30");
    (play, watcher.state)
}

#[test]
fn the_sum_of_the_lines_is_what_the_watcher_knows() {
    let (play, state) = eventful();
    assert_eq!(play.lines.state(), state);
}

#[test]
fn a_history_that_was_cut_anywhere_is_that_of_an_earlier_moment() {
    let (play, _) = eventful();
    let bytes = play.lines.bytes.lock().unwrap().clone();
    let first = bytes.iter().position(|byte| *byte == b'\n').unwrap();
    let mut known = None;
    for cut in first + 1..=bytes.len() {
        let found = read(&bytes[..cut]).unwrap();
        assert!(found.whole <= cut && bytes[found.whole - 1] == b'\n');
        // The state changes only where a line ends.
        if let Some(before) = known.replace(found.state.clone())
            && bytes[cut - 1] != b'\n'
        {
            assert_eq!(before, found.state);
        }
    }
    for cut in 0..=first {
        assert_eq!(read(&bytes[..cut]), Err(Damaged::NoState));
    }
}

#[test]
fn damage_elsewhere_than_at_the_end_is_told_with_its_line() {
    let (play, state) = eventful();
    let mut bytes = play.lines.bytes.lock().unwrap().clone();
    let second = bytes.iter().position(|byte| *byte == b'\n').unwrap() + 3;
    bytes[second] = b'#';
    let damaged = read(&bytes).unwrap_err();
    assert!(
        matches!(damaged, Damaged::Line { line: 2, .. }),
        "{damaged}"
    );

    let newer = crate::watch::State { format: 2, ..state };
    let mut newer = line(&Record::State(Box::new(newer)));
    assert_eq!(read(&newer), Err(Damaged::Form(2)));
    newer.splice(.., *b"{}\n");
    assert!(read(&newer).is_err());
}
