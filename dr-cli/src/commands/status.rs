//! `dr status`.

mod kept;
#[cfg(feature = "real")]
mod real;
#[cfg(feature = "watch")]
mod runs;
mod simulated;
mod unread;

#[cfg(feature = "watch")]
pub(crate) use runs::runs_of;

use clap::Args;
use dr_core::status::{self, Seen};

use super::options::SimulationArgs;
use crate::error::Result;
use crate::exit_code::ExitCode;
use crate::render;
use crate::session::Session;
use crate::wiring::{self, Access, World};

/// Show the estate as it is now: roles, replication, traffic, last runs, what is pending; change nothing
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  dr status                                  Read both sites at once
  dr status --simulate                       The simulated ones
  dr status --output json | jq '.pending'")]
pub(crate) struct StatusArgs {
    /// Look at the simulated estate
    #[arg(long)]
    simulate: bool,
}

/// Reads, and shows what was read and what was not.
pub(crate) fn run(args: &StatusArgs, session: &Session) -> Result<ExitCode> {
    let files = session.estate()?;
    let estate = &files.estate;
    let simulation = SimulationArgs {
        simulate: args.simulate,
        seed: None,
    };
    let world = wiring::world(&simulation, estate, Access::Look, "dr status", session)?;
    let seen: Seen = match &world {
        World::Simulated(world) => simulated::seen(world)?,
        #[cfg(feature = "real")]
        World::Real(world) => real::seen(world, estate, session)?,
    };
    let status = status::status(estate, &seen);
    if session.out.is_json() {
        session.out.json(&status);
    } else {
        let text = render::status::text(&status, session.out.style(), &|next| {
            session.out.command(next)
        });
        session.out.result(&text);
    }
    Ok(if status.complete {
        ExitCode::Done
    } else {
        ExitCode::InventoryIncomplete
    })
}
