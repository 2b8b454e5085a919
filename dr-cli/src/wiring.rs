//! Which world a command works on: the simulated one, or the real one where this build has adapters for it.

use dr_core::model::{Estate, Technology};

use crate::commands::options::SimulationArgs;
use crate::error::{Error, Result};
use crate::session::Session;
use crate::simulator::{SimulatedWorld, Start};

/// What a command does with the world that it opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// It carries out a run there.
    Move,
    /// It only reads.
    Look,
}

/// Opens the world that a command works on.
///
/// This build has adapters for no technology of the real world yet: those of AWS come with the next release. So the only
/// world that can be opened is the simulated one.
///
/// # Errors
/// Refused where the real world is asked for; the error names the technologies that lack an adapter.
pub(crate) fn world(
    args: &SimulationArgs,
    estate: &Estate,
    access: Access,
    again: &str,
    session: &Session,
) -> Result<SimulatedWorld> {
    if !args.simulate {
        return Err(no_adapters(estate).hint(format!("{again} --simulate")));
    }
    let start = match args.seed {
        Some(seed) => Start::New(seed),
        None => Start::GoOn,
    };
    match access {
        Access::Move => SimulatedWorld::open(estate, start, session),
        Access::Look => SimulatedWorld::look(estate, start, session),
    }
}

/// What this build cannot reach.
pub(crate) fn no_adapters(estate: &Estate) -> Error {
    let missing: Vec<&str> = Technology::ALL
        .into_iter()
        .filter(|technology| {
            estate
                .components
                .values()
                .any(|component| component.technology == *technology)
        })
        .map(Technology::name)
        .collect();
    Error::usage(format!(
        "this build cannot reach {}: it has no adapter for {}",
        estate.name,
        missing.join(", ")
    ))
}
