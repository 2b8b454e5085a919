//! The ports of one operator into the world.

mod outside;
mod placed;

use std::sync::Arc;

use self::outside::Outside;
use self::placed::Placed;
use super::Column;
use super::gate::Gate;
use super::simulation::{Shared, clock_of};
use crate::model::{Component, Kind, SiteId};
use crate::port::{ErrorClass, PortError, Ports};

/// Everything that one operator can reach.
pub(super) fn ports(shared: &Arc<Shared>, gate: &Gate) -> Ports {
    let outside = || Outside {
        shared: Arc::clone(shared),
        gate: gate.clone(),
    };
    let mut ports = Ports {
        clock: clock_of(shared, gate.operator()),
        databases: [].into(),
        computes: [].into(),
        monitorings: [].into(),
        stacks: [].into(),
        repositories: [].into(),
        facilities: [].into(),
        traffics: [].into(),
        observers: Arc::new(outside()),
        write_lease: None,
        notifier: Arc::new(outside()),
        commands: Arc::new(outside()),
    };
    if shared.estate.write_lease.is_some() {
        ports.write_lease = Some(Arc::new(outside()));
    }
    for component in shared.estate.components.values() {
        for column in [0, 1] {
            wire(&mut ports, shared, gate, component, column);
        }
    }
    ports
}

/// Puts the port of a placement where its kind belongs.
fn wire(
    ports: &mut Ports,
    shared: &Arc<Shared>,
    gate: &Gate,
    component: &Component,
    column: Column,
) {
    let placement = (component.id.clone(), shared.estate.sites[column].id.clone());
    let placed = Arc::new(Placed {
        shared: Arc::clone(shared),
        gate: gate.clone(),
        component: component.clone(),
        column,
    });
    match component.kind() {
        Kind::Database => {
            ports.databases.insert(placement, placed);
        }
        Kind::Compute | Kind::Kubernetes => {
            ports.computes.insert(placement, placed);
        }
        Kind::Monitoring => {
            ports.monitorings.insert(placement, placed);
        }
        Kind::Infrastructure => {
            ports.stacks.insert(placement, placed);
        }
        Kind::Repository => {
            ports.repositories.insert(placement, placed);
        }
        Kind::Network | Kind::Balancer | Kind::ObjectStore => {
            ports.facilities.insert(placement, placed);
        }
        Kind::Traffic => {
            ports.traffics.insert(placement.0, placed);
        }
    }
}

/// A site of another estate was named.
fn unknown_site(site: &SiteId) -> PortError {
    PortError {
        class: ErrorClass::Invalid,
        operation: "name".to_owned(),
        place: site.to_string(),
        message: "the estate has no such site".to_owned(),
    }
}
