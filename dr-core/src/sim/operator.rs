//! One process of one person.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use super::gate::Gate;
use super::simulation::{Shared, lock};
use super::{ports, store};
use crate::model::{Duration, SiteId};
use crate::port::{ObjectStore, Ports};

/// At which moment of a call a process crashes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Moment {
    /// Before the request goes out: it has no effect.
    Before,
    /// When the request has taken effect and before its answer arrives.
    Unanswered,
    /// When the answer has arrived: the process reads it and dies as soon as it waits for anything else.
    After,
}

/// What belongs to a process and dies with it.
#[derive(Debug)]
pub(super) struct Process {
    pub(super) name: Arc<str>,
    calls: AtomicU64,
    crash: Mutex<Option<(u64, Moment)>>,
    pause: Mutex<Option<(u64, Duration)>>,
    crashed: AtomicBool,
}

impl Process {
    /// The number of the next call, counted from 1.
    pub(super) fn number(&self) -> u64 {
        self.calls.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Crashes when this is the moment that was asked for.
    pub(super) fn crashes(&self, number: u64, moment: Moment) -> bool {
        let now = *lock(&self.crash) == Some((number, moment));
        if now {
            self.crashed.store(true, Ordering::Relaxed);
        }
        now
    }

    /// How long it stands still at this call, when that was asked for.
    pub(super) fn pauses(&self, number: u64) -> Option<Duration> {
        let at = lock(&self.pause).take_if(|(at, _)| *at == number);
        at.map(|(_, lasts)| lasts)
    }

    /// Whether it is dead.
    pub(super) fn has_crashed(&self) -> bool {
        self.crashed.load(Ordering::Relaxed)
    }
}

/// One process of one person. Its calls are numbered from 1, in the order in which they are made; at one of them it can be
/// made to crash. A clone is the same process; another [`super::Simulation::operator`] of the same name is the next one.
#[derive(Clone)]
pub struct Operator {
    shared: Arc<Shared>,
    process: Arc<Process>,
}

impl Operator {
    pub(super) fn new(shared: Arc<Shared>, name: &str) -> Self {
        Self {
            shared,
            process: Arc::new(Process {
                name: name.into(),
                calls: AtomicU64::new(0),
                crash: Mutex::new(None),
                pause: Mutex::new(None),
                crashed: AtomicBool::new(false),
            }),
        }
    }

    /// The person's name.
    pub fn name(&self) -> &str {
        &self.process.name
    }

    /// Everything that actions can reach.
    pub fn ports(&self) -> Ports {
        ports::ports(&self.shared, &self.gate())
    }

    /// The object store in the region of `site`.
    ///
    /// # Panics
    /// When the estate has no such site: a defect of the caller.
    pub fn store(&self, site: &SiteId) -> Arc<dyn ObjectStore> {
        let column = lock(&self.shared.world).column(site);
        let column = column.expect("a store is asked for at a site of the estate");
        Arc::new(store::SimStore::new(self.gate(), column))
    }

    /// Makes the process crash at a call, counted from 1.
    pub fn crash_at(&self, call_number: u64, moment: Moment) {
        *lock(&self.process.crash) = Some((call_number, moment));
    }

    /// Makes the machine stand still at a call, counted from 1, for so long: after the look at the lease's deadline and before
    /// the request goes out, where a lease alone cannot protect.
    pub fn pause_at(&self, call_number: u64, lasts: Duration) {
        *lock(&self.process.pause) = Some((call_number, lasts));
    }

    /// How many calls it has made.
    pub fn calls_made(&self) -> u64 {
        self.process.calls.load(Ordering::Relaxed)
    }

    /// Whether the process is dead.
    pub fn has_crashed(&self) -> bool {
        self.process.has_crashed()
    }

    pub(super) fn is_same_process(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.process, &other.process)
    }

    fn gate(&self) -> Gate {
        Gate::new(Arc::clone(&self.shared), Arc::clone(&self.process))
    }
}
