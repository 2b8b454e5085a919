//! What is reached over HTTP, beside AWS.

mod api;
mod observers;

pub(in crate::adapter) use api::{Api, Request};
pub use observers::{HttpObservers, Second};
