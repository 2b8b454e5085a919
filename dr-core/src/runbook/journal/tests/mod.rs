//! A small journal, and what may happen to it.

mod damage;
mod writers;

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::*;
use crate::action::{Before, Output};
use crate::adapter::local::fakes::{FaultyStore, ManualClock, drive};
use crate::model::{Epoch, RunId};
use crate::port::LogStore;
use crate::runbook::{Event, Plan, RunStatus};

fn run() -> RunId {
    "failover-1".parse().unwrap()
}

fn at(second: i64) -> Timestamp {
    "2026-01-01T00:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_secs(second)
}

fn plan() -> Plan {
    let site = |id: &str, region: &str, role: &str| json!({ "id": id, "platform": "aws", "region": region, "home_role": role });
    serde_json::from_value(json!({
        "format": 1,
        "runbook": "failover",
        "runbook_digest": "r",
        "estate": {
            "name": "storefront",
            "sites": [site("ohio", "us-east-2", "primary"), site("california", "us-west-1", "standby")],
            "objectives": { "rpo": "5m", "rto": "30m" },
            "components": {},
            "write_lease": null,
            "steady_state": [],
            "backups": []
        },
        "mode": "unplanned",
        "rehearsal": false,
        "direction": { "from": "ohio", "to": "california" },
        "stages": [],
        "facts": [],
        "findings": [],
        "prediction": { "until_serving": "6m", "total": "9m", "loss": "3s" },
        "digest": "d"
    }))
    .unwrap()
}

fn header(epoch: u64) -> Header {
    Header {
        format: JOURNAL_FORMAT,
        dr_version: "0.1.0".to_owned(),
        run: run(),
        epoch: Epoch(epoch),
        at: at(0),
        by: "ada".to_owned(),
        plan: Arc::new(plan()),
    }
}

fn held(why: &str) -> Event {
    Event::Held {
        because: why.to_owned(),
    }
}

/// One of several shapes, with text that JSON must escape.
fn event(i: i64) -> Event {
    let step = format!("step-{i}").parse().unwrap();
    match i % 3 {
        0 => Event::StepStarted {
            step,
            attempt: 1,
            before: Before::default(),
        },
        1 => Event::StepSucceeded {
            step,
            output: Output::said("\"done\"\nin one go, ümlaut and all"),
            found_done: false,
        },
        _ => held("nobody answers"),
    }
}

/// An object log with `records` events under epoch 1.
async fn begun(logs: &Arc<dyn LogStore>, records: i64) -> Journal {
    let mut journal = Journal::create(Arc::clone(logs), header(1)).await.unwrap();
    for i in 0..records {
        journal.append(Epoch(1), at(i), event(i)).await.unwrap();
    }
    journal
}

/// The bytes of a journal with so many events.
fn written(records: i64) -> Vec<u8> {
    let logs: Arc<dyn LogStore> = Arc::new(ObjectLog::new(Arc::new(FaultyStore::default())));
    drive(&ManualClock::default(), async {
        begun(&logs, records).await;
        logs.read(&run()).await.unwrap().unwrap()
    })
}

#[test]
fn what_was_appended_is_what_is_read() {
    let found = read(&written(5)).unwrap();
    assert_eq!(found.header, header(1));
    let events: Vec<Event> = found.records.iter().map(|r| r.event.clone()).collect();
    assert_eq!(events, (0..5).map(event).collect::<Vec<_>>());
    assert_eq!(found.records[4].at, at(4));
    assert!(!found.torn);
}

#[test]
fn each_record_carries_its_number_and_the_digest_of_the_line_before() {
    let bytes = written(3);
    let lines: Vec<&[u8]> = bytes.split(|b| *b == b'\n').collect();
    let found = read(&bytes).unwrap();
    for (i, record) in found.records.iter().enumerate() {
        assert_eq!(record.seq, i as u64 + 1);
        assert_eq!(record.prev, Digest::of(lines[i]));
    }
    assert_eq!(found.head, Digest::of(lines[3]));
}

#[test]
fn the_format_of_a_line_is_the_published_one() {
    let bytes = written(1);
    let line = bytes.split(|b| *b == b'\n').nth(1).unwrap();
    let prev = Digest::of(bytes.split(|b| *b == b'\n').next().unwrap());
    let body = format!(
        concat!(
            r#"{{"seq":1,"epoch":1,"at":"2026-01-01T00:00:00Z","event":{{"event":"step-started","#,
            r#""step":"step-0","attempt":1,"before":{{}}}},"prev":"{}""#
        ),
        prev
    );
    let sum = &Digest::of(body.as_bytes()).as_str()[..16].to_owned();
    assert_eq!(
        String::from_utf8_lossy(line),
        format!(r#"{body},"sum":"{sum}"}}"#)
    );
}

#[test]
fn a_digest_is_64_lower_case_hexadecimal_digits() {
    let good = Digest::of(b"");
    assert_eq!(
        good.as_str(),
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    );
    assert_eq!(good.as_str().parse::<Digest>(), Ok(good.clone()));
    for bad in ["", "abc", &good.as_str().to_uppercase(), &"g".repeat(64)] {
        assert!(bad.parse::<Digest>().is_err(), "{bad}");
    }
}

#[test]
fn the_lines_in_the_documentation_are_sound_and_follow_one_another() {
    let page = include_str!("../../../../../docs/journal-format.md");
    let example = page.split("```jsonl\n").nth(1).unwrap();
    let lines: Vec<&str> = example.split("```").next().unwrap().lines().collect();
    let records: Vec<Record> = lines
        .iter()
        .map(|line| line::decode(line.as_bytes()).unwrap().0)
        .collect();
    assert_eq!(records.len(), 3);
    for (i, pair) in records.windows(2).enumerate() {
        assert_eq!(pair[1].prev, Digest::of(lines[i].as_bytes()));
        assert_eq!(pair[1].seq, pair[0].seq + 1);
    }
}
