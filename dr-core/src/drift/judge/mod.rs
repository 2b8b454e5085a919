//! What a difference does to a failover.

mod alike;
mod network;
mod parameter;
mod replica;
mod table;

use serde_json::Value;

use super::aspect::Aspect;
use super::compare::{Attribute, Difference, Known, differences, outermost};
use super::pair::Pair;
use super::reference::Side;
use super::report::{Entry, Evidence, FindingId, shown};
use super::symbol::Symbols;
use crate::model::{Estate, Finding, RuleDoc, Settings, Severity, Subject};

pub(crate) use table::{EXPIRED, UNAPPROVED, UNUSED};

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
        &table::NOT_REPLICA,
        &table::OTHER_VALUE,
        &table::CHANGED,
        &table::UNDECLARED,
        &table::EXTRA,
        &table::EXPIRED,
        &table::UNAPPROVED,
        &table::UNUSED,
        &table::MISSING_OTHER,
        &table::OTHER,
    ])
}

/// What to do about things that cannot be told apart.
pub(super) const TELL_APART: &str =
    "give each of them the tag dr:component and a name that is the same on both sites";

/// Why an attribute of a pair cannot be compared, though it was read.
pub(super) struct Unclear {
    /// On which side.
    pub(super) side: Side,
    /// Why, in one sentence.
    pub(super) reason: String,
    /// What to do about it.
    pub(super) fix: &'static str,
}

impl Unclear {
    /// It says something that this program does not understand.
    fn strange(side: Side, reason: String) -> Self {
        Self {
            side,
            reason,
            fix: "look at it by hand, and report that dr does not understand it",
        }
    }
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
    pub(super) fn pair(&self, pair: &Pair) -> (Vec<Entry>, Vec<(String, Unclear)>) {
        let known = Known::of(self.symbols.columns, pair);
        let mut entries: Vec<Entry> = differences(self.symbols, pair, &known)
            .iter()
            .map(|difference| self.attribute(pair, difference))
            .collect();
        let mut unclear = Vec::new();
        entries.extend(self.replica(pair));
        for attribute in &known.attributes {
            let name = attribute.name;
            if let Some(undecided) = self.undecided(pair, attribute) {
                unclear.push((name.to_owned(), undecided));
            }
            let judged = match attribute.aspect {
                Aspect::Packets => self.packets(pair, name),
                Aspect::Routes => self.routes(pair, name),
                Aspect::Block => Ok(self.block(pair, name)),
                Aspect::Capacity => Ok(self.capacity(pair, name)),
                Aspect::Value => self.value(pair, name),
                Aspect::Compared | Aspect::Identity | Aspect::Condition | Aspect::Role => continue,
            };
            match judged {
                Ok(found) => entries.extend(found),
                Err(reason) => unclear.push((name.to_owned(), reason)),
            }
        }
        (entries, unclear)
    }

    /// Whether an attribute that is compared names something that cannot be told apart from others.
    fn undecided(&self, pair: &Pair, attribute: &Attribute<'_>) -> Option<Unclear> {
        if !matches!(
            attribute.aspect,
            Aspect::Compared | Aspect::Packets | Aspect::Routes
        ) {
            return None;
        }
        let kind = self.resource(Side::Primary, pair.primary).kind;
        let side = Side::BOTH.into_iter().find(|&side| {
            let value = attribute.values[side.index()];
            value.is_some_and(|value| self.symbols.is_undecided(side, kind, attribute.name, value))
        })?;
        Some(Unclear {
            side,
            reason:
                "it names one of several things of which it is not known which is whose counterpart"
                    .to_owned(),
            fix: TELL_APART,
        })
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
        let mut entry = self.entry(found, [place(Side::Primary), place(Side::Standby)], None);
        if let (Side::Primary, Some(fix)) = (side, table::fix_of_missing(resource.kind)) {
            fix.clone_into(&mut entry.finding.fix);
        }
        entry
    }

    fn resource(&self, side: Side, at: u32) -> &'a crate::model::Resource {
        self.symbols.columns.of(side).at(at)
    }

    /// An attribute that differs.
    fn attribute(&self, pair: &Pair, difference: &Difference) -> Entry {
        let kind = self.resource(Side::Primary, pair.primary).kind;
        let top = outermost(&difference.attribute);
        let whole = difference.attribute.as_str();
        let rule = table::ATTRIBUTES.iter().find(|rule| {
            let mut of = rule.of.iter();
            of.any(|(of, attributes)| {
                *of == kind && (attributes.contains(&top) || attributes.contains(&whole))
            })
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
                        "{needed} are needed after a failover, and {} allows {}",
                        self.symbols.columns.of(Side::Standby).site.id,
                        most.map_or("no number".to_owned(), |most| format!("{most} at most"))
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
