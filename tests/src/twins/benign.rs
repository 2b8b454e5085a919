//! Edits that make two sites look different and change nothing that matters. A comparison has to be silent on them.

mod defaults;
mod groups;
mod packets;

use dr_core::model::{COMPONENT_TAG, Resource, ResourceKind as Kind};
use dr_core::sim::Dice;
use serde_json::{Value, json};

use defaults::{leave_defaults, spell_defaults};
pub(super) use groups::unnamed_groups;
use groups::{services, windows};
use packets::{describe, letter_case, numbers, renumber, split, twice};

use super::style::Style;
use super::{Belongs, Thing, Twins};

/// An edit of one side.
pub struct Edit {
    /// What it does.
    pub name: &'static str,
    apply: fn(&mut Twins, usize, &mut Dice),
}

impl Edit {
    /// Makes it.
    pub fn apply(&self, twins: &mut Twins, side: usize, dice: &mut Dice) {
        (self.apply)(twins, side, dice);
    }
}

/// Every edit.
pub const EDITS: &[Edit] = &[
    Edit {
        name: "lists in another order",
        apply: reorder,
    },
    Edit {
        name: "defaults spelt out",
        apply: spell_defaults,
    },
    Edit {
        name: "defaults left out",
        apply: leave_defaults,
    },
    Edit {
        name: "nothing spelt as null, as an empty text, as an empty list",
        apply: empties,
    },
    Edit {
        name: "protocols in the other letter case",
        apply: letter_case,
    },
    Edit {
        name: "rules split",
        apply: split,
    },
    Edit {
        name: "rules said twice",
        apply: twice,
    },
    Edit {
        name: "rules with other words",
        apply: describe,
    },
    Edit {
        name: "protocols by number",
        apply: numbers,
    },
    Edit {
        name: "entries of ACLs with other numbers",
        apply: renumber,
    },
    Edit {
        name: "changes that wait for their window",
        apply: pending,
    },
    Edit {
        name: "other instants",
        apply: instants,
    },
    Edit {
        name: "other versions of what is versioned",
        apply: versions,
    },
    Edit {
        name: "things in other states",
        apply: states,
    },
    Edit {
        name: "machines come",
        apply: machines_come,
    },
    Edit {
        name: "machines go",
        apply: machines_go,
    },
    Edit {
        name: "a pilot light",
        apply: pilot_light,
    },
    Edit {
        name: "tags forgotten",
        apply: untag,
    },
    Edit {
        name: "tags of the provider",
        apply: provider_tags,
    },
    Edit {
        name: "other teams come",
        apply: teams,
    },
    Edit {
        name: "facts of the site",
        apply: facts,
    },
    Edit {
        name: "groups with generated names, in another order",
        apply: services,
    },
    Edit {
        name: "other windows of the database",
        apply: windows,
    },
    Edit {
        name: "names that were given by hand",
        apply: rename,
    },
];

/// A number below another.
fn below(dice: &mut Dice, end: usize) -> usize {
    let last = end.saturating_sub(1) as u64;
    usize::try_from(dice.between(0, last)).expect("it is below a size")
}

fn own(twins: &mut Twins, side: usize) -> impl Iterator<Item = &mut Thing> {
    twins.sides[side]
        .iter_mut()
        .filter(|thing| thing.belongs == Belongs::Estate)
}

fn of_kind(twins: &mut Twins, side: usize, kind: Kind) -> impl Iterator<Item = &mut Resource> {
    own(twins, side)
        .map(|thing| &mut thing.resource)
        .filter(move |resource| resource.kind == kind)
}

fn rules(twins: &mut Twins, side: usize) -> impl Iterator<Item = &mut Vec<Value>> {
    let groups = of_kind(twins, side, Kind::Ec2SecurityGroup);
    let attributes = groups.flat_map(|group| group.attributes.iter_mut());
    attributes
        .filter(|(name, _)| matches!(name.as_str(), "ingress" | "egress"))
        .filter_map(|(_, rules)| rules.as_array_mut())
}

fn shuffle<T>(list: &mut [T], dice: &mut Dice) {
    for at in (1..list.len()).rev() {
        list.swap(at, below(dice, at + 1));
    }
}

/// Actions of a listener are carried out in their order; all other lists have none.
fn reorder(twins: &mut Twins, side: usize, dice: &mut Dice) {
    for thing in own(twins, side) {
        for (name, value) in &mut thing.resource.attributes {
            if name != "actions" {
                reorder_value(value, dice);
            }
        }
    }
}

fn reorder_value(value: &mut Value, dice: &mut Dice) {
    match value {
        Value::Array(list) => {
            list.iter_mut().for_each(|value| reorder_value(value, dice));
            shuffle(list, dice);
        }
        Value::Object(map) => map
            .values_mut()
            .for_each(|value| reorder_value(value, dice)),
        _ => {}
    }
}

fn empties(twins: &mut Twins, side: usize, dice: &mut Dice) {
    const EMPTY: [fn() -> Value; 4] = [|| Value::Null, || json!(""), || json!([]), || json!({})];
    for thing in own(twins, side) {
        if !dice.chance(30) {
            continue;
        }
        let attributes = &mut thing.resource.attributes;
        attributes.insert("nothing".to_owned(), EMPTY[below(dice, 4)]());
        for value in attributes.values_mut() {
            if let Some(map) = value.as_object_mut() {
                map.insert("nothing".to_owned(), EMPTY[below(dice, 4)]());
            }
        }
    }
}

/// The one instance still is what the other is no more, and both will be the same.
fn pending(twins: &mut Twins, side: usize, dice: &mut Dice) {
    for database in of_kind(twins, side, Kind::RdsInstance) {
        let changes: [(&str, Value); 5] = [
            ("class", json!("db.m5.large")),
            ("engine-version", json!("16.3")),
            ("storage-gib", json!(50)),
            ("iops", json!(1000)),
            ("multi-az", json!(false)),
        ];
        if database.attributes.contains_key("pending") {
            continue;
        }
        let mut waiting = serde_json::Map::new();
        for (name, before) in changes {
            if dice.chance(50)
                && let Some(now) = database.attributes.insert(name.to_owned(), before)
            {
                waiting.insert(name.to_owned(), now);
            }
        }
        if !waiting.is_empty() {
            database
                .attributes
                .insert("pending".to_owned(), Value::Object(waiting));
        }
    }
}

fn instants(twins: &mut Twins, side: usize, _: &mut Dice) {
    const INSTANTS: [&str; 7] = [
        "created",
        "changed",
        "launched",
        "rotated",
        "expires",
        "restorable-until",
        "deprecated",
    ];
    for thing in own(twins, side) {
        for name in INSTANTS {
            if let Some(value) = thing.resource.attributes.get_mut(name) {
                *value = json!("2026-11-20T23:59:59.999Z");
            }
        }
    }
}

fn versions(twins: &mut Twins, side: usize, dice: &mut Dice) {
    for thing in own(twins, side) {
        let attributes = &mut thing.resource.attributes;
        let names: &[&str] = match thing.resource.kind {
            Kind::Ec2LaunchTemplate => &["default-version", "latest-version", "version"],
            Kind::SsmParameter => &["version"],
            Kind::EksCluster => &["platform-version"],
            Kind::EksNodeGroup => &["release"],
            Kind::AutoscalingGroup => {
                let template = attributes.get_mut("launch-template");
                let version = template.and_then(|template| template.get_mut("version"));
                if let Some(version) =
                    version.filter(|version| *version != "$Latest" && *version != "$Default")
                {
                    *version = json!(below(dice, 90).to_string());
                }
                &[]
            }
            _ => &[],
        };
        for name in names {
            let version = json!(format!("v{}", below(dice, 90)));
            attributes.insert((*name).to_owned(), version);
        }
    }
}

fn states(twins: &mut Twins, side: usize, dice: &mut Dice) {
    for thing in own(twins, side) {
        let attributes = &mut thing.resource.attributes;
        for name in ["state", "status"] {
            if let Some(value) = attributes.get_mut(name)
                && dice.chance(20)
            {
                *value = json!("updating");
            }
        }
        if let Some(free) = attributes.get_mut("free-addresses") {
            *free = json!(below(dice, 4000));
        }
        if let Some(targets) = attributes.get_mut("targets") {
            *targets = json!([]);
        }
    }
}

fn machines_come(twins: &mut Twins, side: usize, dice: &mut Dice) {
    let members = twins.sides[side]
        .iter()
        .filter(|thing| thing.belongs == Belongs::Member);
    let more: Vec<Thing> = members
        .cloned()
        .map(|mut thing| {
            let id = format!("i-{:017x}", dice.between(1 << 40, 1 << 60));
            thing.role = format!("{}/more", thing.role);
            thing.resource.id.clone_from(&id);
            thing
                .resource
                .attributes
                .insert("volumes".to_owned(), json!([format!("vol-{id}")]));
            thing
        })
        .collect();
    twins.sides[side].extend(more);
    for fleet in of_kind(twins, side, Kind::AutoscalingGroup) {
        fleet.attributes.insert("desired".to_owned(), json!(5));
    }
}

fn machines_go(twins: &mut Twins, side: usize, _: &mut Dice) {
    twins.sides[side].retain(|thing| thing.belongs != Belongs::Member);
    for fleet in of_kind(twins, side, Kind::AutoscalingGroup) {
        fleet.attributes.insert("instances".to_owned(), json!([]));
    }
}

/// Only a standby is one.
fn pilot_light(twins: &mut Twins, _: usize, dice: &mut Dice) {
    machines_go(twins, 1, dice);
    for kind in [Kind::AutoscalingGroup, Kind::EksNodeGroup] {
        for fleet in of_kind(twins, 1, kind) {
            for name in ["minimum", "desired"] {
                fleet.attributes.insert(name.to_owned(), json!(0));
            }
        }
    }
}

/// Takes from 10 to 30 % of all tags away, whatever that leaves unknown, and gives other names to what is named by a tag.
pub fn shake(twins: &mut Twins, side: usize, dice: &mut Dice) {
    let percent = dice.between(10, 30);
    let is_bound = twins.style.bound;
    for thing in own(twins, side) {
        let resource = &mut thing.resource;
        let tags: Vec<String> = resource.tags.keys().cloned().collect();
        for tag in tags
            .iter()
            .filter(|tag| tag.starts_with("dr:") || *tag == "Name")
        {
            if !dice.chance(percent) {
                continue;
            }
            if tag == "Name" && dice.chance(50) {
                let name = format!("machine-room {}", below(dice, 1_000_000));
                resource.tags.insert(tag.clone(), name.clone());
                resource.name = Some(name);
                continue;
            }
            resource.tags.remove(tag);
            if tag == "Name" {
                resource.name = None;
            } else if tag == COMPONENT_TAG && !(is_bound && is_rooted(resource.kind)) {
                resource.component = None;
            }
        }
    }
}

/// From 10 to 30 % of all tags. What the estate binds, and what has no tag otherwise, is left.
fn untag(twins: &mut Twins, side: usize, dice: &mut Dice) {
    let percent = dice.between(10, 30);
    let is_bound = twins.style.bound;
    // What has a generated name, and is named by nothing, nobody can take for the estate's without its tag.
    let known = own(twins, side).filter(|thing| !thing.role.contains("/service/"));
    for thing in known {
        let resource = &mut thing.resource;
        if dice.chance(percent) {
            resource.tags.remove("dr:estate");
        }
        if dice.chance(percent) {
            resource.tags.remove("dr:site");
        }
        let is_part = matches!(resource.kind, Kind::Ec2InternetGateway | Kind::ElbListener);
        if dice.chance(percent) && (resource.name.is_some() || is_part) {
            resource.tags.remove(COMPONENT_TAG);
            // What is bound is known as the component's all the same.
            if !(is_bound && is_rooted(resource.kind)) {
                resource.component = None;
            }
        }
        // What has neither name nor component nobody can take for the estate's.
        let is_known = resource.component.is_some();
        if dice.chance(percent) && is_known && resource.tags.remove("Name").is_some() {
            resource.name = None;
        }
    }
}

/// The kinds that `estate.yaml` binds.
fn is_rooted(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Ec2Vpc
            | Kind::ElbLoadBalancer
            | Kind::AutoscalingGroup
            | Kind::EksCluster
            | Kind::RdsInstance
            | Kind::RdsSubnetGroup
            | Kind::RdsParameterGroup
    )
}

fn provider_tags(twins: &mut Twins, side: usize, dice: &mut Dice) {
    for thing in own(twins, side) {
        let stack = format!("stack-{}", below(dice, 900));
        thing
            .resource
            .tags
            .insert("aws:cloudformation:stack-name".to_owned(), stack);
    }
}

fn teams(twins: &mut Twins, side: usize, dice: &mut Dice) {
    let mut style = Style {
        foreign: [0, 0],
        ..twins.style.clone()
    };
    style.foreign[side] = 1 + below(dice, 3);
    style.salt[side] ^= 0x7465_616d;
    let others = super::others(&style, side);
    twins.sides[side].extend(others);
}

fn facts(twins: &mut Twins, side: usize, dice: &mut Dice) {
    twins.sides[side].retain(|thing| {
        let is_kept = matches!(thing.resource.kind, Kind::StsAccount | Kind::Ec2Zone);
        thing.belongs != Belongs::Fact || is_kept || dice.chance(50)
    });
    for thing in twins.sides[side]
        .iter_mut()
        .filter(|thing| thing.belongs == Belongs::Fact)
    {
        if thing.resource.kind == Kind::ServiceQuota {
            thing
                .resource
                .attributes
                .insert("value".to_owned(), json!(below(dice, 500)));
        }
    }
}

/// Tags `Name` that follow no convention: on things that stand at a place of their own.
fn rename(twins: &mut Twins, side: usize, dice: &mut Dice) {
    for kind in [
        Kind::Ec2Vpc,
        Kind::Ec2InternetGateway,
        Kind::Ec2NatGateway,
        Kind::Ec2RouteTable,
        Kind::Ec2Address,
    ] {
        for resource in of_kind(twins, side, kind) {
            if resource.tags.contains_key("Name") && dice.chance(50) {
                let name = format!("thing number {}", below(dice, 100_000));
                resource.tags.insert("Name".to_owned(), name.clone());
                resource.name = Some(name);
            }
        }
    }
}
