//! The same seed and the same calls give the same bytes.

use std::sync::{Arc, Mutex};

use futures_util::future::join_all;
use proptest::prelude::*;

use super::{Desk, california, estate, id, ohio};
use crate::model::{Duration, Role};
use crate::sim::{Fault, Simulation, World};

/// A failover with everything in it; its story.
fn story(seed: u64) -> String {
    let desk = Desk::new(&estate(), seed);
    desk.sim
        .schedule(Duration::from_secs(30), Fault::RegionReturns(ohio()));
    desk.sim.inject(Fault::RegionDark(ohio()));
    desk.run(async {
        let fleet = desk.ports.compute(&id("app"), &california()).unwrap();
        let stack = desk.ports.stack(&id("stack"), &california()).unwrap();
        let reads = join_all((0..5).map(|_| fleet.observe())).await;
        assert!(reads.iter().all(Result::is_ok));
        stack.apply(Role::Primary, &desk.permit).await.unwrap();
        desk.promote(&california()).await;
        desk.shift(&california()).await;
        desk.ports.clock.sleep(Duration::from_mins(40)).await;
    });
    let mut story: String = desk
        .sim
        .log()
        .iter()
        .map(|line| format!("{line}\n"))
        .collect();
    story.push_str(&format!("{:?}\n{:?}", desk.sim.truth(), desk.sim.calls()));
    story
}

fn json(world: &World) -> String {
    serde_json::to_string(world).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn the_same_seed_and_calls_give_the_same_bytes_and_another_seed_others(seed in any::<u64>()) {
        let first = story(seed);
        prop_assert_eq!(&first, &story(seed));
        prop_assert_ne!(&first, &story(seed ^ 1));
    }

    #[test]
    fn a_world_that_was_saved_and_read_back_goes_on_like_the_one_that_was_not(
        seed in any::<u64>(),
        before_s in 0_u64..20_000,
        after_s in 0_u64..20_000,
    ) {
        let whole = Simulation::new(&estate(), seed);
        whole.schedule(Duration::from_secs(15_000), Fault::RegionDark(ohio()));
        whole.advance(Duration::from_secs(before_s));
        let saved = json(&whole.snapshot());
        let restored = Simulation::restore(serde_json::from_str(&saved).unwrap());
        prop_assert_eq!(restored.snapshot(), whole.snapshot());
        whole.advance(Duration::from_secs(after_s));
        restored.advance(Duration::from_secs(after_s));
        prop_assert_eq!(json(&restored.snapshot()), json(&whole.snapshot()));
    }

    #[test]
    fn time_that_passes_in_pieces_is_time_that_passes_at_once(
        seed in any::<u64>(),
        pieces in proptest::collection::vec(1_u64..900_000, 1..12),
    ) {
        let (whole, cut) = (Simulation::new(&estate(), seed), Simulation::new(&estate(), seed));
        whole.advance(Duration::from_millis(pieces.iter().sum()));
        for piece in pieces {
            cut.advance(Duration::from_millis(piece));
        }
        prop_assert_eq!(cut.snapshot(), whole.snapshot());
    }
}

#[test]
fn readings_do_not_change_what_happens_by_itself() {
    let (read, unread) = (Desk::new(&estate(), 1), Desk::new(&estate(), 1));
    read.run(async {
        let fleet = read.ports.compute(&id("app"), &ohio()).unwrap();
        for _ in 0..10 {
            fleet.observe().await.unwrap();
        }
    });
    let end = Duration::from_mins(300);
    let until = |sim: &Simulation| {
        let rest = end.after(unread.sim.now());
        sim.advance(Duration::between(sim.now(), rest));
    };
    until(&read.sim);
    unread.sim.advance(end);
    assert_eq!(read.sim.log(), unread.sim.log());
    assert_eq!(read.sim.truth(), unread.sim.truth());
}

#[test]
fn each_accepted_change_and_each_store_write_is_told_and_each_jump_is_paced() {
    let desk = Desk::new(&estate(), 2);
    let told: Arc<Mutex<Vec<usize>>> = Arc::default();
    let jumped: Arc<Mutex<Duration>> = Arc::default();
    let (t, j) = (Arc::clone(&told), Arc::clone(&jumped));
    desk.sim.on_change(Box::new(move |world| {
        t.lock().unwrap().push(world.story().len());
    }));
    desk.sim.pace(Box::new(move |jump| {
        let mut jumped = j.lock().unwrap();
        *jumped = *jumped + jump;
    }));
    let before = desk.sim.now();
    let store = desk.ann.store(&california());
    desk.run(async {
        let fleet = desk.ports.compute(&id("app"), &california()).unwrap();
        fleet.scale(2, &desk.permit).await.unwrap();
        store.create("a", b"a").await.unwrap();
        store.create("a", b"b").await.unwrap_err();
        desk.ports.clock.sleep(Duration::from_mins(1)).await;
    });
    assert_eq!(told.lock().unwrap().len(), 2);
    let passed = Duration::between(before, desk.sim.now());
    assert_eq!(*jumped.lock().unwrap(), passed);
}
