//! This machine: its clock, its directories, its programs.
//!
//! Everything here runs on tokio; nothing else of the crate does, [`tokio`] being the only runtime that `dr` is shipped with.

mod clock;
mod commands;
mod disk;
mod file_log;
mod memory;
mod store;

pub use clock::SystemClock;
pub use commands::LocalCommands;
pub use file_log::FileLog;
pub use memory::MemoryStore;
pub use store::DirectoryStore;
