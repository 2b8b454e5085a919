//! Where the lines of journals are kept.

use async_trait::async_trait;

use super::{PortResult, PutError};
use crate::model::RunId;

/// Keeps journals: numbered lines that are written once. Because a number can be taken only once, an append is a
/// compare-and-swap: of two writers that both believe to be next, one loses and finds out.
#[async_trait]
pub trait LogStore: Send + Sync {
    /// Appends `line` (without its line feed) as record `seq`, counted from 0. Returns when it is durable.
    /// [`PutError::Lost`] when that number is taken, or the one before is not there.
    async fn append(&self, run: &RunId, seq: u64, line: &[u8]) -> Result<(), PutError>;

    /// Every line in order, each with its line feed; after a crash the last one may be torn. `None` when there is no such run.
    async fn read(&self, run: &RunId) -> PortResult<Option<Vec<u8>>>;

    /// The last whole line, without its line feed, for which a store need not read the others. `None` when there is no such run, or
    /// not one whole line of it.
    async fn last_line(&self, run: &RunId) -> PortResult<Option<Vec<u8>>> {
        let bytes = self.read(run).await?.unwrap_or_default();
        let whole = bytes.split_inclusive(|byte| *byte == b'\n');
        Ok(whole
            .filter_map(|line| line.strip_suffix(b"\n"))
            .next_back()
            .map(<[u8]>::to_vec))
    }

    /// Removes a torn last line, of which `keep` bytes of the whole are sound. Only the lock's holder may do this.
    async fn repair(&self, run: &RunId, keep: u64) -> PortResult<()>;

    /// The runs that there are, sorted.
    async fn runs(&self) -> PortResult<Vec<RunId>>;
}
