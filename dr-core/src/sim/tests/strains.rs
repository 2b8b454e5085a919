//! Faults of clocks and of load, and what the simulator itself can see.

use super::{Desk, california, estate, id, ohio};
use crate::model::Duration;
use crate::port::ErrorClass;
use crate::sim::Fault;

#[test]
fn a_clock_that_is_wrong_shows_on_its_owners_machines_alone() {
    let desk = Desk::new(&estate(), 1);
    let bob = desk.sim.operator("bob").ports();
    let off = |ahead| Fault::ClockOff {
        operator: "bob".to_owned(),
        ahead,
        by: Duration::from_mins(5),
    };
    let right = desk.sim.now();
    desk.sim.inject(off(true));
    assert_eq!(bob.clock.now(), Duration::from_mins(5).after(right));
    assert_eq!(desk.ports.clock.now(), right);
    desk.sim.inject(off(false));
    assert_eq!(bob.clock.now(), Duration::from_mins(5).before(right));
    desk.sim.inject(Fault::ClockRight("bob".to_owned()));
    assert_eq!(bob.clock.now(), right);
}

#[test]
fn a_deadline_is_looked_at_by_the_callers_own_clock() {
    let desk = Desk::new(&estate(), 1);
    desk.sim.inject(Fault::ClockOff {
        operator: "ann".to_owned(),
        ahead: true,
        by: Duration::from_mins(2000),
    });
    desk.run(async {
        let database = desk.ports.database(&id("database"), &california()).unwrap();
        let error = database.fence(&desk.permit).await.unwrap_err();
        assert_eq!(error.class, ErrorClass::Denied);
    });
}

#[test]
fn more_load_is_more_writes_and_a_replica_that_cannot_keep_up_falls_behind() {
    let desk = Desk::new(&estate(), 1);
    let lag = || {
        desk.run(async {
            let database = desk.ports.database(&id("database"), &california()).unwrap();
            database.observe().await.unwrap().replication.unwrap().lag
        })
    };
    let written = |minutes| {
        let before = desk.sim.truth().acknowledged;
        desk.sim.advance(Duration::from_mins(minutes));
        desk.sim.truth().acknowledged - before
    };
    assert_eq!(written(1), 240);
    desk.sim.inject(Fault::WriteLoad(5));
    assert_eq!(written(1), 1200);
    assert!(lag() < Duration::from_secs(10), "{}", lag());
    desk.sim.inject(Fault::WriteLoad(20));
    written(4);
    assert!(lag() > Duration::from_mins(1), "{}", lag());
    desk.sim.inject(Fault::WriteLoad(1));
    written(10);
    assert!(lag() < Duration::from_secs(10), "{}", lag());
}

#[test]
fn what_a_store_holds_is_known_to_the_simulator_while_its_region_is_dark() {
    let desk = Desk::new(&estate(), 1);
    let store = desk.ann.store(&california());
    desk.run(async { store.create("a", b"b").await.map(|_| ()) })
        .expect("it is written");
    desk.sim.inject(Fault::RegionDark(california()));
    let stored = desk.sim.stored(&california());
    assert_eq!(stored.get("a").map(Vec::as_slice), Some(b"b".as_slice()));
    assert!(desk.sim.stored(&ohio()).is_empty());
}
