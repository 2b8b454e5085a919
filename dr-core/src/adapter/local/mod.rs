//! This machine: its clock, its directories, its programs.
//!
//! Everything here runs on tokio, and nothing else of the crate does.

mod clock;
mod commands;
mod disk;
#[cfg(test)]
pub(crate) mod fakes;
mod file_log;
mod history;
mod memory;
mod mirrored_log;
mod store;

pub use clock::SystemClock;
pub use commands::LocalCommands;
pub use file_log::FileLog;
pub use history::{History, Opened};
pub use memory::MemoryStore;
pub use mirrored_log::MirroredLog;
pub use store::DirectoryStore;
