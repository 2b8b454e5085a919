//! What a difference does to a failover.

mod network;
mod table;

use serde_json::Value;

use super::aspect::{Aspect, aspect};
use super::compare::{Difference, differences};
use super::pair::Pair;
use super::reference::Side;
use super::report::{Entry, Evidence, FindingId, shown};
use super::symbol::Symbols;
use crate::model::{Estate, Finding, ResourceKind, RuleDoc, Settings, Severity, Subject};

pub(super) use table::{EXPIRED, UNAPPROVED, UNUSED};

/// Every rule of drift, in the order of the table.
pub fn rules() -> impl Iterator<Item = &'static RuleDoc> {
    let attributes = table::ATTRIBUTES.iter().map(|rule| &rule.doc);
    let missing = table::MISSING.iter().map(|rule| &rule.doc);
    attributes.chain(missing).chain([
        &table::REFUSED,
        &table::ADMITTED,
        &table::ROUTE,
        &table::BLOCK,
        &table::CANNOT_GROW,
        &table::AMBIGUOUS,
        &table::EXTRA,
        &table::EXPIRED,
        &table::UNAPPROVED,
        &table::UNUSED,
        &table::MISSING_OTHER,
        &table::OTHER,
    ])
}

/// Judges pairs and things without a counterpart.
pub(super) struct Judge<'a> {
    estate: &'a Estate,
    symbols: &'a Symbols<'a>,
    network: network::Network,
}

/// What is to become an [`Entry`].
struct Found<'d> {
    rule: &'static RuleDoc,
    severity: Severity,
    message: String,
    attribute: Option<&'d str>,
    values: [Option<Value>; 2],
    witness: Option<String>,
}

impl<'a> Judge<'a> {
    pub(super) fn new(estate: &'a Estate, symbols: &'a Symbols<'a>) -> Self {
        Self {
            estate,
            symbols,
            network: network::Network::new(symbols),
        }
    }

    /// What the counterparts of a pair differ in, judged. What cannot be compared is told with the attribute's name.
    pub(super) fn pair(&self, pair: &Pair) -> (Vec<Entry>, Vec<(Side, String, String)>) {
        let mut entries: Vec<Entry> = differences(self.symbols, pair)
            .iter()
            .map(|difference| self.attribute(pair, difference))
            .collect();
        let mut unclear = Vec::new();
        let kind = self.resource(Side::Primary, pair.primary).kind;
        for attribute in self.special(pair) {
            let judged = match aspect(kind, &attribute) {
                Aspect::Packets => self.packets(pair, &attribute),
                Aspect::Routes => self.routes(pair, &attribute),
                Aspect::Block => Ok(self.block(pair, &attribute)),
                Aspect::Capacity => Ok(self.capacity(pair, &attribute)),
                Aspect::Compared | Aspect::Identity | Aspect::Condition | Aspect::Role => continue,
            };
            match judged {
                Ok(found) => entries.extend(found),
                Err((side, reason)) => unclear.push((side, attribute, reason)),
            }
        }
        (entries, unclear)
    }

    /// The attributes of a pair that are compared in a way of their own, and were read on both sides.
    fn special(&self, pair: &Pair) -> Vec<String> {
        let places = pair.places();
        let mut names = std::collections::BTreeSet::new();
        let mut unread = std::collections::BTreeSet::new();
        for (side, at) in places {
            let resource = self.resource(side, at);
            names.extend(resource.attributes.keys().cloned());
            unread.extend(self.symbols.columns.of(side).unread(resource));
        }
        names.retain(|name| !unread.contains(name.as_str()));
        names.into_iter().collect()
    }

    /// A thing that stands on one side only.
    pub(super) fn alone(&self, side: Side, at: u32) -> Entry {
        let resource = self.resource(side, at);
        let [here, there] = [side, side.other()].map(|side| &self.symbols.columns.of(side).site.id);
        let rule = match side {
            Side::Standby => &table::EXTRA,
            Side::Primary => table::MISSING
                .iter()
                .find(|rule| rule.of.contains(&resource.kind))
                .map_or(&table::MISSING_OTHER, |rule| &rule.doc),
        };
        let found = Found {
            rule,
            severity: rule.severity,
            message: format!("it stands in {here} and not in {there}"),
            attribute: None,
            values: [None, None],
            witness: None,
        };
        let place = |wanted| (side == wanted).then_some(at);
        self.entry(found, [place(Side::Primary), place(Side::Standby)], None)
    }

    /// Things that cannot be told apart.
    pub(super) fn ambiguous(&self, kind: ResourceKind, places: [&[u32]; 2]) -> Entry {
        let [primary, standby] = places;
        let first = self.resource(Side::Primary, primary[0]);
        let sites = Side::BOTH.map(|side| &self.symbols.columns.of(side).site.id);
        let names = |side, places: &[u32]| -> Value {
            let names = places.iter().map(|&at| {
                let resource = self.resource(side, at);
                resource.name.as_deref().unwrap_or(&resource.id)
            });
            names.map(Value::from).collect()
        };
        let found = Found {
            rule: &table::AMBIGUOUS,
            severity: table::AMBIGUOUS.severity,
            message: format!(
                "{} of {kind} in {} and {} in {} are alike",
                primary.len(),
                sites[0],
                standby.len(),
                sites[1]
            ),
            attribute: None,
            values: [names(Side::Primary, primary), names(Side::Standby, standby)].map(Some),
            witness: None,
        };
        let mut entry = self.entry(found, [Some(primary[0]), Some(standby[0])], None);
        let subject = Subject::Resource {
            component: first.component.clone(),
            kind,
            name: format!("({} alike)", primary.len().max(standby.len())),
        };
        entry.id = FindingId::new(table::AMBIGUOUS.code, &subject.to_string(), None);
        entry.finding.subject = subject;
        entry
    }

    fn resource(&self, side: Side, at: u32) -> &'a crate::model::Resource {
        self.symbols.columns.of(side).at(at)
    }

    /// An attribute that differs.
    fn attribute(&self, pair: &Pair, difference: &Difference) -> Entry {
        let kind = self.resource(Side::Primary, pair.primary).kind;
        let top = difference.attribute.split('.').next().unwrap_or_default();
        let rule = table::ATTRIBUTES.iter().find(|rule| {
            let mut of = rule.of.iter();
            of.any(|(of, attributes)| *of == kind && attributes.contains(&top))
        });
        let rule = rule.map_or(&table::OTHER, |rule| &rule.doc);
        let values = [difference.primary.clone(), difference.standby.clone()];
        let found = Found {
            rule,
            severity: rule.severity,
            message: self.told(&difference.attribute, &values),
            attribute: Some(&difference.attribute),
            values,
            witness: None,
        };
        self.of_pair(pair, found)
    }

    /// Both values in one sentence.
    fn told(&self, attribute: &str, values: &[Option<Value>; 2]) -> String {
        let sites = Side::BOTH.map(|side| &self.symbols.columns.of(side).site.id);
        match values {
            [Some(primary), Some(standby)] => format!(
                "{attribute} is {} in {} and {} in {}",
                shown(primary),
                sites[0],
                shown(standby),
                sites[1]
            ),
            [Some(primary), None] => {
                format!("{attribute} has {} in {} only", shown(primary), sites[0])
            }
            [None, Some(standby)] => {
                format!("{attribute} has {} in {} only", shown(standby), sites[1])
            }
            [None, None] => format!("{attribute} differs"),
        }
    }

    /// The standby must be able to become as large as the estate says that the load needs; how large it is now may differ.
    fn capacity(&self, pair: &Pair, attribute: &str) -> Vec<Entry> {
        if attribute != "maximum" {
            return Vec::new();
        }
        let resources = [
            self.resource(Side::Primary, pair.primary),
            self.resource(Side::Standby, pair.standby),
        ];
        let number = |resource: &crate::model::Resource, name: &str| {
            resource.attributes.get(name).and_then(Value::as_u64)
        };
        let declared = resources[0].component.as_ref().and_then(|component| {
            match &self.estate.component(component)?.settings {
                Settings::Compute(fleet) | Settings::Kubernetes(fleet) => {
                    Some(u64::from(fleet.capacity.count))
                }
                _ => None,
            }
        });
        // What the estate does not declare is as much as the primary has now.
        let Some(needed) = declared.or_else(|| number(resources[0], "desired")) else {
            return Vec::new();
        };
        match number(resources[1], "maximum") {
            Some(most) if most >= needed => Vec::new(),
            most => vec![self.of_pair(
                pair,
                Found {
                    rule: &table::CANNOT_GROW,
                    severity: table::CANNOT_GROW.severity,
                    message: format!(
                        "{needed} are needed after a failover, and {} allows {} at most",
                        self.symbols.columns.of(Side::Standby).site.id,
                        most.unwrap_or_default()
                    ),
                    attribute: Some(attribute),
                    values: [Some(needed.into()), most.map(Value::from)],
                    witness: None,
                },
            )],
        }
    }

    fn of_pair(&self, pair: &Pair, found: Found<'_>) -> Entry {
        self.entry(found, [Some(pair.primary), Some(pair.standby)], Some(pair))
    }

    fn entry(&self, found: Found<'_>, places: [Option<u32>; 2], pair: Option<&Pair>) -> Entry {
        let sides = Side::BOTH;
        let known = sides.into_iter().zip(places);
        let (side, at) = known
            .clone()
            .find_map(|(side, at)| Some((side, at?)))
            .expect("a finding is about a thing on one side at least");
        let resource = self.resource(side, at);
        let subject = Subject::Resource {
            component: resource.component.clone(),
            kind: resource.kind,
            name: self.symbols.label(side, at).to_owned(),
        };
        let evidence = known.zip(found.values).map(|((side, at), value)| {
            let site = self.symbols.columns.of(side).site.id.clone();
            let id = at.map(|at| self.resource(side, at).id.clone());
            (site, Evidence { id, value })
        });
        let finding = Finding::new(
            found.severity,
            found.rule.code,
            subject.clone(),
            found.message,
            found.rule.fix,
        );
        Entry {
            attribute: found.attribute.map(str::to_owned),
            evidence: evidence.collect(),
            witness: found.witness,
            paired_by: pair.map(|pair| pair.ground),
            ..Entry::new(
                FindingId::new(found.rule.code, &subject.to_string(), found.attribute),
                finding,
            )
        }
    }
}
