//! A rehearsal: a story of faults, people and runs, played on the simulator by the real planner, engine and actions, with a
//! scorecard of what the simulated clients measured.
//!
//! ```text
//! gameday.yaml ──read──▶ Scenario ──play──▶ Simulation, runs ──judge──▶ Scorecard ──page──▶ HTML
//! ```
//!
//! A rehearsal touches the simulated world only. *Deviated* (it went on, and something was not as expected) is distinct from
//! *failed* (it could not go on).

mod archive;
mod board;
pub mod codes;
mod course;
mod judge;
mod page;
mod permission;
mod play;
mod read;
mod run;
mod scenario;
mod scorecard;
mod steady;
mod team;

#[cfg(test)]
mod tests;

pub use page::to_html;
pub use permission::{refusals, unmarked};
pub use play::{Audience, Beat, PlayError, Rehearsal, Stage};
pub use run::exit_code;
pub use scenario::{
    Act, Count, Expected, ExpectedEnd, Inject, Moment, OnCallTeam, RunAct, Scenario,
    ScriptedAnswer, SideAct, Trigger,
};
pub use scorecard::{
    ActOutcome, ActScore, ExpectationScore, InjectScore, InvariantScore, PhaseScore, RunScore,
    SCORECARD_FORMAT, Scorecard, Verdict,
};
pub use steady::{SteadyScore, Unsteady};
pub use team::{NobodyElse, Team};
