//! Launch templates of the standby that name something of the primary.

use serde_json::Value;

use super::super::{Facts, Found, Need, Outcome, Rule, Where};
use crate::drift::Side;
use crate::model::{Family, Resource, ResourceKind as Kind, RuleDoc, Severity};

/// What a launch template names stands in its own region.
pub(super) const RULE: Rule = Rule {
    doc: RuleDoc::new(
        "template-names-primary",
        Family::Compute,
        Severity::Blocking,
        [
            "a launch template of the standby names something of the primary's region",
            "Keys, groups, subnets and snapshots are those of one region: a machine that asks for them does not start. User data \
             that names the primary starts a machine that works with the site that is lost.",
            "name the standby's own key, groups, subnets and snapshots; let user data ask where it runs",
            "https://docs.aws.amazon.com/autoscaling/ec2/userguide/launch-templates.html",
        ],
    ),
    needs: &[
        Need::all(Where::Standby, Kind::AutoscalingGroup, &[]),
        Need::all(
            Where::Standby,
            Kind::Ec2LaunchTemplate,
            &[
                "key",
                "security-groups",
                "subnets",
                "volumes",
                "instance-profile",
                "user-data-mentions",
            ],
        ),
        Need::all(Where::Both, Kind::Ec2SecurityGroup, &[]),
        Need::all(Where::Both, Kind::Ec2Subnet, &[]),
        Need::all(Where::Both, Kind::Ec2KeyPair, &[]),
    ],
    check,
};

fn check(facts: &Facts<'_>) -> Vec<Outcome> {
    let fleets = facts.fleets(Side::Standby);
    let templates: Vec<&Resource> = fleets.iter().filter_map(|fleet| fleet.template).collect();
    if templates.is_empty() {
        return vec![Outcome::Nothing(
            "the standby's fleets have no launch template".to_owned(),
        )];
    }
    templates
        .into_iter()
        .flat_map(|template| of_template(facts, template))
        .collect()
}

fn of_template(facts: &Facts<'_>, template: &Resource) -> Vec<Outcome> {
    let mut named: Vec<(&str, String)> = Vec::new();
    for (attribute, kind) in [
        ("security-groups", Kind::Ec2SecurityGroup),
        ("subnets", Kind::Ec2Subnet),
    ] {
        let foreign = template
            .texts(attribute)
            .into_iter()
            .filter(|id| is_of_primary(facts, kind, id));
        named.extend(foreign.map(|id| (attribute, id.to_owned())));
    }
    if let Some(key) = template.text("key")
        && !has_key(facts, Side::Standby, key)
    {
        let whose = if has_key(facts, Side::Primary, key) {
            "which only the primary has"
        } else {
            "which is not there"
        };
        named.push(("key", format!("the key pair {key}, {whose}")));
    }
    // ARNs name their region.
    let region = format!(":{}:", facts.region(Side::Primary));
    for (attribute, value) in &template.attributes {
        let mut texts = Vec::new();
        collect(value, &mut texts);
        let foreign = texts
            .into_iter()
            .filter(|text| text.starts_with("arn:") && text.contains(&region));
        named.extend(foreign.map(|text| (attribute.as_str(), text.to_owned())));
    }
    let mentions = template.texts("user-data-mentions");
    let of_primary = super::parameter::of_primary(facts, &mentions);
    named.extend(
        of_primary
            .into_iter()
            .map(|what| ("user-data-mentions", what)),
    );

    // Of user data only its hash and what it mentions are kept.
    let is_unread = template.attributes.contains_key("user-data-hash")
        && !template.attributes.contains_key("user-data-mentions");
    if named.is_empty() && is_unread {
        return vec![Outcome::unclear(
            format!("what the user data of {} names was not read", template.id),
            "dr discover",
        )];
    }
    if named.is_empty() {
        let name = template.name.as_deref().unwrap_or(&template.id);
        return vec![Outcome::Holds(format!(
            "{name} names nothing of {}",
            facts.site(Side::Primary)
        ))];
    }
    let found = named.into_iter().map(|(attribute, what)| {
        let message = match attribute {
            "user-data-mentions" => format!("its user data names {what}"),
            "key" => format!("it starts machines with {what}"),
            _ => format!(
                "its {attribute} name {what} of {}",
                facts.site(Side::Primary)
            ),
        };
        let found = Found::of(template, message).at(facts.standby(), template, attribute);
        // What is told by its text needs no list; of the rest it counts that the standby's list has it not.
        if what.starts_with("arn:") || attribute == "user-data-mentions" {
            found.into()
        } else {
            found.absent().into()
        }
    });
    found.collect()
}

fn is_of_primary(facts: &Facts<'_>, kind: Kind, id: &str) -> bool {
    facts.find(Side::Standby, kind, id).is_none() && facts.find(Side::Primary, kind, id).is_some()
}

fn has_key(facts: &Facts<'_>, side: Side, name: &str) -> bool {
    facts
        .all(side, Kind::Ec2KeyPair)
        .any(|pair| pair.name.as_deref() == Some(name))
}

fn collect<'a>(value: &'a Value, texts: &mut Vec<&'a str>) {
    match value {
        Value::String(text) => texts.push(text),
        Value::Array(list) => list.iter().for_each(|value| collect(value, texts)),
        Value::Object(map) => map.values().for_each(|value| collect(value, texts)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
