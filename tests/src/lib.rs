//! Support for the cross-crate suites: the shipped estate on the simulator, driven the way `dr` drives it.

pub mod campaign;
pub mod end_state;
pub mod hostile;
pub mod lab;
#[cfg(feature = "laboratory")]
pub mod laboratory;
pub mod seeded;
pub mod twins;
