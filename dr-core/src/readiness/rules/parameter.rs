//! Values of the standby's parameters that name the primary.

use std::collections::BTreeSet;

use super::super::{Facts, Found, Need, Outcome, Rule, Where};
use crate::drift::Side;
use crate::model::{Family, Resource, ResourceKind as Kind, RuleDoc, Severity};

/// An application that asks the standby and is sent to the primary.
pub(super) const RULE: Rule = Rule {
    doc: RuleDoc::new(
        "parameter-names-primary",
        Family::Secrets,
        Severity::Blocking,
        [
            "a parameter of the standby names the primary's region or something that stands there",
            "The application of the standby reads it and connects to the site that is lost. A scan keeps no value: only which of the \
             estate's regions and hosts it mentions.",
            "write the standby's own endpoint or ARN into the parameter",
            "https://docs.aws.amazon.com/wellarchitected/latest/framework/rel_planning_for_recovery_config_drift.html",
        ],
    ),
    needs: &[
        Need::all(
            Where::Standby,
            Kind::SsmParameter,
            &["value-hash", "mentions", "tags"],
        ),
        Need::all(Where::Primary, Kind::SsmParameter, &["value-hash"]),
    ],
    check,
};

fn check(facts: &Facts<'_>) -> Vec<Outcome> {
    let endpoints: BTreeSet<&str> = facts
        .databases()
        .iter()
        .filter_map(|database| {
            let bound = database.bound[Side::Standby.index()];
            bound.endpoint_parameter.as_deref()
        })
        .collect();
    let parameters = facts
        .all(Side::Standby, Kind::SsmParameter)
        .filter(|parameter| {
            parameter.component.is_some() || endpoints.contains(parameter.id.as_str())
        });
    let mut outcomes: Vec<Outcome> = parameters
        .map(|parameter| of_parameter(facts, parameter, endpoints.contains(parameter.id.as_str())))
        .collect();
    if outcomes.is_empty() {
        outcomes.push(Outcome::Nothing(
            "the standby has no parameter of the estate".to_owned(),
        ));
    }
    outcomes
}

fn of_parameter(facts: &Facts<'_>, parameter: &Resource, is_endpoint: bool) -> Outcome {
    let name = &parameter.id;
    if parameter.text("type") == Some("SecureString") {
        return Outcome::Nothing(format!("{name} is secret: its value is never read"));
    }
    let found = |message: String, attribute: &str| {
        Found::of(parameter, message).at(facts.standby(), parameter, attribute)
    };
    let named = of_primary(facts, &parameter.texts("mentions"));
    if !named.is_empty() {
        return found(
            format!("its value names {}", named.join(" and ")),
            "mentions",
        )
        .into();
    }
    let hash = |resource: &Resource| resource.text("value-hash").map(str::to_owned);
    let there = facts.find(Side::Primary, Kind::SsmParameter, name);
    let same = there
        .and_then(hash)
        .is_some_and(|there| Some(there) == hash(parameter));
    if is_endpoint && same {
        // Two sites have two databases, with two addresses.
        return found(
            "it has the same endpoint on both sites, so one of them is the other's".to_owned(),
            "value-hash",
        )
        .into();
    }
    if !parameter.attributes.contains_key("mentions") {
        return Outcome::unclear(
            format!("what the value of {name} names was not read"),
            "dr discover",
        );
    }
    Outcome::Holds(format!(
        "{name} names nothing of {}",
        facts.site(Side::Primary)
    ))
}

/// Which of the texts that a value mentions are the primary's: its region, or a host of something that stands there.
pub(super) fn of_primary(facts: &Facts<'_>, mentions: &[&str]) -> Vec<String> {
    let column = facts.column(Side::Primary);
    let is_of_primary =
        |text: &&&str| **text == column.site.region.as_str() || column.by_host(text).is_some();
    let named = mentions.iter().filter(is_of_primary);
    named.map(|text| (*text).to_owned()).collect()
}
