//! The whole thing protected.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    Binding, Bindings, Component, ComponentId, CronLine, Direction, Duration, EstateName,
    Exception, Kind, Objectives, Probe, Role, Site, SiteId, Watch,
};

/// The whole thing protected: a grid of components, two sites across.
///
/// Made only by [`crate::config`], which checks what the type cannot say: exactly one site is primary, every
/// component that another names exists and is of the right kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Estate {
    /// Its name.
    pub name: EstateName,
    /// The two sites, the home primary first.
    pub sites: [Site; 2],
    /// What the business asked for.
    pub objectives: Objectives,
    /// The rows of the grid, by name.
    pub components: BTreeMap<ComponentId, Component>,
    /// How long the application's write lease lasts, where it holds one: a primary that cannot renew it in the
    /// surviving site stops accepting writes by itself.
    pub write_lease: Option<Duration>,
    /// What "healthy" means.
    pub steady_state: Vec<Probe>,
    /// When data is backed up. A promotion is refused while a backup runs.
    pub backups: Vec<BackupPolicy>,
    /// Differences between the sites that somebody accepts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exceptions: Vec<Exception>,
    /// What is looked at on a schedule, and who hears of it (docs/watch.md).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub watch: Option<Watch>,
    /// Addresses of the observers outside both sites (docs/observers.md).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub observers: Vec<String>,
    /// Which real thing stands at each place of the grid. The simulator needs none.
    #[serde(default, skip_serializing_if = "Bindings::is_empty")]
    pub bindings: Bindings,
}

/// When a component's data is backed up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupPolicy {
    /// The component.
    pub component: ComponentId,
    /// When one starts, in UTC.
    pub schedule: CronLine,
    /// How long one is kept.
    pub keep: Duration,
}

impl Estate {
    /// The site of that name.
    pub fn site(&self, id: &SiteId) -> Option<&Site> {
        self.sites.iter().find(|site| site.id == *id)
    }

    /// The site that is not `id`.
    ///
    /// # Panics
    /// Never for a site of this estate: an estate has two sites with different names.
    pub fn other_site(&self, id: &SiteId) -> &Site {
        self.sites
            .iter()
            .find(|site| site.id != *id)
            .expect("config refuses two sites of one name")
    }

    /// The site that is primary when nothing has failed over.
    pub fn home(&self) -> &Site {
        &self.sites[0]
    }

    /// From the home primary to the home standby.
    ///
    /// # Panics
    /// Never: config puts the home primary first.
    pub fn outward(&self) -> Direction {
        debug_assert_eq!(self.sites[0].home_role, Role::Primary);
        Direction {
            from: self.sites[0].id.clone(),
            to: self.sites[1].id.clone(),
        }
    }

    /// The component of that name.
    pub fn component(&self, id: &ComponentId) -> Option<&Component> {
        self.components.get(id)
    }

    /// The real thing behind a component on a site; `None` where nothing is bound.
    pub fn binding(&self, component: &ComponentId, site: &SiteId) -> Option<&Binding> {
        self.bindings.get(site)?.get(component)
    }

    /// The components of a kind, by name.
    pub fn of_kind(&self, kind: Kind) -> impl Iterator<Item = &Component> {
        self.components
            .values()
            .filter(move |component| component.kind() == kind)
    }
}
