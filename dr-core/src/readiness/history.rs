//! What is known of past runs and of the runbook: it stands in no account, so whoever asks hands it in.

use jiff::Timestamp;

/// What is known of past runs and of the runbook.
#[derive(Debug, Clone, Default)]
pub struct History {
    /// The runs of every store that could be read.
    pub runs: Vec<PastRun>,
    /// What could not be read of them: why, one sentence each.
    pub unread: Vec<String>,
    /// The runbook that a failover would follow; `Err`: why it could not be read.
    pub runbook: Option<Result<RunbookFacts, String>>,
}

/// A run that is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastRun {
    /// Its name.
    pub name: String,
    /// The runbook that it followed.
    pub runbook: String,
    /// When it began.
    pub at: Timestamp,
    /// Whether it ran on the simulator only.
    pub is_simulated: bool,
    /// Whether it came to its end, and was not unwound, stuck or stopped.
    pub is_completed: bool,
    /// Whether its plan was made from the estate as it stands today.
    pub is_of_this_estate: bool,
    /// Whether it followed the runbook as it stands today.
    pub is_of_this_runbook: bool,
}

/// The runbook that a failover would follow.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RunbookFacts {
    /// Its name.
    pub name: String,
    /// What lint found.
    pub defects: Vec<RunbookDefect>,
}

/// A defect that lint found in a runbook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunbookDefect {
    /// Its code: `needs-failed-site`.
    pub code: String,
    /// What is wrong.
    pub message: String,
    /// What to do about it, where lint says it.
    pub fix: Option<String>,
}
