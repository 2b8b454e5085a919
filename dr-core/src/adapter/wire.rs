//! The registry: which adapter stands behind each technology, and what each is made from. A new technology is one file and
//! one line here.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::aws::{
    AutoscalingFleet, AwsSite, Bucket, Ec2Instance, FrontDoor, LoadBalancer, NodeGroup,
    RdsDatabase, S3Store, Side, SiteSecrets, VpcNetwork,
};
use super::git::{GitServer, Memory, Power};
use super::grafana::GrafanaServer;
use super::http::HttpObservers;
use super::lease::StoredLease;
use super::local::{DirectoryStore, LocalCommands};
use super::pipeline::{CommandApplier, GithubActions};
use super::prometheus::PrometheusServer;
use super::terraform::{Applier, Described, Folders, TerraformStack};
use super::{Here, LocalSecrets};
use crate::model::{
    Binding, Component, Direction, Estate, GithubActionsBinding, Kind, Platform, Settings, Site,
    SiteId, TerraformBinding,
};
use crate::port::{
    Clock, Monitoring, Narrator, Notifier, ObjectStore, Placement, PortError, PortResult, Ports,
};

/// What the adapters need of the machine that they run on.
pub struct Machine {
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Where files are.
    pub folders: Folders,
    /// The secrets that this machine keeps.
    pub secrets: LocalSecrets,
    /// Who is told what long work does.
    pub narrator: Arc<dyn Narrator>,
    /// Who tells people.
    pub notifier: Arc<dyn Notifier>,
}

/// Why an estate cannot be reached.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unwired {
    /// A place of the grid is not bound.
    #[error("{component} at {site} is bound to nothing")]
    Unbound {
        /// The component.
        component: String,
        /// The site.
        site: SiteId,
    },
    /// There is no adapter for a technology on such a site.
    #[error("there is no adapter for {what}")]
    NoAdapter {
        /// The technology, or the platform.
        what: String,
    },
    /// An adapter could not be made.
    #[error(transparent)]
    Refused(#[from] PortError),
}

/// The real world of an estate.
#[derive(Clone)]
pub struct Reached {
    /// Everything that actions can reach. The write lease is that of the direction that was given.
    pub ports: Ports,
    /// The connection of each site.
    pub sites: BTreeMap<SiteId, AwsSite>,
    /// The store in each site's region, where it has one.
    pub stores: BTreeMap<SiteId, Arc<dyn ObjectStore>>,
    /// The databases, with what only they tell.
    pub databases: BTreeMap<(crate::model::ComponentId, SiteId), Arc<RdsDatabase>>,
}

impl Reached {
    /// The same world for a run of that direction: a lease is renewed in the site that would take over.
    #[must_use]
    pub fn towards(mut self, estate: &Estate, direction: &Direction) -> Self {
        self.ports.write_lease = match (estate.write_lease, self.stores.get(&direction.to)) {
            (Some(lasts), Some(store)) => Some(Arc::new(StoredLease::new(
                store.clone(),
                &estate.name,
                direction.clone(),
                lasts,
                self.ports.clock.clone(),
            ))),
            _ => None,
        };
        self
    }
}

/// Reaches every place of the grid. No call is made yet.
///
/// # Errors
/// Everything that is missing, at once.
pub async fn reach(estate: &Estate, machine: &Machine) -> Result<Reached, Vec<Unwired>> {
    let mut wiring = Wiring::new(estate, machine).await?;
    for component in estate.components.values() {
        if component.kind() == Kind::Traffic {
            wiring.front_door(component);
            continue;
        }
        for site in &estate.sites {
            wiring.place(component, site);
        }
    }
    wiring.done()
}

struct Wiring<'a> {
    estate: &'a Estate,
    machine: &'a Machine,
    reached: Reached,
    missing: Vec<Unwired>,
}

impl<'a> Wiring<'a> {
    async fn new(estate: &'a Estate, machine: &'a Machine) -> Result<Self, Vec<Unwired>> {
        let mut missing = Vec::new();
        let mut sites = BTreeMap::new();
        let mut stores: BTreeMap<SiteId, Arc<dyn ObjectStore>> = BTreeMap::new();
        for site in &estate.sites {
            if site.platform != Platform::Aws {
                let what = format!("the platform of {}", site.id);
                missing.push(Unwired::NoAdapter { what });
                continue;
            }
            let aws = AwsSite::connect(site, machine.clock.clone()).await;
            if let Some(bucket) = &site.access.store {
                let store = S3Store::new(aws.clone(), bucket, "");
                stores.insert(site.id.clone(), Arc::new(store));
            }
            sites.insert(site.id.clone(), aws);
        }
        let observers = HttpObservers::new(estate.observers.clone(), machine.clock.clone());
        let observers = match observers {
            Ok(observers) if missing.is_empty() => observers,
            result => {
                missing.extend(result.err().map(Unwired::Refused));
                return Err(missing);
            }
        };
        let ports = Ports {
            clock: machine.clock.clone(),
            databases: BTreeMap::new(),
            computes: BTreeMap::new(),
            monitorings: BTreeMap::new(),
            stacks: BTreeMap::new(),
            repositories: BTreeMap::new(),
            facilities: BTreeMap::new(),
            traffics: BTreeMap::new(),
            observers: Arc::new(observers),
            write_lease: None,
            notifier: machine.notifier.clone(),
            commands: Arc::new(LocalCommands::new(
                machine.clock.clone(),
                machine.folders.estate.clone(),
            )),
        };
        Ok(Self {
            estate,
            machine,
            reached: Reached {
                ports,
                sites,
                stores,
                databases: BTreeMap::new(),
            },
            missing,
        })
    }

    fn here(&self, component: &Component, site: &Site) -> Here {
        Here {
            estate: self.estate.name.clone(),
            component: component.clone(),
            site: site.clone(),
            peer: self.estate.other_site(&site.id).clone(),
            clock: self.machine.clock.clone(),
        }
    }

    fn aws(&self, site: &SiteId) -> AwsSite {
        self.reached
            .sites
            .get(site)
            .cloned()
            .expect("every site of the estate was connected to before")
    }

    fn unbound(&mut self, component: &Component, site: &SiteId) {
        self.missing.push(Unwired::Unbound {
            component: component.id.to_string(),
            site: site.clone(),
        });
    }

    /// One place of the grid: the line of each technology.
    fn place(&mut self, component: &Component, site: &Site) {
        let here = self.here(component, site);
        let at = (component.id.clone(), site.id.clone());
        let aws = self.aws(&site.id);
        if let Settings::ObjectStore(store) = &component.settings {
            match store.buckets.get(&site.id) {
                Some(bucket) => {
                    let bucket = Bucket::new(here, aws, bucket);
                    self.reached.ports.facilities.insert(at, Arc::new(bucket));
                }
                None => self.unbound(component, &site.id),
            }
            return;
        }
        let Some(binding) = self.estate.binding(&component.id, &site.id).cloned() else {
            return self.unbound(component, &site.id);
        };
        let ports = &mut self.reached.ports;
        match binding {
            Binding::Rds(binding) => self.database(here, aws, binding),
            Binding::Ec2Autoscaling(binding) => {
                let balancer = self.balancer_of(component, &site.id);
                let fleet = AutoscalingFleet::new(here, aws, binding, balancer);
                self.reached.ports.computes.insert(at, Arc::new(fleet));
            }
            Binding::Eks(binding) => {
                let nodes = NodeGroup::new(here, aws, binding);
                ports.computes.insert(at, Arc::new(nodes));
            }
            Binding::Vpc(binding) => {
                let network = VpcNetwork::new(here, aws, binding);
                ports.facilities.insert(at, Arc::new(network));
            }
            Binding::Alb(binding) => {
                let balancer = LoadBalancer::new(here, aws, binding);
                ports.facilities.insert(at, Arc::new(balancer));
            }
            Binding::Git(binding) => self.repository(here, aws, binding),
            Binding::Terraform(binding) => self.stack(here, binding, None),
            Binding::GithubActions(binding) => self.workflow(here, aws, binding),
            Binding::Command(binding) => {
                let stack = binding.stack.clone();
                let (folders, narrator) = (&self.machine.folders, self.machine.narrator.clone());
                let command = CommandApplier::new(here.clone(), binding, folders, narrator);
                self.stack(here, stack, Some(Arc::new(command)));
            }
            Binding::Prometheus(binding) => self.prometheus(here, &binding),
            Binding::Grafana(binding) => self.grafana(here, aws, &binding),
            Binding::Route53(_) => {
                let what = component.technology.to_string();
                self.missing.push(Unwired::NoAdapter { what });
            }
        }
    }

    fn database(&mut self, here: Here, aws: AwsSite, binding: crate::model::RdsBinding) {
        let id = here.component.id.clone();
        let site = here.site.id.clone();
        let peer = match self.estate.binding(&id, &here.peer.id) {
            Some(Binding::Rds(peer)) => Some(peer.clone()),
            _ => None,
        };
        let backups = self.estate.backups.iter();
        let keep = backups
            .filter(|policy| policy.component == id)
            .map(|policy| policy.keep)
            .max();
        let beside = self.estate.bindings.get(&site).into_iter().flatten();
        let beside = beside.filter_map(|(_, binding)| match binding {
            Binding::Rds(other) => Some(other.clone()),
            _ => None,
        });
        let database = RdsDatabase::new(here, aws, binding, peer, keep)
            .with_secrets(self.machine.secrets.clone())
            .beside(beside);
        let database = Arc::new(database);
        self.reached
            .databases
            .insert((id.clone(), site.clone()), database.clone());
        self.reached.ports.databases.insert((id, site), database);
    }

    /// What a site's monitoring must know of the other site is missing where that is bound to nothing, which is told there.
    fn prometheus(&mut self, here: Here, binding: &crate::model::PrometheusBinding) {
        let peer = self.estate.binding(&here.component.id, &here.peer.id);
        if let Some(Binding::Prometheus(peer)) = peer {
            let at = (here.component.id.clone(), here.site.id.clone());
            let server = PrometheusServer::new(here, binding, peer);
            self.monitoring(
                at,
                server.map(|server| -> Arc<dyn Monitoring> { Arc::new(server) }),
            );
        }
    }

    fn grafana(&mut self, here: Here, aws: AwsSite, binding: &crate::model::GrafanaBinding) {
        let peer = self.estate.binding(&here.component.id, &here.peer.id);
        if let Some(Binding::Grafana(peer)) = peer {
            let at = (here.component.id.clone(), here.site.id.clone());
            let secrets = Arc::new(SiteSecrets::new(self.machine.secrets.clone(), aws));
            let server = GrafanaServer::new(here, binding, peer, secrets);
            self.monitoring(
                at,
                server.map(|server| -> Arc<dyn Monitoring> { Arc::new(server) }),
            );
        }
    }

    fn monitoring(&mut self, at: Placement, made: PortResult<Arc<dyn Monitoring>>) {
        match made {
            Ok(server) => {
                self.reached.ports.monitorings.insert(at, server);
            }
            Err(refused) => self.missing.push(Unwired::Refused(refused)),
        }
    }

    /// A stack, applied by Terraform itself or by somebody else.
    fn stack(&mut self, here: Here, stack: TerraformBinding, applier: Option<Arc<dyn Applier>>) {
        let at = (here.component.id.clone(), here.site.id.clone());
        let (folders, narrator) = (&self.machine.folders, self.machine.narrator.clone());
        let account = Arc::new(self.aws(&here.site.id));
        let described = self.described(&here.site.id);
        let stack = TerraformStack::new(here, stack, described, account, folders, narrator);
        let stack = match applier {
            Some(applier) => stack.applied_by(applier),
            None => stack,
        };
        self.reached.ports.stacks.insert(at, Arc::new(stack));
    }

    fn workflow(&mut self, here: Here, aws: AwsSite, binding: GithubActionsBinding) {
        let stack = binding.stack.clone();
        let secrets = Arc::new(SiteSecrets::new(self.machine.secrets.clone(), aws));
        let (folders, narrator) = (&self.machine.folders, self.machine.narrator.clone());
        let workflow = GithubActions::new(here.clone(), binding, secrets, folders, narrator);
        self.stack(here, stack, Some(Arc::new(workflow)));
    }

    fn repository(&mut self, here: Here, aws: AwsSite, binding: crate::model::GitBinding) {
        let at = (here.component.id.clone(), here.site.id.clone());
        let power = binding.instance.clone().map(|instance| {
            let power: Arc<dyn Power> = Arc::new(Ec2Instance::new(here.clone(), aws, instance));
            power
        });
        let local = || -> Arc<dyn ObjectStore> {
            Arc::new(DirectoryStore::new(&self.machine.folders.data))
        };
        let stores = &self.reached.stores;
        let memory = Memory {
            own: stores.get(&here.site.id).cloned().unwrap_or_else(local),
            other: stores.get(&here.peer.id).cloned(),
        };
        let cache = self.machine.folders.data.join("git");
        let server = GitServer::new(here, power, binding, &cache, memory);
        self.reached.ports.repositories.insert(at, Arc::new(server));
    }

    /// The balancer that spreads requests over a fleet.
    fn balancer_of(&self, fleet: &Component, site: &SiteId) -> Option<crate::model::AlbBinding> {
        let balancer = self.estate.of_kind(Kind::Balancer).find(|component| {
            matches!(&component.settings, Settings::Balancer(balancer)
                if balancer.fleet.as_ref() == Some(&fleet.id))
        })?;
        match self.estate.binding(&balancer.id, site) {
            Some(Binding::Alb(binding)) => Some(binding.clone()),
            _ => None,
        }
    }

    /// What the stacks of a site describe.
    fn described(&self, site: &SiteId) -> Described {
        let fleets = self.estate.of_kind(Kind::Compute);
        let fleets = fleets.filter_map(|component| match &component.settings {
            Settings::Compute(fleet) => Some((component.id.clone(), fleet.clone())),
            _ => None,
        });
        let databases = self.estate.of_kind(Kind::Database);
        let databases =
            databases.filter_map(|component| match self.estate.binding(&component.id, site) {
                Some(Binding::Rds(binding)) => Some(binding.instance.clone()),
                _ => None,
            });
        Described {
            fleets: fleets.collect(),
            databases: databases.collect(),
        }
    }

    fn front_door(&mut self, component: &Component) {
        let mut sides = Vec::new();
        for site in &self.estate.sites {
            match self.estate.binding(&component.id, &site.id) {
                Some(Binding::Route53(binding)) => sides.push(Side {
                    site: site.id.clone(),
                    aws: self.aws(&site.id),
                    binding: binding.clone(),
                }),
                _ => self.unbound(component, &site.id),
            }
        }
        if let Ok(sides) = <[Side; 2]>::try_from(sides) {
            let roles = sides.iter().find_map(|side| side.binding.roles.as_ref());
            let roles = roles.map(|file| self.machine.folders.estate.join(file));
            let door = FrontDoor::new(component.clone(), sides, self.machine.clock.clone());
            let door = door.told_in(roles);
            let traffics = &mut self.reached.ports.traffics;
            traffics.insert(component.id.clone(), Arc::new(door));
        }
    }

    fn done(self) -> Result<Reached, Vec<Unwired>> {
        if self.missing.is_empty() {
            Ok(self.reached)
        } else {
            Err(self.missing)
        }
    }
}
