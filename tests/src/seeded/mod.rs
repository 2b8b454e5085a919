//! Seeded bugs: mistakes that somebody could make, kept as patches in `tests/bugs`, each with the test that is expected to
//! notice it. `cargo seeded-bugs` puts them in one after the other and demands that this test fails.
//!
//! A suite that passes says little unless it is known that it can fail.

mod bug;
mod cargo;
mod copy;
mod trial;

pub use bug::{Bug, Target, TestName, bugs};
pub use cargo::Cargo;
pub use copy::{Copy, applies};
pub use trial::{Trial, Verdict, try_bug, untouched};
