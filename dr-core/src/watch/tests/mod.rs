//! Watchers on virtual time: nothing here waits.

mod history;
mod schedule;
mod stage;
mod stories;
mod telling;
