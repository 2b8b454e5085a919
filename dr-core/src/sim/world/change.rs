//! The changes that operators ask for, as data, and what the world answers.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::model::{ComponentId, Epoch, Role, RunId};
use crate::port::ErrorClass;
use crate::sim::Column;

/// What is asked of a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(in crate::sim) enum DatabaseChange {
    Fence,
    Unfence,
    Promote,
    Replicate,
    Retire,
}

/// A change of the world.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(in crate::sim) enum Change {
    Database(ComponentId, Column, DatabaseChange),
    Scale(ComponentId, Column, u32),
    Shift(ComponentId, Column),
    Repoint(ComponentId, Column, Column),
    Apply(ComponentId, Column, Role),
    Adopt(ComponentId, Column, Role),
    Start(ComponentId, Column),
    Stop(ComponentId, Column),
    RevokeLease(Column),
    GrantLease(Column),
    Notify(String),
    Command(Vec<String>),
}

/// A change with the name of the one who asks, and with the right that it claims.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::sim) struct Order {
    pub(in crate::sim) operator: String,
    pub(in crate::sim) run: RunId,
    pub(in crate::sim) epoch: Epoch,
    pub(in crate::sim) change: Change,
}

/// Why the world does not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::sim) struct Refusal {
    pub(in crate::sim) class: ErrorClass,
    pub(in crate::sim) message: String,
}

impl Refusal {
    /// It is not in a state in which this can be done.
    pub(in crate::sim) fn conflict(message: impl Into<String>) -> Self {
        Self {
            class: ErrorClass::Conflict,
            message: message.into(),
        }
    }

    /// It is not there.
    pub(in crate::sim) fn not_found(message: impl Into<String>) -> Self {
        Self {
            class: ErrorClass::NotFound,
            message: message.into(),
        }
    }
}

/// A change as a person would say it, with the names of the sites.
pub(in crate::sim) struct Said<'a>(
    pub(in crate::sim) &'a Change,
    pub(in crate::sim) [&'a str; 2],
);

impl fmt::Display for Said<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(change, sites) = self;
        match change {
            Change::Database(id, column, what) => {
                let verb = match what {
                    DatabaseChange::Fence => "fence",
                    DatabaseChange::Unfence => "unfence",
                    DatabaseChange::Promote => "promote",
                    DatabaseChange::Replicate => "build a replica of the other site's",
                    DatabaseChange::Retire => "set aside",
                };
                write!(f, "{verb} {id} at {}", sites[*column])
            }
            Change::Scale(id, column, count) => {
                write!(f, "scale {id} at {} to {count}", sites[*column])
            }
            Change::Shift(id, column) => write!(f, "switch {id} to {}", sites[*column]),
            Change::Repoint(id, column, to) => {
                write!(f, "point {id} at {} to {}", sites[*column], sites[*to])
            }
            Change::Apply(id, column, role) => {
                write!(f, "apply {id} at {} as {role}", sites[*column])
            }
            Change::Adopt(id, column, role) => {
                write!(f, "adopt {id} at {} as {role}", sites[*column])
            }
            Change::Start(id, column) => write!(f, "start {id} at {}", sites[*column]),
            Change::Stop(id, column) => write!(f, "stop {id} at {}", sites[*column]),
            Change::RevokeLease(column) => {
                write!(f, "renew no more the write lease of {}", sites[*column])
            }
            Change::GrantLease(column) => write!(f, "give the write lease to {}", sites[*column]),
            Change::Command(argv) => write!(f, "run {}", argv.join(" ")),
            Change::Notify(message) => write!(f, "tell people \"{message}\""),
        }
    }
}
