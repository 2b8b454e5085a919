//! The estate now, as one document.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::SetAside;
use crate::model::{
    ClientView, ComponentId, Direction, EstateName, Kind, LeaseState, Mode, Observed, PendingFence,
    Region, Role, RunId, SiteId, StepId, Technology, Unread,
};
use crate::report::Tone;
use crate::runbook::RunStatus;
use crate::runbook::lock::Holder;

/// The version of the document's form. It grows when a field changes its meaning or goes, not when one is added.
pub const STATUS_FORMAT: u32 = 1;

/// The estate now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// [`STATUS_FORMAT`].
    pub format: u32,
    /// The estate.
    pub estate: EstateName,
    /// Whether it is the simulated one.
    pub simulated: bool,
    /// When the reading was finished. Reality may differ since.
    pub at: Timestamp,
    /// Whether everything was read.
    pub complete: bool,
    /// Why it is not known which site is primary, where it is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub roles_unknown: Option<String>,
    /// The two sites, the home primary first.
    pub sites: Vec<SiteStatus>,
    /// The grid: one row a component, in the order in which grids are printed.
    pub rows: Vec<Row>,
    /// The write lease, once for each place that keeps one.
    pub leases: Vec<LeaseStatus>,
    /// What clients experience, where somebody measures it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clients: Option<ClientView>,
    /// Who holds the estate's lock and has not let it run out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operator: Option<Holder>,
    /// The last runs, the newest first, and every older one that is not over.
    pub runs: Vec<RunLine>,
    /// What somebody has to see to.
    pub pending: Vec<Pending>,
    /// Old primaries that were set aside and are still there, oldest first.
    pub set_aside: Vec<SetAside>,
    /// What could not be read, and why.
    pub gaps: Vec<Unread>,
}

/// One site now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SiteStatus {
    /// The site.
    pub site: SiteId,
    /// Where it is.
    pub region: Region,
    /// Its role when nothing has failed over.
    pub home_role: Role,
    /// Its role now, where it is known.
    pub role: Option<Role>,
    /// Whether the role was read at the site itself. Otherwise it follows from what the other site is.
    pub role_was_read: bool,
    /// Whether anything of the site answered.
    pub answers: bool,
}

/// One component on both sites.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// The component.
    pub component: ComponentId,
    /// What it is for.
    pub kind: Kind,
    /// What it is made of.
    pub technology: Technology,
    /// What it is on each site.
    pub cells: BTreeMap<SiteId, Cell>,
}

/// One component on one site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cell {
    /// What was read; `None` where there is a gap.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed: Option<Observed>,
    /// The same in words.
    pub says: String,
    /// How it is to be taken, given the role that the site has now.
    pub tone: Tone,
}

/// The write lease in one place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeaseStatus {
    /// The site whose store keeps it, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kept_at: Option<SiteId>,
    /// What it says.
    #[serde(flatten)]
    pub state: LeaseState,
    /// The same in words.
    pub says: String,
    /// How it is to be taken.
    pub tone: Tone,
}

/// A run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunLine {
    /// The run.
    pub run: RunId,
    /// The site whose store keeps it; `None` for this machine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kept_at: Option<SiteId>,
    /// Where it stands.
    pub status: RunStatus,
    /// Which way it moves the primary role.
    pub direction: Direction,
    /// Whether both sites were there to be asked.
    pub mode: Mode,
    /// Who started it.
    pub by: String,
    /// When it began.
    pub started: Timestamp,
    /// When something was last recorded.
    pub last: Timestamp,
}

/// Something that somebody has to see to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "pending", rename_all = "kebab-case")]
pub enum Pending {
    /// A run is not over, or is over with an undo that failed.
    Run {
        /// The run.
        run: RunId,
        /// Where it stands.
        status: RunStatus,
        /// Why it rests, where it does.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        because: Option<String>,
        /// Steps that were begun, with no outcome recorded yet.
        under_way: Vec<StepId>,
        /// Steps whose outcome is unknown.
        in_doubt: Vec<StepId>,
    },
    /// A run waits for people.
    Question {
        /// The run.
        run: RunId,
        /// The step that asks.
        step: StepId,
        /// The question's code.
        code: String,
        /// What is asked.
        text: String,
        /// How many different people must say yes; 0 when no yes settles it.
        people: u32,
        /// Who said yes already.
        said_yes: Vec<String>,
    },
    /// A fence is to be applied when its site answers again.
    Fence(PendingFence),
    /// The last run closed, and something was missing for the estate to be protected again.
    Protection {
        /// The run.
        run: RunId,
        /// What was missing when it closed.
        what: String,
    },
}
