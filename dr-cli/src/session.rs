//! What every command is given: the streams, and the global options, resolved.

use std::path::PathBuf;
use std::sync::Arc;

use tokio::runtime::Runtime;

use crate::error::{Error, Result};
use crate::exit_code::ExitCode;
use crate::files::EstateFiles;
use crate::output::Output;

/// Where runs are kept when nothing else is said, and copied to when they are kept in a bucket.
pub(crate) const DEFAULT_STORE: &str = ".dr";

/// One call of `dr`.
#[derive(Clone)]
pub(crate) struct Session {
    /// The streams.
    pub(crate) out: Output,
    /// The directory of `--store`; the default one where that names a bucket.
    pub(crate) store: PathBuf,
    /// The bucket that `--store` names: `s3://BUCKET[/PREFIX]`.
    pub(crate) bucket: Option<(String, String)>,
    estate: Option<PathBuf>,
}

impl Session {
    /// A session.
    pub(crate) fn new(out: Output, estate: Option<PathBuf>, store: PathBuf) -> Self {
        let text = store.to_string_lossy();
        let bucket = text.strip_prefix("s3://").map(|rest| {
            let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
            (bucket.to_owned(), prefix.trim_end_matches('/').to_owned())
        });
        let store = match &bucket {
            Some(_) => PathBuf::from(DEFAULT_STORE),
            None => store,
        };
        Self {
            out,
            store,
            bucket,
            estate,
        }
    }

    /// The same without progress and notices, for work that goes on in the background.
    #[cfg(feature = "watch")]
    pub(crate) fn quietly(&self) -> Self {
        Self {
            out: self.out.quietly(),
            ..self.clone()
        }
    }

    /// The estate, with a line that says so when it is the built-in one.
    ///
    /// # Errors
    /// It cannot be read, or is wrong.
    pub(crate) fn estate(&self) -> Result<EstateFiles> {
        let files = EstateFiles::load(self.estate.as_deref())?;
        if files.is_built_in() && self.estate.is_none() {
            self.out.notice(
                "no estate.yaml here: using the built-in storefront estate (`dr init` writes your own)",
            );
        }
        Ok(files)
    }

    /// The estate as it is judged: its exceptions name rules, too.
    ///
    /// # Errors
    /// As of [`Self::estate`].
    pub(crate) fn judged_estate(&self) -> Result<EstateFiles> {
        let files = self.estate()?;
        files.check_exceptions()?;
        Ok(files)
    }

    /// The file of `--estate`, or the default one.
    pub(crate) fn estate_file(&self) -> PathBuf {
        let default = || PathBuf::from(crate::files::DEFAULT_ESTATE);
        self.estate.clone().unwrap_or_else(default)
    }

    /// Where runs are kept, in words.
    pub(crate) fn place(&self) -> String {
        match &self.bucket {
            Some((bucket, _)) => format!("s3://{bucket}"),
            None => self.store.display().to_string(),
        }
    }

    #[cfg(feature = "real")]
    /// The folder from which an estate's relative paths count: where its file is.
    pub(crate) fn folder(&self) -> PathBuf {
        let file = self.estate.as_deref().and_then(std::path::Path::parent);
        let folder = file.filter(|folder| !folder.as_os_str().is_empty());
        let folder = folder.unwrap_or(std::path::Path::new("."));
        folder.canonicalize().unwrap_or_else(|_| folder.to_owned())
    }

    /// The runtime that files are read and written on.
    ///
    /// # Errors
    /// The operating system gives no thread or timer.
    pub(crate) fn runtime(&self) -> Result<Arc<Runtime>> {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map(Arc::new)
            .map_err(|error| {
                Error::new(ExitCode::Unexpected, "cannot start the runtime").because(&error)
            })
    }
}
