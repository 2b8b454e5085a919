//! Which site takes the writes, as far as a scan tells.

use crate::model::{Binding, Direction, Estate, EstateScan, Resource, ResourceKind, Site, SiteId};

/// The direction of the next failover: from the site whose bound databases are no replicas to the one whose are. `None` where
/// the estate binds no database that was read, or where they contradict each other.
pub fn direction(estate: &Estate, scan: &EstateScan) -> Option<Direction> {
    let [one, other] = &estate.sites;
    let replicas = |site: &Site| are_replicas(estate, scan, &site.id);
    let (from, to) = match (replicas(one), replicas(other)) {
        (Some(false), Some(true) | None) | (None, Some(true)) => (one, other),
        (Some(true), Some(false) | None) | (None, Some(false)) => (other, one),
        _ => return None,
    };
    Some(Direction {
        from: from.id.clone(),
        to: to.id.clone(),
    })
}

/// Whether all databases that the estate binds on a site are replicas, or none is.
fn are_replicas(estate: &Estate, scan: &EstateScan, site: &SiteId) -> Option<bool> {
    let bindings = estate.bindings.get(site)?.values();
    let scan = scan.sites.get(site)?;
    let bound = bindings.filter_map(|binding| match binding {
        Binding::Rds(rds) => Some(rds.instance.as_str()),
        _ => None,
    });
    let found = bound.map(|id| -> Option<bool> {
        let mut instances = scan.of_kind(ResourceKind::RdsInstance);
        let instance: &Resource = instances.find(|instance| instance.id == id)?;
        Some(instance.text("replica-of").is_some())
    });
    let found: Vec<bool> = found.collect::<Option<_>>()?;
    let first = *found.first()?;
    found.iter().all(|is| *is == first).then_some(first)
}
