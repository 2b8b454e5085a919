//! The handle to a simulated world.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::future::{BoxFuture, LocalBoxFuture};
use jiff::Timestamp;

use super::executor::{self, Sleep, Stopped, Timers};
use super::fault::Fault;
use super::gate::CallMade;
use super::invariant::Violation;
use super::operator::Operator;
use super::story::LogLine;
use super::time::SimTime;
use super::world::{Truth, World};
use crate::model::{Duration, Estate, Exec, SiteId};
use crate::port::Clock;

type OnChange = Box<dyn Fn(&World) + Send + Sync>;
type Pace = Box<dyn Fn(Duration) + Send + Sync>;

/// What all handles to one world share.
pub(super) struct Shared {
    pub(super) estate: Estate,
    pub(super) world: Mutex<World>,
    pub(super) timers: Mutex<Timers>,
    pub(super) calls: Mutex<Vec<CallMade>>,
    on_change: Mutex<Option<OnChange>>,
    pace: Mutex<Option<Pace>>,
}

/// Locks what no panic leaves half-done: every change of it is made in one piece.
pub(super) fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    /// Moves the world to `instant`.
    pub(super) fn advance_to(&self, instant: SimTime) {
        if let Some(pace) = lock(&self.pace).as_ref() {
            let jump = instant.since(lock(&self.world).now);
            if jump > Duration::ZERO {
                pace(jump);
            }
        }
        lock(&self.world).advance_to(instant);
    }

    /// Tells that the world was changed from outside.
    pub(super) fn changed(&self, world: &World) {
        if let Some(on_change) = lock(&self.on_change).as_ref() {
            on_change(world);
        }
    }
}

/// A handle to a simulated world; a clone is a handle to the same one.
///
/// Futures are run by one caller at a time. Between runs, time stands still unless [`Self::advance`] moves it.
#[derive(Clone)]
pub struct Simulation {
    shared: Arc<Shared>,
}

impl Simulation {
    /// A healthy estate at 2026-01-01T00:10:00Z: home roles, replicas that follow, clients that have been writing for ten
    /// minutes. What happens by itself, and how long it takes, follows from `seed`.
    pub fn new(estate: &Estate, seed: u64) -> Self {
        Self::restore(World::new(estate, seed))
    }

    /// Goes on with a world that was saved.
    pub fn restore(world: World) -> Self {
        Self {
            shared: Arc::new(Shared {
                estate: world.estate.clone(),
                world: Mutex::new(world),
                timers: Mutex::new(Timers::default()),
                calls: Mutex::new(Vec::new()),
                on_change: Mutex::new(None),
                pace: Mutex::new(None),
            }),
        }
    }

    /// The world as it is now, to be saved or compared.
    pub fn snapshot(&self) -> World {
        lock(&self.shared.world).clone()
    }

    /// The world's clock.
    pub fn clock(&self) -> Arc<dyn Clock> {
        clock(&self.shared)
    }

    /// The instant that it is.
    pub fn now(&self) -> Timestamp {
        lock(&self.shared.world).now.timestamp()
    }

    /// The estate that the world was made from.
    pub fn estate(&self) -> &Estate {
        &self.shared.estate
    }

    /// The sites whose regions are dark now.
    pub fn dark_sites(&self) -> Vec<SiteId> {
        lock(&self.shared.world).dark_sites()
    }

    /// A new process of a person.
    pub fn operator(&self, name: &str) -> Operator {
        Operator::new(Arc::clone(&self.shared), name)
    }

    /// Runs a future of `operator` to its end; the world goes on meanwhile.
    ///
    /// # Errors
    /// [`Stopped`] when the operator crashed, or when it took more than seven days of virtual time.
    ///
    /// # Panics
    /// When the future waits for something that can never happen.
    pub fn run<T>(
        &self,
        operator: &Operator,
        future: impl Future<Output = T>,
    ) -> Result<T, Stopped> {
        let task: (Operator, LocalBoxFuture<'_, T>) = (operator.clone(), Box::pin(future));
        let mut results = executor::run_all(&self.shared, vec![task]);
        results.pop().expect("one future has one result")
    }

    /// Runs futures side by side, each to its end; their results in the order of the futures.
    ///
    /// # Panics
    /// When a future waits for something that can never happen.
    pub fn run_all<T>(
        &self,
        futures: Vec<(Operator, BoxFuture<'_, T>)>,
    ) -> Vec<Result<T, Stopped>> {
        let tasks = futures
            .into_iter()
            .map(|(operator, future)| (operator, future as LocalBoxFuture<'_, T>))
            .collect();
        executor::run_all(&self.shared, tasks)
    }

    /// Lets time pass.
    pub fn advance(&self, duration: Duration) {
        let until = lock(&self.shared.world).now.plus(duration);
        self.shared.advance_to(until);
    }

    /// Lets a fault happen, now.
    pub fn inject(&self, fault: Fault) {
        lock(&self.shared.world).inject_now(fault);
    }

    /// Lets a fault happen later, whatever runs then.
    pub fn schedule(&self, after: Duration, fault: Fault) {
        lock(&self.shared.world).inject_after(after, fault);
    }

    /// Tells the world of one of the estate's own commands, so that running it, observing it and undoing it fit together.
    /// A command that the world was not told of succeeds, and is never observed as done.
    pub fn teach(&self, exec: &Exec) {
        lock(&self.shared.world).teach(exec);
    }

    /// What the object store of `site` holds, by key, as nobody but the simulator can see it: also while its region is dark. Empty
    /// for a site of another estate.
    pub fn stored(&self, site: &SiteId) -> BTreeMap<String, Vec<u8>> {
        let world = lock(&self.shared.world);
        world.column(site).map_or_else(BTreeMap::new, |column| {
            world.stores[column]
                .objects
                .iter()
                .map(|(key, object)| (key.clone(), object.content.bytes().to_vec()))
                .collect()
        })
    }

    /// What really happened so far, as the simulated clients measured it.
    pub fn truth(&self) -> Truth {
        lock(&self.shared.world).truth()
    }

    /// What must never happen and did, the oldest first.
    pub fn violations(&self) -> Vec<Violation> {
        lock(&self.shared.world).violations().to_vec()
    }

    /// What happened, the oldest first.
    pub fn log(&self) -> Vec<LogLine> {
        lock(&self.shared.world).story().to_vec()
    }

    /// The calls that were made through this handle and its clones, the oldest first.
    pub fn calls(&self) -> Vec<CallMade> {
        lock(&self.shared.calls).clone()
    }

    /// Is called with the world after each change that it accepted and after each write to a store, before the answer goes
    /// out. It must not call the simulation.
    pub fn on_change(&self, f: Box<dyn Fn(&World) + Send + Sync>) {
        *lock(&self.shared.on_change) = Some(f);
    }

    /// Is called before each jump of virtual time with its length.
    pub fn pace(&self, f: Box<dyn Fn(Duration) + Send + Sync>) {
        *lock(&self.shared.pace) = Some(f);
    }
}

/// The clock of a world, which is right.
pub(super) fn clock(shared: &Arc<Shared>) -> Arc<dyn Clock> {
    Arc::new(SimClock {
        shared: Arc::clone(shared),
        of: None,
    })
}

/// The clock of an operator's machines.
pub(super) fn clock_of(shared: &Arc<Shared>, operator: &Arc<str>) -> Arc<dyn Clock> {
    Arc::new(SimClock {
        shared: Arc::clone(shared),
        of: Some(Arc::clone(operator)),
    })
}

struct SimClock {
    shared: Arc<Shared>,
    /// Whose it is, where it may be wrong.
    of: Option<Arc<str>>,
}

impl Clock for SimClock {
    fn now(&self) -> Timestamp {
        let world = lock(&self.shared.world);
        match &self.of {
            Some(operator) => world.clock_of(operator),
            None => world.now.timestamp(),
        }
    }

    // How fast time passes is right on every machine.
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + 'static>> {
        let until = lock(&self.shared.world).now.plus(duration);
        Box::pin(Sleep::until(Arc::clone(&self.shared), until))
    }
}
