//! What is known of past runs and of the runbook: it stands in no account, so whoever asks hands it in.

use jiff::Timestamp;

use crate::model::Estate;

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
    /// Whether a run of today would find what its plan was made from: [`is_the_same_to_a_run`].
    pub is_of_this_estate: bool,
    /// Whether it followed the runbook as it stands today.
    pub is_of_this_runbook: bool,
}

/// Whether two estates are the same to a run: what stands where, what data it may lose, what counts as healthy, and who is asked. What is
/// only looked at between runs, and what somebody accepts of it, proves nothing about a practice; nor does how fast it should have been.
pub fn is_the_same_to_a_run(then: &Estate, now: &Estate) -> bool {
    // Every field is named: whoever adds one decides here.
    let Estate {
        name,
        sites,
        objectives,
        components,
        write_lease,
        steady_state,
        backups,
        exceptions: _,
        watch: _,
        observers,
        bindings,
    } = then;
    *name == now.name
        && *sites == now.sites
        // The RPO is a gate of promotions; the RTO is only compared with what was measured.
        && objectives.rpo == now.objectives.rpo
        && *components == now.components
        && *write_lease == now.write_lease
        && *steady_state == now.steady_state
        && *backups == now.backups
        && *observers == now.observers
        && *bindings == now.bindings
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
