//! Watchers on virtual time: nothing here waits.

mod fences;
mod history;
mod readiness;
mod schedule;
mod stage;
mod stories;
mod telling;
