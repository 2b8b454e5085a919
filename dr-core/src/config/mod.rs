//! The files that people write to validated values: `estate.yaml` to a [`crate::model::Estate`], with all problems at
//! once, each with its place, and what to do about it.
//!
//! ```text
//! text ──yaml──▶ tree with spans ──read, word──▶ raw shape ──check──▶ problems
//!                                                   │  └────build──▶ Estate
//!                                                   └────schema──▶ JSON Schema for editors
//! ```
//!
//! The raw shape of a runbook stands here too (`RawRunbook`, within the crate); what its steps mean is decided in
//! [`crate::runbook::document`].

pub mod builtin;
mod diagnostic;
mod disasters;
mod edit;
mod estate;
mod gameday;
mod read;
mod runbook;
mod schema;
mod suggest;
pub mod template;
mod word;
mod yaml;

pub(crate) use diagnostic::Report;
pub use diagnostic::{Problem, Problems, Source, Span};
pub(crate) use disasters::{RawDisasters, RawMishap, RawStrike, When};
pub use estate::{
    BindError, Bound, StackOutputs, bind_from_terraform, load_estate, load_estate_with_rules,
};
pub(crate) use gameday::{
    ActWord, ExpectWord, RawAct, RawAnswer, RawBounds, RawExpectation, RawGameday, RawOptions,
    RawPeople, RawSideAct, RawWhen,
};
pub(crate) use read::{FromNode, Place};
pub(crate) use runbook::{MAX_ATTEMPTS, RawRunbook, RawStage, RawStep};
pub use schema::{disasters_schema, estate_schema, gameday_schema, runbook_schema};
pub(crate) use suggest::{help as did_you_mean, nearest};
pub(crate) use yaml::{At, parse};
