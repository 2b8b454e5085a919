//! Stacks of infrastructure as code, Git servers, monitoring: what stands beside the data.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::copy::Part;
use crate::model::{ComponentId, Role};
use crate::sim::time::SimTime;
use crate::sim::{Column, other};

/// The stack of one site, as its state records it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::sim) struct Stack {
    /// The role for which it was applied last.
    pub(in crate::sim) applied_role: Role,
    /// Who holds the lock of its state.
    pub(in crate::sim) locked_by: Option<String>,
    /// The role of an apply under way.
    pub(in crate::sim) applying: Option<Role>,
    /// Grows with each write of the state.
    pub(in crate::sim) serial: u64,
    /// What the state says that each database of the site is.
    pub(in crate::sim) recorded: BTreeMap<ComponentId, Part>,
}

impl Stack {
    /// A stack that was applied for `role` when every database of the site was a `part`.
    pub(super) fn new(role: Role, part: Part, databases: &[ComponentId]) -> Self {
        Self {
            applied_role: role,
            locked_by: None,
            applying: None,
            serial: 1,
            recorded: databases.iter().map(|id| (id.clone(), part)).collect(),
        }
    }
}

/// A Git server on each site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::sim) struct Git {
    /// Whether each runs.
    pub(in crate::sim) running: [bool; 2],
    /// The number of the start under way, if one is.
    pub(in crate::sim) starting: [Option<u32>; 2],
    /// Starts so far.
    pub(in crate::sim) starts: u32,
    /// Commits that each holds.
    pub(in crate::sim) commits: [u64; 2],
    /// Commits that the primary had when the mirror last reached it.
    pub(in crate::sim) seen: [u64; 2],
    /// Minutes that have passed.
    ticks: u64,
}

impl Git {
    /// Servers with a history of so many commits, the second one off where the standby's is.
    pub(super) fn new(standby_off: bool) -> Self {
        const COMMITS: u64 = 1200;
        Self {
            running: [true, !standby_off],
            starting: [None, None],
            starts: 0,
            commits: [COMMITS; 2],
            seen: [COMMITS; 2],
            ticks: 0,
        }
    }

    /// A minute passes: somebody commits where the primary runs every tenth one, and the mirror follows where it can.
    pub(super) fn minute(&mut self, primary: Column, alive: bool, mirrored: bool) {
        self.ticks += 1;
        if !(self.running[primary] && alive) {
            return;
        }
        if self.ticks.is_multiple_of(10) {
            self.commits[primary] += 1;
        }
        self.seen[primary] = self.commits[primary];
        if mirrored {
            let mirror = other(primary);
            self.commits[mirror] = self.commits[primary].max(self.commits[mirror]);
            self.seen[mirror] = self.commits[primary];
        }
    }
}

/// A monitoring system on each site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::sim) struct Monitor {
    /// The cluster that hosts it.
    pub(in crate::sim) hosted_on: Option<ComponentId>,
    /// What each watches.
    pub(in crate::sim) watches: [Column; 2],
}

/// The object store of one site's region: strongly consistent, as S3 is (Amazon S3 user guide, "data consistency model").
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::sim) struct Store {
    /// The objects.
    pub(in crate::sim) objects: BTreeMap<String, Object>,
}

/// One object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::sim) struct Object {
    /// Its content.
    pub(in crate::sim) content: Content,
    /// Which write of the world made it.
    pub(in crate::sim) version: u64,
    /// When it was written.
    pub(in crate::sim) written: SimTime,
}

/// Bytes that are saved as text where they are text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub(in crate::sim) enum Content {
    Text(String),
    Bytes(Vec<u8>),
}

impl Content {
    /// A copy of `bytes`.
    pub(in crate::sim) fn new(bytes: &[u8]) -> Self {
        match std::str::from_utf8(bytes) {
            Ok(text) => Self::Text(text.to_owned()),
            Err(_) => Self::Bytes(bytes.to_vec()),
        }
    }

    /// The bytes.
    pub(in crate::sim) fn bytes(&self) -> &[u8] {
        match self {
            Self::Text(text) => text.as_bytes(),
            Self::Bytes(bytes) => bytes,
        }
    }
}
