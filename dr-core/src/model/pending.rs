//! What runs have left to be done, and what could not be read of an estate.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{ComponentId, FenceLevel, RunId, SiteId};

/// A fence that is to be applied when its site answers again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingFence {
    /// The run that asked for it.
    pub run: RunId,
    /// The site.
    pub site: SiteId,
    /// What stood for it when the run went on.
    pub level: FenceLevel,
    /// When that was established.
    pub since: Timestamp,
    /// Why the last try to apply it failed, where whoever tells of it tried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed: Option<String>,
}

/// What could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unread {
    /// What: `database@ohio`, `runs kept at ohio`.
    pub what: String,
    /// The site that it is at, where it is at one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<SiteId>,
    /// The component that it is about, where it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub component: Option<ComponentId>,
    /// Why not.
    pub reason: String,
}
