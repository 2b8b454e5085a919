//! Repeats reads that may work in a moment: the one place where a call to the world is repeated by itself.
//!
//! Only reads. A mutation is never repeated blindly: an action reads first, and an [`super::ErrorClass::Indeterminate`]
//! answer goes up as doubt.

use std::future::Future;

use super::{Clock, PortResult};
use crate::model::Duration;

/// How long a read is worth being repeated. Bounded in count and in time, with doubling pauses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// Calls in all.
    pub attempts: u32,
    /// No attempt starts later than this after the first one.
    pub within: Duration,
    /// The pause after the first attempt; it doubles after each one.
    pub first_pause: Duration,
}

impl Patience {
    /// For what is expected to answer.
    pub const STEADY: Self = Self {
        attempts: 5,
        within: Duration::from_secs(30),
        first_pause: Duration::from_millis(500),
    };

    /// For a site that may be gone: an answer is welcome, waiting for it costs recovery time.
    pub const BRIEF: Self = Self {
        attempts: 2,
        within: Duration::from_secs(5),
        first_pause: Duration::from_secs(1),
    };
}

/// Calls `read` until it answers, fails for good, or `patience` is over; then the last error is returned.
///
/// # Errors
/// The error of the last attempt.
pub async fn read<T, F>(
    clock: &dyn Clock,
    patience: Patience,
    mut read: impl FnMut() -> F + Send,
) -> PortResult<T>
where
    F: Future<Output = PortResult<T>> + Send,
{
    let last_start = patience.within.after(clock.now());
    let mut pause = patience.first_pause;
    let mut attempt = 1;
    loop {
        match read().await {
            Err(error)
                if error.class.is_retryable()
                    && attempt < patience.attempts
                    && pause.after(clock.now()) <= last_start =>
            {
                clock.sleep(pause).await;
                pause = pause.times(2);
                attempt += 1;
            }
            result => return result,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::pin::Pin;
    use std::sync::Mutex;

    use futures_util::FutureExt;
    use jiff::Timestamp;

    use super::*;
    use crate::port::{ErrorClass, PortError};

    /// Time passes only by sleeping, at once.
    struct Instants(Mutex<Timestamp>);

    impl Clock for Instants {
        fn now(&self) -> Timestamp {
            *self.0.lock().unwrap()
        }

        fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + 'static>> {
            let mut now = self.0.lock().unwrap();
            *now = duration.after(*now);
            Box::pin(std::future::ready(()))
        }
    }

    fn failing_with(class: ErrorClass, patience: Patience) -> (u32, Duration) {
        let clock = Instants(Mutex::new(Timestamp::UNIX_EPOCH));
        let mut calls = 0;
        let result: PortResult<()> = read(&clock, patience, || {
            calls += 1;
            std::future::ready(Err(PortError {
                class,
                operation: "test:Read".to_owned(),
                place: "ohio".to_owned(),
                message: "no".to_owned(),
            }))
        })
        .now_or_never()
        .expect("the clock of this test never waits");
        assert_eq!(result.unwrap_err().class, class);
        (calls, Duration::between(Timestamp::UNIX_EPOCH, clock.now()))
    }

    #[test]
    fn a_read_is_repeated_a_bounded_number_of_times_when_it_may_work_in_a_moment() {
        for class in [ErrorClass::Throttled, ErrorClass::Transient] {
            let (calls, took) = failing_with(class, Patience::STEADY);
            assert_eq!(calls, Patience::STEADY.attempts);
            assert!(took <= Patience::STEADY.within);
        }
    }

    #[test]
    fn a_read_is_not_repeated_past_its_time() {
        let hasty = Patience {
            attempts: 100,
            within: Duration::from_secs(10),
            first_pause: Duration::from_secs(1),
        };
        // Pauses of 1, 2 and 4 seconds fit into ten; the next one, of 8, does not.
        assert_eq!(
            failing_with(ErrorClass::Transient, hasty),
            (4, Duration::from_secs(7))
        );
    }

    #[test]
    fn a_read_that_can_never_work_is_tried_once() {
        for class in [
            ErrorClass::Denied,
            ErrorClass::NotFound,
            ErrorClass::Conflict,
            ErrorClass::Invalid,
            ErrorClass::Indeterminate,
        ] {
            assert_eq!(failing_with(class, Patience::STEADY).0, 1, "{class}");
        }
    }
}
