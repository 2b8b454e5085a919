//! What points to the wrong thing, or is too small.

use dr_core::model::ResourceKind as Kind;
use serde_json::{Value, json};

use super::super::super::benign::unnamed_groups;
use super::super::super::{SIDES, Twins};
use super::super::{draw, id, network, of};
use super::Row;

/// Gives an attribute of a thing another value.
fn put(twins: &mut Twins, side: usize, role: &str, attribute: &str, value: Value) -> Option<()> {
    let attributes = &mut twins.thing(side, role)?.resource.attributes;
    attributes.insert(attribute.to_owned(), value);
    Some(())
}

pub(super) fn pointing() -> Vec<Row> {
    use Kind::{
        AutoscalingGroup as Fleet, Ec2LaunchTemplate as Template, EksNodeGroup as Nodes,
        ElbListener as Listener, RdsInstance as Database, SecretsManagerSecret as Secret,
    };
    vec![
        (
            "fleet that cannot grow",
            Fleet,
            [&[], &["fleet-cannot-grow"]],
            [false, true],
            |twins, side, dice| {
                let role = draw(twins, side, Fleet, "", dice)?;
                put(twins, side, &role, "maximum", json!(2))?;
                Some(vec![role])
            },
        ),
        (
            "nodes that cannot grow",
            Nodes,
            [&[], &["fleet-cannot-grow"]],
            [false, true],
            |twins, side, dice| {
                let role = draw(twins, side, Nodes, "", dice)?;
                put(twins, side, &role, "maximum", json!(1))?;
                Some(vec![role])
            },
        ),
        (
            "template with an older image",
            Template,
            [&["image-differs", "fleet-part-missing", "only-at-standby"]; 2],
            [false, false],
            |twins, side, dice| {
                let role = draw(twins, side, Template, "", dice)?;
                let older = format!("{}/image/0", of(&role));
                id(twins, 1 - side, &older)?;
                let image = id(twins, side, &older)?;
                put(twins, side, &role, "image", json!(image))?;
                Some(vec![role, older])
            },
        ),
        (
            "template with the wrong group",
            Template,
            [&["machine-access-differs"]; 2],
            [true, true],
            |twins, side, dice| {
                let role = draw(twins, side, Template, "", dice)?;
                let group = id(twins, side, &format!("{}/group/cluster", of(&role)))?;
                put(twins, side, &role, "security-groups", json!([group]))?;
                Some(vec![role])
            },
        ),
        (
            "listener to the wrong targets",
            Listener,
            [&["front-door-differs"]; 2],
            [true, true],
            |twins, side, dice| {
                let role = draw(twins, side, Listener, "/443", dice)?;
                let targets = id(twins, side, &format!("{}/targets/admin", of(&role)))?;
                let actions = json!([{"type": "forward", "target-groups": [targets]}]);
                put(twins, side, &role, "actions", actions)?;
                Some(vec![role])
            },
        ),
        (
            "fleet behind the wrong targets",
            Fleet,
            [&["fleet-not-behind-balancer"]; 2],
            [true, true],
            |twins, side, dice| {
                let role = draw(twins, side, Fleet, "", dice)?;
                let targets = id(twins, side, &format!("{}/targets/admin", of(&role)))?;
                put(twins, side, &role, "target-groups", json!([targets]))?;
                Some(vec![role])
            },
        ),
        (
            "fleet in public subnets",
            Fleet,
            [&["machine-access-differs"]; 2],
            [true, true],
            |twins, side, dice| {
                let role = draw(twins, side, Fleet, "", dice)?;
                let zones = 0..twins.style.zones[side];
                let subnets = zones.map(|zone| {
                    id(
                        twins,
                        side,
                        &format!("{}/subnet/public/{zone}", network(&role)),
                    )
                });
                let subnets: Vec<String> = subnets.collect::<Option<_>>()?;
                put(twins, side, &role, "subnets", json!(subnets))?;
                Some(vec![role])
            },
        ),
        (
            "database in quarantine",
            Database,
            [&["database-access-differs"]; 2],
            [true, true],
            |twins, side, dice| {
                let role = draw(twins, side, Database, "", dice)?;
                let group = id(twins, side, &format!("{}/group/quarantine", of(&role)))?;
                put(twins, side, &role, "security-groups", json!([group]))?;
                Some(vec![role])
            },
        ),
        (
            "database that is no replica",
            Database,
            [&[], &["database-not-replica"]],
            [false, true],
            |twins, side, dice| {
                let role = draw(twins, side, Database, "", dice)?;
                let attributes = &mut twins.thing(side, &role)?.resource.attributes;
                attributes.remove("replica-of")?;
                Some(vec![role])
            },
        ),
        (
            "replica of another database",
            Database,
            [&[], &["database-not-replica"]],
            [false, true],
            |twins, side, dice| {
                let role = draw(twins, side, Database, "", dice)?;
                let other = "arn:aws:rds:us-east-2:123456789012:db:wiki";
                put(twins, side, &role, "replica-of", json!(other))?;
                Some(vec![role])
            },
        ),
        (
            "rules for groups that nobody can tell apart gone",
            Kind::Ec2SecurityGroup,
            super::REFUSED,
            [false, true],
            |twins, side, dice| {
                let role = draw(twins, side, Kind::Ec2SecurityGroup, "group/database", dice)?;
                for each in SIDES {
                    let words = ["one", "two"].map(|which| format!("{which} of {each}"));
                    let services = unnamed_groups(twins, each, words, [8080, 8080], dice)?;
                    if each != side {
                        let database = &mut twins.thing(each, &role)?.resource;
                        let rules = database.attributes.get_mut("ingress")?.as_array_mut()?;
                        rules.extend(services.iter().map(|group| {
                            json!({"protocol": "tcp", "from-port": 5432, "to-port": 5432, "group": group})
                        }));
                    }
                }
                Some(vec![role])
            },
        ),
        (
            "database under the wrong key",
            Database,
            [&["database-access-differs"]; 2],
            [true, true],
            |twins, side, dice| {
                let role = draw(twins, side, Database, "", dice)?;
                let key = format!("{}/key/secrets", of(&role));
                let key = twins.thing(side, &key)?.resource.arn.clone()?;
                put(twins, side, &role, "key", json!(key))?;
                Some(vec![role])
            },
        ),
        (
            "secret under the wrong key",
            Secret,
            [&["key-differs"]; 2],
            [true, true],
            |twins, side, dice| {
                let role = draw(twins, side, Secret, "", dice)?;
                let key = format!("{}/key/data", of(&role));
                let key = twins.thing(side, &key)?.resource.arn.clone()?;
                put(twins, side, &role, "key", json!(key))?;
                Some(vec![role])
            },
        ),
        (
            "tag with another value",
            Database,
            [&["attribute-differs"]; 2],
            [false, false],
            |twins, side, dice| {
                let role = draw(twins, side, Database, "", dice)?;
                twins
                    .thing(side, &role)?
                    .resource
                    .tags
                    .insert("stage".to_owned(), "test".to_owned());
                Some(vec![role])
            },
        ),
    ]
}
