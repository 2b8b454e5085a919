//! `dr failover`.

use clap::Args;

use super::move_primary::{self, Movement};
use super::options::MoveArgs;
use crate::error::Result;
use crate::exit_code::ExitCode;
use crate::session::Session;

/// Make the standby the primary because the primary is lost
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  dr failover --simulate                     Lose a simulated region and fail over
  dr failover --simulate --speed 60          The same, a simulated minute a second
  dr plan failover -o plan.json              Plan now, look at it, and later run
  dr failover --plan plan.json               exactly that plan
  dr failover --outage-since 10m             Count the recovery time from ten minutes ago

A run that needs a person holds (exit code 21): `dr run show RUN` says what for.")]
pub(crate) struct FailoverArgs {
    #[command(flatten)]
    args: MoveArgs,
}

/// Fails over.
pub(crate) fn run(args: &FailoverArgs, session: &Session) -> Result<ExitCode> {
    move_primary::run(Movement::Failover, &args.args, session)
}
