//! `dr failback`.

use clap::Args;

use super::move_primary::{self, Movement};
use super::options::MoveArgs;
use crate::error::Result;
use crate::exit_code::ExitCode;
use crate::session::Session;

/// Take the primary role home again, without loss
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  dr failback --simulate                     Go home on the simulator, after a failover
  dr plan failback -o plan.json              Plan now, look at it, and later run
  dr failback --plan plan.json               exactly that plan
  dr failback --yes --who ada                Go ahead without asking, in this name")]
pub(crate) struct FailbackArgs {
    #[command(flatten)]
    args: MoveArgs,
}

/// Fails back.
pub(crate) fn run(args: &FailbackArgs, session: &Session) -> Result<ExitCode> {
    move_primary::run(Movement::Failback, &args.args, session)
}
