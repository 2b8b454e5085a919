//! Operators that make the two sites differ, each with what a comparison is to say of it.

mod attributes;
mod removals;
mod rules;

use dr_core::drift::Report;
use dr_core::model::{ResourceKind as Kind, Severity, Subject};
use dr_core::sim::Dice;
use serde_json::Value;

use super::{Belongs, Twins};

/// An attribute of the kind of things that an operator changes, and to what.
#[derive(Debug, Clone, Copy)]
pub(super) struct Set {
    pub(super) kind: Kind,
    /// What the thing's role ends with.
    pub(super) role: &'static str,
    /// The attribute, inside it with dots.
    pub(super) path: &'static str,
    /// What it becomes; `None`: it is gone.
    pub(super) to: fn(&Value) -> Option<Value>,
}

/// What an operator does.
#[derive(Debug, Clone, Copy)]
pub(super) enum Change {
    /// It sets an attribute.
    Set(Set),
    /// It changes whatever it likes on a side, and gives the roles of the things that a finding may be about.
    Do(fn(&mut Twins, usize, &mut Dice) -> Option<Vec<String>>),
}

/// A way to make two sites differ.
#[derive(Debug, Clone, Copy)]
pub struct Operator {
    /// Its name.
    pub name: &'static str,
    /// The kind of thing that it changes.
    pub kind: Kind,
    /// For a change at the primary and at the standby: the codes of which one is right. None: the change is not made there.
    pub codes: [&'static [&'static str]; 2],
    /// Whether it stops a failover, likewise.
    pub blocks: [bool; 2],
    change: Change,
}

/// Every operator.
pub fn operators() -> Vec<Operator> {
    [
        attributes::operators(),
        rules::operators(),
        removals::operators(),
    ]
    .concat()
}

/// A pair of sites with one difference, and what is to be said of it.
#[derive(Debug, Clone)]
pub struct Mutant {
    /// How it was made.
    pub operator: Operator,
    /// On which side.
    pub side: usize,
    /// The roles of the things that a finding may be about.
    pub on: Vec<String>,
    /// The sites.
    pub twins: Twins,
}

/// What a comparison said of a mutant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Whether a finding of a right code is on a right thing.
    pub is_found: bool,
    /// Whether the worst right finding has the right effect on a failover.
    pub is_weighed: bool,
    /// Findings beyond the one.
    pub extra: usize,
}

impl Operator {
    /// Makes the difference on a side of a pair in sync. `None` where the pair has nothing to change in that way.
    pub fn apply(&self, twins: &Twins, side: usize, dice: &mut Dice) -> Option<Mutant> {
        if self.codes[side].is_empty() {
            return None;
        }
        let mut mutated = twins.clone();
        let on = match self.change {
            Change::Set(set) => vec![set.apply(&mut mutated, side, dice)?],
            Change::Do(change) => change(&mut mutated, side, dice)?,
        };
        Some(Mutant {
            operator: *self,
            side,
            on,
            twins: mutated,
        })
    }
}

impl Mutant {
    /// Judges what was said. `before` are the sites without the difference.
    pub fn judge(&self, before: &Twins, report: &Report) -> Verdict {
        let codes = self.operator.codes[self.side];
        let right = report.findings.iter().filter(|entry| {
            let Subject::Resource { kind, .. } = &entry.finding.subject else {
                return false;
            };
            let mut things = entry.evidence.iter().filter_map(|(site, evidence)| {
                let side = usize::from(*site != before.site(0));
                before.role_of(side, *kind, evidence.id.as_deref()?)
            });
            codes.contains(&entry.finding.code.as_str())
                && things.any(|role| self.on.iter().any(|on| on == role))
        });
        let worst = right.clone().map(|entry| entry.finding.severity).max();
        Verdict {
            is_found: worst.is_some(),
            is_weighed: worst.is_some_and(|worst| {
                (worst == Severity::Blocking) == self.operator.blocks[self.side]
            }),
            extra: report.findings.len().saturating_sub(1),
        }
    }
}

impl Set {
    fn apply(&self, twins: &mut Twins, side: usize, dice: &mut Dice) -> Option<String> {
        let role = draw(twins, side, self.kind, self.role, dice)?;
        let thing = twins.thing(side, &role)?;
        let (first, inside) = match self.path.split_once('.') {
            Some((first, inside)) => (first, Some(inside)),
            None => (self.path, None),
        };
        let attributes = &mut thing.resource.attributes;
        match inside {
            None => {
                let before = attributes.get(first).cloned().unwrap_or(Value::Null);
                match (self.to)(&before) {
                    Some(after) => attributes.insert(first.to_owned(), after),
                    None => attributes.remove(first),
                };
            }
            Some(inside) => {
                let map = attributes.get_mut(first)?.as_object_mut()?;
                let before = map.get(inside).cloned().unwrap_or(Value::Null);
                match (self.to)(&before) {
                    Some(after) => map.insert(inside.to_owned(), after),
                    None => map.remove(inside),
                };
            }
        }
        Some(role)
    }
}

/// The role of one of the estate's things of a kind whose role ends so.
pub(super) fn draw(
    twins: &Twins,
    side: usize,
    kind: Kind,
    ends: &str,
    dice: &mut Dice,
) -> Option<String> {
    let roles = twins.roles(side, kind);
    let fitting: Vec<&String> = roles.iter().filter(|role| role.ends_with(ends)).collect();
    let last = fitting.len().checked_sub(1)?;
    let drawn = usize::try_from(dice.between(0, last as u64)).ok()?;
    Some(fitting[drawn].clone())
}

/// The id of the thing with a role.
pub(super) fn id(twins: &Twins, side: usize, role: &str) -> Option<String> {
    let thing = twins.sides[side].iter().find(|thing| thing.role == role)?;
    Some(thing.resource.id.clone())
}

/// The application or network that a role belongs to: `app0`.
pub(super) fn of(role: &str) -> &str {
    role.split('/').next().unwrap_or(role)
}

/// The role of the network that an application is in.
pub(super) fn network(role: &str) -> String {
    let number: usize = of(role)
        .trim_start_matches("app")
        .parse()
        .unwrap_or_default();
    format!("net{}", super::network::network_of(number))
}

impl Twins {
    fn role_of(&self, side: usize, kind: Kind, id: &str) -> Option<&str> {
        let mut own = self.sides[side]
            .iter()
            .filter(|thing| thing.belongs != Belongs::Fact);
        let thing = own.find(|thing| thing.resource.kind == kind && thing.resource.id == id)?;
        Some(&thing.role)
    }
}
