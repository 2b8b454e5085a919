//! Objects in a directory.

use std::fs::{self, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use sha2::{Digest, Sha256};

use super::disk::{Call, create_whole, discard, make_directories, sync_directory, write_aside};
use crate::port::{ErrorClass, Etag, ObjectStore, PortError, PortResult, PutError, StoredObject};

/// Keeps each object in the file `<root>/<key>`. Names that start with a dot are its own: locks, and files not yet whole.
///
/// A file is written beside its place, synced, and then given its name: a reader finds an object whole or not at all, and so
/// does who comes after a power failure.
#[derive(Debug, Clone)]
pub struct DirectoryStore {
    root: PathBuf,
}

impl DirectoryStore {
    /// Objects below `root`, which is made when the first is written.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    fn path(&self, call: &Call) -> PortResult<PathBuf> {
        if is_key(&call.place) {
            Ok(self.root.join(&call.place))
        } else {
            Err(call.error(
                ErrorClass::Invalid,
                "a key is names of letters, digits, '-', '_' and '.', separated by '/', none of which starts with '.'",
            ))
        }
    }
}

/// Identifies a content: its SHA-256.
pub(super) fn etag(bytes: &[u8]) -> Etag {
    Etag(format!("{:x}", Sha256::digest(bytes)))
}

fn is_key(key: &str) -> bool {
    key.split('/').all(is_name)
}

fn is_name(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with('.')
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
}

fn call(operation: &'static str, key: &str) -> Call {
    Call {
        operation,
        place: key.to_owned(),
    }
}

#[async_trait]
impl ObjectStore for DirectoryStore {
    async fn get(&self, key: &str) -> PortResult<Option<StoredObject>> {
        let call = call("get", key);
        let path = self.path(&call)?;
        let work = call.clone();
        call.blocking(move || load(&work, &path)).await
    }

    async fn list(&self, prefix: &str) -> PortResult<Vec<String>> {
        let call = call("list", prefix);
        let (root, prefix) = (self.root.clone(), prefix.to_owned());
        // Only the folder that the prefix names is looked at, so its parts must be names.
        let (folder, _) = prefix.rsplit_once('/').unwrap_or_default();
        if !folder.is_empty() {
            self.path(&Call {
                place: folder.to_owned(),
                ..call.clone()
            })?;
        }
        let folder = folder.to_owned();
        let work = call.clone();
        call.blocking(move || {
            let mut keys = Vec::new();
            collect(&root, &folder, &mut keys).map_err(|error| work.failed(&error))?;
            keys.retain(|key| key.starts_with(&prefix));
            keys.sort();
            Ok::<_, PortError>(keys)
        })
        .await
    }

    async fn create(&self, key: &str, bytes: &[u8]) -> Result<Etag, PutError> {
        let call = call("create", key);
        let path = self.path(&call)?;
        let (root, bytes) = (self.root.clone(), bytes.to_vec());
        let work = call.clone();
        call.blocking(move || {
            let directory = path.parent().unwrap_or(&root);
            make_directories(&root, directory).map_err(|error| work.failed(&error))?;
            if create_whole(&work, &path, &bytes)? {
                Ok(etag(&bytes))
            } else {
                Err(PutError::Lost)
            }
        })
        .await
    }

    async fn replace(&self, key: &str, bytes: &[u8], was: &Etag) -> Result<Etag, PutError> {
        let call = call("replace", key);
        let path = self.path(&call)?;
        if !path.is_file() {
            return Err(PutError::Lost);
        }
        // One replaces at a time; who was second finds a changed object.
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let lock = path.with_file_name(format!(".{name}.lock"));
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(lock)
            .map_err(|error| call.failed(&error))?;
        let lock = call.exclusive(lock).await?;
        let (bytes, was) = (bytes.to_vec(), was.clone());
        let work = call.clone();
        call.blocking(move || {
            let replaced = exchange(&work, &path, &bytes, &was);
            drop(lock);
            replaced
        })
        .await
    }
}

fn load(call: &Call, path: &Path) -> PortResult<Option<StoredObject>> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(StoredObject {
            etag: etag(&bytes),
            bytes,
        })),
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::NotFound
                    | io::ErrorKind::IsADirectory
                    | io::ErrorKind::NotADirectory
            ) =>
        {
            Ok(None)
        }
        Err(error) => Err(call.failed(&error)),
    }
}

/// Replaces the object if it is what `was` identifies. The caller holds its lock.
fn exchange(call: &Call, path: &Path, bytes: &[u8], was: &Etag) -> Result<Etag, PutError> {
    let there = load(call, path)?;
    if there.is_none_or(|object| object.etag != *was) {
        return Err(PutError::Lost);
    }
    let aside = write_aside(path, bytes).map_err(|error| call.failed(&error))?;
    if let Err(error) = fs::rename(&aside, path) {
        discard(&aside);
        return Err(call.failed(&error).into());
    }
    let directory = path.parent().unwrap_or(path);
    sync_directory(directory).map_err(|error| call.doubtful(&error))?;
    Ok(etag(bytes))
}

/// Adds the keys of the objects in a folder and those below it.
fn collect(root: &Path, folder: &str, keys: &mut Vec<String>) -> io::Result<()> {
    let entries = match fs::read_dir(root.join(folder)) {
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
            ) =>
        {
            return Ok(());
        }
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name();
        let Some(name) = name.to_str().filter(|name| is_name(name)) else {
            continue;
        };
        let key = if folder.is_empty() {
            name.to_owned()
        } else {
            format!("{folder}/{name}")
        };
        if entry.file_type()?.is_dir() {
            collect(root, &key, keys)?;
        } else {
            keys.push(key);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
