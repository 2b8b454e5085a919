use proptest::prelude::*;

use super::*;
use crate::model::{DatabaseRole, DatabaseStatus, FenceLevel};

const RPO: Duration = Duration::from_mins(5);

fn at(second: u64) -> Timestamp {
    Duration::from_secs(second).after(Timestamp::UNIX_EPOCH)
}

fn site(name: &str) -> SiteId {
    name.parse().unwrap()
}

/// A replica whose lag was measured at second 1000.
fn replica(lag: Duration) -> DatabaseState {
    DatabaseState {
        role: DatabaseRole::Replica {
            source: site("ohio"),
        },
        status: DatabaseStatus::Available,
        writable: false,
        fenced: false,
        position: Position::Writes(400),
        replication: Some(Replication {
            lag,
            measured_at: at(1000),
            source_position: Some(Position::Writes(500)),
            last_applied_commit: lag.before(at(1000)),
        }),
        lacks: Vec::new(),
    }
}

fn fenced_primary(position: u64) -> DatabaseState {
    DatabaseState {
        role: DatabaseRole::Primary,
        status: DatabaseStatus::Available,
        writable: false,
        fenced: true,
        position: Position::Writes(position),
        replication: None,
        lacks: Vec::new(),
    }
}

fn fence(level: FenceLevel, second: u64) -> FenceEvidence {
    FenceEvidence {
        site: site("ohio"),
        level,
        at: at(second),
        observations: vec!["0 of 3 observers reach ohio".to_owned()],
        pending: level != FenceLevel::Confirmed,
        unanswered: Vec::new(),
        denied: Vec::new(),
    }
}

/// The result of the gates at second `now`: the code of the one that is shut, and how many people can pass it.
fn shut(
    mode: Mode,
    now: u64,
    fence: Option<&FenceEvidence>,
    replica: &DatabaseState,
    source: Option<&DatabaseState>,
    passed_by: &(dyn Fn(&str) -> usize + Sync),
) -> Option<(String, u32)> {
    let step: StepId = "promote-database".parse().unwrap();
    let promotion = Promotion {
        step: &step,
        mode,
        from: &site("ohio"),
        rpo: RPO,
        now: at(now),
        fence,
        replica,
        source,
        passed_by,
    };
    match promotion.check() {
        Ok(()) => None,
        Err(StepError::Gate(question)) => Some((question.code, question.people)),
        Err(StepError::NotMet { code, .. }) => Some((code, 0)),
        Err(other) => panic!("{other}"),
    }
}

fn unplanned(now: u64, level: FenceLevel, replica: &DatabaseState) -> Option<(String, u32)> {
    shut(
        Mode::Unplanned,
        now,
        Some(&fence(level, 1000)),
        replica,
        None,
        &|_| 0,
    )
}

#[test]
fn a_lag_at_the_rpo_passes_and_one_above_it_needs_two_people() {
    let just_above = Duration::from_millis(RPO.as_millis() + 1);
    let just_below = Duration::from_millis(RPO.as_millis() - 1);
    for good in [Duration::ZERO, just_below, RPO] {
        let found = unplanned(1000, FenceLevel::ByLease, &replica(good));
        assert_eq!(found, None, "{good}");
    }
    assert_eq!(
        unplanned(1000, FenceLevel::ByLease, &replica(just_above)),
        Some(("lag-exceeds-rpo".to_owned(), 2))
    );
}

#[test]
fn an_unknown_lag_is_no_small_lag() {
    let mut unmeasured = replica(Duration::ZERO);
    unmeasured.replication = None;
    assert_eq!(
        unplanned(1000, FenceLevel::Confirmed, &unmeasured),
        Some(("lag-exceeds-rpo".to_owned(), 2))
    );
}

#[test]
fn an_old_measurement_counts_with_its_age() {
    let lag = Duration::from_secs(20);
    let replica = replica(lag);
    let counted = |second| {
        super::lag(replica.replication.as_ref(), at(second))
            .unwrap()
            .counts
    };
    assert_eq!(counted(1000), lag);
    assert_eq!(counted(1080), lag, "up to 60 s plus the lag it is fresh");
    assert_eq!(counted(1081), Duration::from_secs(81 + 20));
}

#[test]
fn a_proven_fence_stops_the_clock_of_the_lag_and_a_weaker_one_does_not() {
    let replica = replica(Duration::from_secs(2));
    // An hour passes between the fence and the promotion: people were asked.
    assert_eq!(unplanned(4600, FenceLevel::ByLease, &replica), None);
    assert_eq!(unplanned(4600, FenceLevel::Confirmed, &replica), None);
    let waived_fence = shut(
        Mode::Unplanned,
        4600,
        Some(&fence(FenceLevel::IsolatedObserved, 1000)),
        &replica,
        None,
        &|code| if code == "fence-unproven" { 2 } else { 0 },
    );
    assert_eq!(waived_fence, Some(("lag-exceeds-rpo".to_owned(), 2)));
}

#[test]
fn without_a_proven_fence_two_people_must_pass_and_one_is_not_enough() {
    let replica = replica(Duration::from_secs(2));
    for evidence in [
        None,
        Some(fence(FenceLevel::Unknown, 1000)),
        Some(fence(FenceLevel::IsolatedObserved, 1000)),
    ] {
        for (people, open) in [(0, false), (1, false), (2, true)] {
            let found = shut(
                Mode::Unplanned,
                1000,
                evidence.as_ref(),
                &replica,
                None,
                &|code| if code == "fence-unproven" { people } else { 0 },
            );
            let expected = (!open).then(|| ("fence-unproven".to_owned(), 2));
            assert_eq!(found, expected, "{evidence:?} {people}");
        }
    }
}

#[test]
fn a_waiver_of_one_gate_does_not_open_the_other() {
    let behind = replica(Duration::from_mins(6));
    let found = shut(Mode::Unplanned, 1000, None, &behind, None, &|code| {
        if code == "lag-exceeds-rpo" { 2 } else { 0 }
    });
    assert_eq!(found, Some(("fence-unproven".to_owned(), 2)));
}

#[test]
fn a_replica_that_is_where_the_fenced_primary_is_passes_whatever_its_lag_says() {
    let behind = replica(Duration::from_mins(6));
    let evidence = fence(FenceLevel::Confirmed, 1000);
    let found = |position| {
        shut(
            Mode::Unplanned,
            1000,
            Some(&evidence),
            &behind,
            Some(&fenced_primary(position)),
            &|_| 0,
        )
    };
    assert_eq!(found(400), None);
    assert_eq!(found(401), Some(("lag-exceeds-rpo".to_owned(), 2)));
}

#[test]
fn a_switchover_goes_on_only_without_loss_and_nobody_can_waive_that() {
    let replica = replica(Duration::ZERO);
    let confirmed = fence(FenceLevel::Confirmed, 1000);
    let by_lease = fence(FenceLevel::ByLease, 1000);
    let mut lifted = fenced_primary(400);
    lifted.fenced = false;
    // Asked to refuse writes, and read to take them: a fence that is not in force.
    let mut leaking = fenced_primary(400);
    leaking.writable = true;
    let found = |fence: &FenceEvidence, source: Option<&DatabaseState>| {
        shut(Mode::Planned, 1000, Some(fence), &replica, source, &|_| 99)
    };
    let unproven = Some(("fence-unproven".to_owned(), 0));
    assert_eq!(found(&confirmed, Some(&fenced_primary(400))), None);
    assert_eq!(
        found(&confirmed, Some(&fenced_primary(401))),
        Some(("not-caught-up".to_owned(), 0))
    );
    assert_eq!(found(&confirmed, None), unproven);
    assert_eq!(found(&confirmed, Some(&lifted)), unproven);
    assert_eq!(found(&confirmed, Some(&leaking)), unproven);
    assert_eq!(found(&by_lease, Some(&fenced_primary(400))), unproven);
}

#[test]
fn a_switchover_by_commit_times_waits_until_something_committed_after_the_fence_was_replayed() {
    let confirmed = fence(FenceLevel::Confirmed, 1000);
    let committed = |second| Position::Committed {
        committed: at(second),
    };
    let mut source = fenced_primary(0);
    source.position = committed(1000);
    let found = |second| {
        let mut replica = replica(Duration::ZERO);
        replica.position = committed(second);
        let fence = Some(&confirmed);
        shut(Mode::Planned, 1010, fence, &replica, Some(&source), &|_| 99)
    };
    assert_eq!(found(999), Some(("not-caught-up".to_owned(), 0)));
    assert_eq!(found(1000), None);
}

#[test]
fn a_history_that_goes_on_in_another_one_claims_only_what_the_replica_was_seen_to_have() {
    let mut replica = replica(Duration::from_secs(3));
    replica.position = Position::Wal { wal: 400 };
    let source = Position::Wal { wal: 450 };
    // The new primary has written on: its place is no longer one of the old history.
    let promoted = Position::Wal { wal: 900 };
    let stated = loss(&replica, promoted, Some(source), None).unwrap();
    assert_eq!(stated.promoted_position, replica.position);
    assert_eq!(stated.exact, None);
    let settled = settle(&stated, Position::Wal { wal: 400 }, at(2000));
    assert_eq!(settled.exact, Some(0));
}

#[test]
fn a_lag_that_grows_after_the_fence_counts_only_up_to_the_fence() {
    let mut measured = replica(Duration::from_secs(700)).replication.unwrap();
    measured.last_applied_commit = at(300);
    let counts = |as_of| lag(Some(&measured), at(as_of)).unwrap().counts;
    assert_eq!(counts(310), Duration::from_secs(10));
    assert_eq!(counts(200), Duration::ZERO);
    assert_eq!(counts(1000), Duration::from_secs(700));
}

#[test]
fn a_loss_window_is_closed_only_by_a_fence_that_allows_promotion() {
    let replica = replica(Duration::from_secs(3));
    let stated = |level| {
        loss(
            &replica,
            Position::Writes(400),
            None,
            Some(&fence(level, 1045)),
        )
        .unwrap()
    };
    let open = stated(FenceLevel::IsolatedObserved);
    assert_eq!((open.window_from, open.window_until), (at(997), None));
    assert_eq!(open.achieved_rpo(), None);
    assert_eq!(open.at_least(), 100);
    let closed = stated(FenceLevel::ByLease);
    assert_eq!(closed.window_until, Some(at(1045)));
    assert_eq!(closed.achieved_rpo(), Some(Duration::from_secs(48)));
}

#[test]
fn the_old_primary_settles_how_many_writes_were_lost_and_closes_an_open_window() {
    let replica = replica(Duration::from_secs(3));
    let open = loss(&replica, Position::Writes(400), None, None).unwrap();
    let settled = settle(&open, Position::Writes(417), at(2000));
    assert_eq!(settled.exact, Some(17));
    assert_eq!(settled.window_until, Some(at(2000)));
    assert_eq!(
        settled.last_known_source,
        Some((Position::Writes(417), at(2000)))
    );
}

proptest! {
    #[test]
    fn more_lag_an_older_reading_or_weaker_evidence_never_opens_a_gate(
        lag_s in 0u64..1000, age_s in 0u64..1000, more_lag in 0u64..500, more_age in 0u64..500,
        level in 0usize..4, less in 0usize..4,
    ) {
        const LEVELS: [FenceLevel; 4] = [
            FenceLevel::Unknown, FenceLevel::IsolatedObserved, FenceLevel::ByLease, FenceLevel::Confirmed,
        ];
        let open = |lag: u64, age: u64, level: usize| {
            let evidence = fence(LEVELS[level], 1000 + age);
            let waived = |code: &str| if code == "fence-unproven" { 2 } else { 0 };
            shut(Mode::Unplanned, 1000 + age, Some(&evidence), &replica(Duration::from_secs(lag)), None, &waived).is_none()
        };
        let better = open(lag_s, age_s, level);
        let worse = open(lag_s + more_lag, age_s + more_age, level.saturating_sub(less));
        // Within the time in which a reading is fresh its age does not count, and a larger lag is fresh for longer; compare
        // only where that does not turn the order around.
        prop_assume!(more_lag == 0 || age_s <= 60 + lag_s);
        prop_assert!(better || !worse, "lag {lag_s}+{more_lag}, age {age_s}+{more_age}");
    }

    #[test]
    fn a_stated_loss_is_never_less_than_what_the_last_reading_of_the_source_shows(
        promoted in 0u64..1000, known in 0u64..1000, last in 0u64..1000,
    ) {
        let mut state = replica(Duration::from_secs(3));
        state.replication.as_mut().unwrap().source_position = Some(Position::Writes(known));
        let open = loss(&state, Position::Writes(promoted), None, None).unwrap();
        prop_assert_eq!(open.at_least(), known.saturating_sub(promoted));
        let settled = settle(&open, Position::Writes(last.max(known)), at(2000));
        prop_assert!(settled.at_least() >= open.at_least());
    }
}
