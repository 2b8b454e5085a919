//! The checked raw shape to the value. `None` only where a part is missing that was reported as missing.

use std::collections::BTreeMap;

use super::component::{RawComponent, RawSettings};
use super::exception::RawException;
use super::probe::{RawProbe, RawTolerance};
use super::raw::{RawBackup, RawEstate, RawObjectives, RawSite};
use super::settings::{RawCompute, RawKubernetes, RawObjectStore, RawStandbyFleet, Switch};
use crate::config::read::Rows;
use crate::config::yaml::At;
use crate::model::{
    Access, BackupPolicy, Balancer, Bindings, Capacity, Component, ComponentId, Compute, Database,
    Estate, Infrastructure, Monitoring, Network, ObjectStorage, Objectives, Probe, ProbeKind,
    Repository, Role, Settings, Site, SiteId, Traffic, TrafficMethod,
};

pub(super) fn estate(raw: RawEstate) -> Option<Estate> {
    Some(Estate {
        name: raw.estate?.value,
        sites: sites(raw.sites?)?,
        objectives: objectives(&raw.objectives?)?,
        components: raw
            .components?
            .list
            .into_iter()
            .map(|(id, component)| {
                let component = self::component(&id.value, component?)?;
                Some((id.value, component))
            })
            .collect::<Option<BTreeMap<_, _>>>()?,
        write_lease: raw.write_lease.map(|lease| lease.value),
        steady_state: all(raw.steady_state, probe)?,
        backups: all(raw.backups, backup)?,
        exceptions: all(raw.exceptions, RawException::build)?,
        watch: match raw.watch {
            Some(watch) => Some(watch.build()?),
            None => None,
        },
        observers: raw
            .observers
            .unwrap_or_default()
            .into_iter()
            .map(|at| at.value)
            .collect(),
        bindings: Bindings::new(),
    })
}

fn all<R, T>(raw: Option<Vec<R>>, one: fn(R) -> Option<T>) -> Option<Vec<T>> {
    raw.unwrap_or_default().into_iter().map(one).collect()
}

/// The two sites, the home primary first.
fn sites(raw: Rows<SiteId, RawSite>) -> Option<[Site; 2]> {
    let mut sites = raw
        .list
        .into_iter()
        .map(|(id, site)| {
            let site = site?;
            Some(Site {
                id: id.value,
                platform: site.platform?.value,
                region: site.region?.value,
                home_role: site.role?.value,
                access: Access {
                    profile: site.profile.map(|at| at.value),
                    assume_role: site.assume_role.map(|at| at.value),
                    endpoint: site.endpoint.map(|at| at.value),
                    store: site.store.map(|at| at.value),
                    game_day: site.game_day.map_or_else(Default::default, |at| at.value),
                },
            })
        })
        .collect::<Option<Vec<_>>>()?;
    sites.sort_by_key(|site| site.home_role != Role::Primary);
    sites.try_into().ok()
}

fn objectives(raw: &RawObjectives) -> Option<Objectives> {
    Some(Objectives {
        rpo: raw.rpo?.value,
        rto: raw.rto?.value,
    })
}

fn component(id: &ComponentId, raw: RawComponent) -> Option<Component> {
    Some(Component {
        id: id.clone(),
        technology: raw.technology?.value,
        settings: settings(raw.settings)?,
    })
}

fn settings(raw: RawSettings) -> Option<Settings> {
    let id = |reference: Option<At<ComponentId>>| reference.map(|at| at.value);
    Some(match raw {
        RawSettings::Repository(raw) => Settings::Repository(Repository {
            standby_off: raw.standby.is_some_and(|at| at.value == Switch::Off),
        }),
        RawSettings::Infrastructure(raw) => Settings::Infrastructure(Infrastructure {
            state: id(raw.state),
        }),
        RawSettings::Network(raw) => Settings::Network(Network {
            zones: raw.zones?.value,
            addresses: raw.addresses?.value,
        }),
        RawSettings::Balancer(raw) => Settings::Balancer(Balancer {
            fleet: id(raw.fleet),
        }),
        RawSettings::Compute(raw) => Settings::Compute(compute(raw)?),
        RawSettings::Kubernetes(raw) => Settings::Kubernetes(kubernetes(raw)?),
        RawSettings::Database(raw) => Settings::Database(Database {
            class: raw.class?.value,
            nodes: raw.nodes?.value,
        }),
        RawSettings::Monitoring(raw) => Settings::Monitoring(Monitoring {
            hosted_on: id(raw.on),
        }),
        RawSettings::Traffic(raw) => Settings::Traffic(Traffic {
            record: raw.record?.value,
            ttl: raw.ttl?.value,
            method: raw
                .method
                .map_or(TrafficMethod::HealthSwitch, |at| at.value),
        }),
        RawSettings::ObjectStore(raw) => Settings::ObjectStore(object_store(raw)?),
    })
}

fn compute(raw: RawCompute) -> Option<Compute> {
    fleet(raw.size, raw.count, raw.minimum, raw.standby)
}

fn kubernetes(raw: RawKubernetes) -> Option<Compute> {
    fleet(raw.size, raw.nodes, raw.minimum, raw.standby)
}

fn fleet(
    size: Option<At<String>>,
    count: Option<At<u32>>,
    minimum: Option<At<u32>>,
    standby: Option<RawStandbyFleet>,
) -> Option<Compute> {
    let count = count?.value;
    Some(Compute {
        size: size?.value,
        capacity: Capacity {
            count,
            minimum: minimum.map_or(count, |at| at.value),
        },
        standby_count: standby
            .and_then(|standby| standby.count)
            .map_or(count, |at| at.value),
    })
}

fn object_store(raw: RawObjectStore) -> Option<ObjectStorage> {
    let buckets = raw
        .buckets?
        .list
        .into_iter()
        .map(|(site, bucket)| Some((site.value, bucket?.value)))
        .collect::<Option<_>>()?;
    Some(ObjectStorage { buckets })
}

fn probe(raw: RawProbe) -> Option<Probe> {
    let (kind, name) = match raw.tolerance {
        RawTolerance::ClientWrites(raw) => {
            let through = raw.through?.value;
            let name = format!("client writes through {through}");
            let (at_least, over) = (raw.at_least?.value, raw.over?.value);
            let kind = ProbeKind::ClientWrites {
                through,
                at_least,
                over,
            };
            (kind, name)
        }
        RawTolerance::ReplicationLag(raw) => {
            let component = raw.component?.value;
            let name = format!("replication lag of {component}");
            let at_most = raw.at_most?.value;
            (ProbeKind::ReplicationLag { component, at_most }, name)
        }
        RawTolerance::HealthyMembers(raw) => {
            let component = raw.component?.value;
            let name = format!("healthy members of {component}");
            let at_least = raw.at_least?.value;
            let kind = ProbeKind::HealthyMembers {
                component,
                at_least,
            };
            (kind, name)
        }
        RawTolerance::MonitoringUp(raw) => {
            let component = raw.component?.value;
            let name = format!("{component} is up");
            (ProbeKind::MonitoringUp { component }, name)
        }
    };
    let name = raw.name.map_or(name, |at| at.value);
    Some(Probe { name, kind })
}

fn backup(raw: RawBackup) -> Option<BackupPolicy> {
    Some(BackupPolicy {
        component: raw.component?.value,
        schedule: raw.schedule?.value,
        keep: raw.keep?.value,
    })
}
