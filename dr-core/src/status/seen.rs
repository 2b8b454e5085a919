//! What was read of the estate.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Unread;
use crate::model::{ClientView, ComponentId, EstateInventory, LeaseState, RunId, SiteId};
use crate::runbook::journal::ReadJournal;
use crate::runbook::lock::Holder;

/// What was read of the estate.
#[derive(Debug, Clone)]
pub struct Seen {
    /// Whether it is the simulated estate.
    pub simulated: bool,
    /// When the reading was finished.
    pub at: Timestamp,
    /// Both columns of the grid.
    pub inventory: EstateInventory,
    /// The write lease, once for each place that keeps one.
    pub leases: Vec<LeaseSeen>,
    /// What clients experience; `None` where nobody measures it, or it could not be read.
    pub clients: Option<ClientView>,
    /// Who holds the estate's lock, once for each place that keeps one.
    pub locks: Vec<LockSeen>,
    /// The runs.
    pub runs: Vec<RunSeen>,
    /// Old primaries that were set aside and are still there.
    pub set_aside: Vec<SetAside>,
    /// What could not be read besides the grid.
    pub unread: Vec<Unread>,
}

/// The write lease in one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeaseSeen {
    /// The site whose store keeps it, where that is known.
    pub kept_at: Option<SiteId>,
    /// What it says.
    pub state: LeaseState,
}

/// The estate's lock in one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LockSeen {
    /// Where: a site whose store keeps it, or `None` for this machine.
    pub kept_at: Option<SiteId>,
    /// Who holds it, or held it last and let it run out.
    pub holder: Holder,
}

/// A run as it was found.
#[derive(Debug, Clone)]
pub struct RunSeen {
    /// The run.
    pub run: RunId,
    /// The site whose store keeps it; `None` for this machine.
    pub kept_at: Option<SiteId>,
    /// Its journal, or why it cannot be read.
    pub journal: Result<ReadJournal, String>,
}

/// An old primary that was set aside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetAside {
    /// The component that it was the primary of.
    pub component: ComponentId,
    /// Where it stands.
    pub site: SiteId,
    /// What its provider calls it.
    pub id: String,
    /// When it was set aside.
    pub since: Timestamp,
    /// From when on it is no longer needed, where that was written down. Nothing deletes it then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<Timestamp>,
}
