//! An estate of four rows, and ports that answer as told.

use std::collections::BTreeMap;
use std::future::{Future, pending, ready};
use std::pin::Pin;
use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;

use crate::model::{
    ClientView, Component, DatabaseRole, DatabaseState, DatabaseStatus, Duration, Estate,
    FacilityState, Infrastructure, Network, Objectives, Platform, Position, Reachability, Role,
    Settings, Site, SiteId, StackChanges, StackState, Technology, Traffic, TrafficMethod,
    TrafficState,
};
use crate::port::{
    Clock, CommandOutput, Commands, Database, ErrorClass, Facility, Notifier, Observers, Permit,
    PortError, PortResult, Ports,
};

pub(super) fn id<T: std::str::FromStr>(name: &str) -> T
where
    T::Err: std::fmt::Debug,
{
    name.parse().unwrap()
}

pub(super) fn estate() -> Estate {
    let site = |name, region, home_role| Site {
        id: id(name),
        platform: Platform::Aws,
        region: id(region),
        home_role,
        access: crate::model::Access::default(),
    };
    let component = |name, technology, settings| Component {
        id: id(name),
        technology,
        settings,
    };
    let rows = [
        component(
            "database",
            Technology::Rds,
            Settings::Database(crate::model::Database {
                class: "db.t2.small".to_owned(),
                nodes: 2,
            }),
        ),
        component(
            "network",
            Technology::Vpc,
            Settings::Network(Network {
                zones: 3,
                addresses: 16,
            }),
        ),
        component(
            "stack",
            Technology::Terraform,
            Settings::Infrastructure(Infrastructure { state: None }),
        ),
        component(
            "front-door",
            Technology::Route53,
            Settings::Traffic(Traffic {
                record: "app.example.com".to_owned(),
                ttl: Duration::from_secs(30),
                method: TrafficMethod::HealthSwitch,
            }),
        ),
    ];
    Estate {
        name: id("storefront"),
        sites: [
            site("ohio", "us-east-2", Role::Primary),
            site("california", "us-west-1", Role::Standby),
        ],
        objectives: Objectives {
            rpo: Duration::from_mins(5),
            rto: Duration::from_mins(30),
        },
        components: rows.into_iter().map(|row| (row.id.clone(), row)).collect(),
        write_lease: None,
        steady_state: Vec::new(),
        backups: Vec::new(),
        exceptions: Vec::new(),
        watch: None,
        observers: Vec::new(),
        bindings: crate::model::Bindings::new(),
    }
}

pub(super) fn database(role: DatabaseRole, fenced: bool) -> DatabaseState {
    DatabaseState {
        writable: role == DatabaseRole::Primary && !fenced,
        role,
        status: DatabaseStatus::Available,
        fenced,
        position: Position::Writes(7),
        replication: None,
        lacks: Vec::new(),
    }
}

/// How something behind a port answers.
#[derive(Clone)]
pub(super) enum Answer<T> {
    With(T),
    Refuses,
    Never,
}

impl<T: Clone> Answer<T> {
    async fn give(&self) -> PortResult<T> {
        match self {
            Self::With(value) => Ok(value.clone()),
            Self::Refuses => Err(refusal()),
            Self::Never => pending().await,
        }
    }
}

fn refusal() -> PortError {
    PortError {
        class: ErrorClass::Denied,
        operation: "rds:DescribeDBInstances".to_owned(),
        place: "ohio".to_owned(),
        message: "not allowed".to_owned(),
    }
}

#[async_trait]
impl Database for Answer<DatabaseState> {
    async fn observe(&self) -> PortResult<DatabaseState> {
        self.give().await
    }
    async fn fence(&self, _: &Permit) -> PortResult<()> {
        Err(refusal())
    }
    async fn unfence(&self, _: &Permit) -> PortResult<()> {
        Err(refusal())
    }
    async fn promote(&self, _: &Permit) -> PortResult<()> {
        Err(refusal())
    }
    async fn replicate_from(&self, _: &SiteId, _: &Permit) -> PortResult<()> {
        Err(refusal())
    }
    async fn retire(&self, _: &Permit) -> PortResult<()> {
        Err(refusal())
    }
}

#[async_trait]
impl Facility for Answer<FacilityState> {
    async fn observe(&self) -> PortResult<FacilityState> {
        self.give().await
    }
}

#[async_trait]
impl crate::port::Traffic for Answer<TrafficState> {
    async fn observe(&self) -> PortResult<TrafficState> {
        self.give().await
    }
    async fn shift(&self, _: &SiteId, _: &Permit) -> PortResult<()> {
        Err(refusal())
    }
}

/// A stack that says for which role it was asked.
struct Echo;

#[async_trait]
impl crate::port::Infrastructure for Echo {
    async fn observe(&self, role: Role) -> PortResult<StackState> {
        Ok(StackState {
            applied_role: role,
            locked_by: None,
            serial: 1,
            pending: StackChanges::default(),
        })
    }
    async fn apply(&self, _: Role, _: &Permit) -> PortResult<()> {
        Err(refusal())
    }
    async fn adopt(&self, _: Role, _: &Permit) -> PortResult<()> {
        Err(refusal())
    }
}

/// The rest of the world, of which an inventory needs nothing.
struct Rest;

impl Clock for Rest {
    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH
    }
    fn sleep(&self, _: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + 'static>> {
        Box::pin(ready(()))
    }
}

#[async_trait]
impl Observers for Rest {
    async fn clients(&self, _: Duration) -> PortResult<ClientView> {
        Err(refusal())
    }
    async fn reach(&self, _: &SiteId) -> PortResult<Reachability> {
        Err(refusal())
    }
}

#[async_trait]
impl Notifier for Rest {
    async fn notify(&self, _: &str, _: &Permit) -> PortResult<()> {
        Err(refusal())
    }
}

#[async_trait]
impl Commands for Rest {
    async fn run(
        &self,
        _: &[String],
        _: Duration,
        _: Option<&Permit>,
    ) -> PortResult<CommandOutput> {
        Err(refusal())
    }
}

/// Ports on which the databases and networks of the two sites answer as told, and the rest answers well.
pub(super) fn ports(
    databases: [Answer<DatabaseState>; 2],
    networks: [Answer<FacilityState>; 2],
    front: Answer<TrafficState>,
) -> Ports {
    let sites: [SiteId; 2] = [id("ohio"), id("california")];
    let mut ports = Ports {
        clock: Arc::new(Rest),
        databases: BTreeMap::new(),
        computes: BTreeMap::new(),
        monitorings: BTreeMap::new(),
        stacks: BTreeMap::new(),
        repositories: BTreeMap::new(),
        facilities: BTreeMap::new(),
        traffics: BTreeMap::from([(id("front-door"), Arc::new(front) as _)]),
        observers: Arc::new(Rest),
        write_lease: None,
        notifier: Arc::new(Rest),
        commands: Arc::new(Rest),
    };
    for (site, (database, network)) in sites.iter().zip(databases.into_iter().zip(networks)) {
        let at = |name: &str| (id(name), site.clone());
        ports.databases.insert(at("database"), Arc::new(database));
        ports.facilities.insert(at("network"), Arc::new(network));
        ports.stacks.insert(at("stack"), Arc::new(Echo));
    }
    ports
}

impl<T: std::fmt::Debug> std::fmt::Debug for Answer<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::With(value) => write!(f, "With({value:?})"),
            Self::Refuses => f.write_str("Refuses"),
            Self::Never => f.write_str("Never"),
        }
    }
}
