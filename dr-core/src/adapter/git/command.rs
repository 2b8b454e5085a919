//! The system's `git`, on a bare repository that caches what servers hold.

use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;

use futures_util::future::{Either, select};
use tokio::process::Command;

use crate::model::Duration;
use crate::port::{Clock, ErrorClass, PortError, PortResult};

/// How long one call may take. A fetch of what changed since the last one is small.
const PATIENCE: Duration = Duration::from_secs(30);

/// Calls of `git`.
pub(super) struct Git {
    pub(super) repository: PathBuf,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) place: String,
}

impl Git {
    fn error(&self, class: ErrorClass, operation: &str, message: impl Into<String>) -> PortError {
        PortError {
            class,
            operation: format!("git:{operation}"),
            place: self.place.clone(),
            message: message.into(),
        }
    }

    /// Runs it: the exit status and what it printed.
    async fn run(&self, operation: &str, arguments: &[&str]) -> PortResult<(i32, String, String)> {
        let child = Command::new("git")
            .args(arguments)
            // Nobody is asked for a password; a server that wants one is a refusal.
            .env("GIT_TERMINAL_PROMPT", "0")
            .env(
                "GIT_SSH_COMMAND",
                "ssh -o BatchMode=yes -o ConnectTimeout=10",
            )
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .map_err(|cause| {
                let message = format!("the program `git` does not start: {cause}");
                self.error(ErrorClass::Invalid, operation, message)
            })?;
        let ended = select(
            Box::pin(child.wait_with_output()),
            self.clock.sleep(PATIENCE),
        );
        match ended.await {
            Either::Left((Ok(output), _)) => {
                let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
                let status = output.status.code().unwrap_or(-1);
                Ok((status, text(&output.stdout), text(&output.stderr)))
            }
            Either::Left((Err(cause), _)) => {
                Err(self.error(ErrorClass::Transient, operation, cause.to_string()))
            }
            Either::Right(_) => {
                let message = format!("no answer within {PATIENCE}");
                Err(self.error(ErrorClass::Transient, operation, message))
            }
        }
    }

    /// What a call printed; it must succeed.
    async fn must(&self, operation: &str, arguments: &[&str]) -> PortResult<String> {
        let (status, output, errors) = self.run(operation, arguments).await?;
        if status == 0 {
            return Ok(output);
        }
        let last = errors.lines().last().unwrap_or("it failed").to_owned();
        Err(self.error(ErrorClass::Transient, operation, last))
    }

    fn folder(&self) -> String {
        self.repository.display().to_string()
    }

    /// Fetches a branch of a server into a reference of the cache.
    pub(super) async fn fetch(&self, url: &str, branch: &str, reference: &str) -> PortResult<()> {
        let folder = self.folder();
        if !self.repository.join("HEAD").exists() {
            self.must("Init", &["init", "--quiet", "--bare", &folder])
                .await?;
        }
        let refspec = format!("+refs/heads/{branch}:{reference}");
        let fetch = [
            "-C",
            &folder,
            "fetch",
            "--quiet",
            "--no-tags",
            "--",
            url,
            &refspec,
        ];
        self.must("Fetch", &fetch).await?;
        Ok(())
    }

    /// The hash that a reference points to.
    pub(super) async fn commit(&self, reference: &str) -> PortResult<String> {
        let folder = self.folder();
        let parse = ["-C", &folder, "rev-parse", "--verify", "--quiet", reference];
        self.must("Commit", &parse).await
    }

    /// The commits up to a reference.
    pub(super) async fn count(&self, reference: &str) -> PortResult<u64> {
        let folder = self.folder();
        let count = ["-C", &folder, "rev-list", "--count", reference];
        let text = self.must("Count", &count).await?;
        text.parse()
            .map_err(|_| self.error(ErrorClass::Invalid, "Count", text))
    }

    /// Whether a commit is an ancestor of another one, or the same; `None` where the cache has not both.
    pub(super) async fn is_ancestor(&self, commit: &str, of: &str) -> PortResult<Option<bool>> {
        let folder = self.folder();
        let ask = ["-C", &folder, "merge-base", "--is-ancestor", commit, of];
        // git-merge-base(1): 0 and 1 are the answers, another status is an error.
        match self.run("IsAncestor", &ask).await?.0 {
            0 => Ok(Some(true)),
            1 => Ok(Some(false)),
            _ => Ok(None),
        }
    }

    /// The newest commits up to a reference, each before its parents, at most so many.
    pub(super) async fn trail(&self, reference: &str, most: usize) -> PortResult<Vec<String>> {
        let folder = self.folder();
        let most = format!("--max-count={most}");
        let list = ["-C", &folder, "rev-list", "--topo-order", &most, reference];
        let text = self.must("Trail", &list).await?;
        Ok(text.lines().map(str::to_owned).collect())
    }
}
