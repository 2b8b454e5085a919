//! What the simulated world promises.

mod calls;
mod failover;
mod faults;
mod repeatable;
mod strains;

use crate::model::{
    BackupPolicy, Balancer, Capacity, Component, ComponentId, Compute, Database, DatabaseState,
    Duration, Epoch, Estate, Infrastructure, Monitoring, Network, ObjectStorage, Objectives,
    Platform, Repository, Role, Settings, Site, SiteId, Technology, Traffic, TrafficMethod,
};
use crate::port::{LeaseDeadline, Permit, PortResult, Ports};
use crate::sim::{Operator, Simulation};

/// The home primary.
fn ohio() -> SiteId {
    "ohio".parse().unwrap()
}

/// The home standby.
fn california() -> SiteId {
    "california".parse().unwrap()
}

/// A component's name.
fn id(name: &str) -> ComponentId {
    name.parse().unwrap()
}

fn site(id: SiteId, region: &str, home_role: Role) -> Site {
    Site {
        id,
        platform: Platform::Aws,
        region: region.parse().unwrap(),
        home_role,
        access: crate::model::Access::default(),
    }
}

/// A shop: two sites, one of everything.
fn estate() -> Estate {
    let fleet = |size: &str, count, standby_count| Compute {
        size: size.to_owned(),
        capacity: Capacity { count, minimum: 2 },
        standby_count,
    };
    let components = [
        (
            "source",
            Technology::Git,
            Settings::Repository(Repository { standby_off: true }),
        ),
        (
            "stack",
            Technology::Terraform,
            Settings::Infrastructure(Infrastructure { state: None }),
        ),
        (
            "network",
            Technology::Vpc,
            Settings::Network(Network {
                zones: 3,
                addresses: 64,
            }),
        ),
        (
            "balancer",
            Technology::Alb,
            Settings::Balancer(Balancer {
                fleet: Some(id("app")),
            }),
        ),
        (
            "app",
            Technology::Ec2Autoscaling,
            Settings::Compute(fleet("t3.micro", 3, 1)),
        ),
        (
            "cluster",
            Technology::Eks,
            Settings::Kubernetes(fleet("t3.medium", 2, 2)),
        ),
        (
            "state",
            Technology::S3,
            Settings::ObjectStore(ObjectStorage { buckets: [].into() }),
        ),
        (
            "database",
            Technology::Rds,
            Settings::Database(Database {
                class: "db.t2.small".to_owned(),
                nodes: 2,
            }),
        ),
        (
            "metrics",
            Technology::Prometheus,
            Settings::Monitoring(Monitoring {
                hosted_on: Some(id("cluster")),
            }),
        ),
        (
            "front-door",
            Technology::Route53,
            Settings::Traffic(Traffic {
                record: "shop.example.com".to_owned(),
                ttl: Duration::from_secs(60),
                method: TrafficMethod::HealthSwitch,
            }),
        ),
    ];
    Estate {
        name: "shop".parse().unwrap(),
        sites: [
            site(ohio(), "us-east-2", Role::Primary),
            site(california(), "us-west-1", Role::Standby),
        ],
        objectives: Objectives {
            rpo: Duration::from_mins(5),
            rto: Duration::from_mins(30),
        },
        components: components
            .into_iter()
            .map(|(name, technology, settings)| {
                let id = id(name);
                let component = Component {
                    id: id.clone(),
                    technology,
                    settings,
                };
                (id, component)
            })
            .collect(),
        write_lease: None,
        steady_state: Vec::new(),
        backups: vec![BackupPolicy {
            component: id("database"),
            schedule: "30 2 * * *".parse().unwrap(),
            keep: "35d".parse().unwrap(),
        }],
        exceptions: Vec::new(),
        watch: None,
        observers: Vec::new(),
        bindings: crate::model::Bindings::new(),
    }
}

/// The estate with a write lease of half a minute.
fn leased_estate() -> Estate {
    Estate {
        write_lease: Some(Duration::from_secs(30)),
        ..estate()
    }
}

/// One operator at work, with a permit of epoch 1 that lasts for a day.
struct Desk {
    sim: Simulation,
    ann: Operator,
    ports: Ports,
    permit: Permit,
}

impl Desk {
    fn new(estate: &Estate, seed: u64) -> Self {
        Self::at(Simulation::new(estate, seed))
    }

    fn at(sim: Simulation) -> Self {
        let ann = sim.operator("ann");
        let deadline = Duration::from_mins(1440).after(sim.now());
        Self {
            ports: ann.ports(),
            ann,
            permit: permit(1, LeaseDeadline::new(deadline)),
            sim,
        }
    }

    /// Runs what ann does.
    fn run<T>(&self, future: impl Future<Output = T> + Send) -> T {
        self.sim
            .run(&self.ann, future)
            .expect("it comes to its end")
    }

    /// Asks until a reading is as wanted, every five seconds.
    async fn until<T, F: Future<Output = PortResult<T>>>(
        &self,
        read: impl Fn() -> F,
        wanted: impl Fn(&T) -> bool,
    ) -> T {
        loop {
            if let Ok(state) = read().await
                && wanted(&state)
            {
                return state;
            }
            self.ports.clock.sleep(Duration::from_secs(5)).await;
        }
    }

    /// Promotes the database of `site` and waits until it takes writes.
    async fn promote(&self, site: &SiteId) {
        let database = self.ports.database(&id("database"), site).unwrap();
        database
            .promote(&self.permit)
            .await
            .expect("it is accepted");
        self.until(|| database.observe(), DatabaseState::is_writable_primary)
            .await;
    }

    /// Sends clients to `site`.
    async fn shift(&self, site: &SiteId) {
        let door = self.ports.traffic(&id("front-door")).unwrap();
        door.shift(site, &self.permit)
            .await
            .expect("it is accepted");
        self.until(|| door.observe(), |state| state.answers == *site)
            .await;
    }
}

fn permit(epoch: u64, deadline: LeaseDeadline) -> Permit {
    Permit {
        run: "failover-1".parse().unwrap(),
        step: "step".parse().unwrap(),
        epoch: Epoch(epoch),
        token: "token".to_owned(),
        deadline,
    }
}
