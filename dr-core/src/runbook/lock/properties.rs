//! Three operators on skewed clocks, any interleaving, lost answers, crashes, pauses: at most one may act.

use std::pin::Pin;
use std::sync::{Arc, Mutex};

use proptest::prelude::*;

use super::*;
use crate::adapter::local::fakes::{Fault, FaultyStore, ManualClock, drive, poll_once};

/// A lease that an operator believes to have, as seen by a clock without skew.
#[derive(Debug, Clone, Copy)]
struct Belief {
    epoch: Epoch,
    /// Past this it begins no call.
    deadline: Timestamp,
    /// By then its last call has ended.
    quiet: Timestamp,
}

/// What each operator believes; checked whenever one of them comes to believe something.
#[derive(Default)]
struct Ledger {
    beliefs: Vec<Belief>,
    taken: Vec<Epoch>,
}

impl Ledger {
    /// An operator's `acquire` returned.
    fn acquired(&mut self, belief: Belief, now: Timestamp) {
        assert!(
            !self.taken.contains(&belief.epoch),
            "epoch {} twice",
            belief.epoch
        );
        self.taken.push(belief.epoch);
        // A paused operator may get its answer long after others took over; it finds its deadline passed.
        if now < belief.deadline {
            for other in &self.beliefs {
                assert!(other.epoch < belief.epoch, "{other:?} {belief:?}");
                assert!(
                    other.quiet <= now,
                    "{other:?} may have a call on its way at {now}: {belief:?}"
                );
            }
        }
        self.beliefs.push(belief);
    }

    /// An operator that stops at once begins no call from now on, and its last ones are on their way.
    fn abandoned(&mut self, epoch: Epoch, now: Timestamp) {
        for mine in self.beliefs.iter_mut().filter(|b| b.epoch == epoch) {
            mine.deadline = mine.deadline.min(now);
            mine.quiet = CALL.after(mine.deadline);
        }
    }

    fn renewed(&mut self, belief: Belief) {
        for mine in self.beliefs.iter_mut().filter(|b| b.epoch == belief.epoch) {
            *mine = belief;
        }
    }

    /// Giving back begins: the operator has no calls on their way and begins no more.
    fn released(&mut self, epoch: Epoch) {
        self.beliefs.retain(|belief| belief.epoch != epoch);
    }

    fn at_most_one_may_act(&self, now: Timestamp) {
        let able: Vec<_> = self.beliefs.iter().filter(|b| now < b.deadline).collect();
        assert!(able.len() <= 1, "{able:?} at {now}");
    }
}

#[derive(Clone)]
struct World {
    store: FaultyStore,
    clock: ManualClock,
    ledger: Arc<Mutex<Ledger>>,
    skews: [Duration; 3],
}

impl World {
    fn belief(&self, lease: &Lease, skew: Duration) -> Belief {
        let deadline = skew.before(lease.deadline());
        Belief {
            epoch: lease.epoch(),
            deadline,
            // Even if it was stopped between its look at the deadline and its call.
            quiet: (SKEW + CALL + CALL).after(deadline),
        }
    }

    /// Takes the lock, renews it a few times, gives it back or abandons it, for ever.
    async fn operate(self, index: usize) {
        let estate: EstateName = "storefront".parse().unwrap();
        let run: RunId = "failover-1".parse().unwrap();
        let skew = self.skews[index];
        let clock = self.clock.ahead_by(skew);
        let who = format!("operator-{index}");
        for turn in 0.. {
            let Ok(mut lease) = acquire(&self.store, &clock, &estate, &who, &run).await else {
                clock.sleep(Duration::from_secs(7)).await;
                continue;
            };
            let now = self.clock.true_time();
            let belief = self.belief(&lease, skew);
            self.ledger.lock().unwrap().acquired(belief, now);
            let mut lost = false;
            for _ in 0..turn % 4 {
                clock.sleep(RENEW_EVERY).await;
                match lease.renew(&self.store, &clock).await {
                    Ok(()) => {
                        let belief = self.belief(&lease, skew);
                        self.ledger.lock().unwrap().renewed(belief);
                    }
                    Err(LockError::Lost { .. }) => lost = true,
                    Err(_) => {}
                }
            }
            if lost {
                continue;
            }
            if turn % 2 == 1 {
                let now = self.clock.true_time();
                self.ledger.lock().unwrap().abandoned(lease.epoch(), now);
                let _ = lease.abandon(&self.store, &clock).await;
            } else {
                self.ledger.lock().unwrap().released(lease.epoch());
                let _ = lease.release(&self.store, &clock).await;
            }
        }
    }
}

/// What happens next.
#[derive(Debug, Clone, Copy)]
enum Step {
    GoesOn(usize),
    TimePasses(Duration),
    CrashesAndStartsAgain(usize),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        40 => (0..3_usize).prop_map(Step::GoesOn),
        8 => (1..3_000_u64).prop_map(|ms| Step::TimePasses(Duration::from_millis(ms))),
        2 => (1..70_u64).prop_map(|s| Step::TimePasses(Duration::from_secs(s))),
        1 => (0..3_usize).prop_map(Step::CrashesAndStartsAgain),
    ]
}

fn fault() -> impl Strategy<Value = Fault> {
    prop_oneof![
        6 => Just(Fault::None),
        1 => Just(Fault::AnswerLost),
        1 => Just(Fault::RequestLost),
        1 => Just(Fault::Busy),
        1 => Just(Fault::SentTwice),
    ]
}

fn skew() -> impl Strategy<Value = Duration> {
    (0..=SKEW.as_millis()).prop_map(Duration::from_millis)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn at_most_one_operator_may_act_and_epochs_only_rise(
        steps in prop::collection::vec(step(), 100..1_500),
        faults in prop::collection::vec(fault(), 0..150),
        skews in [skew(), skew(), skew()],
    ) {
        let world = World {
            store: FaultyStore::default(),
            clock: ManualClock::default(),
            ledger: Arc::default(),
            skews,
        };
        world.store.next_calls(faults);
        let begin = |index| -> Pin<Box<dyn Future<Output = ()>>> {
            Box::pin(world.clone().operate(index))
        };
        let mut operators = [begin(0), begin(1), begin(2)];
        for step in steps {
            match step {
                Step::GoesOn(index) => {
                    poll_once(operators[index].as_mut());
                }
                Step::TimePasses(duration) => world.clock.advance(duration),
                Step::CrashesAndStartsAgain(index) => operators[index] = begin(index),
            }
            let now = world.clock.true_time();
            world.ledger.lock().unwrap().at_most_one_may_act(now);
        }

        // With everybody dead and the store well, the next operator gets the lock once the last lease has run out.
        drop(operators);
        world.store.faults_are_over();
        world.clock.advance(LEASE + SKEW);
        let (estate, run) = ("storefront".parse().unwrap(), "failover-2".parse().unwrap());
        let work = acquire(&world.store, &world.clock, &estate, "last", &run);
        let lease = drive(&world.clock, work).unwrap();
        let belief = world.belief(&lease, Duration::ZERO);
        let now = world.clock.true_time();
        world.ledger.lock().unwrap().acquired(belief, now);
    }
}
