//! The shipped storefront, and inventories of it.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use jiff::Timestamp;

use crate::config::{Source, builtin, load_estate};
use crate::model::{
    ComputeState, DatabaseRole, DatabaseState, DatabaseStatus, Direction, Duration, Estate,
    EstateInventory, FacilityState, Finding, Gap, Inventory, Kind, Lineage, Mode, MonitoringState,
    Observed, Position, Replication, RepositoryState, Role, SiteId, StackChanges, StackState,
    TrafficState,
};
use crate::runbook::Runbook;
use crate::runbook::plan::Request;

pub(super) fn id<T: std::str::FromStr<Err: std::fmt::Debug>>(name: &str) -> T {
    name.parse().unwrap()
}

/// Read once: reading takes longer than planning.
static STOREFRONT: LazyLock<Estate> = LazyLock::new(|| {
    load_estate(builtin::storefront_estate()).unwrap_or_else(|problems| panic!("{problems}"))
});

static FAILOVER: LazyLock<Runbook> = LazyLock::new(|| shipped("failover"));

pub(super) fn shipped(name: &str) -> Runbook {
    let source = builtin::storefront_runbook(name).unwrap();
    Runbook::parse(source).unwrap_or_else(|problems| panic!("{problems}"))
}

pub(super) fn written(text: &str) -> Runbook {
    Runbook::parse(Source::new("test.yaml", text)).unwrap_or_else(|problems| panic!("{problems}"))
}

/// Everything that a plan of the storefront is made from.
pub(super) struct World {
    pub(super) estate: Estate,
    pub(super) runbook: Runbook,
    pub(super) inventory: EstateInventory,
    pub(super) mode: Mode,
    pub(super) direction: Direction,
}

impl World {
    /// All is well at home, and the failover runbook is to be planned.
    pub(super) fn at_home(mode: Mode) -> Self {
        let estate = STOREFRONT.clone();
        Self {
            inventory: healthy(&estate, &estate.outward()),
            direction: estate.outward(),
            runbook: FAILOVER.clone(),
            estate,
            mode,
        }
    }

    pub(super) fn request(&self) -> Request<'_> {
        Request {
            estate: &self.estate,
            runbook: &self.runbook,
            inventory: &self.inventory,
            mode: self.mode,
            rehearsal: false,
            direction: self.direction.clone(),
        }
    }

    /// Nothing of a component can be read there.
    pub(super) fn lose(&mut self, component: &str, site: &str) {
        let column = self.column(site);
        column.observed.remove(&id(component));
        let reason = "no answer within 10s".to_owned();
        column.gaps.insert(id(component), Gap { reason });
    }

    /// Nothing of a site can be read.
    pub(super) fn lose_site(&mut self, site: &str) {
        let names: Vec<String> = self
            .estate
            .components
            .keys()
            .map(ToString::to_string)
            .collect();
        for name in names.iter().filter(|name| *name != "front-door") {
            self.lose(name, site);
        }
    }

    pub(super) fn database(&mut self, site: &str) -> &mut DatabaseState {
        match self.column(site).observed.get_mut(&id("database")) {
            Some(Observed::Database(state)) => state,
            other => panic!("{other:?}"),
        }
    }

    pub(super) fn stack(&mut self, site: &str) -> &mut StackState {
        match self.column(site).observed.get_mut(&id("stack")) {
            Some(Observed::Stack(state)) => state,
            other => panic!("{other:?}"),
        }
    }

    pub(super) fn send_clients_to(&mut self, site: &str) {
        for column in self.inventory.sites.values_mut() {
            match column.observed.get_mut(&id("front-door")) {
                Some(Observed::Traffic(state)) => state.answers = id(site),
                other => panic!("{other:?}"),
            }
        }
    }

    pub(super) fn worry_about_the_front_door(&mut self, concern: &Finding) {
        for column in self.inventory.sites.values_mut() {
            match column.observed.get_mut(&id("front-door")) {
                Some(Observed::Traffic(state)) => state.concerns.push(concern.clone()),
                other => panic!("{other:?}"),
            }
        }
    }

    fn column(&mut self, site: &str) -> &mut Inventory {
        self.inventory.sites.get_mut(&id::<SiteId>(site)).unwrap()
    }
}

/// An inventory without gaps, in which `direction.from` is primary and the other site follows two seconds behind.
pub(super) fn healthy(estate: &Estate, direction: &Direction) -> EstateInventory {
    let column = |site: &SiteId| {
        let rows = estate.components.values();
        let observed = rows.map(|row| (row.id.clone(), well(row.kind(), site, direction)));
        let inventory = Inventory {
            site: site.clone(),
            at: Timestamp::UNIX_EPOCH,
            observed: observed.collect(),
            gaps: BTreeMap::new(),
        };
        (site.clone(), inventory)
    };
    EstateInventory {
        sites: BTreeMap::from([column(&direction.from), column(&direction.to)]),
    }
}

fn well(kind: Kind, site: &SiteId, direction: &Direction) -> Observed {
    let primary = *site == direction.from;
    match kind {
        Kind::Database => Observed::Database(database(primary, direction)),
        Kind::Compute | Kind::Kubernetes => Observed::Compute(ComputeState {
            desired: 3,
            running: 3,
            healthy: 3,
            limit: 10,
            unproven: None,
        }),
        Kind::Traffic => Observed::Traffic(TrafficState {
            answers: direction.from.clone(),
            switched_to: Some(direction.from.clone()),
            ttl: Duration::from_secs(60),
            concerns: Vec::new(),
        }),
        Kind::Monitoring => Observed::Monitoring(MonitoringState {
            watches: direction.from.clone(),
            targets_up: 5,
            targets: 5,
            unheard: None,
        }),
        Kind::Infrastructure => Observed::Stack(StackState {
            applied_role: if primary {
                Role::Primary
            } else {
                Role::Standby
            },
            locked_by: None,
            serial: 4,
            pending: StackChanges::default(),
        }),
        Kind::Repository => Observed::Repository(RepositoryState {
            running: primary,
            commits: 20,
            last_seen_at_primary: 20,
            lineage: Lineage::Complete,
        }),
        Kind::Network | Kind::Balancer | Kind::ObjectStore => Observed::Facility(FacilityState {
            ready: true,
            detail: "as declared".to_owned(),
        }),
    }
}

fn database(primary: bool, direction: &Direction) -> DatabaseState {
    let replication = Replication {
        lag: Duration::from_secs(2),
        measured_at: Timestamp::UNIX_EPOCH,
        source_position: Some(Position::Writes(100)),
        last_applied_commit: Timestamp::UNIX_EPOCH,
    };
    DatabaseState {
        role: if primary {
            DatabaseRole::Primary
        } else {
            DatabaseRole::Replica {
                source: direction.from.clone(),
            }
        },
        status: DatabaseStatus::Available,
        writable: primary,
        fenced: false,
        position: Position::Writes(100),
        replication: (!primary).then_some(replication),
        lacks: Vec::new(),
    }
}
