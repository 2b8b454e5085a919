//! An observer: measures from outside both sites what clients get, and tells it over HTTP (`docs/observers.md`).
//!
//! Each second it makes one write through the name that clients use, over a connection of its own, so that a name that is
//! answered differently is noticed as a new client would notice it. What was measured is kept in memory for
//! [`KEPT_S`] seconds. [`super::http::HttpObservers`] is who asks.

mod measure;
mod room;
mod serve;
mod shortage;

pub use measure::{KEPT_S, Observer, Unmeasured};
pub use room::{Guest, Room, one_request_each};
pub use serve::router;

#[cfg(test)]
mod tests;
