//! `dr prove`.

use std::path::PathBuf;

use clap::Args;
use dr_core::model::Duration;
use dr_core::prove::{self, Matrix, Proof};

use super::options::ModeChoice;
use super::simulate::{impossible, procedure};
use crate::error::{Error, Result};
use crate::exit_code::ExitCode;
use crate::files;
use crate::render::prove as render;
use crate::session::Session;
use crate::side_by_side::side_by_side;

/// Take away each thing that a runbook leans on, alone and in pairs; say whether it still reaches its goal
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  dr prove failover                        Each outage alone and each pair
  dr prove failover --singles              Each outage alone
  dr prove failover --html matrix.html     The same as a page
  dr prove ./drills/failover.yaml --quiet  In CI: exit code 32 when an outage that it must stand stops it
  dr prove failover --output json | jq '.cells[] | select(.verdict != \"reached\")'")]
pub(crate) struct ProveArgs {
    /// Put this to the test: failover, failback, switchover, or a runbook's file
    #[arg(value_name = "RUNBOOK")]
    what: String,
    /// Leave the pairs out
    #[arg(long)]
    singles: bool,
    /// Let each outage last so long
    #[arg(long, value_name = "TIME", default_value = "2h")]
    lasts: Duration,
    /// Try so many outages side by side [default: one a processor]
    #[arg(long, value_name = "N")]
    jobs: Option<std::num::NonZeroUsize>,
    /// Write the page to this file
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Say whether both sites are there to be asked [default: unplanned for failover, planned otherwise]
    #[arg(long, value_enum)]
    mode: Option<ModeChoice>,
}

/// Carries the command out.
pub(crate) fn run(args: &ProveArgs, session: &Session) -> Result<ExitCode> {
    let files = session.estate()?;
    if let Some(path) = &args.html {
        files::writable(path)?;
    }
    let (runbook, mode, homeward) = procedure(&args.what, args.mode, &files)?;
    let matrix = Matrix::new(files.estate.clone(), runbook, mode, homeward, args.lasts)
        .map_err(|error| impossible(&error))?;
    let work = matrix.cells(!args.singles);
    let cells = side_by_side(&work, args.jobs, "runs", &session.out, |outages| {
        matrix.try_out(outages)
    });
    let proof = Proof::of(&matrix, cells);
    if let Some(path) = &args.html {
        std::fs::write(path, prove::to_html(&proof))
            .map_err(|error| Error::file("write", path, &error))?;
        session.out.notice(&format!("wrote {}", path.display()));
    }
    if session.out.is_json() {
        session.out.json(&proof);
    } else {
        session
            .out
            .result(&render::proof(&proof, session.out.style()));
    }
    Ok(if !proof.is_safe() {
        ExitCode::PromiseBroken
    } else if proof.unproven().next().is_some() {
        ExitCode::NotProven
    } else {
        ExitCode::Done
    })
}
