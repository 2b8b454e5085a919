//! The simulated estate of a store: one world that goes on from command to command, and survives a crash of each.
//!
//! `simulator/` in the store holds `world.json`, written whenever the world is changed and before the one who changed it
//! learns of it; the journals, locks and inboxes of its runs; and `driver.lock`, held by the process that moves the world.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use dr_core::discover;
use dr_core::model::{Duration, Estate, EstateInventory};
use dr_core::sim::{Operator, Simulation, World};
use jiff::Timestamp;

use crate::error::{Error, Result};
use crate::exit_code::ExitCode;
use crate::session::Session;
use crate::stores::RunStore;

/// The seed of a store's first world, where none is given.
const FIRST_SEED: u64 = 1;
/// The file that the process which moves the world holds locked.
const DRIVER: &str = "driver.lock";
/// How far back one looks for the beginning of an outage.
const LOOK_BACK: Duration = Duration::from_mins(60);

/// Which world is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Start {
    /// The one in the store; the first one where there is none.
    GoOn,
    /// A new one from this seed in the place of the one in the store, whose runs are all over.
    New(u64),
    /// A new one from this seed in the place of the one in the store, whatever its runs are doing.
    Instead(u64),
}

/// The simulated world of a store: moved by this process alone, or only looked at.
pub(crate) struct SimulatedWorld {
    simulation: Simulation,
    store: RunStore,
    /// Whether what the store holds belongs to an older world, which this one replaces once it is kept.
    replaces: bool,
    /// The first failure to save it.
    failure: Arc<Mutex<Option<io::Error>>>,
    /// Held until this is dropped, or the process dies.
    _driver: Option<File>,
}

impl SimulatedWorld {
    /// Opens the world of the session's store, to move it. Nothing in the store changes before [`Self::keep`].
    ///
    /// # Errors
    /// Another process moves it; it was made from another estate; a new one is wanted while a run of the old one is not
    /// over; the file cannot be used.
    pub(crate) fn open(estate: &Estate, start: Start, session: &Session) -> Result<Self> {
        let store = RunStore::simulated(session)?;
        let driver = drive(store.root())?;
        if let Start::New(_) = start {
            store
                .refuse_open_runs()
                .map_err(|error| error.hint("dr simulator reset"))?;
        }
        Self::with(estate, start, store, Some(driver))
    }

    /// Opens the world of the session's store to look at it, also while another process moves it. It is never kept.
    ///
    /// # Errors
    /// It was made from another estate; the file cannot be used.
    pub(crate) fn look(estate: &Estate, start: Start, session: &Session) -> Result<Self> {
        Self::with(estate, start, RunStore::simulated(session)?, None)
    }

    fn with(estate: &Estate, start: Start, store: RunStore, driver: Option<File>) -> Result<Self> {
        let simulation = match start {
            Start::GoOn => match load(store.root(), estate)? {
                Some(world) => Simulation::restore(world),
                None => Simulation::new(estate, FIRST_SEED),
            },
            Start::New(seed) | Start::Instead(seed) => Simulation::new(estate, seed),
        };
        Ok(Self {
            simulation,
            store,
            replaces: start != Start::GoOn,
            failure: Arc::default(),
            _driver: driver,
        })
    }

    /// Saves the world now and whenever it changes. What is left of the world that it replaces goes now.
    ///
    /// # Errors
    /// It cannot be saved.
    pub(crate) fn keep(&self) -> Result<()> {
        if self.replaces {
            remove(&self.store)?;
        }
        let path = world_file(self.store.root());
        save(&path, &self.simulation.snapshot())
            .map_err(|error| Error::file("write", &path, &error))?;
        let failure = Arc::clone(&self.failure);
        self.simulation.on_change(Box::new(move |world| {
            if let Err(error) = save(&path, world)
                && let Ok(mut kept) = failure.lock()
            {
                kept.get_or_insert(error);
            }
        }));
        Ok(())
    }

    /// Saves the world as it is when its mover is done: time has passed since the last change.
    ///
    /// # Errors
    /// It could not be saved, now or before.
    pub(crate) fn close(&self) -> Result<()> {
        let path = world_file(self.store.root());
        let earlier = self.failure.lock().ok().and_then(|mut kept| kept.take());
        match earlier {
            Some(error) => Err(error),
            None => save(&path, &self.simulation.snapshot()),
        }
        .map_err(|error| Error::file("write", &path, &error))
    }

    /// Lets a simulated stretch of time take its share of real time, `factor` times faster; `shown` is called in between.
    pub(crate) fn pace(&self, factor: f64, shown: Box<dyn Fn(Timestamp) + Send + Sync>) {
        let clock = self.simulation.clock();
        self.simulation.pace(Box::new(move |jump| {
            let from = clock.now();
            let real = jump.as_secs_f64() / factor;
            let frames = (real / FRAME_S).ceil().clamp(1.0, 1e6);
            let mut passed = 0.0;
            while passed < frames {
                passed += 1.0;
                pause(real / frames);
                let share =
                    std::time::Duration::from_secs_f64(jump.as_secs_f64() * passed / frames);
                shown(Duration::from(share).after(from));
            }
        }));
    }

    /// The simulation behind it.
    pub(crate) fn simulation(&self) -> &Simulation {
        &self.simulation
    }

    /// Where its runs are.
    pub(crate) fn store(&self) -> &RunStore {
        &self.store
    }

    /// The estate that it was made from.
    pub(crate) fn estate(&self) -> &Estate {
        self.simulation.estate()
    }

    /// The instant that it is in the world.
    pub(crate) fn now(&self) -> Timestamp {
        self.simulation.now()
    }

    /// Runs something in the name of a process of `operator`.
    ///
    /// # Errors
    /// It does not come to an end in a week of simulated time.
    pub(crate) fn run<T>(&self, operator: &Operator, work: impl Future<Output = T>) -> Result<T> {
        self.simulation.run(operator, work).map_err(|stopped| {
            Error::new(
                ExitCode::Unexpected,
                "the simulation did not come to an end",
            )
            .because(&stopped)
        })
    }

    /// What a reader finds on both sites.
    ///
    /// # Errors
    /// See [`Self::run`].
    pub(crate) fn inventories(&self) -> Result<EstateInventory> {
        let reader = self.simulation.operator("reader");
        let ports = reader.ports();
        self.run(&reader, discover::inventories(self.estate(), &ports))
    }

    /// Since when clients are not served, as seen from outside both sites; `None` while they are.
    ///
    /// # Errors
    /// See [`Self::run`].
    pub(crate) fn outage(&self) -> Result<Option<Timestamp>> {
        let reader = self.simulation.operator("reader");
        let ports = reader.ports();
        let seen = self.run(&reader, ports.observers.clients(LOOK_BACK))?;
        Ok(seen
            .ok()
            .and_then(|view| view.outage)
            .filter(|outage| outage.until.is_none())
            .map(|outage| outage.from))
    }
}

/// A frame of the live view while simulated time is paced.
const FRAME_S: f64 = 0.2;

#[expect(
    clippy::disallowed_methods,
    reason = "pacing is the one place where simulated time takes real time, and the user asked for it"
)]
pub(crate) fn pause(seconds: f64) {
    std::thread::sleep(std::time::Duration::from_secs_f64(seconds));
}

fn world_file(root: &Path) -> PathBuf {
    root.join("world.json")
}

/// Makes this process the only one that moves the world.
fn drive(root: &Path) -> Result<File> {
    fs::create_dir_all(root).map_err(|error| Error::file("create", root, &error))?;
    let path = root.join(DRIVER);
    let file = File::create(&path).map_err(|error| Error::file("create", &path, &error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Error::new(
            ExitCode::AnotherRun,
            format!("another dr moves the simulated world in {}", root.display()),
        )
        .hint("wait until it is done, or take another one: --store DIR")),
        Err(TryLockError::Error(error)) => Err(Error::file("lock", &path, &error)),
    }
}

/// The saved world, if there is one for this estate.
fn load(root: &Path, estate: &Estate) -> Result<Option<World>> {
    let path = world_file(root);
    let bytes = match fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Error::file("read", &path, &error)),
    };
    let world: World = serde_json::from_slice(&bytes).map_err(|error| {
        Error::new(
            ExitCode::Unexpected,
            format!("{} is not a simulated world of this dr", path.display()),
        )
        .because(&error)
        .hint("dr simulator reset")
    })?;
    if world.estate() == estate {
        Ok(Some(world))
    } else {
        Err(Error::usage(format!(
            "the simulated world in {} was made from another estate, or from an older text of this one",
            root.display()
        ))
        .hint("dr simulator reset"))
    }
}

/// Removes a world with everything that belongs to it.
fn remove(store: &RunStore) -> Result<()> {
    let entries =
        fs::read_dir(store.root()).map_err(|error| Error::file("list", store.root(), &error))?;
    for entry in entries {
        let entry = entry.map_err(|error| Error::file("list", store.root(), &error))?;
        let path = entry.path();
        let removed = match entry.file_type() {
            // The lock that this process holds stays.
            _ if path.file_name().is_some_and(|name| name == DRIVER) => Ok(()),
            Ok(kind) if kind.is_dir() => fs::remove_dir_all(&path),
            Ok(_) => fs::remove_file(&path),
            Err(error) => Err(error),
        };
        removed.map_err(|error| Error::file("remove", &path, &error))?;
    }
    Ok(())
}

/// Writes the world whole or not at all. It is not forced to disk: it outlives the crash of this process, which is what the
/// simulator is for; a power failure may take it back to an earlier instant.
fn save(path: &Path, world: &World) -> io::Result<()> {
    let bytes = serde_json::to_vec(world)?;
    let new = path.with_extension("json.new");
    fs::write(&new, bytes)?;
    fs::rename(&new, path)
}
