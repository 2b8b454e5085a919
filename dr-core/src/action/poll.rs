//! Waits for a change to take effect, by reading again and again.

use jiff::Timestamp;

use crate::model::Duration;
use crate::port::PortResult;

use super::{Context, StepError};

/// The pause between two readings.
const PAUSE: Duration = Duration::from_secs(5);

/// A bounded wait. Its user reads, and pauses here between two readings.
pub(super) struct Poll<'a> {
    cx: &'a Context<'a>,
    started: Timestamp,
    within: Duration,
}

impl<'a> Poll<'a> {
    /// Waits as long as the step may take, less one pause, so that the action itself ends it and can say what it waited for.
    pub(super) fn of(cx: &'a Context<'a>) -> Self {
        Self::within(cx, cx.timeout.saturating_sub(PAUSE))
    }

    /// Waits `within` at most.
    pub(super) fn within(cx: &'a Context<'a>, within: Duration) -> Self {
        Self {
            cx,
            started: cx.clock().now(),
            within,
        }
    }

    /// Whether another pause would be too long.
    pub(super) fn is_over(&self) -> bool {
        PAUSE.after(self.cx.clock().now()) > self.within.after(self.started)
    }

    /// Lets time pass until the next reading.
    ///
    /// # Errors
    /// [`StepError::TimedOut`] when the wait is over.
    pub(super) async fn pause(&self) -> Result<(), StepError> {
        if self.is_over() {
            return Err(StepError::TimedOut {
                after: Duration::between(self.started, self.cx.clock().now()),
            });
        }
        self.cx.clock().sleep(PAUSE).await;
        Ok(())
    }
}

/// A reading while waiting: an error that may pass is no reason to give up what is under way.
///
/// # Errors
/// An error that cannot pass by itself.
pub(super) fn tolerate<T>(reading: PortResult<T>) -> Result<Option<T>, StepError> {
    match reading {
        Ok(state) => Ok(Some(state)),
        Err(error) if error.class.is_retryable() => Ok(None),
        Err(error) => Err(error.into()),
    }
}
