//! Journals in a directory: one file a run, one line a record.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use async_trait::async_trait;

use super::disk::{Call, create_whole, make_directories};
use crate::model::RunId;
use crate::port::{ErrorClass, LogStore, PortError, PortResult, PutError};

/// Keeps the journal of a run in `<root>/runs/<run>/journal.jsonl`.
///
/// An append locks the file (`flock`, which ends with the process), counts the lines, writes one, and returns when the disk has it.
/// All writers must be on one machine, or on a network file system whose locks are sound.
#[derive(Debug, Clone)]
pub struct FileLog {
    root: PathBuf,
}

impl FileLog {
    /// Journals below `root`, which is made when the first is begun.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// The file of a run.
    pub fn path(&self, run: &RunId) -> PathBuf {
        self.root.join(relative(run))
    }

    async fn begin(&self, call: Call, run: &RunId, mut line: Vec<u8>) -> Result<(), PutError> {
        let (root, path) = (self.root.clone(), self.path(run));
        line.push(b'\n');
        let work = call.clone();
        call.blocking(move || {
            let directory = path.parent().unwrap_or(&root);
            make_directories(&root, directory).map_err(|error| work.failed(&error))?;
            if create_whole(&work, &path, &line)? {
                Ok(())
            } else {
                Err(PutError::Lost)
            }
        })
        .await
    }
}

fn relative(run: &RunId) -> String {
    format!("runs/{run}/journal.jsonl")
}

fn call(operation: &'static str, run: &RunId) -> Call {
    Call {
        operation,
        place: relative(run),
    }
}

fn open_to_write(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).append(true).open(path)
}

#[async_trait]
impl LogStore for FileLog {
    async fn append(&self, run: &RunId, seq: u64, line: &[u8]) -> Result<(), PutError> {
        let call = call("append-journal", run);
        if line.contains(&b'\n') {
            return Err(call
                .error(ErrorClass::Invalid, "a line holds no line feed")
                .into());
        }
        if seq == 0 {
            return self.begin(call, run, line.to_vec()).await;
        }
        let file = match open_to_write(&self.path(run)) {
            Ok(file) => call.exclusive(file).await?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(PutError::Lost),
            Err(error) => return Err(call.failed(&error).into()),
        };
        let mut line = line.to_vec();
        line.push(b'\n');
        let work = call.clone();
        call.blocking(move || append_line(&work, file, seq, &line))
            .await
    }

    async fn read(&self, run: &RunId) -> PortResult<Option<Vec<u8>>> {
        let call = call("read-journal", run);
        let file = match File::open(self.path(run)) {
            // Shared with other readers: a line that is being written is not taken for a torn one.
            Ok(file) => call.shared(file).await?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(call.failed(&error)),
        };
        let work = call.clone();
        call.blocking(move || content(&work, &file).map(Some)).await
    }

    async fn repair(&self, run: &RunId, keep: u64) -> PortResult<()> {
        let call = call("repair-journal", run);
        let file = open_to_write(&self.path(run)).map_err(|error| call.failed(&error))?;
        let file = call.exclusive(file).await?;
        let work = call.clone();
        call.blocking(move || cut(&work, &file, keep)).await
    }

    async fn runs(&self) -> PortResult<Vec<RunId>> {
        let call = Call {
            operation: "list-runs",
            place: "runs".to_owned(),
        };
        let directory = self.root.join("runs");
        let work = call.clone();
        call.blocking(move || list(&directory).map_err(|error| work.failed(&error)))
            .await
    }
}

fn content(call: &Call, mut file: &File) -> PortResult<Vec<u8>> {
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)
        .map_err(|error| call.failed(&error))?;
    Ok(bytes)
}

fn append_line(call: &Call, mut file: File, seq: u64, line: &[u8]) -> Result<(), PutError> {
    let before = content(call, &file)?;
    if !before.ends_with(b"\n") {
        let message = "its last line is torn: repair it first";
        return Err(call.error(ErrorClass::Conflict, message).into());
    }
    if before.iter().filter(|b| **b == b'\n').count() as u64 != seq {
        return Err(PutError::Lost);
    }
    let written = file.write_all(line).and_then(|()| file.sync_data());
    written.map_err(|error| take_back(call, &file, before.len() as u64, &error).into())
}

/// A line that was not wholly written, or that the disk did not confirm, is taken back. After a failed `fsync` a later read
/// would show a line that the disk never got (Rebello et al., "Can Applications Recover from fsync Failures?", USENIX ATC 2020),
/// so such a line must not be found by reading back.
fn take_back(call: &Call, file: &File, length: u64, error: &io::Error) -> PortError {
    match file.set_len(length) {
        Ok(()) => call.failed(error),
        Err(again) => call.error(
            ErrorClass::Invalid,
            format!("the disk does not keep what is written ({error}), and it could not be taken back ({again})"),
        ),
    }
}

/// Cuts off what follows `keep`, if that is the beginning of one line and nothing more. A whole line is never removed.
fn cut(call: &Call, file: &File, keep: u64) -> PortResult<()> {
    let bytes = content(call, file)?;
    let whole = bytes.iter().rposition(|b| *b == b'\n').map_or(0, |i| i + 1) as u64;
    if whole != keep {
        let message =
            format!("{whole} bytes of it are whole lines, not {keep}: it was written to meanwhile");
        return Err(call.error(ErrorClass::Conflict, message));
    }
    if bytes.len() as u64 == keep {
        return Ok(());
    }
    file.set_len(keep).map_err(|error| call.failed(&error))?;
    file.sync_all().map_err(|error| call.doubtful(&error))
}

fn list(directory: &Path) -> io::Result<Vec<RunId>> {
    let entries = match fs::read_dir(directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut runs = Vec::new();
    for entry in entries {
        let entry = entry?;
        let run = entry
            .file_name()
            .to_str()
            .and_then(|name| name.parse().ok());
        if let Some(run) = run.filter(|_| entry.path().join("journal.jsonl").is_file()) {
            runs.push(run);
        }
    }
    runs.sort();
    Ok(runs)
}

#[cfg(test)]
mod tests;
