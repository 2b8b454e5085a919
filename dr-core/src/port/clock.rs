//! Time.

use std::future::Future;
use std::pin::Pin;

use jiff::Timestamp;

use crate::model::Duration;

/// The only source of time. Real in `adapter::local`, virtual in `sim`.
pub trait Clock: Send + Sync {
    /// The instant that it is.
    fn now(&self) -> Timestamp;

    /// Ready once `duration` has passed.
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + 'static>>;
}
