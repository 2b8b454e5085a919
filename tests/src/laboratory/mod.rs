//! The AWS laboratory: a local AWS server (`tests/aws`), the stacks of `terraform/` applied to it by the real Terraform, and
//! the real `dr` binary.
//!
//! The stacks are applied once. Each story gets a copy of the server with all its state, at once:
//!
//! ```text
//! let base = Base::start(&Places::find()?)?;      // six minutes: Terraform
//! let story = base.story("region-lost")?;          // a copy of the server, a folder with estate and runbooks
//! story.faults(json!([{ "region": "us-east-2", "mode": "hang" }]))?;
//! let ended = story.dr(&["failover", "--yes", "--people", "none"])?;
//! assert!(story.twice()?.is_empty());              // never two sites that could take writes
//! assert!(story.plan("us-west-1")?.is_none());  // nothing is left for Terraform to do
//! ```

mod base;
mod client;
mod front;
mod http;
mod places;
mod story;

pub use base::Base;
pub use client::Answer;
pub use front::{Front, Limit, Seen, Tenant, Terms, Told};
pub use places::Places;
pub use story::{Call, Ended, Story};
