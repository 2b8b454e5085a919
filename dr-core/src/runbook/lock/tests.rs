//! One operator after another, and two at once, on a clock that is moved by hand.

use super::*;
use crate::adapter::local::fakes::{Fault, FaultyStore, ManualClock, drive, poll_once};

fn estate() -> EstateName {
    "storefront".parse().unwrap()
}

fn run(name: &str) -> RunId {
    name.parse().unwrap()
}

struct Place {
    store: FaultyStore,
    clock: ManualClock,
}

impl Place {
    fn new() -> Self {
        Self {
            store: FaultyStore::default(),
            clock: ManualClock::default(),
        }
    }

    fn acquire(&self, who: &str) -> Result<Lease, LockError> {
        let (estate, run) = (estate(), run(&format!("run-{who}")));
        drive(
            &self.clock,
            acquire(&self.store, &self.clock, &estate, who, &run),
        )
    }

    fn renew(&self, lease: &mut Lease) -> Result<(), LockError> {
        drive(&self.clock, lease.renew(&self.store, &self.clock))
    }

    fn release(&self, lease: &mut Lease) -> Result<(), LockError> {
        drive(&self.clock, lease.release(&self.store, &self.clock))
    }

    fn holder(&self) -> Option<String> {
        drive(&self.clock, holder(&self.store, &estate()))
            .unwrap()
            .map(|holder| holder.who)
    }

    fn stored(&self) -> LockState {
        let object = drive(&self.clock, self.store.get("locks/storefront.json"));
        LockState::read("", &object.unwrap().unwrap().bytes).unwrap()
    }
}

#[test]
fn the_first_holder_of_an_estate_has_epoch_one() {
    let place = Place::new();
    assert_eq!(place.holder(), None);
    let lease = place.acquire("ada").unwrap();
    assert_eq!(lease.epoch(), Epoch(1));
    assert_eq!(place.holder().as_deref(), Some("ada"));
}

#[test]
fn a_second_operator_is_told_who_holds_the_lock_and_until_when() {
    let place = Place::new();
    let lease = place.acquire("ada").unwrap();
    let refused = place.acquire("bob").unwrap_err();
    assert_eq!(
        refused,
        LockError::Held {
            who: "ada".to_owned(),
            run: run("run-ada"),
            until: lease.until(),
        }
    );
}

#[test]
fn a_released_lock_is_taken_at_once_under_the_next_epoch() {
    let place = Place::new();
    let mut lease = place.acquire("ada").unwrap();
    place.release(&mut lease).unwrap();
    assert_eq!(place.holder(), None);
    let before = place.clock.true_time();
    assert_eq!(place.acquire("bob").unwrap().epoch(), Epoch(2));
    assert!(Duration::between(before, place.clock.true_time()) < SKEW);
}

#[test]
fn a_released_lease_has_passed_its_deadline_and_is_never_renewed() {
    let place = Place::new();
    let mut lease = place.acquire("ada").unwrap();
    place.release(&mut lease).unwrap();
    assert!(lease.deadline() < place.clock.now());
    assert!(matches!(
        place.renew(&mut lease),
        Err(LockError::Lost { .. })
    ));
    assert_eq!(place.holder(), None);
}

#[test]
fn an_abandoned_lock_is_taken_once_the_calls_on_their_way_have_ended() {
    let place = Place::new();
    let mut lease = place.acquire("ada").unwrap();
    let stopped = place.clock.true_time();
    drive(&place.clock, lease.abandon(&place.store, &place.clock)).unwrap();
    assert!(lease.deadline() < place.clock.now());
    assert!(matches!(
        place.renew(&mut lease),
        Err(LockError::Lost { .. })
    ));
    assert_eq!(place.acquire("bob").unwrap().epoch(), Epoch(2));
    let waited = Duration::between(stopped, place.clock.true_time());
    assert!(waited >= SKEW + CALL && waited < LEASE, "{waited}");
}

#[test]
fn who_has_patience_gets_the_lock_of_a_dead_holder() {
    let place = Place::new();
    let dead = place.acquire("ada").unwrap();
    let (estate, run) = (estate(), run("run-bob"));
    let wait = |patience| {
        let work = acquire_within(&place.store, &place.clock, &estate, "bob", &run, patience);
        drive(&place.clock, work)
    };
    let too_soon = wait(Duration::from_secs(5)).unwrap_err();
    assert!(matches!(too_soon, LockError::Held { until, .. } if until == dead.until()));
    assert!(Duration::between(Timestamp::UNIX_EPOCH, place.clock.now()) < Duration::from_secs(8));
    assert_eq!(wait(LEASE).unwrap().epoch(), Epoch(2));
}

#[test]
fn who_has_patience_gets_a_lock_soon_after_it_is_given_back() {
    let place = Place::new();
    let mut lease = place.acquire("ada").unwrap();
    let (estate, run) = (estate(), run("run-bob"));
    let mut work = Box::pin(acquire_within(
        &place.store,
        &place.clock,
        &estate,
        "bob",
        &run,
        LEASE,
    ));
    for _ in 0..10 {
        assert!(poll_once(work.as_mut()).is_none());
    }
    place.release(&mut lease).unwrap();
    let given_back = place.clock.true_time();
    assert_eq!(drive(&place.clock, work).unwrap().epoch(), Epoch(2));
    assert!(Duration::between(given_back, place.clock.true_time()) < SKEW);
}

#[test]
fn a_renewed_lease_outlives_the_first_one() {
    let place = Place::new();
    let mut lease = place.acquire("ada").unwrap();
    let first = lease.until();
    for _ in 0..10 {
        place.clock.advance(RENEW_EVERY);
        place.renew(&mut lease).unwrap();
    }
    assert!(place.clock.now() > first);
    assert!(matches!(place.acquire("bob"), Err(LockError::Held { .. })));
}

#[test]
fn two_lost_renewals_leave_time_to_act() {
    let place = Place::new();
    let lease = place.acquire("ada").unwrap();
    place.clock.advance(RENEW_EVERY.times(2));
    assert!(place.clock.now() < lease.deadline());
}

#[test]
fn a_take_over_waits_until_no_call_of_the_dead_holder_can_be_on_its_way() {
    let place = Place::new();
    let dead = place.acquire("ada").unwrap();
    place.clock.advance(LEASE);
    let lease = place.acquire("bob").unwrap();
    assert_eq!(lease.epoch(), Epoch(2));
    assert!(place.clock.now() >= (SKEW + CALL).after(dead.until()));
    // And begins with nearly a whole lease.
    assert!(lease.until() > (LEASE - SKEW).after(place.clock.now()));
}

#[test]
fn a_lease_that_ran_out_long_ago_is_taken_over_without_waiting() {
    let place = Place::new();
    let _dead = place.acquire("ada").unwrap();
    place.clock.advance(Duration::from_mins(10));
    let before = place.clock.true_time();
    assert_eq!(place.acquire("bob").unwrap().epoch(), Epoch(2));
    assert!(Duration::between(before, place.clock.true_time()) < SKEW);
}

#[test]
fn a_holder_that_was_taken_over_learns_it_at_its_next_renewal() {
    let place = Place::new();
    let mut old = place.acquire("ada").unwrap();
    place.clock.advance(LEASE);
    let new = place.acquire("bob").unwrap();
    let lost = LockError::Lost {
        ours: old.epoch(),
        theirs: new.epoch(),
    };
    assert_eq!(place.renew(&mut old).unwrap_err(), lost);
    assert_eq!(place.release(&mut old).unwrap_err(), lost);
    assert_eq!(place.holder().as_deref(), Some("bob"));
}

#[test]
fn a_holder_that_overslept_goes_on_when_nobody_took_over() {
    let place = Place::new();
    let mut lease = place.acquire("ada").unwrap();
    place.clock.advance(LEASE.times(2));
    assert!(place.clock.now() > lease.deadline());
    place.renew(&mut lease).unwrap();
    assert!(place.clock.now() < lease.deadline());
    assert_eq!(lease.epoch(), Epoch(1));
}

#[test]
fn the_same_person_does_not_get_the_same_lock_twice() {
    let place = Place::new();
    let _lease = place.acquire("ada").unwrap();
    assert!(matches!(place.acquire("ada"), Err(LockError::Held { .. })));
}

#[test]
fn of_two_operators_who_take_a_free_lock_at_once_one_gets_it() {
    let place = Place::new();
    let estate = estate();
    let (first, second) = (run("one"), run("two"));
    let mut a = Box::pin(acquire(&place.store, &place.clock, &estate, "ada", &first));
    let mut b = Box::pin(acquire(&place.store, &place.clock, &estate, "bob", &second));
    let (mut won, mut held) = (0, 0);
    let (mut a_done, mut b_done) = (false, false);
    while !(a_done && b_done) {
        let answers = [
            (!a_done).then(|| poll_once(a.as_mut())).flatten(),
            (!b_done).then(|| poll_once(b.as_mut())).flatten(),
        ];
        a_done |= answers[0].is_some();
        b_done |= answers[1].is_some();
        for answer in answers.into_iter().flatten() {
            match answer {
                Ok(_) => won += 1,
                Err(LockError::Held { .. }) => held += 1,
                Err(other) => panic!("{other}"),
            }
        }
    }
    assert_eq!((won, held), (1, 1));
}

/// Every fault of the write, at taking, renewing and giving back.
#[test]
fn a_lost_answer_is_resolved_by_looking() {
    for fault in [
        Fault::AnswerLost,
        Fault::RequestLost,
        Fault::Busy,
        Fault::SentTwice,
    ] {
        let place = Place::new();
        // The first call reads, the second writes.
        place.store.next_calls([Fault::None, fault]);
        let mut lease = place.acquire("ada").unwrap();
        assert_eq!(
            place.stored().holder.as_ref(),
            Some(&lease.holder),
            "{fault:?}"
        );

        place.clock.advance(RENEW_EVERY);
        place.store.next_calls([fault]);
        place.renew(&mut lease).unwrap();
        assert_eq!(
            place.stored().holder.as_ref(),
            Some(&lease.holder),
            "{fault:?}"
        );

        place.store.next_calls([fault]);
        place.release(&mut lease).unwrap();
        assert_eq!(place.stored().holder, None, "{fault:?}");
        assert_eq!(place.acquire("bob").unwrap().epoch(), Epoch(2), "{fault:?}");
    }
}

#[test]
fn a_renewal_that_stays_in_doubt_keeps_the_old_deadline_and_the_next_one_works() {
    let place = Place::new();
    let mut lease = place.acquire("ada").unwrap();
    let before = lease.deadline();
    place.clock.advance(RENEW_EVERY);
    place.store.next_calls([Fault::AnswerLost]);
    place.store.next_calls([Fault::Busy; 10]);
    assert!(matches!(place.renew(&mut lease), Err(LockError::Store(_))));
    assert_eq!(lease.deadline(), before);
    place.store.faults_are_over();
    place.renew(&mut lease).unwrap();
    assert!(lease.deadline() > before);
}

#[test]
fn what_is_no_lock_is_an_error_that_names_it() {
    let place = Place::new();
    drive(
        &place.clock,
        place.store.create("locks/storefront.json", b"{"),
    )
    .unwrap();
    match place.acquire("ada").unwrap_err() {
        LockError::Store(error) => {
            assert_eq!(error.place, "locks/storefront.json");
            assert_eq!(error.class, ErrorClass::Invalid);
        }
        other => panic!("{other}"),
    }
}

#[test]
fn a_call_may_be_on_its_way_as_long_as_its_process_may_have_been_stopped_and_the_call_may_take() {
    let permitted = Timestamp::from_second(1_000).unwrap();
    let after = (SKEW + CALL + CALL).after(permitted);
    assert!(!rule::may_be_on_its_way(None, permitted));
    assert!(rule::may_be_on_its_way(Some(permitted), permitted));
    assert!(rule::may_be_on_its_way(
        Some(permitted),
        Duration::from_millis(1).before(after)
    ));
    assert!(!rule::may_be_on_its_way(Some(permitted), after));
}

#[test]
fn a_lease_is_to_be_renewed_from_a_third_of_its_time_on() {
    let until = LEASE.after(Timestamp::UNIX_EPOCH);
    let due_after = |ms| {
        rule::is_renewal_due(
            until,
            Duration::from_millis(ms).after(Timestamp::UNIX_EPOCH),
        )
    };
    let third = LEASE.as_millis() / 3;
    assert!(!due_after(0));
    assert!(!due_after(third - 1));
    assert!(due_after(third));
    assert!(due_after(LEASE.as_millis()));
}
