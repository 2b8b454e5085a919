//! What a finding says, and what it is called by.

use serde_json::{Value, json};

use super::world::{SITES, World};
use crate::drift::Entry;
use crate::model::{Resource, ResourceKind as Kind};

fn only(world: &World) -> Entry {
    let mut findings = world.report().findings;
    assert_eq!(findings.len(), 1, "{findings:#?}");
    findings.remove(0)
}

fn entry(number: u32, egress: bool, action: &str) -> Value {
    json!({ "number": number, "egress": egress, "action": action, "protocol": "-1", "cidr": "0.0.0.0/0" })
}

#[test]
fn a_wall_around_the_database_is_told_by_the_databases_port_and_by_anybody() {
    let mut world = World::alike();
    for (site, n) in SITES.into_iter().zip(["1", "2"]) {
        let group = Resource::new(Kind::RdsSubnetGroup, format!("shop-{site}"))
            .named(Some(&format!("shop-{site}")))
            .tagged([("dr:component".to_owned(), "database".to_owned())])
            .with("subnets", vec![format!("subnet-q-0000000{n}")]);
        world.add(site, group);
        let name = format!("shop-{site}");
        world.set(site, Kind::RdsInstance, "subnet-group", json!(name));
        world.set(site, Kind::RdsInstance, "port", json!(5432));
        let mut entries = vec![entry(100, false, "allow"), entry(100, true, "allow")];
        if n == "2" {
            entries.push(entry(1, false, "deny"));
        }
        let acl = Resource::new(Kind::Ec2NetworkAcl, format!("acl-0000000{n}"))
            .tagged([("dr:component".to_owned(), "network".to_owned())])
            .with("vpc", format!("vpc-0000000{n}"))
            .with("subnets", vec![format!("subnet-q-0000000{n}")])
            .with("entries", entries);
        world.add(site, acl);
    }
    let found = only(&world);
    assert_eq!(
        found.finding.message,
        "its entries let tcp port 5432 from anybody through in ohio only"
    );
    assert_eq!(found.witness.as_deref(), Some("tcp port 5432 from anybody"));
}

#[test]
fn a_route_is_told_in_words() {
    let mut world = World::alike();
    let table = world.thing(SITES[1], Kind::Ec2RouteTable, "rtb-p");
    table.attributes.remove("routes");
    assert_eq!(
        only(&world).finding.message,
        "0.0.0.0/0 is routed in ohio only: through gateway igw-00000001"
    );
}

#[test]
fn a_missing_key_is_not_mended_as_a_secret_is() {
    let fix = |kind: Kind| {
        let mut world = World::alike();
        let thing = Resource::new(kind, "thing-1")
            .named(Some("thing"))
            .tagged([("dr:component".to_owned(), "app".to_owned())]);
        world.add(SITES[0], thing);
        let found = only(&world);
        assert_eq!(found.finding.code, "secret-missing");
        found.finding.fix
    };
    assert!(fix(Kind::KmsKey).contains("key of the same kind"));
    assert!(!fix(Kind::KmsKey).contains("secret"));
    assert!(fix(Kind::SecretsManagerSecret).contains("replicate the secret"));
    assert!(fix(Kind::SsmParameter).contains("write the parameter"));
}

/// Two groups of one name a site, of which one refuses at the standby; the ids that AWS gives begin so.
fn two_of_one_name(ids: [&str; 2]) -> World {
    let mut world = World::alike();
    for (site, n) in SITES.into_iter().zip(["1", "2"]) {
        for (id, port) in ids.into_iter().zip([8080, 9090]) {
            let mut rules = vec![
                json!({ "protocol": "tcp", "from-port": port, "to-port": port, "cidr": "0.0.0.0/0" }),
            ];
            if n == "1" && port == 9090 {
                rules.push(json!({ "protocol": "tcp", "from-port": 22, "to-port": 22, "cidr": "0.0.0.0/0" }));
            }
            let group = Resource::new(Kind::Ec2SecurityGroup, format!("{id}{n}"))
                .named(Some(&format!("svc-{n}{}1b2c3d4e5f60718", &id[3..])))
                .tagged([("dr:component".to_owned(), "app".to_owned())])
                .with("vpc", format!("vpc-0000000{n}"))
                .with("description", format!("on {port}"))
                .with("ingress", rules);
            world.add(site, group);
        }
    }
    world
}

#[test]
fn a_finding_about_one_of_several_of_a_name_keeps_its_id_when_they_are_made_anew() {
    let [before, after] =
        [["sg-a0", "sg-b0"], ["sg-f0", "sg-c0"]].map(|ids| only(&two_of_one_name(ids)));
    assert_eq!(
        before.finding.subject.to_string(),
        after.finding.subject.to_string()
    );
    assert_eq!(before.id, after.id);
    assert_ne!(before.evidence, after.evidence);
}
