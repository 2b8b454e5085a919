//! The document that people write, the plan made from it, and the machine that carries it out.

pub mod document;
pub mod engine;
pub mod event;
pub mod host;
pub mod inbox;
pub mod journal;
pub mod lint;
pub mod lock;
pub mod plan;
pub mod replay;

pub use document::{Only, Runbook, Stage, Step};
pub use event::{Event, RunStatus, StepStatus};
pub use plan::{Fact, Plan, PlannedStage, PlannedStep, Prediction};
