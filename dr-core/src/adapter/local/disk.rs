//! What the file log and the directory store share: errors of files, locks of files, writes that last.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::model::Duration;
use crate::port::{ErrorClass, PortError, PortResult};

/// How long one waits for another process's lock of a file. Locks are held for one write, so this passes only when
/// that process was stopped.
const LOCK_WAIT: Duration = Duration::from_secs(5);
const LOCK_POLL: Duration = Duration::from_millis(10);

/// A call: its name, and the path relative to the root, which is all that errors tell.
#[derive(Debug, Clone)]
pub(super) struct Call {
    pub(super) operation: &'static str,
    pub(super) place: String,
}

impl Call {
    pub(super) fn error(&self, class: ErrorClass, message: impl Into<String>) -> PortError {
        PortError {
            class,
            operation: self.operation.to_owned(),
            place: self.place.clone(),
            message: message.into(),
        }
    }

    /// The class of an error after which certainly nothing was changed.
    pub(super) fn failed(&self, error: &io::Error) -> PortError {
        let class = match error.kind() {
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                ErrorClass::Denied
            }
            io::ErrorKind::NotFound => ErrorClass::NotFound,
            io::ErrorKind::Unsupported
            | io::ErrorKind::NotADirectory
            | io::ErrorKind::IsADirectory
            | io::ErrorKind::InvalidFilename => ErrorClass::Invalid,
            _ => ErrorClass::Transient,
        };
        self.error(class, error.to_string())
    }

    /// The change is made, and it is not known whether it lasts.
    pub(super) fn doubtful(&self, error: &io::Error) -> PortError {
        self.error(ErrorClass::Indeterminate, error.to_string())
    }

    /// Runs file work where it may block.
    pub(super) async fn blocking<T, E>(
        &self,
        work: impl FnOnce() -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<PortError> + Send + 'static,
    {
        match tokio::task::spawn_blocking(work).await {
            Ok(result) => result,
            Err(lost) => Err(self
                .error(ErrorClass::Indeterminate, lost.to_string())
                .into()),
        }
    }

    /// Takes the lock of an open file for this process alone; it ends when the file is closed, also by the death of the process.
    pub(super) async fn exclusive(&self, file: File) -> PortResult<File> {
        self.locked(file, File::try_lock).await
    }

    /// Takes the lock of an open file together with other readers.
    pub(super) async fn shared(&self, file: File) -> PortResult<File> {
        self.locked(file, File::try_lock_shared).await
    }

    async fn locked(
        &self,
        file: File,
        take: fn(&File) -> Result<(), TryLockError>,
    ) -> PortResult<File> {
        let mut waited = Duration::ZERO;
        loop {
            match take(&file) {
                Ok(()) => return Ok(file),
                Err(TryLockError::Error(error)) => return Err(self.failed(&error)),
                Err(TryLockError::WouldBlock) if waited >= LOCK_WAIT => {
                    return Err(self.error(
                        ErrorClass::Transient,
                        format!("another process has had the file locked for {LOCK_WAIT}"),
                    ));
                }
                Err(TryLockError::WouldBlock) => {
                    tokio::time::sleep(LOCK_POLL.into()).await;
                    waited = waited + LOCK_POLL;
                }
            }
        }
    }
}

/// Makes the names in a directory last: a new file is found after a power failure only when its directory was written too
/// (fsync(2), "Calling fsync() does not necessarily ensure that the entry in the directory ... has also reached disk").
pub(super) fn sync_directory(directory: &Path) -> io::Result<()> {
    File::open(directory)?.sync_all()
}

/// Makes a directory and those above it, below `root` and `root` itself, so that they last.
pub(super) fn make_directories(root: &Path, directory: &Path) -> io::Result<()> {
    if directory.is_dir() {
        return Ok(());
    }
    fs::create_dir_all(directory)?;
    let mut at = Some(directory);
    while let Some(path) = at {
        sync_directory(path)?;
        at = path.parent().filter(|_| path != root);
    }
    Ok(())
}

/// Writes a new hidden file beside `path`, so that it lasts. Its name is nobody else's.
pub(super) fn write_aside(path: &Path, bytes: &[u8]) -> io::Result<PathBuf> {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    loop {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let aside = path.with_file_name(format!(".{name}.{}-{number}.tmp", std::process::id()));
        let mut file = match OpenOptions::new().write(true).create_new(true).open(&aside) {
            // Left by a process of the same id that died.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
            opened => opened?,
        };
        let written = file.write_all(bytes).and_then(|()| file.sync_all());
        if let Err(error) = written {
            discard(&aside);
            return Err(error);
        }
        return Ok(aside);
    }
}

/// Removes a file that was set aside. Should it stay, it is hidden and never read.
pub(super) fn discard(aside: &Path) {
    let _ = fs::remove_file(aside);
}

/// Gives the bytes the name `path`, whole or not at all; `false` when that name is taken.
pub(super) fn create_whole(call: &Call, path: &Path, bytes: &[u8]) -> PortResult<bool> {
    let aside = write_aside(path, bytes).map_err(|error| call.failed(&error))?;
    let linked = fs::hard_link(&aside, path);
    discard(&aside);
    match linked {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Ok(false),
        Err(error) => return Err(call.failed(&error)),
    }
    let directory = path.parent().unwrap_or(path);
    sync_directory(directory).map_err(|error| call.doubtful(&error))?;
    Ok(true)
}
