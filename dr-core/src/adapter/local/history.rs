//! The history of a watcher, in a directory: one file a day, each beginning with the sum of the days before.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::disk::{Call, create_whole, discard, make_directories, sync_directory, write_aside};
use crate::model::{Duration, EstateName, EstateScan};
use crate::port::{ErrorClass, PortResult};
use crate::watch::{Ledger, Record, State, line, read};

/// The last scan that saw everything.
const LAST: &str = "last-complete.json";

/// The history of one estate. Only one process has it at a time.
#[derive(Debug)]
pub struct History {
    folder: PathBuf,
    keep: Duration,
    today: Option<Day>,
    /// Held until the process ends.
    _lock: File,
}

/// The file that is written.
#[derive(Debug)]
struct Day {
    date: Date,
    path: PathBuf,
    file: File,
    /// How long it is when every line is whole.
    length: u64,
}

/// What was found in a history.
#[derive(Debug)]
pub struct Opened {
    /// To be written on.
    pub history: History,
    /// What is known.
    pub state: State,
    /// What was read when everything could be read last. What is there and cannot be read counts as nothing.
    pub last: Option<EstateScan>,
}

impl History {
    /// Opens the history of an estate below `root`, and makes it where there is none. A last line that was not written to its end
    /// is removed. What is older than `keep` goes when a new day begins.
    ///
    /// # Errors
    /// [`ErrorClass::Conflict`] where another process has it; [`ErrorClass::Invalid`] where it is damaged or of another estate or a
    /// newer form.
    pub fn open(root: &Path, estate: &EstateName, keep: Duration) -> PortResult<Opened> {
        let call = Call {
            operation: "open",
            place: format!("watch/{estate}"),
        };
        let folder = root.join("watch").join(estate.as_str());
        make_directories(root, &folder).map_err(|error| call.failed(&error))?;
        let lock = lock(&call, &folder)?;
        let days = days(&folder).map_err(|error| call.failed(&error))?;
        let (today, state) = match days.last() {
            None => (None, State::new(estate.clone())),
            Some(date) => {
                let (day, state) = resume(&folder, *date)?;
                (Some(day), state)
            }
        };
        if state.estate != *estate {
            let message = format!("it is that of {}", state.estate);
            return Err(call.error(ErrorClass::Invalid, message));
        }
        let last = fs::read(folder.join(LAST)).ok();
        let last = last.and_then(|text| serde_json::from_slice(&text).ok());
        Ok(Opened {
            history: Self {
                folder,
                keep,
                today,
                _lock: lock,
            },
            state,
            last,
        })
    }

    /// The file for a record, a new one where the day is new.
    fn day(&mut self, before: &State, at: Timestamp) -> PortResult<&mut Day> {
        let date = at.to_zoned(TimeZone::UTC).date();
        // A clock that was set back does not open a day again.
        let is_new = self.today.as_ref().is_none_or(|day| day.date < date);
        if is_new {
            let day = self.begin(date, before)?;
            self.today = Some(day);
            self.prune(at);
        }
        Ok(self.today.as_mut().expect("it was begun"))
    }

    fn begin(&self, date: Date, before: &State) -> PortResult<Day> {
        let call = at_day("begin", date);
        let path = path(&self.folder, date);
        let head = line(&Record::State(Box::new(before.clone())));
        create_whole(&call, &path, &head)?;
        let file = OpenOptions::new().append(true).open(&path);
        let file = file.map_err(|error| call.failed(&error))?;
        Ok(Day {
            date,
            path,
            file,
            length: head.len() as u64,
        })
    }

    /// Removes the days that are kept no longer. One that stays is removed another day.
    fn prune(&self, now: Timestamp) {
        let oldest = self.keep.before(now).to_zoned(TimeZone::UTC).date();
        for date in days(&self.folder).unwrap_or_default() {
            if date < oldest {
                discard(&path(&self.folder, date));
            }
        }
    }
}

impl Ledger for History {
    fn append(&mut self, before: &State, record: &Record) -> PortResult<()> {
        let Some(at) = record.at() else {
            return Ok(());
        };
        let day = self.day(before, at)?;
        let call = at_day("append", day.date);
        let bytes = line(record);
        let written = day.append(&bytes);
        written.map_err(|error| call.failed(&error))
    }

    fn keep(&mut self, scan: &EstateScan) -> PortResult<()> {
        let call = Call {
            operation: "keep",
            place: LAST.to_owned(),
        };
        let bytes = serde_json::to_vec(scan)
            .map_err(|error| call.error(ErrorClass::Invalid, error.to_string()))?;
        let path = self.folder.join(LAST);
        let failed = |error: &io::Error| call.failed(error);
        let aside = write_aside(&path, &bytes).map_err(|error| failed(&error))?;
        if let Err(error) = fs::rename(&aside, &path) {
            discard(&aside);
            return Err(failed(&error));
        }
        sync_directory(&self.folder).map_err(|error| call.doubtful(&error))
    }
}

impl Day {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        // What an earlier attempt left half written.
        if fs::metadata(&self.path)?.len() != self.length {
            self.file.set_len(self.length)?;
        }
        self.file.write_all(bytes)?;
        self.file.sync_data()?;
        self.length += bytes.len() as u64;
        Ok(())
    }
}

fn at_day(operation: &'static str, date: Date) -> Call {
    Call {
        operation,
        place: format!("watch/{date}.jsonl"),
    }
}

fn path(folder: &Path, date: Date) -> PathBuf {
    folder.join(format!("{date}.jsonl"))
}

fn lock(call: &Call, folder: &Path) -> PortResult<File> {
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(folder.join(".lock"))
        .map_err(|error| call.failed(&error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(fs::TryLockError::WouldBlock) => {
            let message = "another dr watch is at work on it";
            Err(call.error(ErrorClass::Conflict, message))
        }
        Err(fs::TryLockError::Error(error)) => Err(call.failed(&error)),
    }
}

/// The days of a history, the oldest first.
fn days(folder: &Path) -> io::Result<Vec<Date>> {
    let mut days = Vec::new();
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name();
        let date = name.to_str().and_then(|name| name.strip_suffix(".jsonl"));
        days.extend(date.and_then(|date| date.parse::<Date>().ok()));
    }
    days.sort();
    Ok(days)
}

/// Opens the newest file, without a line that was not written to its end.
fn resume(folder: &Path, date: Date) -> PortResult<(Day, State)> {
    let call = at_day("read", date);
    let failed = |error: &io::Error| call.failed(error);
    let path = path(folder, date);
    let bytes = fs::read(&path).map_err(|error| failed(&error))?;
    let found = read(&bytes).map_err(|damage| {
        let message = format!("{damage}; move the file away to begin anew");
        call.error(ErrorClass::Invalid, message)
    })?;
    let file = OpenOptions::new().append(true).open(&path);
    let file = file.map_err(|error| failed(&error))?;
    if found.whole < bytes.len() {
        file.set_len(found.whole as u64)
            .and_then(|()| file.sync_data())
            .map_err(|error| failed(&error))?;
    }
    let day = Day {
        date,
        path,
        file,
        length: found.whole as u64,
    };
    Ok((day, found.state))
}

#[cfg(test)]
mod tests;
