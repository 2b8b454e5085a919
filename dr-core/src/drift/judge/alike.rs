//! What two counterparts have alike, and what the other columns do not agree with.

use serde_json::Value;

use super::super::aspect::{Aspect, aspect};
use super::super::compare::outermost;
use super::super::declared;
use super::super::origins::Origins;
use super::super::pair::Pair;
use super::super::reference::Side;
use super::super::report::{Entry, shown};
use super::super::states::{PROMOTED, Stand, live};
use super::replica::REPLICA_OF;
use super::{Found, Judge, table};
use crate::model::{ResourceKind as Kind, RuleDoc};

/// Whether a departure from a state means something: what `dr`, Auto Scaling or a promotion moves does not.
fn is_steady(kind: Kind, path: &str) -> bool {
    let top = outermost(path);
    match aspect(kind, top) {
        Aspect::Compared => true,
        Aspect::Capacity => path == "maximum",
        // Which role the state is of is known: then this does not follow from it.
        Aspect::Role => kind == Kind::RdsInstance && matches!(path, "backup-days" | REPLICA_OF),
        Aspect::Identity
        | Aspect::Value
        | Aspect::Condition
        | Aspect::Block
        | Aspect::Packets
        | Aspect::Routes => false,
    }
}

/// Whether a finding is about a path already.
fn is_told(found: &[Entry], path: &str) -> bool {
    let mut told = found.iter().filter_map(|entry| entry.attribute.as_deref());
    told.any(|attribute| overlaps(attribute, path))
}

/// Whether one path is the other, or leads into it.
fn overlaps(one: &str, other: &str) -> bool {
    let is_inside = |whole: &str, part: &str| {
        part.strip_prefix(whole)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    is_inside(one, other) || is_inside(other, one)
}

impl Judge<'_> {
    /// What the columns beside the two sites tell of a pair where the sites themselves are alike. `found` is in what they
    /// differ: there the other columns are told as origins, and not once more.
    pub(in super::super) fn alike(
        &self,
        pair: &Pair,
        found: &[Entry],
        origins: &Origins<'_>,
    ) -> Vec<Entry> {
        let mut entries = self.changed(pair, found, origins);
        let undeclared = declared::ATTRIBUTES
            .iter()
            .filter(|path| !is_told(found, path) && !is_told(&entries, path))
            .filter_map(|path| self.undeclared(pair, path, origins));
        let undeclared: Vec<Entry> = undeclared.collect();
        entries.extend(undeclared);
        entries
    }

    /// What departs from a state.
    fn changed(&self, pair: &Pair, found: &[Entry], origins: &Origins<'_>) -> Vec<Entry> {
        let kind = self.resource(Side::Primary, pair.primary).kind;
        let paths = pair
            .places()
            .map(|(side, at)| origins.states(side).departing(at));
        let mut paths: Vec<String> = paths.into_iter().flatten().collect();
        if kind == Kind::RdsInstance {
            // Of a primary a state says nothing of it.
            paths.push(REPLICA_OF.to_owned());
        }
        paths.sort_unstable();
        paths.dedup();
        let paths = paths.iter();
        let paths = paths.filter(|path| is_steady(kind, path) && !is_told(found, path));
        // What a promotion changes besides tells of it already.
        let is_promotion_told = PROMOTED.iter().any(|path| is_told(found, path));
        let paths = paths.filter(|path| *path != REPLICA_OF || !is_promotion_told);
        let entries = paths.filter_map(|path| {
            let told = pair.places().into_iter();
            let told = told.filter_map(|place| self.departed(place, path, origins));
            let told: Vec<String> = told.collect();
            (!told.is_empty()).then(|| self.beside(pair, &table::CHANGED, path, told.join("; ")))
        });
        entries.collect()
    }

    /// That an attribute is on neither site as the estate declares it. On one site alone it waits to become so.
    fn undeclared(&self, pair: &Pair, path: &str, origins: &Origins<'_>) -> Option<Entry> {
        let departing = pair.places().map(|(side, at)| {
            let resource = self.resource(side, at);
            resource.attributes.get(path)?;
            origins.declared().departs(side, resource, path)
        });
        let [Some(declared), Some(_)] = departing else {
            return None;
        };
        let message = format!(
            "{path} is on both sites alike, and the estate declares {}",
            shown(&declared)
        );
        Some(self.beside(pair, &table::UNDECLARED, path, message))
    }

    /// That a thing is not as its site's state says, in one sentence.
    fn departed(
        &self,
        (side, at): (Side, u32),
        path: &str,
        origins: &Origins<'_>,
    ) -> Option<String> {
        let site = &self.symbols.columns.of(side).site.id;
        let resource = self.resource(side, at);
        match origins.states(side).stand(at, path) {
            Stand::Otherwise { said, .. } => {
                let here = live(resource, path);
                // What is not told may have its default, and that may be what the state says.
                let is_open = |said: &Value| said.is_boolean() || said.is_array();
                let may_be_default = here.is_none() && !said.is_some_and(is_open);
                let is_fence = path == "suspended" && origins.fences().hold(side, resource);
                let shown = |value: Option<&Value>| value.map_or("nothing".to_owned(), shown);
                (!may_be_default && !is_fence).then(|| {
                    format!(
                        "{path} is {} in {site}, and its Terraform state says {}",
                        shown(here),
                        shown(said)
                    )
                })
            }
            Stand::Before { .. } if path == REPLICA_OF => Some(format!(
                "the database changed its role in {site}, and its Terraform state is from before"
            )),
            Stand::Unknown | Stand::As { .. } | Stand::Before { .. } => None,
        }
    }

    /// A finding about an attribute that is alike on both sites.
    fn beside(&self, pair: &Pair, rule: &'static RuleDoc, path: &str, message: String) -> Entry {
        let values = pair
            .places()
            .map(|(side, at)| live(self.resource(side, at), path).cloned());
        self.of_pair(
            pair,
            Found {
                rule,
                severity: rule.severity,
                message,
                attribute: Some(path),
                values,
                witness: None,
            },
        )
    }
}
