//! Which world a command works on: the simulated one, or the real one where this build has adapters for it.

#[cfg(not(feature = "real"))]
use dr_core::model::Technology;
use dr_core::model::{Estate, EstateInventory};
use dr_core::runbook::journal::ReadJournal;
use jiff::Timestamp;

use crate::commands::options::SimulationArgs;
#[cfg(not(feature = "real"))]
use crate::error::Error;
use crate::error::Result;
#[cfg(feature = "real")]
use crate::real::RealWorld;
use crate::session::Session;
use crate::simulator::{SimulatedWorld, Start};
use crate::stores::RunStore;

/// What a command does with the world that it opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// It carries out a run there.
    Move,
    /// It only reads.
    Look,
}

/// The world that a command works on.
pub(crate) enum World {
    /// The simulated one of the store.
    Simulated(Box<SimulatedWorld>),
    /// The real one.
    #[cfg(feature = "real")]
    Real(Box<RealWorld>),
}

/// Opens the world that a command works on.
///
/// # Errors
/// It cannot be opened; where the real world is asked for and not all of it can be reached, the error names everything that
/// is missing.
pub(crate) fn world(
    args: &SimulationArgs,
    estate: &Estate,
    access: Access,
    again: &str,
    session: &Session,
) -> Result<World> {
    if !args.simulate {
        return real(estate, again, session);
    }
    let start = match args.seed {
        Some(seed) => Start::New(seed),
        None => Start::GoOn,
    };
    let world = match access {
        Access::Move => SimulatedWorld::open(estate, start, session),
        Access::Look => SimulatedWorld::look(estate, start, session),
    };
    Ok(World::Simulated(Box::new(world?)))
}

impl World {
    /// The simulated one, where it is.
    pub(crate) fn simulated(&self) -> Option<&SimulatedWorld> {
        match self {
            Self::Simulated(world) => Some(world),
            #[cfg(feature = "real")]
            Self::Real(_) => None,
        }
    }

    /// Where its runs are on this machine.
    pub(crate) fn store(&self) -> &RunStore {
        match self {
            Self::Simulated(world) => world.store(),
            #[cfg(feature = "real")]
            Self::Real(world) => world.store(),
        }
    }

    /// The instant that it is there.
    pub(crate) fn now(&self) -> Timestamp {
        match self {
            Self::Simulated(world) => world.now(),
            #[cfg(feature = "real")]
            Self::Real(world) => world.now(),
        }
    }

    /// What a reader finds on both sites.
    ///
    /// # Errors
    /// The simulation does not come to an end.
    pub(crate) fn inventories(&self) -> Result<EstateInventory> {
        match self {
            Self::Simulated(world) => world.inventories(),
            #[cfg(feature = "real")]
            Self::Real(world) => Ok(world.inventories()),
        }
    }

    /// Since when clients are not served, as seen from outside both sites; `None` while they are, or where nobody tells.
    ///
    /// # Errors
    /// The simulation does not come to an end.
    pub(crate) fn outage(&self) -> Result<Option<Timestamp>> {
        match self {
            Self::Simulated(world) => world.outage(),
            #[cfg(feature = "real")]
            Self::Real(world) => Ok(world.outage()),
        }
    }
}

#[cfg(feature = "real")]
fn real(estate: &Estate, again: &str, session: &Session) -> Result<World> {
    let world = RealWorld::reach(estate, session)
        .map_err(|error| error.hint(format!("{again} --simulate")))?;
    Ok(World::Real(Box::new(world)))
}

#[cfg(not(feature = "real"))]
fn real(estate: &Estate, again: &str, _: &Session) -> Result<World> {
    Err(no_adapters(estate).hint(format!("{again} --simulate")))
}

/// What this build cannot reach.
#[cfg(not(feature = "real"))]
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

/// The bucket that `--store` names, as a store of runs; `None` where it names a directory.
///
/// # Errors
/// It cannot be used.
pub(crate) fn named_bucket(session: &Session) -> Result<Option<RunStore>> {
    match &session.bucket {
        None => Ok(None),
        #[cfg(feature = "real")]
        Some((bucket, prefix)) => crate::real::bucket(bucket, prefix, session).map(Some),
        #[cfg(not(feature = "real"))]
        Some((bucket, _)) => Err(Error::usage(format!(
            "this build cannot reach s3://{bucket}: it has no adapter for S3"
        ))),
    }
}

/// The bucket in which a run is kept whose copy was found in a directory; `None` where it is kept in the directory alone.
///
/// # Errors
/// The bucket cannot be used.
#[cfg_attr(
    not(feature = "real"),
    expect(clippy::unnecessary_wraps, reason = "with the adapters it can fail")
)]
pub(crate) fn bucket_of(
    store: &RunStore,
    journal: &ReadJournal,
    session: &Session,
) -> Result<Option<RunStore>> {
    if store.simulated {
        return Ok(None);
    }
    #[cfg(feature = "real")]
    return crate::real::bucket_of(store, journal, session);
    #[cfg(not(feature = "real"))]
    {
        let _ = (journal, session);
        Ok(None)
    }
}
