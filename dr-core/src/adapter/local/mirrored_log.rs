//! A journal in one place, with a copy in another.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;

use crate::model::RunId;
use crate::port::{LogStore, PortResult, PutError};

/// Appends to one log, which decides, and copies what is durable there to another. A copy that fails stops nothing: it is
/// for reading when the other cannot be reached.
#[derive(Clone)]
pub struct MirroredLog {
    decides: Arc<dyn LogStore>,
    copy: Arc<dyn LogStore>,
    failed: Arc<AtomicBool>,
}

impl MirroredLog {
    /// A log whose lines are copied.
    pub fn new(decides: Arc<dyn LogStore>, copy: Arc<dyn LogStore>) -> Self {
        Self {
            decides,
            copy,
            failed: Arc::default(),
        }
    }

    /// Whether a line could not be copied since this was made.
    pub fn has_failed(&self) -> bool {
        self.failed.load(Ordering::Relaxed)
    }

    /// Brings the copy up to a journal as read: an operator who goes on elsewhere has none of it yet.
    async fn catch_up(&self, run: &RunId, bytes: &[u8]) {
        let have = match self.copy.read(run).await {
            Ok(found) => found.map_or(0, |copy| lines(&copy).count()),
            Err(_) => {
                self.failed.store(true, Ordering::Relaxed);
                return;
            }
        };
        for (seq, line) in (0_u64..).zip(lines(bytes)).skip(have) {
            if self.copy.append(run, seq, line).await.is_err() {
                self.failed.store(true, Ordering::Relaxed);
                return;
            }
        }
    }
}

/// The whole lines, without their line feeds.
fn lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    bytes
        .split_inclusive(|byte| *byte == b'\n')
        .filter_map(|line| line.strip_suffix(b"\n"))
}

#[async_trait]
impl LogStore for MirroredLog {
    async fn append(&self, run: &RunId, seq: u64, line: &[u8]) -> Result<(), PutError> {
        self.decides.append(run, seq, line).await?;
        if self.copy.append(run, seq, line).await.is_err() {
            self.failed.store(true, Ordering::Relaxed);
        }
        Ok(())
    }

    async fn read(&self, run: &RunId) -> PortResult<Option<Vec<u8>>> {
        let found = self.decides.read(run).await?;
        if let Some(bytes) = &found {
            self.catch_up(run, bytes).await;
        }
        Ok(found)
    }

    async fn last_line(&self, run: &RunId) -> PortResult<Option<Vec<u8>>> {
        self.decides.last_line(run).await
    }

    async fn repair(&self, run: &RunId, keep: u64) -> PortResult<()> {
        self.decides.repair(run, keep).await
    }

    async fn runs(&self) -> PortResult<Vec<RunId>> {
        self.decides.runs().await
    }
}
