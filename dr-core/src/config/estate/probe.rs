//! A probe of the steady state as written: its `probe` decides which tolerances are read.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Value, json};

use crate::config::diagnostic::Report;
use crate::config::read::{self, Fields, FromNode, Place, Shape};
use crate::config::word::{Refusal, Word};
use crate::config::yaml::{At, Node};
use crate::config::{schema, suggest};
use crate::model::{ComponentId, Duration, Percent};

/// A probe with its tolerance.
#[derive(Debug)]
pub(crate) struct RawProbe {
    pub(crate) name: Option<At<String>>,
    pub(crate) tolerance: RawTolerance,
}

/// What is measured and what is tolerated.
#[derive(Debug)]
pub(crate) enum RawTolerance {
    ClientWrites(RawClientWrites),
    ReplicationLag(RawReplicationLag),
    HealthyMembers(RawHealthyMembers),
    MonitoringUp(RawMonitoringUp),
}

/// The words for `probe`.
#[derive(Debug, Clone, Copy)]
enum Measure {
    ClientWrites,
    ReplicationLag,
    HealthyMembers,
    MonitoringUp,
}

impl Measure {
    const ALL: [Self; 4] = [
        Self::ClientWrites,
        Self::ReplicationLag,
        Self::HealthyMembers,
        Self::MonitoringUp,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::ClientWrites => "client-writes",
            Self::ReplicationLag => "replication-lag",
            Self::HealthyMembers => "healthy-members",
            Self::MonitoringUp => "monitoring-up",
        }
    }
}

impl Word for Measure {
    fn read(text: &str) -> Result<Self, Refusal> {
        Self::ALL
            .into_iter()
            .find(|measure| measure.name() == text)
            .ok_or_else(|| Refusal {
                code: "unknown-probe",
                message: format!("`{text}` is not a probe"),
                help: suggest::help(text, Self::ALL.map(Self::name)),
            })
    }
}

/// The keys that every probe has.
const COMMON: [&str; 2] = ["probe", "name"];

impl FromNode for RawProbe {
    const ITEM: &str = "a probe";

    fn from_node(node: &Node, place: &Place, report: &mut Report) -> Option<Self> {
        let measure: At<Measure> =
            read::tag(node, place, ("probe", "probe: client-writes"), report)?;
        let place = Place::new(format!("probe `{}`", measure.value.name()), measure.span);
        let (name, tolerance) = match measure.value {
            Measure::ClientWrites => tolerance(node, &place, report, RawTolerance::ClientWrites),
            Measure::ReplicationLag => {
                tolerance(node, &place, report, RawTolerance::ReplicationLag)
            }
            Measure::HealthyMembers => {
                tolerance(node, &place, report, RawTolerance::HealthyMembers)
            }
            Measure::MonitoringUp => tolerance(node, &place, report, RawTolerance::MonitoringUp),
        }?;
        Some(Self { name, tolerance })
    }
}

/// Reads the name and the tolerance of one sort of probe.
fn tolerance<S: Shape>(
    node: &Node,
    place: &Place,
    report: &mut Report,
    wrap: fn(S) -> RawTolerance,
) -> Option<(Option<At<String>>, RawTolerance)> {
    let keys = [&COMMON, S::KEYS].concat();
    let mut fields = Fields::open(node, place, &keys, report)?;
    let name = fields.optional("name");
    Some((name, wrap(S::read(&mut fields))))
}

/// Of the clients' writes through a front door, how many were acknowledged.
#[derive(Debug, JsonSchema)]
#[schemars(
    rename = "ClientWrites",
    rename_all = "kebab-case",
    deny_unknown_fields
)]
pub(crate) struct RawClientWrites {
    /// The traffic component.
    #[schemars(required)]
    pub(crate) through: Option<At<ComponentId>>,
    /// The tolerated share of acknowledged writes.
    #[schemars(required)]
    pub(crate) at_least: Option<At<Percent>>,
    /// The time looked back over.
    #[schemars(required)]
    pub(crate) over: Option<At<Duration>>,
}

impl Shape for RawClientWrites {
    const KEYS: &[&str] = &["through", "at-least", "over"];

    fn read(fields: &mut Fields<'_, '_>) -> Self {
        Self {
            through: fields.required("through", "through: front-door"),
            at_least: fields.required("at-least", "at-least: 99%"),
            over: fields.required("over", "over: 1m"),
        }
    }
}

/// How far the standby's copy of a database is behind.
#[derive(Debug, JsonSchema)]
#[schemars(
    rename = "ReplicationLag",
    rename_all = "kebab-case",
    deny_unknown_fields
)]
pub(crate) struct RawReplicationLag {
    /// The database.
    #[schemars(required)]
    pub(crate) component: Option<At<ComponentId>>,
    /// The tolerated lag: at most the RPO.
    #[schemars(required)]
    pub(crate) at_most: Option<At<Duration>>,
}

impl Shape for RawReplicationLag {
    const KEYS: &[&str] = &["component", "at-most"];

    fn read(fields: &mut Fields<'_, '_>) -> Self {
        Self {
            component: fields.required("component", "component: database"),
            at_most: fields.required("at-most", "at-most: 1m"),
        }
    }
}

/// How many members of a fleet are healthy on the primary.
#[derive(Debug, JsonSchema)]
#[schemars(
    rename = "HealthyMembers",
    rename_all = "kebab-case",
    deny_unknown_fields
)]
pub(crate) struct RawHealthyMembers {
    /// A compute or kubernetes component.
    #[schemars(required)]
    pub(crate) component: Option<At<ComponentId>>,
    /// The tolerated minimum.
    #[schemars(required, range(min = 1))]
    pub(crate) at_least: Option<At<u32>>,
}

impl Shape for RawHealthyMembers {
    const KEYS: &[&str] = &["component", "at-least"];

    fn read(fields: &mut Fields<'_, '_>) -> Self {
        Self {
            component: fields.required("component", "component: app"),
            at_least: fields.required("at-least", "at-least: 2"),
        }
    }
}

/// Whether a monitoring component on the primary watches the primary, and its targets answer.
#[derive(Debug, JsonSchema)]
#[schemars(
    rename = "MonitoringUp",
    rename_all = "kebab-case",
    deny_unknown_fields
)]
pub(crate) struct RawMonitoringUp {
    /// The monitoring component.
    #[schemars(required)]
    pub(crate) component: Option<At<ComponentId>>,
}

impl Shape for RawMonitoringUp {
    const KEYS: &[&str] = &["component"];

    fn read(fields: &mut Fields<'_, '_>) -> Self {
        Self {
            component: fields.required("component", "component: metrics"),
        }
    }
}

/// The schema of a probe: one alternative a sort, each with its own tolerances.
impl JsonSchema for RawProbe {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Probe".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let alternatives: Vec<Value> = Measure::ALL
            .into_iter()
            .map(|measure| {
                let tolerance = match measure {
                    Measure::ClientWrites => RawClientWrites::json_schema(generator),
                    Measure::ReplicationLag => RawReplicationLag::json_schema(generator),
                    Measure::HealthyMembers => RawHealthyMembers::json_schema(generator),
                    Measure::MonitoringUp => RawMonitoringUp::json_schema(generator),
                };
                let probe =
                    json!({ "const": measure.name(), "description": "What is measured." });
                let mut value = schema::with_required(tolerance, [("probe", probe)]);
                value["properties"]["name"] = json!({
                    "type": "string",
                    "minLength": 1,
                    "description": "What people call it; made from the probe and its component when nothing is said."
                });
                value
            })
            .collect();
        json_schema!({
            "description": "A probe with its tolerance. Which keys it has hangs on `probe`.",
            "oneOf": alternatives
        })
    }
}
