//! A call that may go out goes out, whatever else its operator waits for: a call that was looked at in time and leaves late could
//! meet those of the next holder of the lock.

use std::sync::Arc;

use dr_core::model::{Duration, Mode};
use dr_core::port::Effect;
use dr_core::runbook::host::StartOptions;
use dr_core::runbook::lock::CALL;
use dr_core::sim::{Fault, Simulation, World};
use dr_tests::lab::{self, Lab};
use jiff::Timestamp;

/// Worlds in which it is tried.
const SEEDS: u64 = 24;

/// A failover in a world that has lost its primary, by an operator who is cut off from the store for half a minute from that
/// instant on. Its laboratory, and how late each change came to the world.
fn cut_off_at(world: &World, instant: Option<Timestamp>) -> (Lab, Vec<String>) {
    let lab = Lab {
        estate: lab::storefront(),
        sim: Simulation::restore(world.clone()),
        story: Arc::default(),
    };
    if let Some(instant) = instant {
        let after = Duration::between(lab.sim.now(), instant);
        let cut = Fault::CutOff {
            operator: "olga".to_owned(),
            site: lab.estate.sites[1].id.clone(),
            service: Some("s3".to_owned()),
        };
        let mended = Fault::Reconnected("olga".to_owned());
        lab.sim.schedule(after, cut);
        lab.sim.schedule(after + Duration::from_secs(30), mended);
    }
    let outward = lab.estate.outward();
    let plan = lab
        .plan(&lab::runbook("failover"), Mode::Unplanned, outward)
        .expect("a plan");
    let olga = lab.sim.operator("olga");
    // How it ends is not what is asked here.
    let _ = lab
        .start(&olga, plan, StartOptions::default())
        .expect("nobody crashes");
    let calls = lab.sim.calls().into_iter();
    let sent: Vec<Timestamp> = calls
        .filter(|call| call.effect != Effect::Read && call.service != "s3")
        .map(|call| call.at)
        .collect();
    let log = lab.sim.log().into_iter();
    let late = log
        .filter(|line| line.text.starts_with("olga: "))
        .filter(|line| {
            let in_time = CALL.before(line.at)..=line.at;
            !sent.iter().any(|at| in_time.contains(at))
        })
        .map(|line| line.to_string())
        .collect();
    (lab, late)
}

#[test]
fn no_call_is_held_back_while_its_operator_waits_for_the_store() {
    for seed in 1..=SEEDS {
        let lost = Lab::new(seed);
        lost.lose_home();
        lost.sim.advance(Duration::from_mins(2));
        let world = lost.sim.snapshot();
        let (undisturbed, late) = cut_off_at(&world, None);
        assert_eq!(late, [""; 0], "seed {seed}");
        // Source and stack are begun side by side: one is recorded while the other calls.
        let log = undisturbed.sim.log();
        let starts = log.iter().find(|line| line.text.contains(": start source"));
        let starts = starts.expect("a failover starts the source").at;
        for ms in (0..400).step_by(20) {
            let instant = Duration::from_millis(ms).before(starts);
            let (_, late) = cut_off_at(&world, Some(instant));
            assert_eq!(late, [""; 0], "seed {seed}, cut off {ms} ms before");
        }
    }
}
