//! The estate now, as one document: what was read of both sites, of the runs and of what is pending, folded. Pure.
//!
//! Nothing that could not be read is left out: it stands in [`Status::gaps`] with its reason, and its cell says so.
//!
//! | file | what it is |
//! |---|---|
//! | `seen` | what was read, as the fold takes it |
//! | `document` | the document: [`Status`] |
//! | `fold` | from the one to the other |
//! | `cell` | what one component is on one site, in words |
//! | `run` | runs, and what they leave to be done |

mod cell;
mod document;
mod fold;
mod run;
mod seen;
#[cfg(test)]
mod tests;

pub use crate::model::{PendingFence, Unread};
pub use document::{Cell, LeaseStatus, Pending, Row, RunLine, STATUS_FORMAT, SiteStatus, Status};
pub use fold::status;
pub use run::pending_fences;
pub use seen::{LeaseSeen, LockSeen, RunSeen, Seen, SetAside};
