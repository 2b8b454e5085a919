//! Scanners to one [`EstateScan`]: both sites side by side, then what each offers of the things that either uses.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::future::{join, join_all};

use super::template;
use crate::model::{
    ComponentId, Estate, EstateScan, GapClass, Resource, ResourceKind, ScanGap, Settings, Site,
    SiteId, SiteScan,
};
use crate::port::{
    Clock, DatabaseDemand, Demand, Reading, ScanPart, ScanProgress, ScanWatch, Scanner,
};

/// The scanners of the sites that are to be read.
pub type Scanners = BTreeMap<SiteId, Arc<dyn Scanner>>;

/// Reads every site that has a scanner, and the global services once. Never fails as a whole: what could not be read is a
/// gap of its part.
pub async fn scan(
    estate: &Estate,
    scanners: &Scanners,
    clock: &dyn Clock,
    watch: &dyn ScanWatch,
) -> EstateScan {
    let (mut readings, global) = join(
        of_each(estate, scanners, &ScanPart::Region, watch),
        global(estate, scanners, watch),
    )
    .await;
    for (_, reading) in &mut readings {
        template::settle(reading);
    }
    let demand = demand(estate, readings.iter().map(|(_, reading)| reading));
    let offers = of_each(estate, scanners, &ScanPart::Offers(demand), watch).await;
    let unknown = unknown_demand(&readings);
    for ((_, reading), (_, offered)) in readings.iter_mut().zip(offers) {
        add(reading, offered);
        reading.gaps.extend(unknown.iter().cloned());
    }
    let part = |site: &Site, reading: Reading| site_scan(estate, site, reading, clock);
    EstateScan {
        format: EstateScan::FORMAT,
        kinds: EstateScan::kinds_read(),
        estate: estate.name.clone(),
        global: global.map(|(site, reading)| part(site, reading)),
        sites: readings
            .into_iter()
            .map(|(site, reading)| (site.id.clone(), part(site, reading)))
            .collect(),
    }
}

/// Reads one part of every site, side by side.
async fn of_each<'a>(
    estate: &'a Estate,
    scanners: &Scanners,
    part: &ScanPart,
    watch: &dyn ScanWatch,
) -> Vec<(&'a Site, Reading)> {
    let watch = Summed::new(watch, part);
    let sites = estate.sites.iter().filter_map(|site| {
        let scanner = scanners.get(&site.id)?;
        Some((site, scanner))
    });
    let readings = sites.map(|(site, scanner)| {
        let read = scanner.scan(part, &watch);
        async move { (site, read.await) }
    });
    join_all(readings).await
}

/// Reads the global services through one site; where that leaves gaps, through the other, and keeps the better reading.
async fn global<'a>(
    estate: &'a Estate,
    scanners: &Scanners,
    watch: &dyn ScanWatch,
) -> Option<(&'a Site, Reading)> {
    let watch = Summed::new(watch, &ScanPart::Global);
    let mut best: Option<(&Site, Reading)> = None;
    for site in &estate.sites {
        let Some(scanner) = scanners.get(&site.id) else {
            continue;
        };
        let reading = scanner.scan(&ScanPart::Global, &watch).await;
        let complete = reading.gaps.is_empty();
        let better = best
            .as_ref()
            .is_none_or(|(_, kept)| reading.gaps.len() < kept.gaps.len());
        if better {
            best = Some((site, reading));
        }
        if complete {
            break;
        }
    }
    best
}

/// What is shown of a scan is its regional part: the rest is short.
struct Summed<'a> {
    inner: &'a dyn ScanWatch,
    shown: bool,
}

impl<'a> Summed<'a> {
    fn new(inner: &'a dyn ScanWatch, part: &ScanPart) -> Self {
        Self {
            inner,
            shown: *part == ScanPart::Region,
        }
    }
}

impl ScanWatch for Summed<'_> {
    fn went_on(&self, site: &SiteId, progress: ScanProgress) {
        if self.shown {
            self.inner.went_on(site, progress);
        }
    }
}

fn add(reading: &mut Reading, more: Reading) {
    reading.resources.extend(more.resources);
    reading.gaps.extend(more.gaps);
    reading.calls += more.calls;
    reading.throttled += more.throttled;
}

fn site_scan(estate: &Estate, site: &Site, reading: Reading, clock: &dyn Clock) -> SiteScan {
    let Reading {
        mut resources,
        mut gaps,
        calls,
        throttled,
    } = reading;
    let bound = bound(estate, &site.id);
    for resource in &mut resources {
        if resource.component.is_none() {
            resource.component = component(&bound, resource).cloned();
        }
    }
    resources.sort_by(|a, b| (a.kind, &a.id).cmp(&(b.kind, &b.id)));
    gaps.sort();
    gaps.dedup();
    SiteScan {
        site: site.id.clone(),
        region: site.region.clone(),
        at: clock.now(),
        resources,
        gaps,
        calls,
        throttled,
    }
}

/// The ids, names and ARNs that the estate binds on a site, each with its component.
fn bound<'a>(
    estate: &'a Estate,
    site: &SiteId,
) -> BTreeMap<(ResourceKind, &'a str), &'a ComponentId> {
    let mut bound = BTreeMap::new();
    for (component, binding) in estate.bindings.get(site).into_iter().flatten() {
        for resource in binding.resources() {
            bound.insert((resource.kind, resource.id), component);
        }
    }
    for component in estate.components.values() {
        if let Settings::ObjectStore(storage) = &component.settings
            && let Some(bucket) = storage.buckets.get(site)
        {
            bound.insert((ResourceKind::S3Bucket, bucket), &component.id);
        }
    }
    bound
}

fn component<'a>(
    bound: &BTreeMap<(ResourceKind, &str), &'a ComponentId>,
    resource: &Resource,
) -> Option<&'a ComponentId> {
    bound
        .get(&(resource.kind, resource.id.as_str()))
        .or_else(|| bound.get(&(resource.kind, resource.arn.as_deref()?)))
        .copied()
}

/// What could not be asked for, because what a site uses could not be read: without it a type that the other site needs may
/// have gone unasked.
fn unknown_demand(readings: &[(&Site, Reading)]) -> Vec<ScanGap> {
    let mut unknown = Vec::new();
    for (site, reading) in readings {
        for gap in reading.gaps.iter().filter(|gap| gap.about.is_none()) {
            let kind = match gap.kind {
                ResourceKind::Ec2Instance
                | ResourceKind::Ec2LaunchTemplate
                | ResourceKind::EksNodeGroup => ResourceKind::Ec2TypeOffering,
                ResourceKind::RdsInstance => ResourceKind::RdsOrderable,
                _ => continue,
            };
            unknown.push(ScanGap {
                kind,
                class: GapClass::Skipped,
                kept: 0,
                reason: format!(
                    "not asked for everything that is used: {} of {} could not be read",
                    gap.kind, site.id
                ),
                ..gap.clone()
            });
        }
    }
    unknown
}

/// What both sites use, and what the estate says that they should.
fn demand<'a>(estate: &Estate, readings: impl Iterator<Item = &'a Reading>) -> Demand {
    let mut demand = Demand::default();
    let mut classes: Vec<&str> = Vec::new();
    for component in estate.components.values() {
        match &component.settings {
            Settings::Compute(fleet) | Settings::Kubernetes(fleet) => {
                demand.instance_types.insert(fleet.size.clone());
            }
            Settings::Database(database) => classes.push(&database.class),
            _ => {}
        }
    }
    let resources = readings.flat_map(|reading| &reading.resources);
    for resource in resources {
        match resource.kind {
            ResourceKind::Ec2Instance | ResourceKind::Ec2LaunchTemplate => {
                let used = resource.text("instance-type").map(str::to_owned);
                demand.instance_types.extend(used);
            }
            ResourceKind::EksNodeGroup => {
                let used = resource.texts("instance-types").into_iter();
                demand.instance_types.extend(used.map(str::to_owned));
            }
            ResourceKind::RdsInstance => databases(resource, &classes, &mut demand),
            _ => {}
        }
    }
    demand
}

/// An instance's engine version, on its own class and on those that the estate names.
fn databases(instance: &Resource, classes: &[&str], demand: &mut Demand) {
    let (Some(engine), Some(version)) = (instance.text("engine"), instance.text("engine-version"))
    else {
        return;
    };
    let own = instance.text("class");
    for class in own.iter().chain(classes) {
        demand.databases.insert(DatabaseDemand {
            engine: engine.to_owned(),
            version: version.to_owned(),
            class: (*class).to_owned(),
        });
    }
}
