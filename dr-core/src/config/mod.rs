//! `estate.yaml` to a validated [`crate::model::Estate`].

mod diagnostic;

pub use diagnostic::{Problem, Problems, Source, Span};
