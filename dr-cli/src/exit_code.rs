//! The one table of exit codes. `docs/exit-codes.md` is this table, and a test holds the two together.

use serde::{Serialize, Serializer};

/// How a command of `dr` ended, for scripts. A number never changes its meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum ExitCode {
    /// Done, in sync, met.
    Done,
    /// A defect or a broken environment: nothing that a user did.
    Unexpected,
    /// The command line cannot be carried out as it stands.
    Usage,
    /// The sites differ.
    Drift,
    /// Something could not be read.
    InventoryIncomplete,
    /// A file that people wrote is wrong.
    Invalid,
    /// The sites differ in a way that stops a failover.
    BlockingDrift,
    /// The facts that a plan relies on do not hold.
    PreflightRefused,
    /// The run waits for a person.
    Held,
    /// The run was undone before its pivot.
    Unwound,
    /// An undo failed.
    Stuck,
    /// A person stopped the run.
    Aborted,
    /// The estate is not healthy.
    SteadyStateNotMet,
    /// The run is complete and took or lost more than allowed.
    ObjectiveMissed,
    /// An outage that the runbook must stand keeps it from its goal.
    NotProven,
    /// What must never happen happened, in a simulation.
    PromiseBroken,
    /// A call was not allowed.
    Denied,
    /// A service did not answer.
    Unreachable,
    /// Another operator holds the estate's lock.
    AnotherRun,
    /// A journal is damaged or newer than this program.
    JournalUnreadable,
}

impl ExitCode {
    /// All codes, in the order of their numbers.
    pub(crate) const ALL: [Self; 20] = [
        Self::Done,
        Self::Unexpected,
        Self::Usage,
        Self::Drift,
        Self::InventoryIncomplete,
        Self::Invalid,
        Self::BlockingDrift,
        Self::PreflightRefused,
        Self::Held,
        Self::Unwound,
        Self::Stuck,
        Self::Aborted,
        Self::SteadyStateNotMet,
        Self::ObjectiveMissed,
        Self::NotProven,
        Self::PromiseBroken,
        Self::Denied,
        Self::Unreachable,
        Self::AnotherRun,
        Self::JournalUnreadable,
    ];

    /// What the process returns.
    pub(crate) fn number(self) -> u8 {
        self.row().0
    }

    /// Its stable name, for JSON.
    pub(crate) fn name(self) -> &'static str {
        self.row().1
    }

    /// What it means, in words for `docs/exit-codes.md`.
    pub(crate) fn meaning(self) -> &'static str {
        self.row().2
    }

    fn row(self) -> (u8, &'static str, &'static str) {
        match self {
            Self::Done => (0, "done", "Done, in sync, met"),
            Self::Unexpected => (
                1,
                "unexpected",
                "Unexpected: a defect, or a file or disk that cannot be used; a report that was shown is whole",
            ),
            Self::Usage => (
                2,
                "usage",
                "The command cannot be carried out as it was typed",
            ),
            Self::Drift => (
                10,
                "drift",
                "The sites differ, or something is not as it should be and stops nothing",
            ),
            Self::InventoryIncomplete => (
                11,
                "inventory-incomplete",
                "Something could not be read, so nothing is said about it",
            ),
            Self::Invalid => (
                12,
                "invalid",
                "A file is wrong: the estate, a runbook, a scan",
            ),
            Self::BlockingDrift => (
                13,
                "blocking-drift",
                "The sites differ, or the standby lacks something, in a way that stops a failover",
            ),
            Self::PreflightRefused => (
                20,
                "preflight-refused",
                "The preflight refused: nothing was changed",
            ),
            Self::Held => (21, "held", "The run waits for a person and can be resumed"),
            Self::Unwound => (22, "unwound", "The run was undone before its pivot"),
            Self::Stuck => (
                23,
                "stuck",
                "An undo failed: a person must repair what is left",
            ),
            Self::Aborted => (24, "aborted", "A person stopped the run"),
            Self::SteadyStateNotMet => (30, "steady-state-not-met", "The estate is not healthy"),
            Self::ObjectiveMissed => (
                31,
                "objective-missed",
                "The run is complete, but took longer or lost more than the objectives allow",
            ),
            Self::NotProven => (
                32,
                "not-proven",
                "An outage that the runbook must stand keeps it from its goal",
            ),
            Self::PromiseBroken => (
                33,
                "promise-broken",
                "What must never happen happened, in a simulation: please report it",
            ),
            Self::Denied => (40, "denied", "A call was not allowed"),
            Self::Unreachable => (41, "unreachable", "A service did not answer"),
            Self::AnotherRun => (
                50,
                "another-run-is-active",
                "Another run is active, or another operator took this one over",
            ),
            Self::JournalUnreadable => (
                51,
                "journal-unreadable",
                "A journal is damaged, or was written by a newer version",
            ),
        }
    }
}

impl Serialize for ExitCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u8(self.number())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_table_is_the_table_of_the_code() {
        let page = include_str!("../../docs/exit-codes.md");
        let published: Vec<&str> = page
            .lines()
            .filter(|line| line.starts_with('|') && line.contains('`'))
            .collect();
        let ours: Vec<String> = ExitCode::ALL
            .iter()
            .map(|code| {
                format!(
                    "| {} | `{}` | {} |",
                    code.number(),
                    code.name(),
                    code.meaning()
                )
            })
            .collect();
        assert_eq!(published, ours);
    }

    #[test]
    fn numbers_grow_and_none_is_used_twice() {
        let numbers: Vec<u8> = ExitCode::ALL.iter().map(|code| code.number()).collect();
        assert!(numbers.is_sorted_by(|a, b| a < b), "{numbers:?}");
    }
}
