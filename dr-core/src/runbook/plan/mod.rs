//! The immutable, digested, checked value that runs.
//!
//! [`plan`] is pure: estate, runbook and inventories in, a [`Plan`] with nothing left to choose out, or everything that
//! stands in the way at once. What it relied on is written into the plan as [`Fact`]s, and [`recheck`] holds them against
//! reality just before the plan runs.
//!
//! - `build`: steps chosen, sites, timeouts and calls settled, durations summed.
//! - `check`: what stands in the way, and what is worth knowing.
//! - `fact`: what was relied on, and whether it still holds.
//! - `file`: the plan on disk, with its digest.

mod build;
mod check;
mod fact;
mod file;
mod undo;
mod value;

pub use build::{Request, plan};
pub use fact::recheck;
pub use file::PlanError;
pub use value::{Fact, PLAN_FORMAT, Plan, PlannedStage, PlannedStep, Prediction};

#[cfg(test)]
mod tests;
