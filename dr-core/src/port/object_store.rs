//! Where journals, the lock, plans and inventories are kept.

use async_trait::async_trait;

use super::{PortError, PortResult};

/// Identifies one content of one object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Etag(pub String);

/// An object as read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredObject {
    /// Its content.
    pub bytes: Vec<u8>,
    /// Identifies this content.
    pub etag: Etag,
}

/// A conditional write that was not carried out, or may not have been.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PutError {
    /// The condition did not hold: somebody else was first.
    #[error("the object is there already, or has changed")]
    Lost,
    /// The store failed. [`super::ErrorClass::Indeterminate`]: it may be written; read it back.
    #[error(transparent)]
    Store(#[from] PortError),
}

/// An object store with conditional writes (Amazon S3: `If-None-Match: *`, `If-Match`). A write that returned is durable
/// and seen by every later read. Keys are `/`-separated names.
#[async_trait]
pub trait ObjectStore: Send + Sync {
    /// The object, or `None` when there is none.
    async fn get(&self, key: &str) -> PortResult<Option<StoredObject>>;

    /// The keys that start with `prefix`, sorted.
    async fn list(&self, prefix: &str) -> PortResult<Vec<String>>;

    /// Creates the object; [`PutError::Lost`] when one is there.
    async fn create(&self, key: &str, bytes: &[u8]) -> Result<Etag, PutError>;

    /// Replaces the object; [`PutError::Lost`] when it is not the one that `was` identifies.
    async fn replace(&self, key: &str, bytes: &[u8], was: &Etag) -> Result<Etag, PutError>;
}
