use proptest::prelude::*;

use super::stage::at;
use crate::model::{CronLine, Duration, EstateName};
use crate::watch::{Job, Schedule};

fn schedule(estate: &str, line: &str, jitter: Duration) -> Schedule {
    let estate: EstateName = estate.parse().unwrap();
    let line: CronLine = line.parse().unwrap();
    Schedule::new(&estate, Job::Drift, line, jitter)
}

fn is_due(schedule: &Schedule, last: Option<jiff::Timestamp>, now: jiff::Timestamp) -> bool {
    schedule.due(last, now).is_some()
}

#[test]
fn of_many_missed_rounds_one_is_made_up_for() {
    let every_ten = schedule("shop", "*/10 * * * *", Duration::ZERO);
    assert!(
        is_due(&every_ten, None, at("12:03:00")),
        "nobody looked yet"
    );
    assert!(!is_due(&every_ten, Some(at("12:00:00")), at("12:09:59")));
    assert!(is_due(&every_ten, Some(at("12:00:00")), at("12:10:00")));
    // Hours later it is due once: the round that begins then is the last one.
    assert!(is_due(&every_ten, Some(at("12:00:00")), at("17:04:00")));
    assert!(!is_due(&every_ten, Some(at("17:04:00")), at("17:04:01")));
    assert_eq!(every_ten.next(at("17:04:00")), Some(at("17:10:00")));
}

#[test]
fn a_clock_that_was_set_back_stops_no_rounds() {
    let daily = schedule("shop", "0 8 * * *", Duration::ZERO);
    assert!(is_due(&daily, Some(at("20:00:00")), at("12:00:00")));
}

#[test]
fn rounds_are_late_after_two_periods_of_their_own_line() {
    let working_days = schedule("shop", "0 8 * * 1-5", Duration::ZERO);
    // 2026-11-20 is a Friday: nothing is late on a Sunday.
    let friday = "2026-11-20T08:00:00Z".parse().unwrap();
    let tuesday = "2026-11-24T08:00:00Z".parse().unwrap();
    assert_eq!(working_days.overdue_from(friday), Some(tuesday));
}

#[test]
fn the_delay_of_an_estate_is_its_own_and_stays() {
    let minute = Duration::from_mins(1);
    let delays: Vec<Duration> = ["shop", "bank", "mail", "wiki"]
        .map(|estate| schedule(estate, "*/10 * * * *", minute).delay())
        .to_vec();
    let again = schedule("shop", "*/10 * * * *", minute).delay();
    assert_eq!(delays[0], again);
    let mut different = delays.clone();
    different.sort();
    different.dedup();
    assert_eq!(different.len(), delays.len(), "{delays:?}");
    assert!(delays.iter().all(|delay| *delay < minute));
}

proptest! {
    #[test]
    fn a_round_starts_after_its_line_by_the_delay_and_each_instant_has_one(
        start_s in 1_700_000_000_i64..1_900_000_000,
        jitter_s in 0_u64..600,
        name in "[a-z]{1,8}",
    ) {
        let schedule = schedule(&name, "*/10 * * * *", Duration::from_secs(jitter_s));
        let start = jiff::Timestamp::from_second(start_s).unwrap();
        let first = schedule.next(start).unwrap();
        let second = schedule.next(first).unwrap();
        prop_assert!(first > start);
        prop_assert!(Duration::between(start, first) <= Duration::from_mins(10));
        prop_assert_eq!(Duration::between(first, second), Duration::from_mins(10));
        let named = schedule.delay().before(first);
        prop_assert_eq!(named.as_millisecond() % 600_000, 0);
        prop_assert!(!is_due(&schedule, Some(first), schedule.next(first).unwrap() - jiff::SignedDuration::from_millis(1)));
    }
}
