//! Our own campaign: two to four operators at one estate, who begin, resume and take over runs while everything that the
//! simulator knows goes wrong, theirs and the world's; and what must never happen, held against each of them.
//!
//! ```text
//! seed ──Draw::of──▶ Draw ──play──▶ Trial ──▶ Tally
//!                             │
//!        operators side by side, rounds of them while some die ─▶ everything is mended ─▶ one who finishes ─▶ judge
//! ```
//!
//! A trial follows from its seed alone, in any order and on any number of threads: a seed is all that is needed to see it
//! again (`cargo run -p dr-tests --no-default-features --bin campaign -- --replay SEED`).

mod draw;
mod faults;
mod judge;
mod person;
mod scene;
mod tally;
mod trial;

pub use draw::{Draw, Errand, Mishap, Mood, Person};
pub use faults::class;
pub use scene::{Scene, scenes};
pub use tally::{Broken, Tally, play_all};
pub use trial::{Trial, play};
