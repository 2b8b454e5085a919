//! What becomes of a call: numbers, crashes, permits, lost answers, records.

use std::time::Duration as Wall;

use super::{Desk, california, estate, id, ohio, permit};
use crate::model::{DatabaseState, Duration};
use crate::port::{Effect, ErrorClass, Etag, LeaseDeadline, Place, PutError};
use crate::sim::{CallOutcome, Fault, Invariant, Moment, Simulation, Stopped};

/// Members wanted of the fleet in california.
fn wanted(sim: &Simulation) -> u32 {
    let desk = Desk::at(sim.clone());
    desk.sim.advance(Duration::from_secs(5));
    desk.run(async {
        let fleet = desk.ports.compute(&id("app"), &california()).unwrap();
        fleet.observe().await.unwrap().desired
    })
}

#[test]
fn a_crash_before_a_call_leaves_no_effect_and_one_afterwards_leaves_it() {
    for (moment, members) in [
        (Moment::Before, 1),
        (Moment::Unanswered, 3),
        (Moment::After, 3),
    ] {
        let desk = Desk::new(&estate(), 1);
        desk.ann.crash_at(2, moment);
        let ended = desk.sim.run(&desk.ann, async {
            let fleet = desk.ports.compute(&id("app"), &california()).unwrap();
            fleet.observe().await.unwrap();
            let _ = fleet.scale(3, &desk.permit).await;
            fleet.observe().await.unwrap();
        });
        assert_eq!(ended, Err(Stopped::Crashed), "{moment:?}");
        assert_eq!(desk.ann.calls_made(), 2, "{moment:?}");
        assert_eq!(wanted(&desk.sim), members, "{moment:?}");
    }
}

#[test]
fn a_change_past_the_deadline_of_the_lease_is_refused_and_the_message_names_the_lease() {
    let desk = Desk::new(&estate(), 2);
    let over = permit(3, LeaseDeadline::new(desk.sim.now()));
    let error = desk.run(async {
        let database = desk.ports.database(&id("database"), &california()).unwrap();
        database.promote(&over).await.unwrap_err()
    });
    assert_eq!(error.class, ErrorClass::Denied);
    assert_eq!(error.message, "the lease of epoch 3 has run out");
    assert_eq!(desk.sim.truth().lost, 0, "nothing was promoted");
}

#[test]
fn a_change_of_a_lower_epoch_than_one_seen_is_refused_and_that_it_was_sent_is_a_violation() {
    let desk = Desk::new(&estate(), 3);
    let later = permit(2, desk.permit.deadline.clone());
    desk.run(async {
        let fleet = desk.ports.compute(&id("app"), &california()).unwrap();
        fleet.scale(2, &later).await.unwrap();
        let error = fleet.scale(3, &desk.permit).await.unwrap_err();
        assert_eq!(error.class, ErrorClass::Denied);
    });
    let broken: Vec<Invariant> = desk.sim.violations().iter().map(|v| v.invariant).collect();
    assert_eq!(broken, [Invariant::EpochsGrow]);
    assert_eq!(wanted_of(&desk.sim), 2);
}

fn wanted_of(sim: &Simulation) -> u32 {
    let bob = sim.operator("bob");
    sim.advance(Duration::from_secs(5));
    let ports = bob.ports();
    sim.run(&bob, async {
        let fleet = ports.compute(&id("app"), &california()).unwrap();
        fleet.observe().await.unwrap().desired
    })
    .unwrap()
}

#[test]
fn towards_a_dark_region_a_reading_is_transient_and_a_change_in_doubt_after_ten_seconds() {
    let desk = Desk::new(&estate(), 4);
    desk.sim.inject(Fault::RegionDark(ohio()));
    let before = desk.sim.now();
    desk.run(async {
        let fleet = desk.ports.compute(&id("app"), &ohio()).unwrap();
        assert_eq!(
            fleet.observe().await.unwrap_err().class,
            ErrorClass::Transient
        );
        let error = fleet.scale(0, &desk.permit).await.unwrap_err();
        assert_eq!(error.class, ErrorClass::Indeterminate);
    });
    assert_eq!(
        Duration::between(before, desk.sim.now()),
        Duration::from_secs(20)
    );
    desk.sim.inject(Fault::RegionReturns(ohio()));
    desk.sim.advance(Duration::from_mins(1));
    let fleet = desk.run(async {
        let fleet = desk.ports.compute(&id("app"), &ohio()).unwrap();
        fleet.observe().await.unwrap()
    });
    assert_eq!(fleet.desired, 3, "it never arrived");
}

#[test]
fn a_lost_answer_leaves_the_effect_and_the_doubt() {
    let desk = Desk::new(&estate(), 5);
    desk.sim
        .inject(Fault::AnswerLost("rds:PromoteReadReplica".to_owned()));
    desk.run(async {
        let database = desk.ports.database(&id("database"), &california()).unwrap();
        let error = database.promote(&desk.permit).await.unwrap_err();
        assert_eq!(error.class, ErrorClass::Indeterminate);
        assert_eq!(error.operation, "rds:PromoteReadReplica");
        assert_eq!(error.place, "database@california");
        desk.until(|| database.observe(), DatabaseState::is_writable_primary)
            .await;
        database
            .promote(&desk.permit)
            .await
            .expect("it is done already");
    });
}

#[test]
fn a_request_through_a_very_slow_network_arrives_when_nobody_waits_any_more() {
    let desk = Desk::new(&estate(), 6);
    desk.sim.inject(Fault::Slow {
        site: california(),
        factor: 200,
    });
    desk.run(async {
        let fleet = desk.ports.compute(&id("app"), &california()).unwrap();
        let error = fleet.scale(3, &desk.permit).await.unwrap_err();
        assert_eq!(error.class, ErrorClass::Indeterminate);
    });
    assert_eq!(members_running(&desk), 1, "not yet there");
    desk.sim.inject(Fault::Slow {
        site: california(),
        factor: 1,
    });
    desk.sim.advance(Duration::from_mins(5));
    assert_eq!(members_running(&desk), 3);
}

fn members_running(desk: &Desk) -> u32 {
    desk.run(async {
        let observers = &desk.ports.observers;
        observers.clients(Duration::from_secs(1)).await.unwrap();
    });
    let world = desk.sim.snapshot();
    world.read_fleet(&id("app"), 1).unwrap().running
}

#[test]
fn a_throttled_region_refuses_some_calls_and_a_denied_call_every_time() {
    let desk = Desk::new(&estate(), 7);
    desk.sim.inject(Fault::Throttled(california()));
    desk.sim.inject(Fault::Denied {
        site: ohio(),
        call: "rds:*".to_owned(),
    });
    desk.run(async {
        let here = desk.ports.repository(&id("source"), &california()).unwrap();
        let mut throttled = 0;
        for _ in 0..40 {
            match here.observe().await {
                Ok(_) => {}
                Err(error) if error.class == ErrorClass::Throttled => throttled += 1,
                Err(error) => panic!("{error}"),
            }
        }
        assert!((20..40).contains(&throttled), "{throttled}");
        let there = desk.ports.database(&id("database"), &ohio()).unwrap();
        for _ in 0..3 {
            assert_eq!(there.observe().await.unwrap_err().class, ErrorClass::Denied);
        }
    });
}

#[test]
fn readers_may_see_a_change_late_and_see_it_in_the_end() {
    let mut late = 0;
    for seed in 0..40 {
        let desk = Desk::new(&estate(), seed);
        desk.run(async {
            let fleet = desk.ports.compute(&id("app"), &california()).unwrap();
            fleet.scale(3, &desk.permit).await.unwrap();
            let at_once = fleet.observe().await.unwrap().desired;
            late += u32::from(at_once == 1);
            desk.ports.clock.sleep(Duration::from_secs(4)).await;
            assert_eq!(fleet.observe().await.unwrap().desired, 3);
        });
    }
    assert!((1..30).contains(&late), "{late} of 40");
}

#[test]
fn every_call_of_a_port_is_recorded_with_its_place_and_outcome() {
    let desk = Desk::new(&estate(), 8);
    desk.sim.inject(Fault::RegionDark(ohio()));
    desk.run(async {
        let database = |site| desk.ports.database(&id("database"), &site).unwrap();
        database(california()).promote(&desk.permit).await.unwrap();
        database(ohio()).observe().await.unwrap_err();
    });
    let calls = desk.sim.calls();
    assert_eq!(calls[0].call, "PromoteReadReplica");
    assert_eq!(calls[0].place, Place::Site(california()));
    assert_eq!(calls[0].effect, Effect::Change);
    assert_eq!(calls[0].outcome, CallOutcome::Answered);
    assert_eq!(calls[0].component, Some(id("database")));
    let (promotion, reading): (Vec<_>, Vec<_>) = calls.iter().partition(|call| call.number == 1);
    assert!(!reading.is_empty());
    for call in promotion {
        assert_eq!(call.place, Place::Site(california()));
    }
    for call in reading {
        assert_eq!((call.number, &call.place), (2, &Place::Site(ohio())));
        assert_eq!(call.outcome, CallOutcome::Failed(ErrorClass::Transient));
    }
}

#[test]
fn of_two_writers_to_one_object_one_loses_and_finds_out() {
    let desk = Desk::new(&estate(), 9);
    let bob = desk.sim.operator("bob");
    let store = |operator: &crate::sim::Operator| operator.store(&california());
    let (ann, other) = (store(&desk.ann), store(&bob));
    let results = desk.sim.run_all(vec![
        (
            desk.ann.clone(),
            Box::pin(async move { ann.create("lock", b"ann").await })
                as futures_util::future::BoxFuture<'_, Result<Etag, PutError>>,
        ),
        (
            bob,
            Box::pin(async move { other.create("lock", b"bob").await }),
        ),
    ]);
    let won: Vec<bool> = results
        .iter()
        .map(|result| result.as_ref().unwrap().is_ok())
        .collect();
    assert_eq!(won.iter().filter(|won| **won).count(), 1);
    let store = store(&desk.ann);
    desk.run(async {
        let object = store.get("lock").await.unwrap().unwrap();
        assert_eq!(object.bytes, if won[0] { b"ann" } else { b"bob" });
        let etag = store
            .replace("lock", &[0xff, 0], &object.etag)
            .await
            .unwrap();
        let stale = store.replace("lock", b"x", &object.etag).await;
        assert_eq!(stale, Err(PutError::Lost));
        let object = store.get("lock").await.unwrap().unwrap();
        assert_eq!((object.bytes, object.etag), (vec![0xff, 0], etag));
        store.create("log/1", b"").await.unwrap();
        store.create("log/2", b"").await.unwrap();
        assert_eq!(store.list("log/").await.unwrap(), ["log/1", "log/2"]);
        assert_eq!(store.get("none").await, Ok(None));
    });
}

#[test]
fn a_future_that_never_comes_to_rest_is_stopped_after_seven_days() {
    let desk = Desk::new(&estate(), 10);
    let started = desk.sim.now();
    let ended: Result<(), Stopped> = desk.sim.run(&desk.ann, async {
        loop {
            desk.ports.clock.sleep(Duration::from_mins(60)).await;
        }
    });
    assert_eq!(ended, Err(Stopped::TimeBound));
    let lasted = Wall::from(Duration::between(started, desk.sim.now()));
    assert_eq!(lasted, Wall::from_secs(7 * 24 * 3600));
}

#[test]
#[should_panic(expected = "task 0 of ann waits and last called http:ReadClients at global")]
fn a_future_that_waits_for_nothing_is_a_defect_that_is_named() {
    let desk = Desk::new(&estate(), 11);
    let _ = desk.sim.run(&desk.ann, async {
        let _ = desk.ports.observers.clients(Duration::from_secs(1)).await;
        std::future::pending::<()>().await;
    });
}
