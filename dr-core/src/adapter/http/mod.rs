//! What is reached over HTTP, beside AWS.

mod observers;

pub use observers::{HttpObservers, Second};
