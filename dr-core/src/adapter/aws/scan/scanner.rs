//! A site's account as a [`Scanner`].

use std::collections::BTreeSet;

use async_trait::async_trait;
use futures_util::future::join_all;

use super::budget::Budget;
use super::reader::{Reader, Region};
use super::service::{GLOBAL, OFFERS, REGION, Service};
use crate::adapter::aws::AwsSite;
use crate::discover::budget::Share;
use crate::model::{Binding, Component, ComponentId, Estate, Kind, Settings};
use crate::port::{Demand, Reading, ScanPart, ScanWatch, Scanner};

/// What of the estate a scan of one site needs to know.
#[derive(Debug, Clone, Default)]
pub(super) struct Wanted {
    /// The estate's buckets of the site.
    pub(super) buckets: BTreeSet<String>,
    /// The stacks' states: bucket and key.
    pub(super) states: BTreeSet<(String, String)>,
    /// The names that clients use.
    pub(super) records: BTreeSet<String>,
    /// Hosted zones that the estate names.
    pub(super) zones: BTreeSet<String>,
    /// The estate's regions, and the hosts that its names answer with: what values may mention.
    pub(super) names: BTreeSet<String>,
    /// The estate's components, databases first: their endpoints stand in parameters.
    pub(super) components: Vec<ComponentId>,
    /// The ids, names and ARNs that the estate binds on the site.
    pub(super) bound: BTreeSet<String>,
    /// What either site uses.
    pub(super) demand: Demand,
}

impl Wanted {
    fn new(estate: &Estate, site: &AwsSite) -> Self {
        let site = site.site();
        let mut components: Vec<&Component> = estate.components.values().collect();
        components.sort_by_key(|component| component.kind() != Kind::Database);
        let mut wanted = Self {
            components: components.iter().map(|one| one.id.clone()).collect(),
            buckets: site.access.store.iter().cloned().collect(),
            ..Self::default()
        };
        let bound = estate.bindings.get(&site.id).into_iter().flatten();
        let bound = bound.flat_map(|(_, binding)| binding.resources());
        wanted.bound = bound.map(|resource| resource.id.to_owned()).collect();
        let regions = estate.sites.iter().map(|site| site.region.as_str());
        wanted.names.extend(regions.map(str::to_ascii_lowercase));
        for binding in estate
            .bindings
            .values()
            .flat_map(|of_site| of_site.values())
        {
            if let Binding::Route53(front) = binding {
                let hosts = front.answers.iter();
                wanted
                    .names
                    .extend(hosts.map(|host| host.to_ascii_lowercase()));
            }
        }
        for component in estate.components.values() {
            match &component.settings {
                Settings::ObjectStore(storage) => {
                    wanted
                        .buckets
                        .extend(storage.buckets.get(&site.id).cloned());
                }
                Settings::Traffic(traffic) => drop(wanted.records.insert(traffic.record.clone())),
                _ => {}
            }
            let binding = estate.binding(&component.id, &site.id);
            if let Some(stack) = binding.and_then(Binding::stack) {
                wanted.buckets.insert(stack.state_bucket.clone());
                let state = (stack.state_bucket.clone(), stack.state_key.clone());
                wanted.states.insert(state);
            }
            if let Some(Binding::Route53(front)) = binding {
                wanted.zones.insert(front.zone.clone());
                wanted.buckets.extend(front.switch_bucket.clone());
            }
        }
        wanted
    }
}

/// Reads one site's account through the SDK.
pub struct AwsScanner {
    site: AwsSite,
    wanted: Wanted,
    budget: Budget,
}

impl AwsScanner {
    /// A scanner of `site` that takes `share` of what each service allows the account.
    pub fn new(site: AwsSite, estate: &Estate, share: Share) -> Self {
        Self {
            wanted: Wanted::new(estate, &site),
            site,
            budget: Budget::new(share),
        }
    }

    async fn read(&self, services: &[Service], wanted: &Wanted, watch: &dyn ScanWatch) -> Reading {
        let region = Region::new(&self.site, &self.budget, services.len(), watch);
        let readings = services.iter().map(|service| {
            let mut reader = Reader::new(&region, service.name);
            let region = &region;
            async move {
                (service.read)(&mut reader, wanted).await;
                region.finish_service();
                (reader.resources, reader.gaps)
            }
        });
        let mut reading = Reading::default();
        for (resources, gaps) in join_all(readings).await {
            reading.resources.extend(resources);
            reading.gaps.extend(gaps);
        }
        (reading.calls, reading.throttled) = region.calls();
        reading
    }
}

#[async_trait]
impl Scanner for AwsScanner {
    async fn scan(&self, part: &ScanPart, watch: &dyn ScanWatch) -> Reading {
        match part {
            ScanPart::Region => self.read(REGION, &self.wanted, watch).await,
            ScanPart::Global => self.read(GLOBAL, &self.wanted, watch).await,
            ScanPart::Offers(demand) => {
                let wanted = Wanted {
                    demand: demand.clone(),
                    ..self.wanted.clone()
                };
                self.read(OFFERS, &wanted, watch).await
            }
        }
    }
}
