//! Whether the databases' classes and versions can be had at the standby.

use std::collections::BTreeSet;

use super::super::facts::{Database, flag};
use super::super::{Facts, Found, Need, Outcome, Rule, Where};
use crate::drift::Side;
use crate::model::{Family, Resource, ResourceKind as Kind, RuleDoc, Severity};

/// What runs already may be something that cannot be made any more. A promotion orders nothing: it makes the replica that stands a
/// database of its own, after a restart (RDS user guide, "`USER_ReadRepl.Promote`"). What it still orders is the second node, where
/// the replica has none: `dr` asks for it afterwards, and goes on where it is refused.
pub(super) const RULE: Rule = Rule {
    doc: RuleDoc::new(
        "database-not-orderable",
        Family::Database,
        Severity::Blocking,
        [
            "a database of this class, version and storage cannot be ordered at the standby",
            "Where no replica stands, a failover has to make or restore one, and is refused. A replica that stands is promoted all the \
             same; a second node that it has not got yet is refused, and so is making it anew once it is lost. AWS retires classes \
             while instances of them still run.",
            "move both sites to a class and version that the standby's region offers: aws rds describe-orderable-db-instance-options",
            "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ReadRepl.Promote.html",
        ],
    ),
    needs: &[
        Need::all(Where::Both, Kind::RdsInstance, &[]),
        Need::all(Where::Standby, Kind::RdsOrderable, &[]),
        Need::all(Where::Standby, Kind::RdsSubnetGroup, &["zones"]),
    ],
    check,
};

fn check(facts: &Facts<'_>) -> Vec<Outcome> {
    let mut outcomes = Vec::new();
    for database in &facts.databases() {
        let sides = Side::BOTH;
        let instances: Vec<&Resource> = sides
            .into_iter()
            .filter_map(|side| facts.instance(side, database))
            .collect();
        let ids: BTreeSet<String> = instances.iter().filter_map(|i| option_id(i)).collect();
        for id in &ids {
            outcomes.extend(of_option(facts, database, id, &instances));
        }
    }
    if outcomes.is_empty() {
        outcomes.push(Outcome::Nothing(
            "no database of the estate was seen on both sites".to_owned(),
        ));
    }
    outcomes
}

/// As a scan names what it asked for: `postgres/16.3/db.t3.small`.
fn option_id(instance: &Resource) -> Option<String> {
    let text = |attribute| instance.text(attribute);
    let (engine, version) = (text("engine")?, text("engine-version")?);
    Some(format!("{engine}/{version}/{}", text("class")?))
}

/// How bad it is that something cannot be ordered, and what still works.
fn weight(
    database: &Database<'_>,
    standing: Option<&Resource>,
    id: &str,
) -> (Severity, &'static str) {
    let Some(standing) = standing else {
        return (
            Severity::Blocking,
            "no replica stands, and none can be made or restored",
        );
    };
    let wants_node = database.settings.nodes > 1 && flag(standing, "multi-az") != Some(true);
    if wants_node && option_id(standing).as_deref() == Some(id) {
        return (
            Severity::Slowing,
            "the replica that stands is promoted, and gets no second node",
        );
    }
    (
        Severity::Notice,
        "the replica that stands is promoted; once lost, it cannot be made anew",
    )
}

fn of_option(
    facts: &Facts<'_>,
    database: &Database<'_>,
    id: &str,
    instances: &[&Resource],
) -> Vec<Outcome> {
    let site = facts.standby();
    let Some(option) = facts.find(Side::Standby, Kind::RdsOrderable, id) else {
        return vec![Outcome::unclear(
            format!("whether {id} can be ordered in {site} was not asked"),
            "dr discover",
        )];
    };
    let subject = crate::model::Subject::Placed(database.component.clone(), site.clone());
    let (severity, so) = weight(database, facts.instance(Side::Standby, database), id);
    let found = |message: String, attribute: &str| {
        let found = Found::new(subject.clone(), format!("{message}: {so}"));
        Outcome::from(found.at(site, option, attribute).only(severity))
    };
    if flag(option, "offered") != Some(true) {
        return vec![found(
            format!("{id} is not offered in {}", facts.region(Side::Standby)),
            "offered",
        )];
    }
    let mut outcomes = Vec::new();
    if database.settings.nodes > 1 && flag(option, "multi-az") != Some(true) {
        outcomes.push(found(
            format!("{id} is not offered with a second node"),
            "multi-az",
        ));
    }
    let offered = option.texts("storage-types");
    let storage: BTreeSet<&str> = instances
        .iter()
        .filter_map(|i| i.text("storage-type"))
        .collect();
    for storage in storage {
        if !offered.contains(&storage) {
            outcomes.push(found(
                format!("{id} is not offered with storage of type {storage}"),
                "storage-types",
            ));
        }
    }
    outcomes.extend(
        zones(facts, database, option).map(|message| found(format!("{id} {message}"), "zones")),
    );
    if outcomes.is_empty() {
        outcomes.push(Outcome::Holds(format!(
            "{}: {id} is offered",
            database.component
        )));
    }
    outcomes
}

/// Each node stands in a zone of its own.
fn zones(facts: &Facts<'_>, database: &Database<'_>, option: &Resource) -> Option<String> {
    let group = &database.bound[Side::Standby.index()].subnet_group;
    let group = facts.find(Side::Standby, Kind::RdsSubnetGroup, group)?;
    let offered = option.texts("zones");
    let usable: Vec<&str> = group
        .texts("zones")
        .into_iter()
        .filter(|zone| offered.contains(zone))
        .collect();
    let needed = usize::try_from(database.settings.nodes).unwrap_or(usize::MAX);
    (usable.len() < needed).then(|| {
        format!(
            "is offered in {} of the zones of {}, and {needed} are needed",
            if usable.is_empty() {
                "none".to_owned()
            } else {
                usable.join(", ")
            },
            group.id
        )
    })
}
