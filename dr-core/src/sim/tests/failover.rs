//! A whole failover, by hand, with what its clients see.

use proptest::prelude::*;

use super::{Desk, california, estate, id, leased_estate, ohio};
use crate::model::{DatabaseState, DatabaseStatus, Duration, Position};
use crate::port::{ErrorClass, Place};
use crate::sim::{Fault, Invariant};

#[test]
fn a_healthy_world_serves_every_write_from_home_and_its_replica_is_seconds_behind() {
    let desk = Desk::new(&estate(), 1);
    desk.sim.advance(Duration::from_mins(60));
    let truth = desk.sim.truth();
    assert_eq!(truth.tried, 70 * 60 * 4);
    assert_eq!(truth.acknowledged, truth.tried);
    assert_eq!((truth.lost, truth.outages), (0, vec![]));
    assert_eq!(truth.writable_primaries[&id("database")], [ohio()]);
    let replica = desk.run(async {
        let database = desk.ports.database(&id("database"), &california()).unwrap();
        database.observe().await.unwrap()
    });
    assert!(replica.is_replica_of(&ohio()));
    let lag = replica.replication.unwrap().lag;
    assert!(lag <= Duration::from_secs(3), "{lag}");
    assert_eq!(desk.sim.violations(), []);
}

#[test]
fn a_dark_region_is_an_outage_until_the_replica_is_promoted_and_traffic_is_switched() {
    let desk = Desk::new(&estate(), 2);
    desk.sim.inject(Fault::RegionDark(ohio()));
    desk.sim.advance(Duration::from_mins(2));
    desk.run(async {
        desk.promote(&california()).await;
        desk.shift(&california()).await;
        desk.ports.clock.sleep(Duration::from_mins(3)).await;
    });
    let truth = desk.sim.truth();
    assert_eq!(truth.outages.len(), 1);
    assert!(truth.outages[0].until.is_some());
    assert_eq!(truth.writable_primaries[&id("database")], [california()]);
    let view = desk.run(desk.ports.observers.clients(Duration::from_mins(1)));
    assert_eq!(view.unwrap().served_by, [california()]);
    assert_eq!(desk.sim.violations(), []);
}

#[test]
fn an_old_primary_that_returns_writable_while_clients_still_go_there_is_reported() {
    let desk = Desk::new(&estate(), 3);
    desk.sim.inject(Fault::ResolverIgnoresTtl(2));
    desk.sim.inject(Fault::RegionDark(ohio()));
    desk.run(async {
        desk.promote(&california()).await;
        desk.shift(&california()).await;
        desk.ports.clock.sleep(Duration::from_mins(3)).await;
    });
    assert_eq!(desk.sim.violations(), []);
    desk.sim.inject(Fault::RegionReturns(ohio()));
    desk.sim.advance(Duration::from_mins(1));
    let violations = desk.sim.violations();
    assert_eq!(violations.len(), 1, "reported once: {violations:?}");
    assert_eq!(violations[0].invariant, Invariant::OneWriter);
    let truth = desk.sim.truth();
    assert!(truth.diverged > 0, "the old primary acknowledged writes");
    assert!(truth.lost >= truth.diverged);
}

#[test]
fn an_old_primary_that_was_fenced_before_it_was_lost_returns_harmless() {
    let desk = Desk::new(&estate(), 4);
    desk.sim.inject(Fault::ResolverIgnoresTtl(2));
    desk.run(async {
        let database = desk.ports.database(&id("database"), &ohio()).unwrap();
        database.fence(&desk.permit).await.unwrap();
        desk.until(|| database.observe(), |state| state.fenced)
            .await;
        desk.sim.inject(Fault::RegionDark(ohio()));
        desk.promote(&california()).await;
        desk.shift(&california()).await;
    });
    desk.sim.inject(Fault::RegionReturns(ohio()));
    desk.sim.advance(Duration::from_mins(10));
    assert_eq!(desk.sim.violations(), []);
    assert_eq!(desk.sim.truth().diverged, 0);
}

#[test]
fn an_old_primary_with_a_write_lease_stops_by_itself_and_its_successor_gets_the_lease() {
    let desk = Desk::new(&leased_estate(), 5);
    desk.sim.inject(Fault::ResolverIgnoresTtl(2));
    desk.sim.inject(Fault::RegionDark(ohio()));
    desk.run(async {
        let lease = desk.ports.write_lease.as_ref().unwrap();
        lease.revoke(&ohio(), &desk.permit).await.unwrap();
        let early = lease.grant(&california(), &desk.permit).await;
        assert_eq!(early.unwrap_err().class, ErrorClass::Conflict);
        desk.promote(&california()).await;
        lease.grant(&california(), &desk.permit).await.unwrap();
        desk.shift(&california()).await;
    });
    desk.sim.inject(Fault::RegionReturns(ohio()));
    desk.sim.advance(Duration::from_mins(10));
    assert_eq!(desk.sim.violations(), []);
    let truth = desk.sim.truth();
    assert_eq!(truth.diverged, 0);
    assert_eq!(truth.writable_primaries[&id("database")], [california()]);
}

#[test]
fn a_way_out_and_home_again_loses_nothing_more_and_keeps_the_old_primary_as_evidence() {
    let desk = Desk::new(&estate(), 6);
    desk.sim.inject(Fault::RegionDark(ohio()));
    desk.run(async {
        desk.promote(&california()).await;
        desk.shift(&california()).await;
        desk.ports.clock.sleep(Duration::from_mins(2)).await;
    });
    let lost = desk.sim.truth().lost;
    assert!(lost > 0, "what the replica had not received");
    desk.sim.inject(Fault::RegionReturns(ohio()));
    desk.run(async {
        let old = desk.ports.database(&id("database"), &ohio()).unwrap();
        let current = desk.ports.database(&id("database"), &california()).unwrap();
        old.retire(&desk.permit).await.unwrap();
        desk.until(
            || old.observe(),
            |state| state.status == DatabaseStatus::Available,
        )
        .await;
        old.replicate_from(&california(), &desk.permit)
            .await
            .unwrap();
        current.fence(&desk.permit).await.unwrap();
        desk.until(
            || async {
                let (old, current) = (old.observe().await?, current.observe().await?);
                Ok((old, current))
            },
            |(old, current)| {
                old.is_replica_of(&california())
                    && old.status == DatabaseStatus::Available
                    && current.fenced
                    && old.position == current.position
            },
        )
        .await;
        let mut permit = desk.permit.clone();
        permit.run = "failback-2".parse().unwrap();
        old.promote(&permit).await.unwrap();
        desk.until(|| old.observe(), DatabaseState::is_writable_primary)
            .await;
        desk.shift(&ohio()).await;
        desk.ports.clock.sleep(Duration::from_mins(2)).await;
    });
    let truth = desk.sim.truth();
    assert_eq!(truth.lost, lost);
    assert_eq!(truth.writable_primaries[&id("database")], [ohio()]);
    assert_eq!(desk.sim.violations(), []);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_promoted_replica_loses_exactly_the_writes_that_it_had_not_applied(
        seed in any::<u64>(),
        stalled_s in 0_u64..600,
        wait_s in 0_u64..60,
    ) {
        let desk = Desk::new(&estate(), seed);
        if stalled_s > 0 {
            desk.sim.inject(Fault::ReplicationStalls(id("database")));
        }
        desk.sim.advance(Duration::from_secs(stalled_s));
        desk.sim.inject(Fault::RegionDark(ohio()));
        desk.sim.advance(Duration::from_secs(wait_s));
        let acknowledged = desk.sim.truth().acknowledged;
        let (applied, commit) = desk.run(async {
            let database = desk.ports.database(&id("database"), &california()).unwrap();
            let state = database.observe().await.unwrap();
            database.promote(&desk.permit).await.unwrap();
            (state.position, state.replication.unwrap().last_applied_commit)
        });
        let truth = desk.sim.truth();
        prop_assert_eq!(Some(truth.lost), applied.misses(&Position::Writes(acknowledged)));
        prop_assert_eq!(truth.diverged, 0);
        if let Some((first, _)) = truth.lost_window {
            prop_assert!(first >= commit);
        }
        prop_assert_eq!(desk.sim.violations(), []);
    }
}

#[test]
fn when_the_region_with_the_switch_is_lost_clients_are_sent_home_without_a_call_to_it() {
    let desk = Desk::new(&estate(), 11);
    let read = || {
        let state = desk.run(desk.ports.traffic(&id("front-door")).unwrap().observe());
        let state = state.unwrap();
        (state.switched_to, state.answers)
    };
    desk.run(desk.shift(&california()));
    desk.sim.advance(Duration::from_mins(2));
    assert_eq!(read(), (Some(california()), california()));
    desk.sim.inject(Fault::RegionDark(california()));
    let before = desk.sim.calls().len();
    assert_eq!(read(), (None, california()), "health checks need time");
    desk.sim.advance(Duration::from_mins(2));
    assert_eq!(read(), (None, ohio()));
    let asked = desk.sim.calls().split_off(before);
    assert!(
        asked.iter().all(|call| call.place == Place::Global),
        "{asked:?}"
    );
    desk.sim.inject(Fault::RegionReturns(california()));
    desk.sim.advance(Duration::from_mins(2));
    assert_eq!(
        read(),
        (Some(california()), california()),
        "the object is still there"
    );
}
