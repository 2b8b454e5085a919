//! One file a verb: arguments, and what is done with them.

mod compared;
pub(crate) mod completions;
pub(crate) mod discover;
pub(crate) mod drift;
pub(crate) mod estate;
pub(crate) mod explain;
pub(crate) mod failback;
pub(crate) mod failover;
pub(crate) mod gameday;
pub(crate) mod iam;
pub(crate) mod init;
pub(crate) mod man;
mod move_primary;
pub(crate) mod observe;
pub(crate) mod options;
pub(crate) mod plan;
pub(crate) mod prove;
pub(crate) mod ready;
pub(crate) mod report;
pub(crate) mod run;
pub(crate) mod runbook;
pub(crate) mod simulate;
pub(crate) mod simulator;
pub(crate) mod status;
pub(crate) mod switchover;
pub(crate) mod watch;
