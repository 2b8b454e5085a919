//! Where journals, locks and inboxes are: `--store` for real runs, `simulator/` in it for simulated ones, so that the two
//! never meet.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use dr_core::adapter::local::{DirectoryStore, FileLog, MirroredLog};
use dr_core::model::RunId;
use dr_core::port::{Etag, LogStore, ObjectStore, PortResult, PutError, StoredObject};
use dr_core::runbook::journal::{self, JournalError, ObjectLog, ReadJournal};
use dr_core::runbook::replay::replay;
use tokio::runtime::Runtime;

use crate::error::{Error, Result};
use crate::exit_code::ExitCode;
use crate::session::Session;
use crate::wiring;

/// One place with journals, locks and inboxes: a directory, or a bucket whose journals are copied into a directory.
#[derive(Clone)]
pub(crate) struct RunStore {
    /// Whether the runs in it are simulated.
    pub(crate) simulated: bool,
    root: PathBuf,
    bucket: Option<Arc<dyn ObjectStore>>,
    runtime: Arc<Runtime>,
}

impl RunStore {
    /// The store of real runs.
    pub(crate) fn real(session: &Session) -> Result<Self> {
        Ok(Self {
            simulated: false,
            root: session.store.clone(),
            bucket: None,
            runtime: session.runtime()?,
        })
    }

    /// The store of simulated runs.
    pub(crate) fn simulated(session: &Session) -> Result<Self> {
        Ok(Self {
            simulated: true,
            root: session.store.join("simulator"),
            bucket: None,
            runtime: session.runtime()?,
        })
    }

    /// The store of the runs of the last game day.
    pub(crate) fn rehearsed(session: &Session) -> Result<Self> {
        Ok(Self {
            simulated: true,
            root: session.store.join("gamedays"),
            bucket: None,
            runtime: session.runtime()?,
        })
    }

    /// The same store in a bucket, with its directory as the copy.
    #[cfg_attr(
        not(feature = "real"),
        expect(dead_code, reason = "only the real world has buckets")
    )]
    pub(crate) fn in_bucket(&self, bucket: Arc<dyn ObjectStore>) -> Self {
        Self {
            bucket: Some(bucket),
            ..self.clone()
        }
    }

    /// Its journals and objects for work on a runtime of its own: nothing here waits by itself.
    #[cfg_attr(
        not(feature = "real"),
        expect(dead_code, reason = "only real runs have a runtime of their own")
    )]
    pub(crate) fn parts(&self) -> (Arc<dyn LogStore>, Arc<dyn ObjectStore>) {
        (self.log(), self.store())
    }

    fn log(&self) -> Arc<dyn LogStore> {
        let local = Arc::new(FileLog::new(&self.root));
        match &self.bucket {
            None => local,
            Some(bucket) => Arc::new(MirroredLog::new(
                Arc::new(ObjectLog::new(bucket.clone())),
                local,
            )),
        }
    }

    /// Its locks and inboxes, for work that is waited for with [`Self::wait`].
    pub(crate) fn store(&self) -> Arc<dyn ObjectStore> {
        match &self.bucket {
            None => Arc::new(DirectoryStore::new(&self.root)),
            Some(bucket) => bucket.clone(),
        }
    }

    /// Removes every run with all that belongs to it.
    ///
    /// # Errors
    /// It cannot be removed.
    pub(crate) fn clear(&self) -> Result<()> {
        match std::fs::remove_dir_all(&self.root) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(Error::file("remove", &self.root, &error))
            }
            _ => Ok(()),
        }
    }

    /// Keeps the journal of a run that was carried out elsewhere, line by line.
    ///
    /// # Errors
    /// It cannot be written.
    pub(crate) fn keep(&self, run: &RunId, journal: &[u8]) -> Result<()> {
        let log = FileLog::new(&self.root);
        let lines = journal.split(|byte| *byte == b'\n');
        for (seq, line) in (0..).zip(lines.filter(|line| !line.is_empty())) {
            self.runtime
                .block_on(log.append(run, seq, line))
                .map_err(|error| {
                    Error::new(
                        ExitCode::Unexpected,
                        format!("cannot keep the journal of {run}"),
                    )
                    .because(&error)
                })?;
        }
        Ok(())
    }

    /// The directory.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// Its journals.
    pub(crate) fn logs(&self) -> Arc<dyn LogStore> {
        Arc::new(Inline {
            inner: FileLog::new(&self.root),
            runtime: self.runtime.clone(),
        })
    }

    /// Its locks and inboxes.
    pub(crate) fn objects(&self) -> Arc<dyn ObjectStore> {
        Arc::new(Inline {
            inner: DirectoryStore::new(&self.root),
            runtime: self.runtime.clone(),
        })
    }

    /// Waits until `work` with files is done.
    pub(crate) fn wait<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }

    /// Refuses to go on while a run of this store is not over.
    ///
    /// # Errors
    /// The open run, and how to go on with it.
    pub(crate) fn refuse_open_runs(&self) -> Result<()> {
        for run in self.runs()? {
            let open = self
                .read(&run)?
                .and_then(|journal| replay(&journal).ok())
                .is_some_and(|state| !state.status.is_over());
            if open {
                return Err(open_run(&run));
            }
        }
        Ok(())
    }

    /// The names of its runs, sorted.
    pub(crate) fn runs(&self) -> Result<Vec<RunId>> {
        if self.bucket.is_none() && !self.root.exists() {
            return Ok(Vec::new());
        }
        self.runtime.block_on(self.log().runs()).map_err(|error| {
            Error::new(ExitCode::Unexpected, "cannot list the runs of the store").because(&error)
        })
    }

    /// The journal of a run; `None` when it is not here.
    pub(crate) fn read(&self, run: &RunId) -> Result<Option<ReadJournal>> {
        if self.bucket.is_none() && !self.root.exists() {
            return Ok(None);
        }
        let unreadable = |error: &dyn std::error::Error| {
            Error::new(
                ExitCode::JournalUnreadable,
                format!("cannot read the journal of {run}"),
            )
            .because(error)
        };
        let bytes = self
            .runtime
            .block_on(self.log().read(run))
            .map_err(|error| unreadable(&error))?;
        match bytes.as_deref().map(journal::read) {
            None | Some(Err(JournalError::NoHeader)) => Ok(None),
            Some(Ok(journal)) => Ok(Some(journal)),
            Some(Err(error)) => Err(unreadable(&error)),
        }
    }
}

/// A run and where it is kept.
pub(crate) struct FoundRun {
    /// Where.
    pub(crate) store: RunStore,
    /// Its journal.
    pub(crate) journal: ReadJournal,
}

/// Finds a run by its name, real ones first. One that is kept in a bucket is read from there: the copy here may be old.
pub(crate) fn find(run: &RunId, session: &Session) -> Result<FoundRun> {
    if let Some(store) = wiring::named_bucket(session)? {
        return match store.read(run)? {
            Some(journal) => Ok(FoundRun { store, journal }),
            None => Err(missing(run, session)),
        };
    }
    for store in [
        RunStore::real(session)?,
        RunStore::simulated(session)?,
        RunStore::rehearsed(session)?,
    ] {
        if let Some(journal) = store.read(run)? {
            let Some(bucket) = wiring::bucket_of(&store, &journal, session)? else {
                return Ok(FoundRun { store, journal });
            };
            let journal = bucket.read(run)?.unwrap_or(journal);
            return Ok(FoundRun {
                store: bucket,
                journal,
            });
        }
    }
    Err(missing(run, session))
}

fn missing(run: &RunId, session: &Session) -> Error {
    Error::usage(format!("there is no run {run} in {}", session.place())).hint("dr run list")
}

/// A run of the estate that is not over stands in the way.
pub(crate) fn open_run(run: &RunId) -> Error {
    Error::new(ExitCode::AnotherRun, format!("run {run} is not over"))
        .hint(format!("dr run show {run}"))
        .hint(format!("dr run resume {run}"))
}

/// Finishes each call before it returns, so that no simulated time passes while the disk works: the simulator's time goes on
/// whenever everybody waits, and it cannot see a disk.
struct Inline<T> {
    inner: T,
    runtime: Arc<Runtime>,
}

#[async_trait]
impl<T: LogStore> LogStore for Inline<T> {
    async fn append(
        &self,
        run: &RunId,
        seq: u64,
        line: &[u8],
    ) -> std::result::Result<(), PutError> {
        self.runtime.block_on(self.inner.append(run, seq, line))
    }

    async fn read(&self, run: &RunId) -> PortResult<Option<Vec<u8>>> {
        self.runtime.block_on(self.inner.read(run))
    }

    async fn last_line(&self, run: &RunId) -> PortResult<Option<Vec<u8>>> {
        self.runtime.block_on(self.inner.last_line(run))
    }

    async fn repair(&self, run: &RunId, keep: u64) -> PortResult<()> {
        self.runtime.block_on(self.inner.repair(run, keep))
    }

    async fn runs(&self) -> PortResult<Vec<RunId>> {
        self.runtime.block_on(self.inner.runs())
    }
}

#[async_trait]
impl<T: ObjectStore> ObjectStore for Inline<T> {
    async fn get(&self, key: &str) -> PortResult<Option<StoredObject>> {
        self.runtime.block_on(self.inner.get(key))
    }

    async fn list(&self, prefix: &str) -> PortResult<Vec<String>> {
        self.runtime.block_on(self.inner.list(prefix))
    }

    async fn create(&self, key: &str, bytes: &[u8]) -> std::result::Result<Etag, PutError> {
        self.runtime.block_on(self.inner.create(key, bytes))
    }

    async fn replace(
        &self,
        key: &str,
        bytes: &[u8],
        was: &Etag,
    ) -> std::result::Result<Etag, PutError> {
        self.runtime.block_on(self.inner.replace(key, bytes, was))
    }
}
