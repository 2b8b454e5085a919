//! How an operator makes a run rest.

use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::Poll;

use futures_util::task::AtomicWaker;

/// How urgently a run is to rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stop {
    /// It is not.
    No,
    /// What is under way ends, nothing new begins.
    Hold,
    /// At once; what is under way will be found in doubt.
    Now,
}

/// Set from outside, by a signal handler, to make a run rest. Each press is more urgent than the one before.
#[derive(Debug, Clone, Default)]
pub struct StopFlag(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    presses: AtomicU8,
    waker: AtomicWaker,
}

impl StopFlag {
    /// Asks for the next degree of urgency: hold, then now.
    pub fn press(&self) {
        let presses = self.0.presses.load(Ordering::Acquire);
        self.0
            .presses
            .store(presses.saturating_add(1).min(2), Ordering::Release);
        self.0.waker.wake();
    }

    /// What was asked for.
    pub fn get(&self) -> Stop {
        match self.0.presses.load(Ordering::Acquire) {
            0 => Stop::No,
            1 => Stop::Hold,
            _ => Stop::Now,
        }
    }

    /// Ready when more was asked for than the host knows of: anything, or, once it was told to hold, the second press.
    pub(super) fn pressed(&self, told_to_hold: bool) -> impl Future<Output = ()> + Unpin {
        let known = if told_to_hold { Stop::Hold } else { Stop::No };
        poll_fn(move |context| {
            self.0.waker.register(context.waker());
            if self.get() > known {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        })
    }
}
