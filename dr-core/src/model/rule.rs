//! What a rule looks for, why that matters, and who says so: for reports, and for `dr explain`.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Severity;

/// What part of an estate a rule is about.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Family {
    /// Machines, images, fleets and clusters.
    Compute,
    /// Databases and what belongs to them.
    Database,
    /// Balancers, certificates, names and health checks.
    Edge,
    /// Secrets, parameters and keys.
    Secrets,
    /// Networks, routes and who may talk to whom.
    Network,
    /// Buckets.
    Storage,
    /// Quotas, Terraform, runbooks, backups, and `dr` itself.
    Control,
}

impl Family {
    /// All of them, in the order of reports.
    pub const ALL: [Self; 7] = [
        Self::Compute,
        Self::Database,
        Self::Edge,
        Self::Secrets,
        Self::Network,
        Self::Storage,
        Self::Control,
    ];
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Compute => "compute",
            Self::Database => "database",
            Self::Edge => "edge",
            Self::Secrets => "secrets",
            Self::Network => "network",
            Self::Storage => "storage",
            Self::Control => "control",
        })
    }
}

/// A rule, as it is explained.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct RuleDoc {
    /// Stable kebab-case code, which its findings carry.
    pub code: &'static str,
    /// What it is about.
    pub family: Family,
    /// What a finding of it does to a recovery.
    pub severity: Severity,
    /// What is wrong where it finds something, in one sentence without a full stop.
    pub title: &'static str,
    /// What happens in a failover because of it.
    pub why: &'static str,
    /// What to do about it.
    pub fix: &'static str,
    /// Where the rule comes from: the provider's page, an RFC, a paper.
    pub source: &'static str,
}

impl RuleDoc {
    /// A rule; the texts are its title, why it matters, what to do, and its source.
    pub const fn new(
        code: &'static str,
        family: Family,
        severity: Severity,
        [title, why, fix, source]: [&'static str; 4],
    ) -> Self {
        Self {
            code,
            family,
            severity,
            title,
            why,
            fix,
            source,
        }
    }
}
