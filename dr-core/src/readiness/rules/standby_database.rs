//! The groups that a database of the standby stands in.

use std::collections::BTreeSet;

use super::super::facts::Database;
use super::super::{Facts, Found, Need, Outcome, Rule, Where};
use crate::drift::Side;
use crate::model::{Family, ResourceKind as Kind, RuleDoc, Severity, Subject};

/// A second node needs a second zone.
pub(super) const SUBNETS: Rule = Rule {
    doc: RuleDoc::new(
        "subnet-group-one-zone",
        Family::Database,
        Severity::Blocking,
        [
            "the standby's DB subnet group has fewer zones than the database has nodes",
            "RDS refuses the second node: after a failover the database stands in one zone only, or is not made at all.",
            "give the DB subnet group a subnet in another zone",
            "https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBSubnetGroup.html",
        ],
    ),
    needs: &[Need::all(Where::Standby, Kind::RdsSubnetGroup, &["zones"])],
    check: |facts| facts.of_each_database(|facts, database| vec![zones(facts, database)]),
};

/// The parameters that the estate binds.
pub(super) const PARAMETERS: Rule = Rule {
    doc: RuleDoc::new(
        "parameter-group-missing",
        Family::Database,
        Severity::Blocking,
        [
            "the standby's database has not the parameter group that the estate binds",
            "What is promoted runs with other parameters than the primary did: connections, memory, forced TLS.",
            "make the group at the standby, and put the database into it",
            "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_WorkingWithParamGroups.html",
        ],
    ),
    needs: &[
        Need::all(Where::Standby, Kind::RdsParameterGroup, &[]),
        Need::all(Where::Standby, Kind::RdsInstance, &["parameter-groups"]),
    ],
    check: |facts| facts.of_each_database(parameters),
};

/// Parameters that wait.
pub(super) const PENDING: Rule = Rule {
    doc: RuleDoc::new(
        "parameter-group-pending",
        Family::Database,
        Severity::Slowing,
        [
            "changed parameters of the standby's database are not in force yet",
            "They come into force with the next restart: in the middle of a failover, or not before it is over.",
            "restart the replica now, while nobody works with it",
            "https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DBParameterGroupStatus.html",
        ],
    ),
    needs: &[Need::all(
        Where::Standby,
        Kind::RdsInstance,
        &["parameter-status"],
    )],
    check: |facts| facts.of_each_database(|facts, database| vec![pending(facts, database)]),
};

/// Other changes that wait.
pub(super) const CHANGE: Rule = Rule {
    doc: RuleDoc::new(
        "database-change-pending",
        Family::Database,
        Severity::Notice,
        [
            "a change of the standby's database waits for its maintenance window",
            "RDS makes it in the window, also in the middle of a failover: while an instance is changed it is not promoted, and some \
             changes restart it.",
            "apply it now, while nobody works with the replica, or take it back",
            "https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_PendingModifiedValues.html",
        ],
    ),
    needs: &[Need::all(Where::Standby, Kind::RdsInstance, &["pending"])],
    check: |facts| facts.of_each_database(|facts, database| vec![change(facts, database)]),
};

fn change(facts: &Facts<'_>, database: &Database<'_>) -> Outcome {
    let Some(instance) = facts.instance(Side::Standby, database) else {
        return database.unseen();
    };
    let pending = instance
        .attributes
        .get("pending")
        .and_then(|p| p.as_object());
    let names: Vec<&str> = pending
        .into_iter()
        .flat_map(|pending| pending.keys().map(String::as_str))
        .collect();
    if names.is_empty() {
        return Outcome::Holds(format!("{}: no change waits", database.component));
    }
    Found::of(instance, format!("not in force yet: {}", names.join(", ")))
        .at(facts.standby(), instance, "pending")
        .into()
}

fn missing(facts: &Facts<'_>, database: &Database<'_>, message: String) -> Outcome {
    let subject = Subject::Placed(database.component.clone(), facts.standby().clone());
    Found::new(subject, message).absent().into()
}

fn zones(facts: &Facts<'_>, database: &Database<'_>) -> Outcome {
    let nodes = usize::try_from(database.settings.nodes).unwrap_or(usize::MAX);
    let name = &database.bound[Side::Standby.index()].subnet_group;
    let Some(group) = facts.find(Side::Standby, Kind::RdsSubnetGroup, name) else {
        return missing(
            facts,
            database,
            format!("the DB subnet group {name} does not stand there"),
        );
    };
    let zones: BTreeSet<&str> = group.texts("zones").into_iter().collect();
    if zones.len() >= nodes {
        return Outcome::Holds(format!(
            "{}: {nodes} nodes, {} zones",
            database.component,
            zones.len()
        ));
    }
    Found::of(
        group,
        format!(
            "it has {} of the {nodes} zones that the nodes need",
            zones.len()
        ),
    )
    .at(facts.standby(), group, "zones")
    .into()
}

fn parameters(facts: &Facts<'_>, database: &Database<'_>) -> Vec<Outcome> {
    let name = &database.bound[Side::Standby.index()].parameter_group;
    if facts
        .find(Side::Standby, Kind::RdsParameterGroup, name)
        .is_none()
    {
        let message = format!("the DB parameter group {name} does not stand there");
        return vec![missing(facts, database, message)];
    }
    let Some(instance) = facts.instance(Side::Standby, database) else {
        return vec![database.unseen()];
    };
    if instance.texts("parameter-groups").contains(&name.as_str()) {
        return vec![Outcome::Holds(format!("{} is in {name}", instance.id))];
    }
    let found = Found::of(
        instance,
        format!("it is not in the DB parameter group {name}"),
    );
    vec![
        found
            .at(facts.standby(), instance, "parameter-groups")
            .into(),
    ]
}

fn pending(facts: &Facts<'_>, database: &Database<'_>) -> Outcome {
    let Some(instance) = facts.instance(Side::Standby, database) else {
        return database.unseen();
    };
    let waiting: Vec<&str> = instance
        .texts("parameter-status")
        .into_iter()
        .filter(|status| !status.ends_with(": in-sync"))
        .collect();
    if !instance.attributes.contains_key("parameter-status") {
        return Outcome::unclear(
            format!(
                "whether the parameters of {} are in force does not stand in the scan",
                instance.id
            ),
            "dr discover",
        );
    }
    if waiting.is_empty() {
        return Outcome::Holds(format!("the parameters of {} are in force", instance.id));
    }
    Found::of(
        instance,
        format!("its parameter groups: {}", waiting.join(", ")),
    )
    .at(facts.standby(), instance, "parameter-status")
    .into()
}
