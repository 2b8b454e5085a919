//! Tests of the planner, on the shipped storefront.

mod file;
mod made;
mod refused;
mod world;
