//! One row of the estate's grid.

use std::collections::BTreeMap;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ComponentId, Duration, SiteId};

/// What a component is for.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Holds the source and the runbooks: a Git server.
    Repository,
    /// Describes the site as code: a Terraform stack.
    Infrastructure,
    /// Subnets and addresses.
    Network,
    /// Spreads requests over a fleet.
    Balancer,
    /// A fleet of servers.
    Compute,
    /// A container cluster.
    Kubernetes,
    /// Holds the data.
    Database,
    /// Scrapes, alerts, draws.
    Monitoring,
    /// Sends clients to a site: a DNS name.
    Traffic,
    /// Holds objects: a bucket.
    ObjectStore,
}

impl Kind {
    /// All kinds, in the order in which a grid prints them.
    pub const ALL: [Self; 10] = [
        Self::Traffic,
        Self::Balancer,
        Self::Network,
        Self::Compute,
        Self::Kubernetes,
        Self::Database,
        Self::ObjectStore,
        Self::Repository,
        Self::Infrastructure,
        Self::Monitoring,
    ];

    /// The word that stands in `estate.yaml`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Repository => "repository",
            Self::Infrastructure => "infrastructure",
            Self::Network => "network",
            Self::Balancer => "balancer",
            Self::Compute => "compute",
            Self::Kubernetes => "kubernetes",
            Self::Database => "database",
            Self::Monitoring => "monitoring",
            Self::Traffic => "traffic",
            Self::ObjectStore => "object-store",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// What a component is made of. What each can do stands in [`crate::adapter::technology`].
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Technology {
    /// A Git server with a mirror on the other site.
    Git,
    /// A Terraform stack with its state in its own site.
    Terraform,
    /// A Terraform stack that a GitHub Actions workflow applies.
    GithubActions,
    /// A Terraform stack that a command of the estate's own applies.
    Command,
    /// An Amazon VPC.
    Vpc,
    /// An AWS application load balancer.
    Alb,
    /// An EC2 Auto Scaling group.
    Ec2Autoscaling,
    /// An Amazon EKS cluster.
    Eks,
    /// An Amazon RDS instance with a cross-region replica.
    Rds,
    /// Prometheus.
    Prometheus,
    /// Grafana.
    Grafana,
    /// An Amazon Route 53 name.
    Route53,
    /// An Amazon S3 bucket.
    S3,
}

impl Technology {
    /// All technologies.
    pub const ALL: [Self; 13] = [
        Self::Git,
        Self::Terraform,
        Self::GithubActions,
        Self::Command,
        Self::Vpc,
        Self::Alb,
        Self::Ec2Autoscaling,
        Self::Eks,
        Self::Rds,
        Self::Prometheus,
        Self::Grafana,
        Self::Route53,
        Self::S3,
    ];

    /// The word that stands in `estate.yaml`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Git => "git",
            Self::Terraform => "terraform",
            Self::GithubActions => "github-actions",
            Self::Command => "command",
            Self::Vpc => "vpc",
            Self::Alb => "alb",
            Self::Ec2Autoscaling => "ec2-autoscaling",
            Self::Eks => "eks",
            Self::Rds => "rds",
            Self::Prometheus => "prometheus",
            Self::Grafana => "grafana",
            Self::Route53 => "route53",
            Self::S3 => "s3",
        }
    }

    /// The kind that this technology implements.
    pub fn kind(self) -> Kind {
        match self {
            Self::Git => Kind::Repository,
            Self::Terraform | Self::GithubActions | Self::Command => Kind::Infrastructure,
            Self::Vpc => Kind::Network,
            Self::Alb => Kind::Balancer,
            Self::Ec2Autoscaling => Kind::Compute,
            Self::Eks => Kind::Kubernetes,
            Self::Rds => Kind::Database,
            Self::Prometheus | Self::Grafana => Kind::Monitoring,
            Self::Route53 => Kind::Traffic,
            Self::S3 => Kind::ObjectStore,
        }
    }
}

impl fmt::Display for Technology {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// One thing of the estate that exists on both sites.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Component {
    /// Its name: the row of the grid.
    pub id: ComponentId,
    /// What it is made of; its kind follows.
    pub technology: Technology,
    /// What the kind needs to know.
    pub settings: Settings,
}

impl Component {
    /// What it is for.
    pub fn kind(&self) -> Kind {
        self.technology.kind()
    }
}

/// What a kind needs to know of a component.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Settings {
    /// Of a Git server.
    Repository(Repository),
    /// Of a stack.
    Infrastructure(Infrastructure),
    /// Of a network.
    Network(Network),
    /// Of a balancer.
    Balancer(Balancer),
    /// Of a fleet of servers.
    Compute(Compute),
    /// Of a container cluster: its nodes are a fleet.
    Kubernetes(Compute),
    /// Of a database.
    Database(Database),
    /// Of a monitoring system.
    Monitoring(Monitoring),
    /// Of a front door.
    Traffic(Traffic),
    /// Of a bucket.
    ObjectStore(ObjectStorage),
}

/// A Git server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Repository {
    /// Whether the standby's server is turned off until it is needed.
    pub standby_off: bool,
}

/// A stack of infrastructure as code, one per site, its state in that site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Infrastructure {
    /// The bucket component that holds the state.
    pub state: Option<ComponentId>,
}

/// A network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Network {
    /// Availability zones used on each site.
    pub zones: u32,
    /// Addresses that the fleet needs, per site.
    pub addresses: u32,
}

/// A load balancer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Balancer {
    /// The fleet that it spreads requests over.
    pub fleet: Option<ComponentId>,
}

/// How many members a fleet has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Capacity {
    /// Wanted while the site is primary.
    pub count: u32,
    /// Fewer than this cannot carry the load.
    pub minimum: u32,
}

/// A fleet of servers or of cluster nodes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Compute {
    /// Instance type: `t3.micro`.
    pub size: String,
    /// What a primary has.
    pub capacity: Capacity,
    /// Members kept on the standby: `count` when it is hot, 0 for a pilot light. Declared, so it is no drift.
    pub standby_count: u32,
}

/// A replicated database. Each one is a data set, with a pivot of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Database {
    /// Instance class: `db.t2.small`.
    pub class: String,
    /// Nodes per site: 2 is Multi-AZ.
    pub nodes: u32,
}

/// A monitoring system, one per site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Monitoring {
    /// The cluster that hosts it.
    pub hosted_on: Option<ComponentId>,
}

/// How traffic is sent to the other site.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TrafficMethod {
    /// An object in the standby's region, watched by an inverted health check on the primary's record: no record is
    /// edited, so the name service's control plane is not needed (AWS, "Creating disaster recovery mechanisms using
    /// Amazon Route 53").
    HealthSwitch,
    /// The record is edited, which needs the control plane in us-east-1.
    RecordEdit,
}

/// The name that clients use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Traffic {
    /// The DNS name.
    pub record: String,
    /// How long a resolver may keep an answer.
    pub ttl: Duration,
    /// How it is switched.
    pub method: TrafficMethod,
}

/// A bucket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObjectStorage {
    /// The bucket's name on each site.
    pub buckets: BTreeMap<SiteId, String>,
}
