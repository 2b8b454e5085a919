//! A rehearsal: a story of faults and runs, played on the simulator by the real planner, engine and actions, with a
//! scorecard of what the simulated clients measured.
//!
//! ```text
//! gameday.yaml ──scenario──▶ Scenario ──play──▶ Simulation, runs ──scorecard──▶ Scorecard ──page──▶ HTML
//! ```
//!
//! A rehearsal touches the simulated world only. *Deviated* (it went on, and something was not as expected) is distinct from
//! *failed* (it could not go on).

mod page;
mod play;
mod scenario;
mod scorecard;

#[cfg(test)]
mod tests;

pub use page::to_html;
pub use play::{Audience, Beat, PlayError, Rehearsal, Stage};
pub use scenario::{Act, OnCallTeam, Scenario};
pub use scorecard::{
    ActOutcome, ActScore, ExpectationScore, InvariantScore, PhaseScore, RunScore, SCORECARD_FORMAT,
    Scorecard, Verdict,
};
