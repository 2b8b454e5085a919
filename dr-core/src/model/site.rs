//! The unit that fails.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Access, Region, SiteId};

/// What a site runs on.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Platform {
    /// An AWS account and region.
    Aws,
    /// A group of hosts.
    Hosts,
}

/// What a site is *now*.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Takes the writes.
    Primary,
    /// Is kept ready to take them.
    Standby,
}

impl Role {
    /// The other role.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::Primary => Self::Standby,
            Self::Standby => Self::Primary,
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Primary => "primary",
            Self::Standby => "standby",
        })
    }
}

/// One deployment of the workload.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Site {
    /// The site's name; it stays when roles move.
    pub id: SiteId,
    /// What it runs on.
    pub platform: Platform,
    /// Where it is: an AWS region, or a place of the hosts' owner.
    pub region: Region,
    /// The role that it has when nothing has failed over: *home*.
    pub home_role: Role,
    /// How its provider is reached.
    #[serde(default, skip_serializing_if = "Access::is_default")]
    pub access: Access,
}

/// Which way a run moves the primary role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Direction {
    /// The primary when the run starts.
    pub from: SiteId,
    /// The primary when it is done.
    pub to: SiteId,
}

impl Direction {
    /// The way back.
    #[must_use]
    pub fn reversed(&self) -> Self {
        Self {
            from: self.to.clone(),
            to: self.from.clone(),
        }
    }

    /// The end that is not `site`: `to` of `from`, and `from` of any other.
    pub fn opposite(&self, site: &SiteId) -> &SiteId {
        if *site == self.from {
            &self.to
        } else {
            &self.from
        }
    }
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} -> {}", self.from, self.to)
    }
}
