//! The least access that a runbook needs on AWS, written from the call tables: no call that an action may make is missing,
//! and none that it does not make is there.
//!
//! [`needs`] collects the calls of a runbook, of planning it, and of keeping its journal; [`Policy::of`] writes them as a
//! policy document of IAM. The names of actions and the resources that they can be confined to are those of the service
//! authorization reference. [`Lacking`] says which statement a call that was denied did not have.

mod implied;
mod lacking;
mod need;
mod policy;
mod resource;
#[cfg(test)]
mod tests;

pub use lacking::{Lacking, gone_without};
pub use need::{Need, Subject, fencing, needs, reads};
pub use policy::{Policy, Statement};
