//! Real time.

use std::future::Future;
use std::pin::Pin;

use jiff::Timestamp;

use crate::model::Duration;
use crate::port::Clock;

/// The clock of this machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place where real time enters"
    )]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + 'static>> {
        // Inside, so that only polling needs a runtime.
        Box::pin(async move { tokio::time::sleep(duration.into()).await })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_goes_on_while_one_sleeps() {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .expect("a runtime without I/O needs nothing");
        let clock = SystemClock;
        let before = clock.now();
        runtime.block_on(clock.sleep(Duration::from_millis(1)));
        assert!(Duration::between(before, clock.now()) >= Duration::from_millis(1));
    }
}
