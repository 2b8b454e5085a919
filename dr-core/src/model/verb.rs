//! What a step of a runbook asks for.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ComponentId, Duration};

/// What a step does, with what to. A verb names roles and components, never sites: one runbook serves both directions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verb {
    /// Reads until a condition holds, or fails.
    Verify(Check),
    /// Waits until so many different people have said yes.
    Approve {
        /// How many.
        people: u32,
    },
    /// Makes the primary unable to accept writes, with evidence.
    Fence(FenceTarget),
    /// Gives the standby's stack the capacity of a primary.
    Provision(ComponentId),
    /// Turns on what is off, or scales up what is scaled down, on the standby.
    Activate(ComponentId),
    /// Makes the standby's copy of a database the primary. The pivot.
    Promote(ComponentId),
    /// Sends clients to the standby's site.
    Shift(ComponentId),
    /// Makes monitoring watch the new primary.
    Repoint(ComponentId),
    /// Builds replication from the new primary to the old one's site, and waits until it has caught up.
    Reprotect(ComponentId),
    /// Sets the old primary aside: fenced, kept as evidence, no primary any more.
    Demote(ComponentId),
    /// Makes the stacks of both sites describe what there is: their plans are empty afterwards.
    Converge(ComponentId),
    /// Lets time pass.
    Wait(Duration),
    /// Tells people.
    Notify(String),
    /// Runs the estate's own command.
    Exec(Exec),
}

/// What `verify` reads.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Check {
    /// Everything that a failover needs of the standby is there, and the replica is within the RPO.
    StandbyReady,
    /// The new primary's fleet is healthy and its database takes writes: traffic may be opened.
    StandbyServing,
    /// The replica has everything that the fenced primary had.
    CaughtUp,
    /// Every probe of the steady state is within its tolerance.
    SteadyState,
}

impl Check {
    /// The word that stands in a runbook.
    pub fn name(self) -> &'static str {
        match self {
            Self::StandbyReady => "standby-ready",
            Self::StandbyServing => "standby-serving",
            Self::CaughtUp => "caught-up",
            Self::SteadyState => "steady-state",
        }
    }
}

/// Whom `fence` fences.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum FenceTarget {
    /// The primary, before its role is taken.
    Primary,
    /// The old primary, after its role was taken: applies a fence that is still pending.
    FormerPrimary,
}

/// The estate's own command: a program with arguments, no shell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exec {
    /// What is run.
    pub command: Vec<String>,
    /// Succeeds (exit status 0) when the command has been carried out already; without it the command itself must be
    /// safe to repeat.
    pub observe: Option<Vec<String>>,
    /// Takes it back. Without it the step cannot stand before the pivot.
    pub undo: Option<Vec<String>>,
}

/// Whether both sites are there to be asked.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// Switchover: both sites answer, no loss is allowed.
    Planned,
    /// Failover: the primary is lost or in doubt, loss is bounded by the lag and written down.
    Unplanned,
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Planned => "planned",
            Self::Unplanned => "unplanned",
        })
    }
}

/// What a run does with a step whose outcome is unknown and that it cannot read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum OnDoubt {
    /// Reads what happened and goes on from there; holds when it cannot be read.
    #[default]
    Observe,
    /// Holds at once for a person.
    Hold,
}

/// In which runs a step is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Only {
    /// In switchovers.
    Planned,
    /// In failovers.
    Unplanned,
    /// In rehearsals.
    Gameday,
}

impl Verb {
    /// The word that stands in a runbook.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Verify(_) => "verify",
            Self::Approve { .. } => "approve",
            Self::Fence(_) => "fence",
            Self::Provision(_) => "provision",
            Self::Activate(_) => "activate",
            Self::Promote(_) => "promote",
            Self::Shift(_) => "shift",
            Self::Repoint(_) => "repoint",
            Self::Reprotect(_) => "reprotect",
            Self::Demote(_) => "demote",
            Self::Converge(_) => "converge",
            Self::Wait(_) => "wait",
            Self::Notify(_) => "notify",
            Self::Exec(_) => "exec",
        }
    }

    /// The words of all verbs, in the order of the manual.
    pub const NAMES: [&str; 14] = [
        "verify",
        "approve",
        "fence",
        "provision",
        "activate",
        "promote",
        "shift",
        "repoint",
        "reprotect",
        "demote",
        "converge",
        "wait",
        "notify",
        "exec",
    ];

    /// The component that it is about, where it is about one.
    pub fn component(&self) -> Option<&ComponentId> {
        match self {
            Self::Provision(id)
            | Self::Activate(id)
            | Self::Promote(id)
            | Self::Shift(id)
            | Self::Repoint(id)
            | Self::Reprotect(id)
            | Self::Demote(id)
            | Self::Converge(id) => Some(id),
            Self::Verify(_)
            | Self::Approve { .. }
            | Self::Fence(_)
            | Self::Wait(_)
            | Self::Notify(_)
            | Self::Exec(_) => None,
        }
    }

    /// Whether it makes a standby the primary: past it a run only goes forward.
    pub fn is_pivot(&self) -> bool {
        matches!(self, Self::Promote(_))
    }
}

impl fmt::Display for Verb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Verify(check) => write!(f, "verify {}", check.name()),
            Self::Approve { people: 1 } => f.write_str("approve by 1 person"),
            Self::Approve { people } => write!(f, "approve by {people} people"),
            Self::Fence(FenceTarget::Primary) => f.write_str("fence primary"),
            Self::Fence(FenceTarget::FormerPrimary) => f.write_str("fence former-primary"),
            Self::Wait(duration) => write!(f, "wait {duration}"),
            Self::Notify(_) => f.write_str("notify"),
            Self::Exec(exec) => write!(f, "exec {}", exec.command.join(" ")),
            Self::Provision(id)
            | Self::Activate(id)
            | Self::Promote(id)
            | Self::Shift(id)
            | Self::Repoint(id)
            | Self::Reprotect(id)
            | Self::Demote(id)
            | Self::Converge(id) => write!(f, "{} {id}", self.name()),
        }
    }
}
