//! The right to change the world, as long as the lease lasts.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::Timestamp;

use crate::model::{Epoch, RunId, StepId};

/// The instant past which a holder of the lock must not change anything. Shared with the task that renews the lease,
/// which moves it forward.
#[derive(Debug, Clone)]
pub struct LeaseDeadline(Arc<Instants>);

/// In milliseconds.
#[derive(Debug)]
struct Instants {
    deadline: AtomicI64,
    /// When a call was last permitted; [`NEVER`] before the first.
    permitted: AtomicI64,
}

const NEVER: i64 = i64::MIN;

impl LeaseDeadline {
    /// A deadline.
    pub fn new(at: Timestamp) -> Self {
        Self(Arc::new(Instants {
            deadline: AtomicI64::new(at.as_millisecond()),
            permitted: AtomicI64::new(NEVER),
        }))
    }

    /// Moves it.
    pub fn set(&self, at: Timestamp) {
        self.0
            .deadline
            .store(at.as_millisecond(), Ordering::Release);
    }

    /// Whether it has passed. Asked just before every call that changes the world: where it has not, such a call may begin,
    /// and [`LeaseDeadline::last_permitted`] remembers when.
    pub fn has_passed(&self, now: Timestamp) -> bool {
        let now = now.as_millisecond();
        if now >= self.0.deadline.load(Ordering::Acquire) {
            return true;
        }
        self.0.permitted.fetch_max(now, Ordering::AcqRel);
        false
    }

    /// When a call was last permitted, if one was.
    pub fn last_permitted(&self) -> Option<Timestamp> {
        match self.0.permitted.load(Ordering::Acquire) {
            NEVER => None,
            at => Timestamp::from_millisecond(at).ok(),
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_call_that_was_permitted_is_remembered_and_one_that_was_refused_is_not() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let deadline = LeaseDeadline::new(at(10));
        assert_eq!(deadline.last_permitted(), None);
        assert!(!deadline.has_passed(at(9)));
        assert!(deadline.has_passed(at(10)));
        assert_eq!(deadline.last_permitted(), Some(at(9)));
        deadline.set(at(20));
        assert!(!deadline.has_passed(at(12)));
        assert_eq!(deadline.last_permitted(), Some(at(12)));
    }
}
