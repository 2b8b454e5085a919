//! An object store that lasts as long as the process.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use super::store::etag;
use crate::port::{Etag, ObjectStore, PortResult, PutError, StoredObject};

/// Objects in memory, with the conditions of [`ObjectStore`]: for simulated runs, whose lock and journal concern nobody else.
#[derive(Debug, Default)]
pub struct MemoryStore {
    objects: Mutex<BTreeMap<String, Vec<u8>>>,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    /// No operation leaves the map half changed, so one that panicked does no harm.
    fn objects(&self) -> MutexGuard<'_, BTreeMap<String, Vec<u8>>> {
        self.objects.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl ObjectStore for MemoryStore {
    async fn get(&self, key: &str) -> PortResult<Option<StoredObject>> {
        Ok(self.objects().get(key).map(|bytes| StoredObject {
            etag: etag(bytes),
            bytes: bytes.clone(),
        }))
    }

    async fn list(&self, prefix: &str) -> PortResult<Vec<String>> {
        Ok(self
            .objects()
            .keys()
            .filter(|key| key.starts_with(prefix))
            .cloned()
            .collect())
    }

    async fn create(&self, key: &str, bytes: &[u8]) -> Result<Etag, PutError> {
        let mut objects = self.objects();
        if objects.contains_key(key) {
            return Err(PutError::Lost);
        }
        objects.insert(key.to_owned(), bytes.to_vec());
        Ok(etag(bytes))
    }

    async fn replace(&self, key: &str, bytes: &[u8], was: &Etag) -> Result<Etag, PutError> {
        match self.objects().get_mut(key) {
            Some(object) if etag(object) == *was => {
                *object = bytes.to_vec();
                Ok(etag(bytes))
            }
            _ => Err(PutError::Lost),
        }
    }
}
