//! A component as written: its kind decides which settings are read.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Value, json};

use super::settings::{
    RawBalancer, RawCompute, RawDatabase, RawInfrastructure, RawKubernetes, RawMonitoring,
    RawNetwork, RawObjectStore, RawRepository, RawTraffic,
};
use crate::config::diagnostic::Report;
use crate::config::read::{self, Fields, FromNode, Place, Shape};
use crate::config::word::{Refusal, Word};
use crate::config::yaml::{At, Node};
use crate::config::{schema, suggest};
use crate::model::{Kind, Technology};

/// One row of the grid.
#[derive(Debug)]
pub(crate) struct RawComponent {
    pub(crate) kind: At<Kind>,
    pub(crate) technology: Option<At<Technology>>,
    pub(crate) settings: RawSettings,
}

/// What a kind needs to know of a component.
#[derive(Debug)]
pub(crate) enum RawSettings {
    Repository(RawRepository),
    Infrastructure(RawInfrastructure),
    Network(RawNetwork),
    Balancer(RawBalancer),
    Compute(RawCompute),
    Kubernetes(RawKubernetes),
    Database(RawDatabase),
    Monitoring(RawMonitoring),
    Traffic(RawTraffic),
    ObjectStore(RawObjectStore),
}

/// The keys that every component has.
const COMMON: [&str; 2] = ["kind", "technology"];

impl FromNode for RawComponent {
    const ITEM: &str = "a component";

    fn from_node(node: &Node, place: &Place, report: &mut Report) -> Option<Self> {
        let kind: At<Kind> = read::tag(node, place, ("kind", "kind: database"), report)?;
        let settings = match kind.value {
            Kind::Repository => settings(node, place, kind, report, RawSettings::Repository),
            Kind::Infrastructure => {
                settings(node, place, kind, report, RawSettings::Infrastructure)
            }
            Kind::Network => settings(node, place, kind, report, RawSettings::Network),
            Kind::Balancer => settings(node, place, kind, report, RawSettings::Balancer),
            Kind::Compute => settings(node, place, kind, report, RawSettings::Compute),
            Kind::Kubernetes => settings(node, place, kind, report, RawSettings::Kubernetes),
            Kind::Database => settings(node, place, kind, report, RawSettings::Database),
            Kind::Monitoring => settings(node, place, kind, report, RawSettings::Monitoring),
            Kind::Traffic => settings(node, place, kind, report, RawSettings::Traffic),
            Kind::ObjectStore => settings(node, place, kind, report, RawSettings::ObjectStore),
        };
        let (technology, settings) = settings?;
        Some(Self {
            kind,
            technology,
            settings,
        })
    }
}

/// Reads the technology and the settings of one kind.
fn settings<S: Shape>(
    node: &Node,
    place: &Place,
    kind: At<Kind>,
    report: &mut Report,
    wrap: fn(S) -> RawSettings,
) -> Option<(Option<At<Technology>>, RawSettings)> {
    let keys = [&COMMON, S::KEYS].concat();
    let mut fields = Fields::open(node, place, &keys, report)?;
    let technology = technology(&mut fields, kind.value);
    Some((technology, wrap(S::read(&mut fields))))
}

/// Reads a technology that must be of that kind.
fn technology(fields: &mut Fields<'_, '_>, kind: Kind) -> Option<At<Technology>> {
    let fitting = technologies(kind);
    let example = format!("technology: {}", fitting.first()?);
    let At { value: text, span } = fields.required::<At<String>>("technology", &example)?;
    let refusal = match Technology::read(&text) {
        Ok(value) if value.kind() == kind => return Some(At { value, span }),
        Ok(value) => Refusal {
            code: "kind-technology-mismatch",
            message: format!("{value} is no {kind}: it is of kind {}", value.kind()),
            help: suggest::help("", fitting),
        },
        Err(refusal) => Refusal {
            help: suggest::help(&text, fitting),
            ..refusal
        },
    };
    fields.report().add(refusal.at(span));
    None
}

fn technologies(kind: Kind) -> Vec<&'static str> {
    Technology::ALL
        .into_iter()
        .filter(|technology| technology.kind() == kind)
        .map(Technology::name)
        .collect()
}

/// The schema of a component: one alternative a kind, each with its own technologies and settings.
impl JsonSchema for RawComponent {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Component".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let alternatives: Vec<Value> = Kind::ALL
            .into_iter()
            .map(|kind| {
                let settings = match kind {
                    Kind::Repository => RawRepository::json_schema(generator),
                    Kind::Infrastructure => RawInfrastructure::json_schema(generator),
                    Kind::Network => RawNetwork::json_schema(generator),
                    Kind::Balancer => RawBalancer::json_schema(generator),
                    Kind::Compute => RawCompute::json_schema(generator),
                    Kind::Kubernetes => RawKubernetes::json_schema(generator),
                    Kind::Database => RawDatabase::json_schema(generator),
                    Kind::Monitoring => RawMonitoring::json_schema(generator),
                    Kind::Traffic => RawTraffic::json_schema(generator),
                    Kind::ObjectStore => RawObjectStore::json_schema(generator),
                };
                alternative(kind, settings)
            })
            .collect();
        json_schema!({
            "description": "One thing of the estate that exists on both sites. Which keys it has hangs on its kind.",
            "oneOf": alternatives
        })
    }
}

/// The settings of one kind, with `kind` and `technology` added.
fn alternative(kind: Kind, settings: Schema) -> Value {
    let technology = json!({ "enum": technologies(kind), "description": "What it is made of." });
    let kind = json!({ "const": kind.name(), "description": "What it is for." });
    schema::with_required(settings, [("kind", kind), ("technology", technology)])
}
