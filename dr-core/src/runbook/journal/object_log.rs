//! Journals in any object store: one object a line.

use std::sync::Arc;

use async_trait::async_trait;
use futures_util::future::try_join_all;

use crate::model::RunId;
use crate::port::{ErrorClass, LogStore, ObjectStore, PortError, PortResult, PutError};

/// How many objects are read at a time.
const READS: usize = 16;

/// Keeps record `seq` of a run as the object `runs/<run>/journal/<seq, 8 digits>.json`. An append creates it, which the store
/// refuses when it is there (Amazon S3: `If-None-Match: *`). An object is written whole or not at all, so no line is ever torn.
///
/// That the line before is there is not checked on append: [`super::Journal`] appends only after it was told so, and
/// [`super::read()`] refuses a journal with a gap.
#[derive(Clone)]
pub struct ObjectLog {
    store: Arc<dyn ObjectStore>,
}

impl ObjectLog {
    /// Journals in `store`.
    pub fn new(store: Arc<dyn ObjectStore>) -> Self {
        Self { store }
    }

    /// A record, without a line feed.
    async fn record(&self, key: &str) -> PortResult<Vec<u8>> {
        let object = self.store.get(key).await?.ok_or_else(|| PortError {
            class: ErrorClass::NotFound,
            operation: "read-journal".to_owned(),
            place: key.to_owned(),
            message: "it was listed and is gone".to_owned(),
        })?;
        Ok(object.bytes)
    }
}

fn folder(run: &RunId) -> String {
    format!("runs/{run}/journal/")
}

#[async_trait]
impl LogStore for ObjectLog {
    async fn append(&self, run: &RunId, seq: u64, line: &[u8]) -> Result<(), PutError> {
        let key = format!("{}{seq:08}.json", folder(run));
        self.store.create(&key, line).await.map(|_| ())
    }

    async fn read(&self, run: &RunId) -> PortResult<Option<Vec<u8>>> {
        let keys = self.store.list(&folder(run)).await?;
        if keys.is_empty() {
            return Ok(None);
        }
        let mut bytes = Vec::new();
        for some in keys.chunks(READS) {
            for record in try_join_all(some.iter().map(|key| self.record(key))).await? {
                bytes.extend(record);
                bytes.push(b'\n');
            }
        }
        Ok(Some(bytes))
    }

    async fn last_line(&self, run: &RunId) -> PortResult<Option<Vec<u8>>> {
        match self.store.list(&folder(run)).await?.last() {
            Some(key) => self.record(key).await.map(Some),
            None => Ok(None),
        }
    }

    async fn repair(&self, run: &RunId, keep: u64) -> PortResult<()> {
        let length = self.read(run).await?.map_or(0, |bytes| bytes.len());
        if length as u64 == keep {
            return Ok(());
        }
        Err(PortError {
            class: ErrorClass::Invalid,
            operation: "repair-journal".to_owned(),
            place: folder(run),
            message: "objects are never torn: there is nothing to repair".to_owned(),
        })
    }

    async fn runs(&self) -> PortResult<Vec<RunId>> {
        let keys = self.store.list("runs/").await?;
        Ok(keys
            .iter()
            .filter_map(|key| {
                key.strip_prefix("runs/")?
                    .strip_suffix("/journal/00000000.json")
            })
            .filter_map(|run| run.parse().ok())
            .collect())
    }
}
