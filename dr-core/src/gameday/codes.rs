//! The codes that a story can expect: why runs are refused, held and asked about, and what `dr` returns for them.
//!
//! A test holds these lists against the source, so that a code which is added there is taken here.

/// Questions that a run asks people.
pub const QUESTIONS: [&str; 9] = [
    "approval",
    "fence-unproven",
    "former-primary-unreachable",
    "in-doubt",
    "lag-exceeds-rpo",
    "not-protected",
    "quota-below-demand",
    "step-failed",
    "switch-unread",
];

/// What planner and preflight find on the simulated estate, and refuse a run for where it is blocking.
pub const FINDINGS: [&str; 32] = [
    "already-primary",
    "backup-running",
    "endpoint-not-writable",
    "facility-not-ready",
    "fact-changed",
    "fact-unreadable",
    "from-not-primary",
    "gap",
    "lag-exceeds-rpo",
    "lag-unknown",
    "lag-unproven",
    "mirror-behind",
    "mirror-diverged",
    "mirror-unproven",
    "not-promoted",
    "nothing-to-do",
    "opposite-runs-unread",
    "plan-destroys-data",
    "primary-answers",
    "primary-gone",
    "primary-unreachable",
    "primary-unreadable",
    "quota-below-demand",
    "quota-unread",
    "replica-missing",
    "rto-at-risk",
    "stack-locked",
    "standby-unreadable",
    "state-locked",
    "switch-unread",
    "ttl-exceeds-share",
    "unreadable",
];

/// Why a run is not begun or not gone on with, besides what is found.
pub const REFUSALS: [&str; 9] = [
    "defect",
    "fenced",
    "journal-unreadable",
    "lock-held",
    "no-run",
    "open-run",
    "run-over",
    "stopped",
    "store-unreachable",
];

/// Why a step fails.
pub const FAILURES: [&str; 17] = [
    "command-failed",
    "command-without-effect",
    "conflict",
    "denied",
    "former-primary-takes-writes",
    "indeterminate",
    "invalid",
    "new-primary-missing",
    "no-effect",
    "not-caught-up",
    "not-found",
    "replica-missing",
    "standby-not-ready",
    "standby-not-serving",
    "steady-state-not-met",
    "throttled",
    "transient",
];

/// What `dr` returns for a run: `docs/exit-codes.md`.
pub const EXITS: [u8; 11] = [0, 1, 2, 20, 21, 22, 23, 24, 31, 50, 51];
