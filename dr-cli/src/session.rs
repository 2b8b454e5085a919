//! What every command is given: the streams, and the global options, resolved.

use std::path::PathBuf;
use std::sync::Arc;

use tokio::runtime::Runtime;

use crate::error::{Error, Result};
use crate::exit_code::ExitCode;
use crate::files::EstateFiles;
use crate::output::Output;

/// One call of `dr`.
pub(crate) struct Session {
    /// The streams.
    pub(crate) out: Output,
    /// `--store`.
    pub(crate) store: PathBuf,
    estate: Option<PathBuf>,
}

impl Session {
    /// A session.
    pub(crate) fn new(out: Output, estate: Option<PathBuf>, store: PathBuf) -> Self {
        Self { out, store, estate }
    }

    /// The estate, with a line that says so when it is the built-in one.
    ///
    /// # Errors
    /// It cannot be read, or is wrong.
    pub(crate) fn estate(&self) -> Result<EstateFiles> {
        let files = EstateFiles::load(self.estate.as_deref())?;
        if files.is_built_in() {
            self.out.notice(
                "no estate.yaml here: using the built-in storefront estate (`dr init` writes your own)",
            );
        }
        Ok(files)
    }

    /// The runtime that files are read and written on.
    ///
    /// # Errors
    /// The operating system gives no thread or timer.
    pub(crate) fn runtime(&self) -> Result<Arc<Runtime>> {
        tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .map(Arc::new)
            .map_err(|error| {
                Error::new(ExitCode::Unexpected, "cannot start the runtime").because(&error)
            })
    }
}
