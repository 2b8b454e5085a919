//! `dr`: disaster recovery between two sites, rehearsed and carried out.
//!
//! The composition root: it parses arguments, wires adapters to `dr-core`, shows what comes back. Everything that is
//! decided about a recovery is decided in `dr-core`.

mod app;
mod carry;
mod commands;
mod confirm;
mod error;
mod exit_code;
mod files;
mod forms;
mod interrupt;
mod output;
mod people;
#[cfg(feature = "real")]
mod real;
mod rehearsal;
mod render;
mod session;
mod side_by_side;
mod simulator;
mod stores;
mod wiring;

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(app::main(std::env::args_os()).number())
}
