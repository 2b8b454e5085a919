//! Thousands of different disasters, each a whole simulated run, and what they say of a runbook: how often, how fast and how
//! safely it recovers, what takes the time, and the worst of them as a story that can be told again.
//!
//! ```text
//! disasters.yaml ──Distribution──▶ draw(seed) ──▶ Draw ──play──▶ Trial ──┐
//!                                    ▲                                   ├─ Campaign::of ──page──▶ HTML
//!                                    └──── shrink: fewer, shorter ◀──────┘
//! ```
//!
//! - A trial is played by the real planner, engine, journal, lock and actions; what it measured comes from simulated clients.
//! - A trial follows from estate, runbook, declaration and seed alone: the same on every machine, in any order, on any
//!   number of threads. Whoever has threads plays the seeds on them; [`Campaign::of`] takes the trials in the order of seeds.
//! - Nothing here knows a thread, a disk or a clock.

mod course;
mod crew;
mod distribution;
mod draw;
mod effort;
mod page;
mod path;
mod play;
mod setting;
mod shrink;
mod stated;
mod statistics;
mod story;

#[cfg(test)]
mod tests;

pub(crate) use course::{Course, Rest};
pub use crew::{Crew, Records};
pub use distribution::{Chance, Distribution, Row, Strike};
pub use draw::{Blow, Draw, Incident};
pub(crate) use effort::{Effort, is_served_by};
pub use page::to_html;
pub use path::{Leg, LegName};
pub use play::{Fate, Played, Trial};
pub use setting::{Setting, SettingError};
pub use shrink::{Badness, Shrunk, shrink};
pub use stated::{broken_promises, misstated, promoted_without_right, stated_loss};
pub use statistics::{CAMPAIGN_FORMAT, Campaign, Distances, FateCount, LegScore, Quantile};
pub use story::{Line, sentence};
