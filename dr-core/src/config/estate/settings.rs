//! What each kind needs to know of a component, as written: one small shape and one small reader a kind.

use schemars::JsonSchema;

use crate::config::read::{Fields, Rows, Shape};
use crate::config::word::{Refusal, Word};
use crate::config::yaml::At;
use crate::model::{ComponentId, Duration, SiteId, TrafficMethod};

/// Whether something runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema)]
#[schemars(rename_all = "kebab-case")]
pub(crate) enum Switch {
    /// Runs all the time.
    On,
    /// Is turned off until it is needed.
    Off,
}

impl Word for Switch {
    fn read(text: &str) -> Result<Self, Refusal> {
        match text {
            "on" => Ok(Self::On),
            "off" => Ok(Self::Off),
            _ => Err(Refusal {
                code: "unknown-switch",
                message: format!("`{text}` is neither `on` nor `off`"),
                help: None,
            }),
        }
    }
}

/// A Git server.
#[derive(Debug, JsonSchema)]
#[schemars(rename = "Repository", rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawRepository {
    /// Whether the standby's server runs, or is turned off until it is needed. On when nothing is said.
    pub(crate) standby: Option<At<Switch>>,
}

impl Shape for RawRepository {
    const KEYS: &[&str] = &["standby"];

    fn read(fields: &mut Fields<'_, '_>) -> Self {
        Self {
            standby: fields.optional("standby"),
        }
    }
}

/// A stack of infrastructure as code, one per site.
#[derive(Debug, JsonSchema)]
#[schemars(
    rename = "Infrastructure",
    rename_all = "kebab-case",
    deny_unknown_fields
)]
pub(crate) struct RawInfrastructure {
    /// The object-store component that holds the state, each site's in that site.
    pub(crate) state: Option<At<ComponentId>>,
}

impl Shape for RawInfrastructure {
    const KEYS: &[&str] = &["state"];

    fn read(fields: &mut Fields<'_, '_>) -> Self {
        Self {
            state: fields.optional("state"),
        }
    }
}

/// Subnets and addresses.
#[derive(Debug, JsonSchema)]
#[schemars(rename = "Network", rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawNetwork {
    /// Availability zones used on each site.
    #[schemars(required, range(min = 1, max = 6))]
    pub(crate) zones: Option<At<u32>>,
    /// Addresses that the fleets need, per site.
    #[schemars(required, range(min = 1))]
    pub(crate) addresses: Option<At<u32>>,
}

impl Shape for RawNetwork {
    const KEYS: &[&str] = &["zones", "addresses"];

    fn read(fields: &mut Fields<'_, '_>) -> Self {
        Self {
            zones: fields.required("zones", "zones: 2"),
            addresses: fields.required("addresses", "addresses: 16"),
        }
    }
}

/// Spreads requests over a fleet.
#[derive(Debug, JsonSchema)]
#[schemars(rename = "Balancer", rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawBalancer {
    /// The compute or kubernetes component that it spreads requests over.
    pub(crate) fleet: Option<At<ComponentId>>,
}

impl Shape for RawBalancer {
    const KEYS: &[&str] = &["fleet"];

    fn read(fields: &mut Fields<'_, '_>) -> Self {
        Self {
            fleet: fields.optional("fleet"),
        }
    }
}

/// A fleet of servers.
#[derive(Debug, JsonSchema)]
#[schemars(rename = "Compute", rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawCompute {
    /// Instance type: `t3.micro`.
    #[schemars(required)]
    pub(crate) size: Option<At<String>>,
    /// Servers wanted while the site is primary.
    #[schemars(required, range(min = 1))]
    pub(crate) count: Option<At<u32>>,
    /// Fewer than this cannot carry the load. As many as `count` when nothing is said.
    #[schemars(range(min = 1))]
    pub(crate) minimum: Option<At<u32>>,
    /// What is kept on the standby. As much as on a primary when nothing is said.
    pub(crate) standby: Option<RawStandbyFleet>,
}

impl Shape for RawCompute {
    const KEYS: &[&str] = &["size", "count", "minimum", "standby"];

    fn read(fields: &mut Fields<'_, '_>) -> Self {
        Self {
            size: fields.required("size", "size: t3.micro"),
            count: fields.required("count", "count: 3"),
            minimum: fields.optional("minimum"),
            standby: fields.optional("standby"),
        }
    }
}

/// What of a fleet is kept on the standby.
#[derive(Debug, JsonSchema)]
#[schemars(
    rename = "StandbyFleet",
    rename_all = "kebab-case",
    deny_unknown_fields
)]
pub(crate) struct RawStandbyFleet {
    /// Members that run there; 0 is a pilot light. Declared here, so it is no drift.
    #[schemars(required)]
    pub(crate) count: Option<At<u32>>,
}

impl Shape for RawStandbyFleet {
    const KEYS: &[&str] = &["count"];

    fn read(fields: &mut Fields<'_, '_>) -> Self {
        Self {
            count: fields.required("count", "count: 1"),
        }
    }
}

/// A container cluster.
#[derive(Debug, JsonSchema)]
#[schemars(rename = "Kubernetes", rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawKubernetes {
    /// Instance type of a node: `t3.medium`.
    #[schemars(required)]
    pub(crate) size: Option<At<String>>,
    /// Nodes wanted while the site is primary.
    #[schemars(required, range(min = 1))]
    pub(crate) nodes: Option<At<u32>>,
    /// Fewer than this cannot carry the load. As many as `nodes` when nothing is said.
    #[schemars(range(min = 1))]
    pub(crate) minimum: Option<At<u32>>,
    /// What is kept on the standby. As much as on a primary when nothing is said.
    pub(crate) standby: Option<RawStandbyFleet>,
}

impl Shape for RawKubernetes {
    const KEYS: &[&str] = &["size", "nodes", "minimum", "standby"];

    fn read(fields: &mut Fields<'_, '_>) -> Self {
        Self {
            size: fields.required("size", "size: t3.medium"),
            nodes: fields.required("nodes", "nodes: 2"),
            minimum: fields.optional("minimum"),
            standby: fields.optional("standby"),
        }
    }
}

/// A replicated database. Each one is a data set, with a pivot of its own.
#[derive(Debug, JsonSchema)]
#[schemars(rename = "Database", rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawDatabase {
    /// Instance class: `db.t3.small`.
    #[schemars(required)]
    pub(crate) class: Option<At<String>>,
    /// Nodes per site; 2 is an instance with a standby in another zone (Multi-AZ).
    #[schemars(required, range(min = 1))]
    pub(crate) nodes: Option<At<u32>>,
}

impl Shape for RawDatabase {
    const KEYS: &[&str] = &["class", "nodes"];

    fn read(fields: &mut Fields<'_, '_>) -> Self {
        Self {
            class: fields.required("class", "class: db.t3.small"),
            nodes: fields.required("nodes", "nodes: 2"),
        }
    }
}

/// A monitoring system, one per site.
#[derive(Debug, JsonSchema)]
#[schemars(rename = "Monitoring", rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawMonitoring {
    /// The kubernetes or compute component that hosts it.
    pub(crate) on: Option<At<ComponentId>>,
}

impl Shape for RawMonitoring {
    const KEYS: &[&str] = &["on"];

    fn read(fields: &mut Fields<'_, '_>) -> Self {
        Self {
            on: fields.optional("on"),
        }
    }
}

/// The name that clients use.
#[derive(Debug, JsonSchema)]
#[schemars(rename = "Traffic", rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawTraffic {
    /// The DNS name.
    #[schemars(required, length(max = 253))]
    pub(crate) record: Option<At<String>>,
    /// How long a resolver may keep an answer: at most a quarter of the RTO.
    #[schemars(required)]
    pub(crate) ttl: Option<At<Duration>>,
    /// How traffic is sent to the other site. `health-switch` when nothing is said.
    pub(crate) method: Option<At<TrafficMethod>>,
}

impl Shape for RawTraffic {
    const KEYS: &[&str] = &["record", "ttl", "method"];

    fn read(fields: &mut Fields<'_, '_>) -> Self {
        Self {
            record: fields.required("record", "record: app.example.com"),
            ttl: fields.required("ttl", "ttl: 60s"),
            method: fields.optional("method"),
        }
    }
}

/// A bucket on each site.
#[derive(Debug, JsonSchema)]
#[schemars(rename = "ObjectStore", rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawObjectStore {
    /// The bucket's name on each site, by the site's name.
    #[schemars(required, extend("minProperties" = 2, "maxProperties" = 2))]
    pub(crate) buckets: Option<Rows<SiteId, At<String>>>,
}

impl Shape for RawObjectStore {
    const KEYS: &[&str] = &["buckets"];

    fn read(fields: &mut Fields<'_, '_>) -> Self {
        let example = "buckets: { ohio: my-state-us-east-2, california: my-state-us-west-1 }";
        Self {
            buckets: fields.rows("buckets", "the bucket of", example),
        }
    }
}
