//! What is remembered of a request on this machine, so that a crash does not begin it twice.
//!
//! GitHub takes no idempotency token, and a run is listed only some seconds after it was asked for. Whoever comes back in
//! between would not find the run that it began.

use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What is remembered of one request.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Known {
    /// When a run was asked for whose end was not told yet. Written before it is asked for.
    #[serde(default)]
    pub(super) asked: Option<Timestamp>,
    /// The latest run and attempt whose end was told. Another try of the same step begins a new one.
    #[serde(default)]
    pub(super) told: Option<(u64, u64)>,
}

/// The requests of one stack, a file each.
#[derive(Debug, Clone)]
pub(super) struct Requests(PathBuf);

impl Requests {
    pub(super) fn below(folder: &Path) -> Self {
        Self(folder.join("requests"))
    }

    fn file(&self, request: &str) -> PathBuf {
        self.0.join(format!("{request}.json"))
    }

    /// What is known of a request. A file that cannot be understood is as good as none: then more is asked of GitHub.
    pub(super) fn of(&self, request: &str) -> io::Result<Known> {
        match std::fs::read(self.file(request)) {
            Ok(bytes) => Ok(serde_json::from_slice(&bytes).unwrap_or_default()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Known::default()),
            Err(error) => Err(error),
        }
    }

    /// Remembers it, in one step: a crash leaves what was known before, or this.
    pub(super) fn keep(&self, request: &str, known: Known) -> io::Result<()> {
        std::fs::create_dir_all(&self.0)?;
        let file = self.file(request);
        let beside = file.with_extension("json.new");
        std::fs::write(&beside, serde_json::to_vec(&known)?)?;
        std::fs::rename(&beside, &file)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_kept_is_known_again_and_each_request_for_itself() {
        let folder = tempfile::tempdir().unwrap();
        let requests = Requests::below(folder.path());
        assert_eq!(requests.of("a").unwrap(), Known::default());
        let known = Known {
            asked: Some(Timestamp::UNIX_EPOCH),
            told: Some((7, 2)),
        };
        requests.keep("a", known).unwrap();
        assert_eq!(requests.of("a").unwrap(), known);
        assert_eq!(requests.of("b").unwrap(), Known::default());
    }

    #[test]
    fn a_damaged_file_is_as_good_as_none() {
        let folder = tempfile::tempdir().unwrap();
        let requests = Requests::below(folder.path());
        requests.keep("a", Known::default()).unwrap();
        std::fs::write(requests.file("a"), b"{\"asked\": \"2026").unwrap();
        assert_eq!(requests.of("a").unwrap(), Known::default());
    }
}
