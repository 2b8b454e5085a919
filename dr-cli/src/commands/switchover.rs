//! `dr switchover`.

use clap::Args;

use super::move_primary::{self, Movement};
use super::options::MoveArgs;
use crate::error::Result;
use crate::exit_code::ExitCode;
use crate::session::Session;

/// Exchange the roles of two healthy sites, without loss
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  dr switchover --simulate                   Exchange the roles on the simulator
  dr plan switchover                         See what it would do
  dr switchover --yes --who ada              Go ahead without asking, in this name")]
pub(crate) struct SwitchoverArgs {
    #[command(flatten)]
    args: MoveArgs,
}

/// Switches over.
pub(crate) fn run(args: &SwitchoverArgs, session: &Session) -> Result<ExitCode> {
    move_primary::run(Movement::Switchover, &args.args, session)
}
