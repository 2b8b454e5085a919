//! Security groups whose names Terraform generated, and other things that a service drew.

use dr_core::model::{COMPONENT_TAG, Resource, ResourceKind as Kind};
use dr_core::sim::Dice;
use serde_json::json;

use super::super::{Belongs, SIDES, Thing, Twins};
use super::{below, of_kind};

/// Puts two groups into the first network of a side: their names are generated (`name_prefix`), and nothing points to them. Gives
/// their ids.
pub(in super::super) fn unnamed_groups(
    twins: &mut Twins,
    side: usize,
    words: [String; 2],
    ports: [u16; 2],
    dice: &mut Dice,
) -> Option<[String; 2]> {
    let vpc = twins.thing(side, "net0/vpc")?.resource.id.clone();
    let mut put = |words: String, port: u16| {
        let number = dice.between(1 << 40, 1 << 60);
        let id = format!("sg-{number:017x}");
        let tags = [(COMPONENT_TAG.to_owned(), "app".to_owned())];
        let resource = Resource::new(Kind::Ec2SecurityGroup, id.clone())
            .named(Some(&format!("svc-2026110112000000{:010}", number % 10_000_000_000)))
            .tagged(tags)
            .with("vpc", vpc.clone())
            .with("description", words)
            .with("ingress", json!([{"protocol": "tcp", "from-port": port, "to-port": port, "cidr": "0.0.0.0/0"}]));
        twins.sides[side].push(Thing {
            role: format!("net0/service/{id}"),
            belongs: Belongs::Estate,
            resource,
        });
        id
    };
    let [one, two] = words;
    Some([put(one, ports[0]), put(two, ports[1])])
}

/// Two services of which only the ports tell which is which.
pub(super) fn services(twins: &mut Twins, _: usize, dice: &mut Dice) {
    for side in SIDES {
        let ports = if dice.chance(50) {
            [8080, 9090]
        } else {
            [9090, 8080]
        };
        let words = ["a service", "a service"].map(str::to_owned);
        // A pair of sites without a network has no groups either.
        let _ = unnamed_groups(twins, side, words, ports, dice);
    }
}

/// RDS draws the windows that nobody chose.
pub(super) fn windows(twins: &mut Twins, side: usize, dice: &mut Dice) {
    for database in of_kind(twins, side, Kind::RdsInstance) {
        let hour = below(dice, 24);
        for (name, day) in [("backup-window", ""), ("maintenance-window", "sun:")] {
            let window = format!("{day}{hour:02}:00-{day}{hour:02}:30");
            database.attributes.insert(name.to_owned(), json!(window));
        }
    }
}
