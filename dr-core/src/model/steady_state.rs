//! Probes with tolerances that define "healthy".

use serde::{Deserialize, Serialize};

use super::{ComponentId, Duration, Percent};

/// One probe of the steady state: what is measured and what is tolerated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Probe {
    /// What people call it.
    pub name: String,
    /// What is measured, with its tolerance.
    pub kind: ProbeKind,
}

/// What a probe measures, with its tolerance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProbeKind {
    /// Of the clients' writes through this front door in the last `over`, at least `at_least` were acknowledged.
    ClientWrites {
        /// The traffic component.
        through: ComponentId,
        /// The tolerated share of acknowledged writes.
        at_least: Percent,
        /// The time looked back over.
        over: Duration,
    },
    /// The standby's copy of this database is at most so far behind.
    ReplicationLag {
        /// The database.
        component: ComponentId,
        /// The tolerated lag.
        at_most: Duration,
    },
    /// At least so many members of this fleet are healthy on the primary.
    HealthyMembers {
        /// A compute or kubernetes component.
        component: ComponentId,
        /// The tolerated minimum.
        at_least: u32,
    },
    /// This monitoring component on the primary watches the primary, and its targets answer.
    MonitoringUp {
        /// The monitoring component.
        component: ComponentId,
    },
}
