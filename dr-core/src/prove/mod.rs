//! The outage matrix: each thing that a recovery could lean on, taken away alone and together with each other, and whether
//! the runbook still reaches its goal.
//!
//! ```text
//! estate, runbook ──Matrix──▶ outages ──try_out──▶ Cell ──┐
//!                              (alone, in pairs)          ├─ Proof::of ──page──▶ HTML
//! ```
//!
//! What is taken away follows from the plan: every service that a step calls, at every place where it calls it. The cells
//! are independent; whoever has threads tries them side by side.

mod cell;
mod matrix;
mod outage;
mod page;
mod proof;

#[cfg(test)]
mod tests;

pub use cell::{Cell, Verdict};
pub use matrix::Matrix;
pub use outage::{Outage, Side};
pub use page::to_html;
pub use proof::{PROOF_FORMAT, Proof, Reason};
