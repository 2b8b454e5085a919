//! The right to change the world, as long as the lease lasts.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::Timestamp;

use crate::model::{Epoch, RunId, StepId};

/// The instant past which a holder of the lock must not change anything. Shared with the task that renews the lease,
/// which moves it forward.
#[derive(Debug, Clone)]
pub struct LeaseDeadline(Arc<AtomicI64>);

impl LeaseDeadline {
    /// A deadline.
    pub fn new(at: Timestamp) -> Self {
        Self(Arc::new(AtomicI64::new(at.as_millisecond())))
    }

    /// Moves it.
    pub fn set(&self, at: Timestamp) {
        self.0.store(at.as_millisecond(), Ordering::Release);
    }

    /// Whether it has passed.
    pub fn has_passed(&self, now: Timestamp) -> bool {
        now.as_millisecond() >= self.0.load(Ordering::Acquire)
    }
}

/// Goes with every call that changes the world. An adapter refuses the call when the deadline has passed, and hands
/// `token` to services that take an idempotency token.
#[derive(Debug, Clone)]
pub struct Permit {
    /// The run in whose name the change is made.
    pub run: RunId,
    /// The step.
    pub step: StepId,
    /// The epoch of the lock's holder.
    pub epoch: Epoch,
    /// Same for every attempt of the same step of the same run, so that a service can tell a repeat.
    pub token: String,
    /// Past this nothing may be changed.
    pub deadline: LeaseDeadline,
}
