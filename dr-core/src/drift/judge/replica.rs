//! Whether the standby's database follows the primary's.

use super::super::pair::Pair;
use super::super::reference::Side;
use super::super::report::Entry;
use super::{Found, Judge, table};
use crate::model::{ResourceKind as Kind, Technology};

/// A replica may be one of a replica: RDS for PostgreSQL goes three steps down (RDS user guide,
/// "USER_PostgreSQL.Replication.ReadReplicas").
const DEEPEST: usize = 3;

pub(super) const REPLICA_OF: &str = "replica-of";

impl Judge<'_> {
    /// A standby's database that does not get what is written at the primary. What the estate declares of another technology than
    /// RDS need not be one.
    pub(super) fn replica(&self, pair: &Pair) -> Option<Entry> {
        let things = pair.places().map(|(side, at)| self.resource(side, at));
        let [primary, standby] = things;
        if primary.kind != Kind::RdsInstance {
            return None;
        }
        let component = primary.component.as_ref().or(standby.component.as_ref());
        let declared = component.and_then(|component| self.estate.component(component));
        let is_unread = pair.places().into_iter().any(|(side, at)| {
            let unread = self
                .symbols
                .columns
                .of(side)
                .unread(self.resource(side, at));
            unread.contains(REPLICA_OF)
        });
        if declared.is_some_and(|component| component.technology != Technology::Rds)
            || is_unread
            || self.follows(pair)?
        {
            return None;
        }
        let sites = Side::BOTH.map(|side| &self.symbols.columns.of(side).site.id);
        let message = match (primary.text(REPLICA_OF), standby.text(REPLICA_OF)) {
            (_, Some(source)) => format!(
                "{} in {} is a replica of {source}, and not of {} in {}",
                standby.id, sites[1], primary.id, sites[0]
            ),
            (Some(source), None) => format!(
                "{} in {} is itself a replica, of {source}, and {} in {} is none: what is written goes to the standby",
                primary.id, sites[0], standby.id, sites[1]
            ),
            (None, None) => format!(
                "neither is a replica of the other: {} in {} and {} in {} both take writes",
                primary.id, sites[0], standby.id, sites[1]
            ),
        };
        let values = things.map(|thing| thing.attributes.get(REPLICA_OF).cloned());
        Some(self.of_pair(
            pair,
            Found {
                rule: &table::NOT_REPLICA,
                severity: table::NOT_REPLICA.severity,
                message,
                attribute: Some(REPLICA_OF),
                values,
                witness: None,
            },
        ))
    }

    /// Whether the standby's is a replica of the primary's, or of a replica of it. `None`: what lies between was not read.
    fn follows(&self, pair: &Pair) -> Option<bool> {
        let columns = self.symbols.columns;
        let primary = self.resource(Side::Primary, pair.primary);
        let region = columns.of(Side::Primary).site.region.as_str();
        let (mut side, mut at) = (Side::Standby, pair.standby);
        for _ in 0..DEEPEST {
            let Some(source) = self.resource(side, at).text(REPLICA_OF) else {
                return Some(false);
            };
            // Of what is in another region RDS tells the ARN; that of the primary's may not have been read.
            let is_named = source.starts_with("arn:")
                && source.contains(&format!(":{region}:"))
                && source.ends_with(&format!(":db:{}", primary.id));
            match columns.target(side, Kind::RdsInstance, REPLICA_OF, source) {
                Some((Side::Primary, found)) if found == pair.primary => return Some(true),
                Some(next) => (side, at) = next,
                None if is_named => return Some(true),
                None if columns.is_unread(side, Kind::RdsInstance, REPLICA_OF, source) => {
                    return None;
                }
                None => return Some(false),
            }
        }
        Some(false)
    }
}
