//! `dr plan`.

use std::path::PathBuf;

use clap::Args;
use dr_core::drift::form::printable_json;
use dr_core::runbook::Plan;

use super::move_primary::{self, Movement};
use super::options::{ModeChoice, SimulationArgs};
use crate::error::{Error, Result};
use crate::exit_code::ExitCode;
use crate::render::plan;
use crate::session::Session;
use crate::wiring::{self, Access};

/// Show what a run would do, how long it would take and what it might lose; change nothing
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  dr plan failover --simulate                Plan on the simulated estate
  dr plan failover -o plan.json              Keep the plan; run it with dr failover --plan plan.json
  dr plan switchover --output json | jq .prediction
  dr plan ./drills/failover.yaml --mode planned --simulate")]
pub(crate) struct PlanArgs {
    /// Plan this: failover, failback, switchover, or a runbook's file
    #[arg(value_name = "WHAT")]
    what: String,
    /// Keep the plan in this file
    #[arg(short = 'o', long = "out", value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    simulation: SimulationArgs,
    /// Say whether both sites are there to be asked [default: unplanned for failover, planned otherwise]
    #[arg(long, value_enum)]
    mode: Option<ModeChoice>,
}

/// Plans, shows, and keeps the plan where that is wanted.
pub(crate) fn run(args: &PlanArgs, session: &Session) -> Result<ExitCode> {
    let plan = make(args, session)?;
    if let Some(path) = &args.out {
        std::fs::write(path, plan.to_json()).map_err(|error| Error::file("write", path, &error))?;
        session
            .out
            .notice(&format!("wrote {}, digest {}", path.display(), plan.digest));
    }
    if session.out.is_json() {
        session.out.verbatim(&printable_json(&plan.to_json()));
    } else {
        session.out.result(&plan::text(&plan, session.out.style()));
    }
    Ok(ExitCode::Done)
}

fn make(args: &PlanArgs, session: &Session) -> Result<Plan> {
    let files = session.estate()?;
    let again = format!("dr plan {}", args.what);
    let world = wiring::world(
        &args.simulation,
        &files.estate,
        Access::Look,
        &again,
        session,
    )?;
    let movement = Movement::named(&args.what);
    let runbook = match movement {
        Some(movement) => files.runbook(movement.runbook())?,
        None => files.runbook_file(args.what.as_ref())?,
    };
    let movement = movement.unwrap_or(Movement::Switchover);
    let mode = args.mode.map_or_else(|| movement.mode(), Into::into);
    move_primary::plan(movement, mode, &runbook, &files.estate, &world)
}
