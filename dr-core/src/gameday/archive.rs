//! The journals of a rehearsal as the simulator itself sees them, also while the region that keeps them is dark.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use futures_util::FutureExt as _;

use super::run::Begun;
use crate::port::{
    ErrorClass, Etag, LogStore as _, ObjectStore, PortError, PortResult, PutError, StoredObject,
};
use crate::report::{self, Report};
use crate::runbook::journal::{self, ObjectLog, ReadJournal};
use crate::sim::Simulation;

/// What a site's object store held at one instant.
struct Archive(BTreeMap<String, Vec<u8>>);

#[async_trait]
impl ObjectStore for Archive {
    async fn get(&self, key: &str) -> PortResult<Option<StoredObject>> {
        Ok(self.0.get(key).map(|bytes| StoredObject {
            bytes: bytes.clone(),
            etag: Etag("kept".to_owned()),
        }))
    }

    async fn list(&self, prefix: &str) -> PortResult<Vec<String>> {
        let keys = self.0.keys().filter(|key| key.starts_with(prefix));
        Ok(keys.cloned().collect())
    }

    async fn create(&self, key: &str, _: &[u8]) -> Result<Etag, PutError> {
        Err(PutError::Store(read_only(key)))
    }

    async fn replace(&self, key: &str, _: &[u8], _: &Etag) -> Result<Etag, PutError> {
        Err(PutError::Store(read_only(key)))
    }
}

fn read_only(key: &str) -> PortError {
    PortError {
        class: ErrorClass::Invalid,
        operation: "write".to_owned(),
        place: key.to_owned(),
        message: "what is kept is only read".to_owned(),
    }
}

/// The journal of a run, as bytes.
///
/// # Errors
/// It is not there.
pub(super) fn bytes(simulation: &Simulation, begun: &Begun) -> Result<Vec<u8>, String> {
    let log = ObjectLog::new(Arc::new(Archive(simulation.stored(&begun.direction.to))));
    log.read(&begun.run)
        .now_or_never()
        .expect("what is in memory is read without waiting")
        .map_err(|error| error.to_string())?
        .ok_or_else(|| "it is gone".to_owned())
}

/// The report of a run.
///
/// # Errors
/// Its journal is not there or cannot be read.
pub(super) fn report(simulation: &Simulation, begun: &Begun) -> Result<Report, String> {
    let bytes = bytes(simulation, begun)?;
    let journal: ReadJournal = journal::read(&bytes).map_err(|error| error.to_string())?;
    Ok(report::from_journal(
        &journal.header,
        &journal.records,
        journal.head.as_str(),
    ))
}
